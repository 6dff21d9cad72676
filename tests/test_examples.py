"""config/examples: every file is a whole configuration, and every network of those for DAVIS trains by its recipe."""

from pathlib import Path
from typing import Any

import pytest
from shard_tree import make_everything
from snakemake.utils import update_config

from vsodprep import benchmarks
from vsodprep.config import complete, read
from vsodprep.config.defaults import default
from vsodprep.config.pack import Pack
from vsodprep.config.train import Run
from vsodprep.models import saved
from vsodprep.models.training import Execution, train
from vsodprep.shards import pack_benchmark
from vsodprep.workflow.plan import Plan

FOLDER = Path(__file__).parent.parent / "config" / "examples"
BASE: dict[str, Any] = default().model_dump(mode="json")
DAVIS = sorted(FOLDER.glob("davis-*.yaml"))
RUNS = [
    pytest.param(model, run, id=f"{path.stem}-{model}-{name}")
    for path in DAVIS
    if path.stem not in ("davis-recipes", "davis-chain")  # one network several times
    for model, runs in complete(read(path), BASE, str(path)).runs.items()
    for name, run in runs.items()
]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_an_example_is_a_whole_configuration(path: Path) -> None:
    assert Plan.of(complete(read(path), BASE, str(path))).targets.config.report.title


def test_four_sequences_are_taken_of_a_whole_archive() -> None:
    config = complete(read(FOLDER / "davis.yaml"), BASE)
    named = [name for split in config.splits["davis2016"].values() for name in split]
    assert sorted(config.sequences["davis2016"]) == sorted(named)
    assert len(named) == 4


@pytest.mark.parametrize("path", DAVIS, ids=lambda path: path.stem)
def test_no_sequence_is_trained_on_and_tested(path: Path) -> None:
    config = complete(read(path), BASE, str(path))
    known = {one.name: set(one.splits) for one in benchmarks.get("davis2016").sequences}
    own = config.splits.get("davis2016", {})

    def of(split: str) -> set[str]:
        return set(own[split]) if split in own else {name for name, splits in known.items() if split in splits}

    for run in (run for runs in config.runs.values() for run in runs.values()):
        data = [data for stage in run.stages for data in stage.data if data.benchmark == "davis2016"]
        trained = {name for each in data for name in of(each.split)}
        tested = {name for test in run.test for name in of(test.split)}
        assert trained and tested and not trained & tested
        if path.stem == "davis-recipes":  # recipes are chosen without the validation split
            assert not tested & of("val")


def test_folds_hold_each_training_sequence_out_once() -> None:
    folds = [read(FOLDER / "davis-recipes.yaml") for _ in range(3)]
    for fold, path in zip(folds[1:], sorted(FOLDER.glob("folds/*.yaml")), strict=True):
        update_config(fold, read(path))
    configs = [complete(fold, BASE) for fold in folds]
    assert len({config.results for config in configs}) == 3
    train = sorted(one.name for one in benchmarks.get("davis2016").sequences if "train" in one.splits)
    assert sorted(name for config in configs for name in config.splits["davis2016"]["held"]) == train
    for config in configs:
        assert sorted(config.splits["davis2016"]["held"] + config.splits["davis2016"]["chosen"]) == train


@pytest.fixture(scope="module")
def shard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("examples")
    make_everything(root)
    named = dict.fromkeys(("dis", "steady"), root / "flow")
    pack_benchmark(
        root / "normalized",
        root / "mini.zarr",
        Pack(pictures=tuple(named)),
        flow=named,
        prior={"light": root / "prior"},
    )
    return root / "mini.zarr"


@pytest.mark.parametrize(("model", "run"), RUNS)
def test_a_step_of_every_stage(model: str, run: Run, shard: Path, tmp_path: Path) -> None:
    mini = [{"benchmark": "mini", "split": "train"}]
    small = {"data": mini, "size": (48, 64), "steps": 1, "batch": 2}
    stages = [{**stage.model_dump(mode="json"), **small} for stage in run.stages]
    one = Run.model_validate({**run.model_dump(mode="json"), "width": 0.05, "stages": stages})
    train(model, one, {"mini": shard}, seed=0, out=tmp_path / "last.ckpt", settings=Execution(threads=1))
    assert saved.load(tmp_path / "last.ckpt")["lengths"] == [1] * len(run.stages)
