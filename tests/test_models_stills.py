"""The networks for single images, from their data to maps: what they read of a shard, and that they learn."""

import csv
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from shard_tree import make_everything
from test_class_ids import PARTIAL, delivered
from torch import Tensor

from vsodprep.benchmarks import get
from vsodprep.cli import cli
from vsodprep.config.train import Augment, Data, Optimizer, Run, Schedule, Stage
from vsodprep.images import read_gray
from vsodprep.models import build_model, saved
from vsodprep.models.inference import pictured, predict_maps, predict_shard
from vsodprep.models.training import Execution, train
from vsodprep.normalize.run import normalize
from vsodprep.shards import ClipDataset, SplitSource, pack_benchmark
from vsodprep.shards.derived import MAKE
from vsodprep.shards.sampling import DrawnSample
from vsodprep.trivial import centre_prior

SIZE = (64, 80)
STILLS = ("dcl", "rfcn", "dsmt")
# At the size and width of these tests; DSMT's own start is for the prototxt's.
OPTIONS = {
    "dcl": {},
    "rfcn": {"scales": (1.0,)},
    "dsmt": {"deviation": 0.05, "loss": "cross-entropy", "refinement": False},
}


@pytest.fixture(scope="module")
def shard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("stills")
    make_everything(root)
    pack_benchmark(root / "normalized", root / "mini.zarr")
    return root / "mini.zarr"


def test_what_is_derived_is_of_the_frame_that_is_read(shard: Path) -> None:
    data = ClipDataset(SplitSource(shard, "stills"), size=SIZE, derived=tuple(MAKE), cache_bytes=1 << 20)
    for _ in range(2):  # the second time from the cache
        sample = data[1]
        frame = pictured(sample["frames"][-1])
        np.testing.assert_array_equal(sample["segments"][-1, 0], MAKE["segments"](frame))
        np.testing.assert_allclose(sample["contrast"][-1, 0], MAKE["contrast"](frame) / 255, rtol=1e-6)
    assert sample["segments"].dtype == torch.int64
    assert {"segments", "contrast"} & ClipDataset(SplitSource(shard, "stills"), size=SIZE)[1].keys() == set()


@pytest.mark.parametrize("augment", [Augment(flip=1.0), Augment(flip=1.0, crop=0.5)], ids=["flip", "crop"])
def test_what_is_derived_turns_with_the_frame(shard: Path, augment: Augment) -> None:
    """Superpixels are those of the frame before it is mirrored."""
    data = ClipDataset(SplitSource(shard, "stills"), size=SIZE, derived=("segments",), augment=augment)
    sample = data[DrawnSample(1)]
    mirrored = np.ascontiguousarray(pictured(sample["frames"][-1])[:, ::-1])
    np.testing.assert_array_equal(sample["segments"][-1, 0].numpy()[:, ::-1], MAKE["segments"](mirrored))


def recipe(name: str, *stages: Stage, **options: object) -> Run:
    return Run(**({"width": 0.05, "pretrained": False, "options": OPTIONS[name], "stages": stages} | options))


def stage(**options: object) -> Stage:
    data = (Data(benchmark="mini", split="stills"),)
    return Stage(**({"data": data, "size": SIZE, "batch": 2, "steps": 1} | options))


@pytest.mark.parametrize("name", STILLS)
def test_from_stills_to_maps_of_videos(shard: Path, tmp_path: Path, name: str) -> None:
    stages = [stage()]
    options = {}
    if name == "dcl":
        stages, options = [stage(name=part, learn=(part,)) for part in ("pixels", "segments")], {"rounds": 2}
    run = recipe(name, *stages, **options)
    train(name, run, {"mini": shard}, seed=0, out=tmp_path / "last.ckpt", settings=Execution(threads=1))
    written = predict_shard(tmp_path / "last.ckpt", shard, tmp_path / "maps", split="train")
    assert sum(written.values()) > 0
    for sequence, frames in written.items():
        maps = sorted((tmp_path / "maps" / sequence).glob("*.png"))
        assert len(maps) == frames
        assert read_gray(maps[0]).ndim == 2


