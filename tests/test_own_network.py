"""A network of the user's own, as docs/training.md shows one: planned, built, trained, predicted and scored."""

import csv
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import yaml
from click.testing import CliRunner
from pipeline import ROOT, ask, planned, snakemake

from vsodprep.cli import cli
from vsodprep.config import complete
from vsodprep.config.defaults import default
from vsodprep.config.models import definition
from vsodprep.errors import VsodprepError
from vsodprep.estimate.cost import Estimate
from vsodprep.models import build_model, saved
from vsodprep.workflow import fingerprint as module
from vsodprep.workflow.fingerprint import closure
from vsodprep.workflow.plan import Plan

BASE: dict[str, Any] = default().model_dump(mode="json")
PAGE = (ROOT / "docs" / "training.md").read_text(encoding="utf-8").partition("## Train your own network")[2]
NET, CONFIGURATION = (re.findall(f"```{kind}\n(.*?)```", PAGE, re.DOTALL)[0] for kind in ("python", "yaml"))
RUN: dict[str, Any] = yaml.safe_load(CONFIGURATION)["runs"]["mynet"]["full"] | {"model": "mine.net:MyNet"}
ODD = """
    from vsodprep.models.network import Network

    NUMBER = 3

    class Half(Network):
        def forward(self, batch):
            return {}

    class Whole(Half):
        def loss(self, outputs, batch, generator=None):
            return {}

    class Other(Whole):
        options: dict

    class Reader(Whole):
        def __init__(self, options, width, pretrained):
            super().__init__(options)

        def forward(self, batch):
            return {"saliency": batch["frames"].mean().item(), "aux": {}}

    class Counted(Reader):
        operations = 7.0
"""
FILES = {
    "mine/__init__.py": "",
    "mine/net.py": f"from mine.parts import FACTOR\nimport beside\n{NET}",
    "mine/parts.py": "FACTOR = 1",
    "mine/unused.py": "NUMBER = 1",
    "mine/odd.py": textwrap.dedent(ODD),
    "mine/broken.py": "class",
    "mine/needs.py": "import nowhere_to_be_found",
    "mine/script.py": "raise SystemExit(0)",
    "beside.py": "NUMBER = 1",
    "apart.py": "NUMBER = 1",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working folder with a package of the user's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    yield tmp_path
    for name in [name for name in sys.modules if name.partition(".")[0] in ("mine", "beside")]:
        del sys.modules[name]
    forget()


def forget() -> None:
    """Let fingerprints be taken anew."""
    for cached in (module.fingerprint, module.closure, module._read, module._origin, module._folder):
        cached.cache_clear()


def plan_of(runs: dict[str, Any]) -> Plan:
    plan = Plan.of(complete({"runs": runs}, BASE))
    plan.check()
    return plan


def test_it_is_built_like_any_other(folder: Path) -> None:
    network = build_model("mine.net:MyNet", variant="frames", width=0.5, channels=8)
    assert (network.inputs, network.layers[0].weight.shape) == (("frames",), (4, 3, 7, 7))
    batch = {"frames": torch.zeros(2, 3, 3, 64, 80)}
    assert network(batch)["saliency"].shape == (2, 1, 64, 80)
    assert definition("mine.net:MyNet").variants == {"full": {}, "frames": {"motion": False}}


@pytest.mark.parametrize(
    ("name", "culprit"),
    [
        (
            "mine.nett:MyNet",
            "no module mine.nett; expected a module that is installed, or that lies in the working folder",
        ),
        ("yours:MyNet", "no module yours"),
        (
            "mine.net:YourNet",
            "the module mine.net has no YourNet; expected a subclass of vsodprep.models.network.Network",
        ),
        ("mine.odd:NUMBER", "NUMBER is no network"),
        ("mine.net:MyOptions", "MyOptions is no network"),
        ("mine.odd:Half", "Half does not define loss"),
        (
            "mine.odd:Other",
            r"options: <class 'dict'>; expected a subclass of vsodprep\.config\.network\.NetworkOptions",
        ),
        ("mine.broken:MyNet", r"the module mine\.broken cannot be imported \(SyntaxError"),
        ("mine.script:MyNet", r"the module mine\.script cannot be imported \(SystemExit: 0\)"),
        (
            "mine.needs:MyNet",
            r"the module mine\.needs cannot be imported \(ModuleNotFoundError: No module named 'nowhere",
        ),
    ],
)
def test_what_is_no_network_is_named(folder: Path, name: str, culprit: str) -> None:
    with pytest.raises(VsodprepError, match=rf"^model {name}: {culprit}"):
        build_model(name)
    with pytest.raises(VsodprepError, match=rf"^model {name}: {culprit}"):
        plan_of({"mynet": {"full": RUN | {"model": name}}})


@pytest.mark.parametrize(
    ("runs", "culprit"),
    [
        ({"yolo": {}}, r"runs\.yolo: no such network; expected one of dsnet, .* or `model` in each of its runs"),
        ({"yolo": {"a": RUN, "b": RUN | {"model": None}}}, r"runs\.yolo: no such network"),
        ({"yolo": {"a": RUN, "b": RUN | {"model": "mine.odd:Whole"}}}, r"runs\.yolo: .*; use one name for one network"),
        ({"dsnet": {"full": RUN}}, r"runs\.dsnet: the name of a built-in network"),
        ({"trivial": {"full": RUN}}, r"runs\.trivial: a name that is kept for maps which no network makes"),
        ({"methods": {"full": RUN}}, r"runs\.methods: a name that is kept for maps which no network makes"),
        ({"mynet": {"full": RUN | {"model": "mine.net"}}}, r"runs\.mynet\.full\.model"),
        (
            {"mynet": {"full": RUN | {"options": {"chanels": 8}}}},
            "unknown key chanels; expected one of channels, motion",
        ),
        ({"mynet": {"full": RUN | {"variant": "fast"}}}, "unknown variant 'fast'; expected one of full, frames"),
        ({"mynet": {"full": RUN | {"flow": None}}}, r"runs\.mynet\.full\.flow: none, but MyNet reads flow"),
        (
            {"mynet": {"full": {"model": "mine.net:MyNet", "weights": "w.pth"}}},
            "no weights of mine.net:MyNet were released",
        ),
    ],
)
def test_a_mistake_in_its_runs_is_named(folder: Path, runs: dict[str, Any], culprit: str) -> None:
    with pytest.raises(VsodprepError, match=culprit):
        plan_of(runs)


def test_its_plan_has_its_name_and_its_estimate_its_operations(folder: Path) -> None:
    plan = plan_of({"mynet": {"full": RUN}})
    assert "results/models/mynet/full/seed0/last.ckpt" in plan.report.all_files(None)
    assert re.fullmatch(plan.wildcard_constraints["model"], "mynet")
    costs = Estimate(plan.config).costs()
    (train,) = [cost for cost in costs if cost.what == "mynet/full" and cost.stage == "train main"]
    billions = 2 * 49 * (6 * 24 + 24) / 1e3  # of a pixel's multiply-adds, per megapixel
    assert Estimate(plan.config)._operations("mine.net:MyNet", plan.config.runs["mynet"]["full"]) == pytest.approx(
        billions
    )
    assert train.frames == 300 * 8


def test_a_network_that_cannot_be_counted_says_its_operations(folder: Path) -> None:
    reader, counted = (RUN | {"model": f"mine.odd:{name}", "options": {}} for name in ("Reader", "Counted"))
    assert Estimate(complete({"runs": {"mynet": {"full": counted}}}, BASE)).costs()
    with pytest.raises(VsodprepError, match=r"model mine\.odd:Reader: what torch's meta device cannot count"):
        Estimate(complete({"runs": {"mynet": {"full": reader}}}, BASE)).costs()


@pytest.mark.parametrize(
    ("file", "text", "stale"),
    [
        ("mine/net.py", f"{FILES['mine/net.py']}\nNUMBER = 2", True),
        ("mine/net.py", f"# a comment\n{FILES['mine/net.py']}", False),
        ("mine/parts.py", "FACTOR = 2", True),
        ("beside.py", "NUMBER = 2", True),
        ("mine/unused.py", "NUMBER = 2", False),
        ("apart.py", "NUMBER = 2", False),
    ],
)
def test_a_change_of_its_code_plans_it_and_nothing_else(folder: Path, file: str, text: str, stale: bool) -> None:
    plan = plan_of({"mynet": {"full": RUN}, "dsnet": BASE["runs"]["dsnet"]})
    codes = (plan.train.code, plan.evaluate.code)
    names = [SimpleNamespace(model=model, run="full") for model in ("mynet", "dsnet")]
    before = [[code(name) for code in codes] for name in names]
    (folder / file).write_text(text)
    forget()
    after = [[code(name) for code in codes] for name in names]
    assert [one != other for one, other in zip(before[0], after[0], strict=True)] == [stale, stale]
    assert before[1] == after[1]


def test_of_what_is_installed_its_own_package_counts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan_of({"mynet": {"full": RUN}})  # which finds the folder
    own = {name for name in closure("mine.net") if not name.startswith("vsodprep")}
    assert own == {"mine", "mine.net", "mine.parts", "beside"}
    forget()
    monkeypatch.setattr(
        module, "get_paths", lambda: dict.fromkeys(("stdlib", "platstdlib", "purelib", "platlib"), folder)
    )
    assert {name for name in closure("mine.net") if not name.startswith("vsodprep")} == own - {"beside"}


def test_commands_take_it_by_its_class_alone(folder: Path) -> None:
    recipe = yaml.safe_dump(RUN | {"model": "mine.odd:Whole"})
    (folder / "recipe.yaml").write_text(recipe)
    (folder / "x.zarr").mkdir()
    (folder / "x.zarr" / "zarr.json").touch()
    words = ["train", "mine.net:MyNet", "--recipe", "recipe.yaml", "--shard", "x.zarr", "--out", "last.ckpt"]
    done = CliRunner().invoke(cli, words)
    assert "recipe: model mine.odd:Whole; expected mine.net:MyNet, as the command says" in str(done.exception)


@pytest.mark.slow
def test_it_goes_through_the_workflow(tmp_path: Path) -> None:
    beside, folder = tmp_path / "beside", tmp_path / "work"
    for each in (beside, folder):
        each.mkdir()
    (beside / "net.py").write_text(NET)
    config = yaml.safe_load(CONFIGURATION)
    stage = config["runs"]["mynet"]["full"]["stages"][0]
    stage |= {"size": [64, 96], "batch": 4, "steps": 60, "optimizer": {"lr": 0.003}}
    config |= {"sequences": {"synth": ["plain-fish", "plain-turtle"]}}
    config |= {"pack": {"prior": [], "coarse": []}, "report": {"trivial": False, "timings": True}}
    (beside / "mine.yaml").write_text(yaml.safe_dump(config))
    words = ["all", "--configfile", str(beside / "mine.yaml")]
    done = snakemake(folder, *words)
    assert done.returncode == 0, done.stdout[-5000:]

    made = folder / "results" / "models" / "mynet" / "full" / "seed0"
    with (made / "metrics.csv").open() as stream:
        losses = [float(row["loss"]) for row in csv.DictReader(stream)]
    assert sum(losses[-20:]) < 0.5 * sum(losses[:20])
    assert saved.load(made / "last.ckpt")["model"] == "net:MyNet"
    page = (folder / "results" / "report" / "index.html").read_text(encoding="utf-8")
    assert "mynet full" in page
    assert (folder / "results" / "scores" / "mynet" / "full" / "seed0" / "raw" / "synth.davsod.json").is_file()

    frames = folder / "results" / "normalized" / "synth" / "plain-turtle" / "frames"
    command = [sys.executable, "-m", "vsodprep", "predict", str(made / "last.ckpt"), str(frames), "--out", "maps"]
    subprocess.run(command, cwd=beside, check=True, env=os.environ | {"PYTHONPATH": str(ROOT)})
    maps = folder / "results" / "predictions" / "mynet" / "full" / "seed0" / "raw" / "synth" / "plain-turtle"
    for path in sorted((beside / "maps" / "plain-turtle").glob("*.png")):
        assert path.read_bytes() == (maps / path.name).read_bytes()

    assert "Nothing to be done" in ask(folder, "-n", *words).stdout
    (beside / "net.py").write_text(NET.replace("nn.ReLU()", "nn.Tanh()"))
    jobs = planned(ask(folder, "-n", *words).stdout)
    assert jobs.keys() - {"total"} == {"train", "predict", "evaluate", "report", "all"}
