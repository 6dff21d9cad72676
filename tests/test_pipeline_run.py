"""The whole line on the smallest configuration, from nothing to the report."""

import csv
import json
import re
import shutil
import sys
import venv
import zipfile
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree

import cv2
import h5py
import numpy as np
import pytest
import yaml
import zarr
from pipeline import NASTY, ROOT, TINY, ask, planned, snakemake
from tiny_contents import PORTABLE, contents, processor

from vsodprep.config import complete
from vsodprep.config.defaults import default
from vsodprep.estimate.cost import Estimate
from vsodprep.estimate.table import totals
from vsodprep.manifest import read_manifest
from vsodprep.shards import open_shard

pytestmark = pytest.mark.slow

CONFIG = ["--configfile", str(TINY)]
SEQUENCES = {"plain-fish", "several-bees", "plain-turtle", "occlusion-beetles"}
TESTED = {"plain-turtle", "occlusion-beetles"}
FRAMES = 20
TRAINED = ("train", "predict", "crf", "evaluate", "figure", "report")
SIZE = (128, 192)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    done = snakemake(folder, "all", *CONFIG, cores=8)
    assert done.returncode == 0, done.stdout
    (folder / "said.txt").write_text(done.stdout)
    return folder


@pytest.fixture(scope="module")
def results(folder: Path) -> Path:
    return folder / "results"


def test_normalized(results: Path) -> None:
    manifest = read_manifest(results / "normalized" / "synth")
    assert {sequence.name for sequence in manifest.sequences} == SEQUENCES | {"stills"}
    assert manifest.counts == {"sequences": 5, "frames": 4 * FRAMES + 120, "annotated": 4 * FRAMES + 120}


@pytest.mark.parametrize("sequence", sorted(SEQUENCES))
def test_flow_prior_and_labels_of_every_sequence(results: Path, sequence: str) -> None:
    with h5py.File(results / "flow" / "dis" / "synth" / f"{sequence}.h5") as flow:
        assert flow["forward"].dtype == np.int16
        assert flow["forward"].shape == (FRAMES, *SIZE, 2)
        assert flow["frame_of_pair"][:].tolist() == list(range(FRAMES))
    with h5py.File(results / "prior" / "light" / "synth" / f"{sequence}.h5") as prior:
        assert prior["prior"].shape == (FRAMES, *SIZE)
        assert prior["prior"][:].std() > 0
    labels = sorted((results / "coarse" / "weightfree" / "synth" / sequence).glob("*.png"))
    assert len(labels) == FRAMES
    values = np.unique([cv2.imread(str(path), cv2.IMREAD_UNCHANGED) for path in labels])
    assert values.tolist() == [0, 255]


def test_a_run_told_every_stage_in_a_line_and_where_the_report_is(folder: Path, results: Path) -> None:
    said = (folder / "said.txt").read_text()
    stages = {rule: jobs for rule, jobs in planned(said).items() if rule not in ("all", "total")}
    ended = re.findall(r"^(\w+) +(\d+) of (\d+) +\d:\d\d:\d\d$", said, flags=re.MULTILINE)
    assert {rule: (int(done), int(of)) for rule, done, of in ended} == {
        rule: (jobs, jobs) for rule, jobs in stages.items()
    }
    assert f"vsodprep: open {results / 'report' / 'index.html'} in a browser" in said
    assert "Finished jobid" not in said


def test_the_plan_knew_the_disk_that_it_takes(results: Path) -> None:
    config = complete(yaml.safe_load(TINY.read_text()), default().model_dump(mode="json"))
    disk = sum(path.stat().st_size for path in results.rglob("*") if path.is_file())
    assert totals(Estimate(config).costs())["disk"] == pytest.approx(disk, rel=0.25)


def test_shard_holds_what_the_files_hold(results: Path) -> None:
    group = zarr.open_group(results / "shards" / "synth.zarr", mode="r")["plain-fish"]
    frame = cv2.imread(str(results / "normalized/synth/plain-fish/frames/00007.png"))[..., ::-1]
    assert np.array_equal(open_shard(results / "shards" / "synth.zarr")["plain-fish"].frame(7), frame)
    with h5py.File(results / "flow" / "dis" / "synth" / "plain-fish.h5") as flow:
        assert np.array_equal(group["flow/dis"][7], flow["forward"][7])
    with h5py.File(results / "prior" / "light" / "synth" / "plain-fish.h5") as prior:
        assert np.array_equal(group["prior/light"][7], prior["prior"][7])


