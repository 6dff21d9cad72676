"""Each network learns by heart what it reads: clips of `synth`, or single images; STAN and MSST also as configured.

Those that read video are a quarter as wide, those of single images, whose last layers have 4,096 channels, a sixteenth.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner
from model_batches import make_batch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.optim.lr_scheduler import OneCycleLR

from vsodprep.benchmarks.synth.generate import write_benchmark
from vsodprep.cli.flow import command as flow_command
from vsodprep.cli.prior import command as prior_command
from vsodprep.config import complete, read
from vsodprep.config.defaults import default
from vsodprep.config.models import MODELS
from vsodprep.config.pack import Pack
from vsodprep.models import build_model
from vsodprep.models.device import place
from vsodprep.models.network import Network
from vsodprep.models.parts.layers import resize
from vsodprep.models.recipe import build_optimizer, rate_factor
from vsodprep.shards import ClipDataset, SplitSource, pack_benchmark
from vsodprep.shards.clips import collate
from vsodprep.threads import restores_threads

pytestmark = pytest.mark.slow

FRAME = 5  # where each clip ends
LEARNED = 0.88  # of what maps of an eighth of the size can reach: before any step it is 0.2


@dataclass(frozen=True)
class Lesson:
    """What a network learns, and how.

    Attributes:
        sequences: Where the clips are from; a single one gives four.
        size: Of the frames.
        steps: At most.
        rate: Learning rate, at its highest.
        cycle: Let the learning rate rise and fall over the steps, and limit the gradient's norm.
        options: Of the network.
    """

    sequences: tuple[str, ...] = ("plain-fish", "pan-bird", "zoom-turtle", "stop-beetle")
    size: tuple[int, int] = (96, 144)
    steps: int = 400
    rate: float = 1e-3
    cycle: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)


# The maps of STAN and MSST are made at 1/8 and enlarged: of the clips above, even the best map of that size would only
# reach 0.935 at 96x144; of these it reaches 0.977. Without batch normalisation they need a rate that starts low, and
# gradients, which are sums over pixels, that stay within bounds.
VGG = Lesson(
    sequences=("plain-fish", "similar-fish", "crossing-fish", "distractor-snail"),
    size=(128, 192),
    steps=200,
    rate=2e-3,
    cycle=True,
    options={"dropout": 0, "fc6_dilation": 4},
)
# Maps of RFCN and DSMT are made at 1/32: of the images that they learn, an object is two or three such squares wide.
STILLS = {
    "dcl": Lesson(size=(64, 64), steps=200, rate=2e-3, options={"dropout": 0}),
    "rfcn": Lesson(size=(160, 160), steps=150, rate=2e-3, options={"dropout": 0, "scales": (1.0,)}),
    "dsmt": Lesson(size=(96, 96), steps=150, rate=4e-3, options={"dropout": 0, "deviation": 0.05}),
}
LESSONS = dict.fromkeys((name for name in MODELS if name not in STILLS), Lesson()) | {
    "contrastive": Lesson(sequences=("pan-bird",)),  # it contrasts the frames of a video
    "stan": replace(VGG, size=(160, 240)),
    "msst": VGG,
}
SEQUENCES = sorted({name for lesson in LESSONS.values() for name in lesson.sequences})


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
    pack_benchmark(normalized, out, Pack(pictures=("dis",)), flow={"dis": flow}, prior={"light": prior})
    return out


def four_clips(shard: Path, lesson: Lesson, length: int) -> dict[str, Any]:
    """Four clips from four sequences, or from one."""
    dataset = ClipDataset(SplitSource(shard), size=lesson.size, clip_length=length, flow="dis", prior="light")
    names = [dataset.videos[place.video][1] for place in dataset.places]
    starts = [names.index(name) for name in lesson.sequences]
    numbers = [start + FRAME for start in starts] if len(starts) == 4 else [starts[0] + 3 * step for step in range(4)]
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


def learned(network: Network, batch: dict[str, Any], lesson: Lesson, norm: float) -> float:
    """Return the max F that a network reaches on a batch; above 0.95 it stops."""
    optimizer = torch.optim.Adam(network.parameters(), lr=lesson.rate)
    cycle = None
    if lesson.cycle:
        cycle = OneCycleLR(optimizer, lesson.rate, lesson.steps, cycle_momentum=False, final_div_factor=10)
    generator = torch.Generator().manual_seed(0)
    masks = batch["masks"][:, -1]
    reached = 0.0
    for step in range(lesson.steps):
        optimizer.zero_grad()
        network.loss(network.train()(batch), batch, generator)["loss"].backward()
        if cycle is not None:
            torch.nn.utils.clip_grad_norm_(network.parameters(), norm)
        optimizer.step()
        if cycle is not None:
            cycle.step()
        if step % 20 == 19:
            with torch.no_grad():
                reached = max_f(network.eval()(batch)["saliency"], masks)
            if reached > 0.95:
                break
    return reached


@pytest.mark.parametrize("name", LESSONS)
def test_four_clips_are_learned_by_heart(shard, name):
    lesson = LESSONS[name]
    torch.manual_seed(0)
    network = build_model(name, width=0.25, **lesson.options).to(memory_format=torch.channels_last)
    assert learned(network, four_clips(shard, lesson, network.clip_length), lesson, 1000) > 0.95


@pytest.mark.parametrize("name", STILLS)
def test_eight_images_are_learned_by_heart(name):
    lesson = replace(STILLS[name], cycle=True)
    torch.manual_seed(0)
    network = build_model(name, width=0.0625, **lesson.options).to(memory_format=torch.channels_last)
    assert learned(network, make_batch(8, size=lesson.size), lesson, 1) > 0.95


def best_at_an_eighth(masks: Tensor) -> float:
    """Return the max F of the best maps that have an eighth of the masks' size before they are enlarged."""
    logits = torch.zeros(*masks.shape[:2], *(-(-side // 8) for side in masks.shape[2:]), requires_grad=True)
    optimizer = torch.optim.Adam([logits], lr=0.3)
    for _ in range(300):
        optimizer.zero_grad()
        binary_cross_entropy_with_logits(resize(logits, masks.shape[2:]), masks).backward()
        optimizer.step()
    return max_f(resize(logits.detach(), masks.shape[2:]), masks)


@pytest.mark.parametrize("name", ["stan", "msst"])
@restores_threads
def test_the_configured_recipe_learns_four_clips(shard, name):
    """Optimiser, schedule, norm and batch of the paper's `full`; at full width on a GPU, a quarter without.

    STAN has DeepLab's last block here: a step of DCL's takes two and a half times as long.
    """
    path = Path(__file__).parents[1] / "config" / "paper" / f"{name}.yaml"
    run = complete(read(path), default().model_dump(mode="json"), str(path)).runs[name]["full"]
    (stage,) = run.stages
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.set_num_threads(1)
    torch.manual_seed(0)
    network = build_model(name, run.variant, width=1.0 if device == "cuda" else 0.25)
    place(network, device)
    clips = four_clips(shard, replace(VGG, size=(64, 96)), network.clip_length)
    masks = clips["masks"][:, -1]
    assert stage.batch == 1
    batches = [
        {key: value[k : k + 1].to(device) if isinstance(value, Tensor) else value for key, value in clips.items()}
        for k in range(4)
    ]
    optimizer = build_optimizer(stage.optimizer, network.parameters())
    best = best_at_an_eighth(masks)
    reached, steps = 0.0, 400
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = stage.optimizer.lr * rate_factor(stage.schedule, step, steps)
        optimizer.zero_grad()
        network.loss(network.train()(batches[step % 4]), batches[step % 4])["loss"].backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), stage.optimizer.clip_norm or math.inf)
        optimizer.step()
        if step % 20 == 19:
            with torch.no_grad():
                maps = [network.eval()(batch)["saliency"].cpu() for batch in batches]
            reached = max(reached, max_f(torch.cat(maps), masks))
            if reached > LEARNED * best:
                break
    assert reached > LEARNED * best
