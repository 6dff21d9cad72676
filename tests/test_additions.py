"""A toy of every kind that CONTRIBUTING tells how to add: it touches the files listed there and no other, and works."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from pipeline import ROOT, planned, snakemake

from vsodprep.flow.store import open_flow
from vsodprep.images import read_gray, write_png
from vsodprep.manifest import read_manifest


@dataclass
class Tree:
    """A copy of the checkout.

    Attributes:
        root: Where it lies.
        work: A folder to work in.
    """

    root: Path
    work: Path

    def write(self, path: str, text: str) -> None:
        """Add a file."""
        assert not (self.root / path).exists()
        (self.root / path).write_text(text, encoding="utf-8")

    def insert(self, path: str, text: str, *, before: str) -> None:
        """Put text before what stands in a file once."""
        content = (self.root / path).read_text(encoding="utf-8")
        assert content.count(before) == 1, f"{before!r} in {path}"
        (self.root / path).write_text(content.replace(before, text + before), encoding="utf-8")

    def append(self, *paths: str, text: str = "\nToy.\n") -> None:
        """Put text at the end of files."""
        for path in paths:
            with (self.root / path).open("a", encoding="utf-8") as stream:
                stream.write(text)

    def run(self, *words: str, cwd: Path | None = None) -> str:
        """Run Python on the copy and return what it prints."""
        environment = os.environ | {"PYTHONPATH": str(self.root)}
        done = subprocess.run(
            [sys.executable, *words], cwd=cwd or self.work, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
        return done.stdout

    def plan(self, *words: str) -> dict[str, int]:
        """Return the numbers of jobs by rule that the copy plans."""
        done = snakemake(self.work, "--dry-run", *words, root=self.root)
        assert done.returncode == 0, done.stdout[-2000:]
        return planned(done.stdout)

    def frames(self) -> Path:
        """Write three frames and return their folder."""
        for index in range(3):
            write_png(self.work / "frames" / f"{index:05d}.png", np.full((64, 80, 3), 50 * index, np.uint8))
        return self.work / "frames"

    @property
    def touched(self) -> set[str]:
        """Files that differ from the checkout's."""
        paths = (path for path in self.root.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
        names = {path.relative_to(self.root).as_posix() for path in paths}
        return {name for name in names if _bytes(ROOT / name) != _bytes(self.root / name)}


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    for name in subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0"):
        if (ROOT / name).is_file() or (ROOT / name).is_symlink():
            (tmp_path / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, tmp_path / "tree" / name, follow_symlinks=False)
    (tmp_path / "work").mkdir()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "tree"))
    return Tree(tmp_path / "tree", tmp_path / "work")


