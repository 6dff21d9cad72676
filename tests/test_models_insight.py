"""What networks tell about their predictions, and the figure of it."""

from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from shard_tree import make_benchmark

from vsodprep.cli.figure import command
from vsodprep.config.flow import Policy
from vsodprep.config.train import Data, Run, Stage
from vsodprep.errors import InputError
from vsodprep.flow.dis import Dis
from vsodprep.flow.sequence import write_sequence
from vsodprep.manifest import frame_paths
from vsodprep.models import saved
from vsodprep.models.insight import read_features, read_insight
from vsodprep.models.training import Execution, train
from vsodprep.shards import ClipDataset, SplitSource, pack_benchmark


@pytest.fixture(scope="module")
def shard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("insight")
    manifest = make_benchmark(root / "normalized")
    for video in manifest.sequences:
        if not video.still:
            paths = list(frame_paths(root / "normalized", video))
            write_sequence(paths, root / "flow" / f"{video.name}.h5", Dis(), Policy(last_frame="repeat"))
    pack_benchmark(root / "normalized", root / "mini.zarr", flow={"dis": root / "flow"})
    return root / "mini.zarr"


def trained(shard: Path, model: str) -> Path:
    stage = Stage(data=(Data(benchmark="mini", split="train"),), size=(64, 80), batch=2, steps=1)
    recipe = Run(width=0.05, pretrained=False, flow=None if model == "contrastive" else "dis", stages=(stage,))
    out = shard.parent / model / "last.ckpt"
    train(model, recipe, {"mini": shard}, seed=0, out=out, settings=Execution(threads=1))
    return out


@pytest.fixture(scope="module")
def checkpoint(shard: Path) -> Path:
    return trained(shard, "dsnet")


def test_weights_are_the_networks(shard: Path, checkpoint: Path) -> None:
    found = read_insight(checkpoint, shard, split="test", threads=1, batch=3)
    network = saved.network_of(saved.load(checkpoint), checkpoint)
    dataset = ClipDataset(SplitSource(shard, "test"), size=(64, 80), flow="dis", frames="all")
    assert {name: values.shape for name, values in found.quantities.items()} == {
        "weight_spatial": (len(dataset), 5),
        "weight_temporal": (len(dataset), 5),
    }
    assert (found.label, found.tau) == ("weight", 0.6)
    assert sum(found.quantities.values()) == pytest.approx(np.ones((len(dataset), 5)), abs=1e-6)  # Eq. 2
    sample = dataset[2]
    with torch.no_grad():
        weights = network({key: sample[key][None] for key in ("frames", "flow")})["aux"]["weights"][0]
    assert found.quantities["weight_spatial"][2] == pytest.approx(weights[0].double().numpy(), abs=1e-5)


def test_a_network_without_any_is_named(shard: Path) -> None:
    checkpoint = trained(shard, "contrastive")
    with pytest.raises(InputError, match=str(checkpoint)):
        read_insight(checkpoint, shard, threads=1)
    with pytest.raises(InputError, match="without branches"):
        read_features(checkpoint, shard, ["a/1"], threads=1)


def test_features_are_those_of_the_branches(shard: Path, checkpoint: Path) -> None:
    dataset = ClipDataset(SplitSource(shard, "test"), size=(64, 80), flow="dis", frames="all")
    sample = dataset[2]
    frame = f"{sample['sequence']}/{sample['frame_ids'][-1]}"
    spatial, temporal = read_features(checkpoint, shard, [frame], split="test", threads=1)[frame]
    assert (spatial.name, temporal.name) == ("spatial", "temporal")
    network = saved.network_of(saved.load(checkpoint), checkpoint)
    with torch.no_grad():
        features, _ = network.spatial(sample["frames"])
        weights = network({key: sample[key][None] for key in ("frames", "flow")})["aux"]["weights"][0]
    assert [level.shape for level in spatial.levels] == [(16, 20), (8, 10), (4, 5), (4, 5), (4, 5)]  # 1/4 ... 1/16
    for level, feature in zip(spatial.levels, features, strict=True):
        assert level == pytest.approx(feature[0].abs().mean(0).numpy(), abs=1e-6)
    assert temporal.weights == pytest.approx(weights[1].double().numpy(), abs=1e-5)
    assert spatial.picture.shape == (64, 80, 3)
    restored = sample["frames"][0].permute(1, 2, 0).numpy() * (0.229, 0.224, 0.225) + (0.485, 0.456, 0.406)
    assert spatial.picture == pytest.approx(restored * 255, abs=0.51)


@pytest.mark.parametrize("frame", ["nope/00000", "nope"])
def test_a_frame_that_is_not_there_is_named(shard: Path, checkpoint: Path, frame: str) -> None:
    with pytest.raises(InputError, match=f"no frame '{frame}'"):
        read_features(checkpoint, shard, [frame], threads=1)


def test_command_draws(shard: Path, checkpoint: Path, tmp_path: Path) -> None:
    out = tmp_path / "weights.svg"
    words = ["level-weights", str(checkpoint), str(shard), "--split", "test", "--threads", "1", "--out", str(out)]
    result = CliRunner().invoke(command, words, catch_exceptions=False)
    assert result.exit_code == 0
    text = out.read_text(encoding="utf-8")
    for word in ("spatial branch", "temporal branch", "τ = 0.6"):
        assert word in text