@pytest.mark.parametrize(
    "maps",
    ["dsnet/full/seed0/raw", "dsnet/full/seed0/stan"]
    + [f"trivial/{maps}/seed0/raw" for maps in ("centre-prior", "flow-magnitude")],
)
def test_predictions_and_scores(results: Path, maps: str) -> None:
    folder = results / "predictions" / maps / "synth"
    for sequence in TESTED:
        paths = sorted((folder / sequence).glob("*.png"))
        assert [path.stem for path in paths] == [f"{index:05d}" for index in range(FRAMES)]
        image = cv2.imread(str(paths[3]), cv2.IMREAD_UNCHANGED)
        assert image.shape == SIZE
        assert image.dtype == np.uint8
    scores = json.loads((results / "scores" / maps / "synth.davsod.json").read_text())
    assert scores["protocol"] == "davsod"
    assert set(scores["sequences"]) == TESTED
    assert scores["frames"] == len(TESTED) * (FRAMES - 2)  # the toolbox skips the first and the last mask
    mae = np.mean([scores["sequences"][sequence]["mae"] for sequence in TESTED])
    assert scores["mae"] == pytest.approx(mae, abs=1e-12)
    assert len(scores["f_curve"]) == 256
    assert scores["max_f"] == pytest.approx(max(scores["f_curve"]))
    assert 0 < scores["s_measure"] < 1


