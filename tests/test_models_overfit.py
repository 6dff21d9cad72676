"""The networks with batch normalisation, a quarter as wide, learn four clips of `synth` by heart."""

from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner
from torch import Tensor

from vsodprep.benchmarks.synth.generate import write_benchmark
from vsodprep.cli.flow import command as flow_command
from vsodprep.cli.prior import command as prior_command
from vsodprep.models import build_model
from vsodprep.shards import ClipDataset, Part, pack_benchmark
from vsodprep.shards.clips import collate

pytestmark = pytest.mark.slow

SEQUENCES = ("plain-fish", "pan-bird", "zoom-turtle", "stop-beetle")
FRAME = 5  # where each clip ends
STEPS = 400
SIZE = (96, 144)
NETWORKS = ("dsnet", "cagdde", "contrastive")


def run(command: Any, *arguments: object) -> None:
    CliRunner().invoke(command, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.fixture(scope="module")
def shard(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("overfit")
    normalized, flow, prior = root / "normalized", root / "flow", root / "prior"
    write_benchmark(normalized, sequences=SEQUENCES)
    for name in SEQUENCES:
        run(flow_command, "dis", normalized / name / "frames", "--out", flow / f"{name}.h5")
    classifier = root / "classifier.npz"
    run(prior_command, "fit", "--train", normalized, flow, "train", "--epochs", 20, "--out", classifier)
    for name in SEQUENCES:
        source = normalized / name / "frames"
        run(prior_command, "apply", source, flow / f"{name}.h5", classifier, "--out", prior / f"{name}.h5")
    out = root / "synth.zarr"
    pack_benchmark(normalized, out, flow={"dis": flow}, pictures=("dis",), prior={"light": prior})
    return out


def four_clips(shard: Path, name: str, length: int) -> dict[str, Any]:
    """Four clips from four sequences, or from one where a network contrasts the frames of a video."""
    dataset = ClipDataset(Part(shard, "train"), size=SIZE, clip_length=length, flow="dis", prior="light")
    videos = [place.video for place in dataset.places]
    starts = [videos.index(video) for video in sorted(set(videos))]
    numbers = [start + FRAME for start in starts]
    if name == "contrastive":
        numbers = [starts[0] + step * 3 for step in range(4)]
    return collate([dataset[number] for number in numbers])


def max_f(logits: Tensor, masks: Tensor) -> float:
    """Maximum over 256 thresholds of the F-measure, averaged over frames, with a squared beta of 0.3."""
    thresholds = torch.linspace(0, 1, 256).view(-1, 1, 1, 1, 1)
    predicted = (logits.sigmoid()[None] > thresholds).float()
    hits = (predicted * masks).sum(dim=(2, 3, 4))
    precision = hits / predicted.sum(dim=(2, 3, 4)).clamp(min=1)
    recall = hits / masks.sum(dim=(1, 2, 3))
    f = 1.3 * precision * recall / (0.3 * precision + recall).clamp(min=1e-9)
    return f.mean(dim=1).max().item()


@pytest.mark.parametrize("name", NETWORKS)
def test_four_clips_are_learned_by_heart(shard, name):
    torch.manual_seed(0)
    network = build_model(name, width=0.25).to(memory_format=torch.channels_last)
    batch = four_clips(shard, name, network.clip_length)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    generator = torch.Generator().manual_seed(0)
    masks = batch["masks"][:, -1]
    reached = 0.0
    for step in range(STEPS):
        optimizer.zero_grad()
        network.loss(network.train()(batch), batch, generator)["loss"].backward()
        optimizer.step()
        if step % 25 == 24:
            with torch.no_grad():
                reached = max_f(network.eval()(batch)["saliency"], masks)
            if reached > 0.95:
                break
    assert reached > 0.95
