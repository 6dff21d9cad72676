"""A network of ours as a saliency method: the maps of `vsodprep predict`, and the rule that trains it before."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from shard_tree import make_benchmark

from vsodprep.cli import cli
from vsodprep.config import complete, parse
from vsodprep.config.defaults import default
from vsodprep.config.saliency import Saliency
from vsodprep.config.train import Data, Run, Stage
from vsodprep.errors import InputError, VsodprepError
from vsodprep.files import sha256
from vsodprep.images import read_gray
from vsodprep.models.training import Execution, train
from vsodprep.saliency.maps import method_of
from vsodprep.shards import pack_benchmark
from vsodprep.workflow.plan import Plan

RUN = {
    "variant": "OS",
    "width": 0.05,
    "pretrained": False,
    "options": {"reduction": "mean"},
    "stages": [{"data": [{"benchmark": "synth", "split": "stills"}], "size": [64, 80], "steps": 1}],
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A shard, and a trained network that reads single frames."""
    root = tmp_path_factory.mktemp("network")
    make_benchmark(root / "normalized")
    pack_benchmark(root / "normalized", root / "mini.zarr")
    stage = Stage(data=(Data(benchmark="mini", split="train"),), size=(64, 80), batch=2, steps=2)
    run = Run.model_validate(RUN | {"stages": [stage]})
    train("stan", run, {"mini": root / "mini.zarr"}, seed=0, out=root / "last.ckpt", settings=Execution(threads=1))
    return root


def test_maps_are_those_of_predict(tree, tmp_path):
    frames = tree / "normalized" / "moon" / "frames"
    words = ["saliency", "stan", frames, "--checkpoint", tree / "last.ckpt", "--out", tmp_path / "maps", "--threads", 1]
    for given in (words, ["predict", tree / "last.ckpt", frames, "--out", tmp_path / "predicted", "--threads", 1]):
        result = CliRunner().invoke(cli, [*map(str, given)])
        assert result.exit_code == 0, result.output
    names = sorted(path.name for path in (tmp_path / "predicted" / "moon").glob("*.png"))
    assert len(names) == 4
    for name in names:
        made, expected = (read_gray(folder / name) for folder in (tmp_path / "maps", tmp_path / "predicted" / "moon"))
        np.testing.assert_array_equal(made, expected)
    settings = json.loads((tmp_path / "maps" / "maps.json").read_text())["settings"]
    assert settings == {
        "model": "stan",
        "variant": "OS",
        "width": 0.05,
        "checkpoint_sha256": sha256(tree / "last.ckpt"),
    }


def test_a_checkpoint_of_another_network_is_refused(tree):
    with pytest.raises(InputError, match="a checkpoint of stan; expected one of msst"):
        method_of(Saliency(method="msst", checkpoint=str(tree / "last.ckpt")))


def planned(run=None, **over) -> Plan:
    values = {
        "runs": {"stan": {"images": run or RUN}},
        "saliency": {"stan": {"method": "stan", "checkpoint": "images"}},
        "coarse": {"of-stan": {"maps": ["stan"], "splits": [{"benchmark": "visal", "split": "test"}]}},
        "pack": {"coarse": ["of-stan"], "prior": []},
        "benchmarks": ["visal"],
    }
    plan = Plan.of(complete({**values, **over}, default().model_dump(mode="json")))
    plan.check()
    return plan


class Wildcards:
    saliency, benchmark, seq = "stan", "visal", "horse"


def test_the_rule_trains_the_run_that_a_block_names():
    plan = planned()
    (checkpoint,) = plan.coarse.saliency_checkpoint(Wildcards)
    assert checkpoint == "results/models/stan/images/seed0/last.ckpt"
    assert f"--checkpoint {checkpoint}" in plan.coarse.saliency_options(Wildcards)
    assert plan.coarse.code(Wildcards) != planned(saliency={"stan": {"method": "mbd"}}).coarse.code(Wildcards)


@pytest.mark.parametrize(
    ("over", "refusal"),
    [
        (
            {"saliency": {"stan": {"method": "stan", "checkpoint": "other"}}},
            r"stan\.checkpoint: other, which is neither a run of",
        ),
        (
            {"run": RUN | {"variant": "ST", "prior": "light"}},
            "which reads frames, prior, 1 frames at a time",
        ),
        (
            {
                "run": RUN | {"stages": [RUN["stages"][0] | {"data": [{"benchmark": "synth", "split": "train"}]}]},
                "coarse": {"of-stan": {"maps": ["stan"], "splits": None}},
            },
            "trained on synth, whose labels are made of its own maps; expected coarse.of-stan.splits without synth",
        ),
    ],
)
def test_a_plan_refuses_what_could_not_be_made(over, refusal):
    with pytest.raises(InputError, match=refusal):
        planned(**over, **({"pack": {"coarse": ["of-stan"]}} if "run" in over else {}))


@pytest.mark.parametrize(
    ("block", "refusal"),
    [
        ({"method": "stan"}, "method stan: give checkpoint"),
        ({"method": "mbd", "checkpoint": "x.ckpt"}, "checkpoint is for method dsnet, stan"),
        ({"method": "stan", "checkpoint": "x.ckpt", "preset": "u2net"}, "preset is for method onnx"),
    ],
)
def test_blocks_that_make_no_sense_are_refused(block, refusal):
    with pytest.raises(VsodprepError, match=refusal):
        parse({"saliency": {"mine": block}})