def listed(kind: str) -> set[str]:
    """Return the files that CONTRIBUTING lists for a kind of addition, before the colon of each item."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.partition(f"### A {kind}\n")[2].partition("\n#")[0]
    items = re.findall(r"^\d+\. ([^:]*):", section, re.MULTILINE)
    return {name.replace("NAME", "toy") for item in items for name in re.findall(r"`([^`]*)`", item)}


def add_benchmark(tree: Tree) -> None:
    tree.write(
        "vsodprep/benchmarks/toy.py",
        '''"""A toy."""

from vsodprep.archives import Delivery
from vsodprep.benchmarks.benchmark import Benchmark, SourceFile, Split, read_counts, read_list
from vsodprep.benchmarks.layout import Layout, SequenceFiles, collect, pair

FRAMES, MASKS = read_counts("toy")


def layout(delivery: Delivery, resolution: str) -> Layout:
    del resolution
    frames, masks = (collect(delivery, rf"(?:.*/)?toy/{part}/(?P<seq>[^/]+)/[^/]+") for part in ("frames", "masks"))
    files = (SequenceFiles(name, pair(frames[name], masks.get(name, {}), dense=True)) for name in sorted(frames))
    return Layout("official", tuple(files))


BENCHMARK = Benchmark(
    name="toy",
    title="Toy",
    version="1",
    licence="none",
    citation="Nobody.",
    homepage="https://example.org",
    year=2000,
    splits={"all": Split(read_list("toy_all"), "official")},
    layout=layout,
    expects="toy/frames and toy/masks",
    files=(SourceFile("toy.zip", ("https://example.org/toy.zip",), bytes=1000),),
    frames=FRAMES,
    annotated=MASKS,
)
''',
    )
    tree.write("vsodprep/benchmarks/lists/toy_all.txt", "ball\n")
    tree.append("vsodprep/benchmarks/lists/frame_counts.tsv", text="toy\tball\t2\t2\ta toy\n")
    tree.insert("vsodprep/benchmarks/__init__.py", '    "toy": "toy",\n', before='    "ecssd": "ecssd",\n')
    tree.write(
        "tests/fakes/toy.py",
        '''"""A toy."""

from tests.fakes.fake import Fake, blob, encoded, gray, picture


def official() -> Fake:
    """One sequence."""
    fake = Fake("toy", {"toy.zip": {}}, {}, {"ball": ("0", "1")}, a_frame="toy/frames/ball/1.jpg")
    for index in (0, 1):
        fake.truth["ball", str(index)] = blob(index)
        fake.archives["toy.zip"][f"toy/frames/ball/{index}.jpg"] = picture(index)
        fake.archives["toy.zip"][f"toy/masks/ball/{index}.png"] = encoded(gray(blob(index)), ".png")
    fake.a_mask = "toy/masks/ball/1.png"
    return fake
''',
    )
    tree.insert("tests/fakes/every.py", "from tests.fakes import toy\n", before="from tests.fakes.fake import Fake\n")
    tree.insert("tests/fakes/every.py", '    "toy": toy.official,\n', before='    "ecssd": stills.ecssd,\n')
    tree.insert("docs/benchmarks.md", "| [`toy`](#toy) | 1 | 2 | 2 | `all` |\n", before="| [`davis2016`](#davis2016) |")
    tree.append(
        "docs/benchmarks.md",
        text="""
### toy