def test_report_and_results_table(results: Path) -> None:
    page = (results / "report" / "index.html").read_text(encoding="utf-8")
    for word in ("dsnet", "centre prior", "flow magnitude", "occlusion-beetles", "No number here is a paper’s result"):
        assert word in page
    assert str(results) not in page
    with (results / "report" / "results.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    columns = "model run post seed benchmark protocol metric value paper_value delta"
    assert " ".join(rows[0]) == columns
    scores = json.loads((results / "scores/dsnet/full/seed0/raw/synth.davsod.json").read_text())
    (row,) = [row for row in rows if (row["model"], row["post"], row["metric"]) == ("dsnet", "raw", "mae")]
    assert float(row["value"]) == pytest.approx(scores["mae"])
    assert row["delta"] == ""


@pytest.mark.parametrize("name", yaml.safe_load(TINY.read_text())["figures"])
def test_figures(results: Path, name: str) -> None:
    assert ElementTree.parse(results / "figures" / f"{name}.svg").getroot().tag.endswith("svg")


def test_contents_are_those_of_earlier_code(results: Path) -> None:
    recorded = json.loads((ROOT / "tests" / "tiny_contents.json").read_text())
    same = recorded["processor"] == processor()
    expected = {name: value for name, value in recorded["contents"].items() if same or name.startswith(PORTABLE)}
    found = contents(results)
    assert {name: found.get(name) for name in expected} == expected
    assert found.keys() == recorded["contents"].keys()


@pytest.mark.parametrize(
    "form",
    [{"video_frames": "raw"}, {"pictures": []}, {"video_frames": "raw", "video_size": [64, 96], "pictures": []}],
    ids=["raw", "coloured on reading", "raw, of the size of training, coloured on reading"],
)
def test_scores_are_the_same_from_a_shard_of_another_form(
    folder: Path, results: Path, tmp_path: Path, form: dict[str, object]
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy, symlinks=True)
    path = tmp_path / "changed.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(TINY.read_text()) | {"pack": form}))
    score = "scores/dsnet/full/seed0/raw/synth.davsod.json"
    done = snakemake(copy, f"results/{score}", "--configfile", str(path), cores=8)
    assert done.returncode == 0, done.stdout
    assert {"pack", "train", "predict", "evaluate"} <= set(planned(done.stdout))
    size = open_shard(copy / "results" / "shards" / "synth.zarr").video_size
    assert size == ((64, 96) if "video_size" in form else None)
    assert (copy / "results" / score).read_bytes() == (results / score).read_bytes()


def test_second_run_has_nothing_to_do(folder: Path, results: Path) -> None:
    done = snakemake(folder, "all", *CONFIG)
    assert "Nothing to be done" in done.stdout


def test_an_option_reruns_its_stage_and_what_follows(folder: Path, results: Path) -> None:
    changed = yaml.safe_load(TINY.read_text()) | {"coarse": {"weightfree": {"crf": "dss"}}}
    path = folder / "changed.yaml"
    path.write_text(yaml.safe_dump(changed))
    done = ask(folder, "--dry-run", "all", "--configfile", str(path))
    for rule in ("coarse", "coarse_collect", "pack", "train", "predict", "evaluate", "report"):
        assert f"\n{rule} " in done.stdout, done.stdout
    for rule in ("normalize", "flow", "prior", "saliency"):
        assert f"\n{rule} " not in done.stdout, done.stdout


@pytest.mark.parametrize(
    ("file", "line", "planned"),
    [
        ("vsodprep/files.py", "# a comment", set()),
        ("vsodprep/coarse/edits.py", "CHANGED = 1", {"coarse", "coarse_collect", "pack", *TRAINED, "trivial"}),
        ("models/history.py", "CHANGED = 1", {*TRAINED}),
        ("vsodprep/evaluate/measures/s_measure.py", "CHANGED = 1", {"evaluate", "figure", "report"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_change_of_the_code_reruns_its_stage_and_what_follows(
    folder: Path, results: Path, tmp_path: Path, file: str, line: str, planned: set[str]
) -> None:
    for name in ("vsodprep", "models", "workflow", "config"):
        shutil.copytree(ROOT / name, tmp_path / name, symlinks=True)
    for name in ("Snakefile", "environment.yml"):
        shutil.copy(ROOT / name, tmp_path)
    with (tmp_path / file).open("a") as stream:
        stream.write(f"\n{line}\n")
    done = snakemake(folder, "--dry-run", "all", *CONFIG, root=tmp_path)
    assert done.returncode == 0, done.stdout
    rules = set(re.findall(r"^(\w+) +\d+$", done.stdout, re.MULTILINE)) - {"all", "total"}
    assert rules == planned, done.stdout


@pytest.mark.parametrize(
    ("change", "rules"),
    [
        ({"report": {"strips": 1, "title": "Another"}}, {"configuration", "report"}),
        ({"seeds": [0, 1]}, {"configuration", "train", "predict", "crf", "evaluate", "figure", "report"}),
        ({"width": 0.25}, {"configuration", "train", "predict", "crf", "evaluate", "figure", "report"}),
    ],
)
def test_a_changed_recipe_trains_its_run_again(
    folder: Path, results: Path, change: dict[str, object], rules: set[str]
) -> None:
    changed = yaml.safe_load(TINY.read_text())
    run = changed["runs"]["dsnet"].pop("full")
    changed = changed | change if "report" in change else changed
    changed["runs"]["dsnet"] = {"full": run if "report" in change else run | change}
    (folder / "changed.yaml").write_text(yaml.safe_dump(changed))
    done = ask(folder, "--dry-run", "all", "--configfile", str(folder / "changed.yaml"))
    assert set(planned(done.stdout)) - {"all", "total"} == rules
    assert planned(done.stdout).get("train", 0) <= 1
    assert max(map(len, done.stdout.splitlines())) < 2_000


def test_snakemakes_own_report(folder: Path, results: Path) -> None:
    done = snakemake(folder, "all", *CONFIG, "--report", "report.zip")
    assert done.returncode == 0, done.stdout
    with zipfile.ZipFile(folder / "report.zip") as report:
        assert any(name.endswith("index.html") for name in report.namelist())


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A clone and an environment that it is installed in, both below a nasty path: the clone and the interpreter."""
    folder = tmp_path_factory.mktemp("clone") / NASTY
    root, environment = folder / "clone", folder / "environment"
    unwanted = shutil.ignore_patterns(".*", "__pycache__", "results", "tests", "shared")
    shutil.copytree(ROOT, root, symlinks=True, ignore=unwanted)
    venv.create(environment, symlinks=True)
    (packages,) = environment.glob("lib/*/site-packages")
    paths = [str(root), *(path for path in sys.path if path.endswith("site-packages"))]
    (packages / "installed.pth").write_text("\n".join(paths), encoding="utf-8")
    return root, str(environment / "bin" / "python")


def test_everything_may_lie_below_a_nasty_path(
    clone: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)
    root, python = clone
    work = tmp_path / NASTY
    work.mkdir()
    (work / f"{NASTY} edits").write_text("plain-fish 00003 erase component 0,0\n")
    config = yaml.safe_load(TINY.read_text()) | {
        "results": f"{NASTY} results",
        "sequences": {"synth": ["plain-fish", "plain-turtle", "stills"]},
        "coarse": {"weightfree": {"order": ["fuse", "otsu", "edits"], "edits": f"{NASTY} edits"}},
        "protocols": {"mine": {"skip_first": 0}},
        "crf": {"mine": {"iterations": 1}},
        "report": {"trivial": False},
    }
    config["runs"]["dsnet"]["full"]["test"][0] |= {"post": ["mine"], "protocols": ["mine"]}
    grid = {"frames": ["plain-turtle/00005"], "post": "mine", "protocol": "mine"}
    config["figures"] = {name: config["figures"][name] for name in ("losses", "levels", "grid")}
    config["figures"]["grid"] |= grid
    (work / f"{NASTY}.yaml").write_text(yaml.safe_dump(config))
    called = ("all", "--configfile", str(work / f"{NASTY}.yaml"))
    done = snakemake(work, *called, root=root, python=python, cores=8)
    assert done.returncode == 0, done.stdout[-5000:]
    made = {path.name for path in work.iterdir()} - {".snakemake"}
    assert made == {f"{NASTY}{name}" for name in (" edits", " results", ".yaml")}
    results = work / f"{NASTY} results"
    record = json.loads((results / "coarse/weightfree/synth/plain-fish/record.json").read_text())
    assert record["frames"]["00003"]["edits_without_effect"] == ["plain-fish 00003 erase component 0,0"]
    scores = json.loads((results / "scores/dsnet/full/seed0/mine/synth.mine.json").read_text())
    assert (scores["protocol"], set(scores["sequences"])) == ("mine", {"plain-turtle"})
    assert (results / "report" / "index.html").is_file()
    assert {path.stem for path in (results / "figures").iterdir()} == config["figures"].keys()
    assert "Nothing to be done" in snakemake(work, *called, root=root, python=python).stdout


def test_a_broken_frame_is_named(folder: Path, results: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    shutil.copytree(results / "normalized", work / "results" / "normalized")
    frame = work / "results/normalized/synth/plain-fish/frames/00004.png"
    frame.write_bytes(frame.read_bytes()[:100])
    done = snakemake(work, "results/flow/dis/synth/plain-fish.h5", *CONFIG, "--rerun-triggers", "mtime")
    assert done.returncode == 1
    assert [line for line in done.stdout.splitlines() if "vsodprep: " in line and "00004.png" in line], done.stdout
    assert not list((work / "results" / "flow").rglob("*.h5*"))


def test_four_sequences_of_davis(excerpts: Path, tmp_path: Path) -> None:
    """The first frames of four sequences in their official archive, and fewer steps than the example has."""
    config = yaml.safe_load((ROOT / "config/examples/davis.yaml").read_text())
    config["sources"]["davis2016"] = str(tmp_path / "davis.zip")
    config["runs"]["dsnet"]["full"]["stages"][0]["steps"] = 3
    with (
        zipfile.ZipFile(excerpts / "DAVIS-data-sample.zip") as whole,
        zipfile.ZipFile(tmp_path / "davis.zip", "w") as few,
    ):
        for name in whole.namelist():
            if not PurePosixPath(name).stem.isdecimal() or int(PurePosixPath(name).stem) < 8:
                few.writestr(name, whole.read(name))
        official = whole.read("DAVIS/JPEGImages/480p/dog/00003.jpg")
    path = tmp_path / "davis.yaml"
    path.write_text(yaml.safe_dump(config))
    done = snakemake(tmp_path, "all", "--configfile", str(path), cores=8)
    assert done.returncode == 0, done.stdout
    results = tmp_path / "results"
    manifest = read_manifest(results / "normalized" / "davis2016")
    names = ("blackswan", "car-shadow", "dog", "libby")
    assert {sequence.name: len(sequence.frames) for sequence in manifest.sequences} == dict.fromkeys(names, 8)
    scores = json.loads((results / "scores/dsnet/full/seed0/raw/davis2016.davsod.json").read_text())
    assert set(scores["sequences"]) == {"car-shadow", "libby"}
    assert scores["frames"] == 2 * (8 - 2)
    page = (results / "report" / "index.html").read_text(encoding="utf-8")
    for sequence in ("car-shadow", "libby"):
        assert sequence in page
    assert (results / "normalized/davis2016/dog/frames/00003.jpg").read_bytes() == official