def test_a_stage_touches_the_parts_that_it_names(shard: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    before = build_model("dcl", width=0.05).state_dict()
    for part, modules in (("pixels", {"pixels", "fusion"}), ("segments", {"segments"})):
        run = recipe("dcl", stage(learn=(part,)))
        train("dcl", run, {"mini": shard}, seed=0, out=tmp_path / part / "last.ckpt", settings=Execution(threads=1))
        after = saved.load(tmp_path / part / "last.ckpt")["weights"]
        assert {key.split(".")[0] for key in before if not torch.equal(before[key], after[key])} == modules


@pytest.fixture(scope="module")
def voc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("voc")
    normalize(get("voc2012"), [delivered("voc2012", root / "in")], root / "voc2012", PARTIAL)
    pack_benchmark(root / "voc2012", root / "voc2012.zarr")
    return root / "voc2012.zarr"


CLASSES = Data(benchmark="voc2012", split="train", labels="classes")


def terms(metrics: Path) -> list[set[str]]:
    """Return which terms of the loss each row has."""
    with metrics.open() as stream:
        rows = list(csv.DictReader(stream))
    return [{name for name, value in row.items() if value} - {"step", "stage", "lr", "loss"} for row in rows]


def test_two_tasks_take_turns(shard: Path, voc: Path, tmp_path: Path) -> None:
    both = (Data(benchmark="mini", split="stills"), CLASSES)
    run = recipe("dsmt", stage(data=both, order="alternate", steps=4, optimizer=Optimizer(name="sgd", lr=1e-4)))
    shards = {"mini": shard, "voc2012": voc}
    train("dsmt", run, shards, seed=0, out=tmp_path / "last.ckpt", settings=Execution(threads=1))
    assert terms(tmp_path / "metrics.csv") == [{"final"}, {"classes"}] * 2


def test_pre_training_on_classes_is_what_fine_tuning_starts_from(shard: Path, voc: Path, tmp_path: Path) -> None:
    before, after = tmp_path / "before" / "last.ckpt", tmp_path / "after" / "last.ckpt"
    run = recipe("rfcn", stage(data=(CLASSES,)), variant="pre-training")
    train("rfcn", run, {"voc2012": voc}, seed=0, out=before, settings=Execution(threads=1))
    assert terms(before.with_name("metrics.csv")) == [{"step1", "step2", "classes1", "classes2"}]
    tuned = recipe("rfcn", stage(init=str(before), optimizer=Optimizer(lr=1e-9)))
    train("rfcn", tuned, {"mini": shard}, seed=1, out=after, settings=Execution(threads=1))
    weights = saved.load(before)["weights"]
    for name, value in saved.load(after)["weights"].items():
        torch.testing.assert_close(value, weights[name], rtol=0, atol=1e-7)


@pytest.mark.parametrize("refinement", [False, True])
@pytest.mark.parametrize("name", ["rfcn", "dsmt"])
def test_a_map_is_refined_where_the_network_says_so(shard: Path, name: str, refinement: bool) -> None:
    run = recipe(name, stage(), options={**OPTIONS[name], "refinement": refinement})
    torch.manual_seed(0)
    network = build_model(name, width=0.05, **run.options).eval()
    part = SplitSource(shard, "stills")
    frames = ClipDataset(part, size=SIZE, derived=network.inputs[1:])
    for number, (_, _, found, _) in enumerate(predict_maps(network, run, part)):
        sample = frames[number]
        with torch.no_grad():
            raw = network({key: sample[key][None] for key in network.inputs})["saliency"].sigmoid()[0, 0].numpy()
        refined = network.refine(raw, pictured(sample["frames"][-1]))
        assert np.abs(refined - raw).max() > 0.01
        np.testing.assert_allclose(found, refined if refinement else raw, atol=1e-4)


def max_f(maps: Tensor, masks: Tensor) -> float:
    """Maximum over 256 thresholds of the F-measure, averaged over images, with a squared beta of 0.3."""
    predicted = (maps[None] > torch.linspace(0, 1, 256).view(-1, 1, 1, 1)).float()
    hits = (predicted * masks).sum(dim=(2, 3))
    precision, recall = hits / predicted.sum(dim=(2, 3)).clamp(min=1), hits / masks.sum(dim=(1, 2))
    return float((1.3 * precision * recall / (0.3 * precision + recall).clamp(min=1e-9)).mean(1).max())


@pytest.fixture(scope="module")
def real(excerpts: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Shards of 200 images of DUTS to learn from and of 18 of MSRA10K to be tested on."""
    root, shards = tmp_path_factory.mktemp("real"), {}
    for name, archive in (("duts", "DUTS-TR-sample.zip"), ("msra10k", "MSRA10K_Imgs_GT-sample.zip")):
        words = ["normalize", name, excerpts / archive, "--out", root / name, "--partial"]
        CliRunner().invoke(cli, list(map(str, words)), catch_exceptions=False)
        shards[name] = root / f"{name}.zarr"
        pack_benchmark(root / name, shards[name])
    return shards


@pytest.mark.slow
@pytest.mark.parametrize("name", STILLS)
def test_two_hundred_steps_on_real_stills_beat_the_start_and_the_centre(
    real: dict[str, Path], tmp_path: Path, name: str
) -> None:
    size, rate = {"dcl": ((64, 64), 2e-3), "rfcn": ((96, 96), 2e-3), "dsmt": ((128, 128), 3e-3)}[name]
    own = stage(
        data=(Data(benchmark="duts", split="train"),),
        size=size,
        batch=4,
        steps=200,
        optimizer=Optimizer(lr=rate, clip_norm=1.0),
        schedule=Schedule(name="poly", warmup=0.2),
        augment=Augment(flip=0.5),
    )
    run = recipe(name, own, width=0.0625)
    train(name, run, {"duts": real["duts"]}, seed=0, out=tmp_path / "last.ckpt", settings=Execution(threads=1))
    unseen = SplitSource(real["msra10k"])
    data = ClipDataset(unseen, size=size)
    masks = torch.stack([data[number]["masks"][-1, 0] for number in range(len(data))])
    torch.manual_seed(0)
    networks = {
        "trained": saved.network_of(saved.load(tmp_path / "last.ckpt"), tmp_path / "last.ckpt"),
        "untrained": build_model(name, width=0.0625, **OPTIONS[name]).eval(),
    }
    maps = {
        key: torch.stack([torch.from_numpy(found) for _, _, found, _ in predict_maps(network, run, unseen)])
        for key, network in networks.items()
    }
    maps["centre"] = torch.from_numpy(centre_prior(*size)).float().expand_as(masks)
    scores = {key: max_f(each, masks) for key, each in maps.items()}
    errors = {key: float((each - masks).abs().mean()) for key, each in maps.items()}
    assert max(scores, key=scores.__getitem__) == "trained", scores
    assert min(errors, key=errors.__getitem__) == "trained", errors