- **What it is.** Toy: a ball.
- **Size.** 1 sequence, 2 frames, 2 masks.
- **Splits.** `all` (1 sequences, 2 frames): official.
- **Licence.** None.
- **Source.** Fetched automatically: `toy.zip`.
- **Layout and traps.** None.
- **What vsodprep does.** Nothing.
- **Used by.** Nobody.
- **Citation.** Nobody.
""",
    )
    tree.append("CHANGELOG.md")


def use_benchmark(tree: Tree) -> None:
    with zipfile.ZipFile(tree.work / "toy.zip", "w") as archive:
        for index in (0, 1):
            for part, suffix, values in (
                ("frames", ".jpg", np.full((18, 24, 3), 90, np.uint8)),
                ("masks", ".png", np.eye(18, 24, dtype=np.uint8) * 255),
            ):
                archive.writestr(f"toy/{part}/ball/{index}{suffix}", cv2.imencode(suffix, values)[1].tobytes())
    tree.run("-m", "vsodprep", "normalize", "toy", "toy.zip", "--out", "out")
    manifest = read_manifest(tree.work / "out")
    assert [(one.name, one.frames) for one in manifest.sequences] == [("ball", ("0", "1"))]
    shared = ["tests/test_normalize.py", "tests/test_benchmarks.py", "-k", "toy"]
    told = tree.run("-m", "pytest", "-q", "-n", "0", *shared, cwd=tree.root)
    assert re.search(r"[1-9]\d* passed", told)
    jobs = tree.plan("--config", 'sources={"toy": "toy.zip"}', "--", "toy")
    assert (jobs["normalize"], jobs["flow"], jobs["pack"]) == (1, 1, 1)


def add_model(tree: Tree) -> None:
    tree.write(
        "vsodprep/config/networks/toy.py",
        '''"""A toy."""

from pydantic import Field

from vsodprep.config.network import Definition, NetworkOptions


class ToyOptions(NetworkOptions):
    """Options of the toy."""

    channels: int = Field(default=2, ge=1)
    """Channels."""


DEFINITION = Definition(
    name="toy",
    title="Toy",
    method="Toy",
    options=ToyOptions,
    variants={"full": {}, "wide": {"channels": 4}},
    backbones=(),
    parameters=59e-6,
    operations=0.112,
)
''',
    )
    tree.write(
        "models/toy.py",
        '''"""A toy."""

import torch
from torch import Tensor, nn

from vsodprep.config.networks.toy import ToyOptions
from vsodprep.models.losses.bce import class_balanced_bce
from vsodprep.models.losses.supervision import target
from vsodprep.models.network import Batch, Network, Outputs, tensor_of


class Toy(Network):
    """Two convolutions."""

    options: ToyOptions

    def __init__(self, options: ToyOptions, width: float = 1.0, pretrained: bool = False) -> None:
        super().__init__(options)
        self.layers = nn.Sequential(nn.Conv2d(3, options.channels, 3, padding=1), nn.Conv2d(options.channels, 1, 1))

    def forward(self, batch: Batch) -> Outputs:
        """See `Network`."""
        return {"saliency": self.layers(tensor_of(batch, "frames")[:, -1]), "aux": {}}

    def loss(self, outputs: Outputs, batch: Batch, generator: torch.Generator | None = None) -> dict[str, Tensor]:
        """See `Network`."""
        truth = target(batch)
        bce = truth.average(class_balanced_bce(outputs["saliency"], truth.mask, "mean"))
        return {"loss": bce, "bce": bce}


NETWORK = Toy
''',
    )
    tree.insert(
        "vsodprep/config/models.py", "from vsodprep.config.networks import toy\n", before="from vsodprep.errors"
    )
    tree.insert("vsodprep/config/models.py", "toy, ", before="dsnet, stan, msst, cagdde, contrastive, dcl, rfcn, dsmt)")
    tree.write("tests/test_models_toy.py", '"""A toy."""\n')
    run = {
        "stages": [{"data": [{"benchmark": "synth", "split": "train"}], "size": [64, 64], "steps": 1}],
        "test": [{"benchmark": "synth", "split": "test"}],
        "paper": True,
    }
    tree.write("config/paper/toy.yaml", json.dumps({"runs": {"toy": {"full": run}}}))
    ablations = {"runs": {"toy": {"full": run, "wide": run | {"variant": "wide"}}}}
    tree.write("config/paper/toy-ablations.yaml", json.dumps(ablations))
    tree.append("vsodprep/scores/papers.csv", text="toy,Table 1,Toy,full,full,synth,max_f,0.5,davsod,\n")
    items = {"Table 1": {"shows": "max F on synth", "make": {"toy": ["report/results.csv"]}}}
    known = {"names": ["Toy"], "sections": {}, "equations": {}, "items": items, "unknown": []}
    tree.append("config/papers.yaml", text=f"\ntoy: {json.dumps(known)}\n")
    tree.write(
        "docs/models/toy.md", "# Toy\n\n|  | option and its default |\n|---|---|\n| channels | `channels: 2` |\n"
    )
    tree.append("docs/models/README.md", "CHANGELOG.md")
    drawing = 'def toy() -> Figure:\n    """A toy."""\n    return Figure(100, 100, "Toy")\n\n\n'
    tree.insert("docs/models/figures.py", drawing, before='if __name__ == "__main__":')
    tree.insert("docs/models/figures.py", "toy, ", before="dsnet, cagdde, contrastive, stan, msst, dcl, rfcn, dsmt)")
    tree.run("docs/models/figures.py", cwd=tree.root)


def use_model(tree: Tree) -> None:
    code = """
import torch
from vsodprep.models import build_model
from vsodprep.scores.papers import own_printed_numbers
batch = {"frames": torch.rand(2, 1, 3, 64, 80), "masks": (torch.rand(2, 1, 1, 64, 80) > 0.5).float()}
batch |= {"annotated": torch.ones(2, 1, dtype=torch.bool), "weight": torch.ones(2, 1)}
network = build_model("toy", "wide")
outputs = network(batch)
print(*outputs["saliency"].shape, network.layers[0].out_channels, float(network.loss(outputs, batch)["loss"]) > 0)
print(*[number.value for number in own_printed_numbers("toy", "full", "synth")])
"""
    assert tree.run("-c", code).split() == ["2", "1", "64", "80", "4", "True", "0.5"]
    names = ("models_network", "models_cards", "models_size", "models_gradients", "estimate", "inventory")
    shared = [f"tests/test_{name}.py" for name in (*names, "paper_configurations")]
    told = tree.run(
        "-m",
        "pytest",
        "-q",
        "-n",
        "0",
        *shared,
        "-k",
        "toy or table_with_numbers or those_with_networks",
        cwd=tree.root,
    )
    assert re.search(r"[1-9]\d* passed", told)
    jobs = tree.plan("--configfile", str(tree.root / "config" / "paper" / "toy-ablations.yaml"), "--", "all")
    assert (jobs["train"], jobs["predict"]) == (2, 2)


def add_flow_method(tree: Tree) -> None:
    tree.write(
        "vsodprep/flow/toy.py",
        '''"""A toy."""

import numpy as np

from vsodprep.config.flow import Method


class Toy:
    """Everything moves by `speed` pixels to the right."""

    def __init__(self, speed: float) -> None:
        self.speed = speed
        self.record = {"method": "toy", "speed": speed, "versions": {}}

    def batch(self, size):
        """See `Estimator`."""
        return 1

    def encode(self, frames, sources):
        """See `Estimator`."""
        return list(frames)

    def estimate(self, pairs):
        """See `Estimator`."""
        return [np.full((*first.shape[:2], 2), (self.speed, 0), np.float32) for first, _ in pairs]


def build(method: Method, _device: str, _threads: int) -> Toy:
    """See `build_estimator`."""
    return Toy(method.speed)
''',
    )
    entry = '    "toy": FlowMethod("A toy.", ("speed",), lambda _: (3600.0, 0.0), "flownet2", network=False),\n'
    tree.insert("vsodprep/config/methods.py", entry, before='    "raft": FlowMethod(')
    key = '    speed: float = 1.0\n    """Speed of the toy."""\n'
    tree.insert("vsodprep/config/flow.py", key, before="    precision: Precision = ")
    tree.write("tests/test_flow_toy.py", '"""A toy."""\n')
    tree.append("docs/flow.md", "CHANGELOG.md")


def use_flow_method(tree: Tree) -> None:
    tree.run(
        "-m", "vsodprep", "flow", "toy", str(tree.frames()), "--out", "toy.h5", "--speed", "2", "--last-frame", "drop"
    )
    with open_flow(tree.work / "toy.h5") as flow:
        assert flow.attributes["picture"]["dialect"] == "flownet2"
        np.testing.assert_array_equal(flow.row(0), np.full((64, 80, 2), (2, 0)))
    over = tree.work / "over.yaml"
    over.write_text(json.dumps({"flow": {"dis": {"method": "toy", "speed": 3}}, "runs": {}}), encoding="utf-8")
    assert tree.plan("--configfile", str(over), "--", "results/flow/dis/synth/plain-fish.h5")["flow"] == 1
    parts = json.loads(tree.run("-m", "vsodprep", "plan", "--config", str(over), "--json"))["parts"]
    (cost,) = (part for part in parts if part["stage"] == "flow dis")
    assert cost["cpu"] == pytest.approx(cost["frames"] * 128 * 192 / 1e6)


def add_saliency_method(tree: Tree) -> None:
    tree.write(
        "vsodprep/saliency/toy.py",
        '''"""A toy."""

import numpy as np

SETTINGS = {"channel": 1}


def maps(frames):
    """Return the green of each frame."""
    return [(frame[..., SETTINGS["channel"]] / 255).astype(np.float32) for frame in frames]
''',
    )
    tree.insert(
        "vsodprep/config/methods.py", '    "toy": SaliencyMethod("a toy", 1.0),\n', before='    "rbd": SaliencyMethod('
    )
    tree.write("tests/test_saliency_toy.py", '"""A toy."""\n')
    tree.append("docs/coarse.md", "CHANGELOG.md")


def use_saliency_method(tree: Tree) -> None:
    tree.run("-m", "vsodprep", "saliency", "toy", str(tree.frames()), "--out", "maps")
    assert [read_gray(tree.work / "maps" / f"{index:05d}.png").max() for index in range(3)] == [0, 50, 100]
    assert json.loads((tree.work / "maps" / "maps.json").read_text())["settings"] == {"channel": 1}
    words = [
        "--config",
        'saliency={"mine": {"method": "toy"}}',
        "--",
        "results/saliency/mine/synth/plain-fish/maps.json",
    ]
    assert tree.plan(*words)["saliency"] == 1


def add_figure(tree: Tree) -> None:
    tree.write(
        "vsodprep/figures/toy.py",
        '''"""A toy."""

from collections.abc import Mapping

from matplotlib.figure import Figure

from vsodprep.figures.style import house_style, new_figure


def toy(values: Mapping[str, float]) -> Figure:
    """Draw a bar for each value."""
    with house_style():
        figure, axes = new_figure(3, 2)
        axes.bar(list(values), list(values.values()))
    return figure
''',
    )
    tree.insert(
        "vsodprep/config/figures.py",
        '''class Toy(DrawnFromScores):
    """A toy."""

    kind: Annotated[Literal["toy"], Apart]
    benchmark: _Benchmark
    times: int = Field(default=1, ge=1)
    """How often."""


''',
        before="Figure = Annotated[",
    )
    tree.insert("vsodprep/config/figures.py", "Toy | ", before="PrecisionRecall\n")
    tree.append(
        "vsodprep/cli/figure.py",
        text="""

@_draws(kinds.Toy, scores_argument, options_of(kinds.Toy))
def _toy(scores: Sequence["Scores"], times: int) -> "Figure":
    from vsodprep.figures.toy import toy

    return toy({each.label: times * (each.scalar("mae") or 0) for each in scores})
""",
    )
    tree.append("tests/test_figures.py", text="# A toy.\n")
    tree.append("docs/figures.md", "CHANGELOG.md")


def use_figure(tree: Tree) -> None:
    scores = {"benchmark": "synth", "protocol": "davsod", "settings": {}, "mae": 0.5, "sequences": {"a": {"mae": 0.5}}}
    (tree.work / "a.json").write_text(json.dumps(scores), encoding="utf-8")
    tree.run("-m", "vsodprep", "figure", "toy", "one=a.json", "--times", "2", "--out", "toy.svg")
    assert "<svg" in (tree.work / "toy.svg").read_text(encoding="utf-8")
    figure = {"kind": "toy", "benchmark": "synth", "times": 3}
    words = ["--config", f"figures={json.dumps({'a': figure})}", "--", "results/figures/a.svg"]
    jobs = tree.plan(*words)
    assert (jobs["figure"], jobs["evaluate"]) == (1, 1)


ADD: dict[str, Callable[[Tree], None]] = {
    "benchmark": add_benchmark,
    "model": add_model,
    "flow method": add_flow_method,
    "saliency method": add_saliency_method,
    "kind of figure": add_figure,
}
USE: dict[str, Callable[[Tree], None]] = {
    "benchmark": use_benchmark,
    "model": use_model,
    "flow method": use_flow_method,
    "saliency method": use_saliency_method,
    "kind of figure": use_figure,
}


def test_every_list_has_its_toy() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert re.findall(r"^### A (.*)$", text, re.MULTILINE) == list(ADD)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ADD)
def test_an_addition_touches_what_is_listed_and_works(kind: str, tree: Tree) -> None:
    assert tree.touched == set()
    ADD[kind](tree)
    tree.run("tools/make_configuration.py", cwd=tree.root)
    files = listed(kind)
    folders = tuple(name for name in files if name.endswith("/"))
    touched = {next((folder for folder in folders if name.startswith(folder)), name) for name in tree.touched}
    assert touched == files
    USE[kind](tree)
