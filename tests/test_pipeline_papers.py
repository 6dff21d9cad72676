"""What config/papers.yaml says is made of the papers' figures and tables, made on `synth` in miniature."""

import csv
import json
import math
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import cv2
import pytest
import torch
import yaml
from pipeline import snakemake
from test_inventory import PAPERS, TARGETS, configuration

from vsodprep.files import sha256

pytestmark = pytest.mark.slow

SEQUENCES = ["plain-fish", "several-bees", "plain-turtle", "occlusion-beetles", "stills"]
FRAMES = ["plain-turtle/00005", "occlusion-beetles/00010"]
TESTED = {"plain-turtle": 20, "occlusion-beetles": 20}  # the frames of synth's test sequences among them
SIZE = (128, 192)
FIGURES = [target for target in TARGETS if target[3].startswith("figures/")]


def figure_of(paper: str, name: str, target: str) -> dict[str, Any]:
    """Return a figure of a paper's configuration on `synth`, of two runs where it has more."""
    config = configuration(name)
    figure = config.figures[Path(target).stem].model_dump(mode="json", exclude_defaults=True)
    figure = {"kind": config.figures[Path(target).stem].kind, "model": paper} | figure
    if figure["kind"] in ("ablation", "precision-recall", "grid"):
        figure["runs"] = list(dict.fromkeys([figure.get("runs", ["full"])[0], "full"]))
    if figure["kind"] == "sweep":
        figure["runs"] = ["tau-0.1", "full"]
    if figure["kind"] != "sweep":
        figure["benchmark"] = "synth"
    if "frames" in figure:
        figure["frames"] = FRAMES
    return figure


def run_of(paper: str, run: dict[str, Any]) -> dict[str, Any]:
    """Return a run of a paper's configuration that trains for a step on `synth`."""
    stages = []
    for stage in run["stages"]:
        still = not run["test"]
        batch = 4 if paper == "contrastive" else 2
        made = {
            "data": [{"benchmark": "synth", "split": "stills" if still else "train"}],
            "size": [64, 96],
            "steps": 1,
            "batch": batch,
            "clips_per_video": batch if stage["clips_per_video"] > 1 else 1,
        }
        stages.append(made | {key: stage[key] for key in ("clip_length", "clip", "init", "optimizer", "still_flow")})
    post = max((post for each in run["test"] for post in each["post"]), default="raw")  # the refined maps, if any
    test = [{"benchmark": "synth", "split": "test", "post": [post]}]
    kept = {key: run[key] for key in ("variant", "options", "resize", "maps")}
    small = {"width": 0.125, "pretrained": False, "stages": stages, "test": test if run["test"] else []}
    blocks = {"flow": run["flow"] and "dis", "prior": run["prior"] and "light"}
    return kept | small | blocks | {"init": run.get("init")}


def miniature() -> tuple[dict[str, Any], dict[tuple[str, str], str]]:
    """Return the configuration, and the name of its figure for each file and target; equal figures are made once."""
    figures: dict[str, dict[str, Any]] = {}
    names: dict[tuple[str, str], str] = {}
    for paper, _, name, target in FIGURES:
        figure = figure_of(paper, name, target)
        key = next((key for key, known in figures.items() if known == figure), f"{name}-{Path(target).stem}")
        figures[key] = figure
        names[name, target] = key
    runs: dict[str, dict[str, Any]] = {}
    for paper in PAPERS:
        whole = {
            key: run.model_dump(mode="json")
            for name in (paper, f"{paper}-ablations")
            for key, run in configuration(name).runs[paper].items()
        }
        used = {key for figure in figures.values() if figure["model"] == paper for key in figure.get("runs", ["full"])}
        first = {"stage1"} & whole.keys()  # which others start from
        runs[paper] = {key: run_of(paper, run) for key, run in whole.items() if key in used | first | {"full"}}
    first_of_stan = configuration("stan").runs["dcl"]["full"].model_dump(mode="json")  # which its streams start from
    runs["dcl"] = {"full": run_of("dcl", first_of_stan)}
    config = {
        "sequences": {"synth": SEQUENCES},
        "prior": {"light": {"epochs": 2, "frames_per_sequence": 2}},
        "pack": {"coarse": []},
        "runs": runs,
        "figures": figures,
        "report": {"timings": True, "strips": 1, "trivial": False, "title": "The papers in miniature"},
    }
    return config, names


CONFIG, NAMES = miniature()


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("papers")
    (folder / "mine.yaml").write_text(yaml.safe_dump(json.loads(json.dumps(CONFIG))))
    done = snakemake(folder, "all", "--configfile", str(folder / "mine.yaml"), cores=2)
    assert done.returncode == 0, done.stdout[-5000:]
    return folder / "results"


@pytest.mark.parametrize(("paper", "number", "name", "target"), FIGURES)
def test_a_figure_shows_what_it_is_to_show(results: Path, paper: str, number: str, name: str, target: str) -> None:
    path = results / "figures" / f"{NAMES[name, target]}.svg"
    text = " ".join(ElementTree.parse(path).getroot().itertext())
    figure = CONFIG["figures"][NAMES[name, target]]
    shown = figure.get("runs", []) if figure["kind"] != "sweep" else ["tau"]
    if figure["kind"] == "level-features":
        shown = [f"level {level}" for level in range(1, 6)]
    assert all(word in text for word in shown)
    pictures = len(list(ElementTree.parse(path).getroot().iter("{http://www.w3.org/2000/svg}image")))
    expected = {"grid": (2 + len(figure.get("runs", ()))) * len(FRAMES), "level-features": 2 * 6 * len(FRAMES)}
    assert pictures == expected.get(figure["kind"], 0)


@pytest.mark.parametrize("paper", PAPERS)
def test_tables_have_the_runs(results: Path, paper: str) -> None:
    with (results / "report" / "results.csv").open() as stream:
        rows = [row for row in csv.DictReader(stream) if row["model"] == paper]
    assert {row["run"] for row in rows} == {key for key, run in CONFIG["runs"][paper].items() if run["test"]}
    assert {row["metric"] for row in rows} >= {"max_f", "s_measure", "mae"}


def test_run_time_is_that_of_the_jobs(results: Path) -> None:
    page = (results / "report" / "index.html").read_text(encoding="utf-8")
    section = page[page.index('id="costs"') : page.index('id="configuration"')]
    assert "no record" not in section
    for text in (
        "STAN full, 0.125 of the paper",
        "motion prior light",
        "refinement stan",
        "0.102 s a frame",
        "1148.5 G operations",
    ):
        assert text in section


@pytest.mark.parametrize("sequence", TESTED)
@pytest.mark.parametrize("model", PAPERS)
def test_maps_have_the_size_of_the_frames(results: Path, model: str, sequence: str) -> None:
    folder = results / "predictions" / model / "full" / "seed0" / "raw" / "synth" / sequence
    maps = [cv2.imread(str(path), cv2.IMREAD_UNCHANGED) for path in sorted(folder.glob("*.png"))]
    assert [saliency.shape for saliency in maps] == [SIZE] * TESTED[sequence]
    assert {saliency.dtype.name for saliency in maps} == {"uint8"}


@pytest.mark.parametrize("model", PAPERS)
def test_scores_are_finite(results: Path, model: str) -> None:
    (post,) = CONFIG["runs"][model]["full"]["test"][0]["post"]
    scores = json.loads((results / "scores" / model / "full" / "seed0" / post / "synth.davsod.json").read_text())
    assert set(scores["sequences"]) == set(TESTED)
    for metric in ("mae", "s_measure", "max_f", "mean_f", "max_e", "weighted_f"):
        assert 0 <= scores[metric] <= 1, metric


@pytest.mark.parametrize("model", PAPERS)
def test_every_term_of_the_loss_is_finite(results: Path, model: str) -> None:
    with (results / "models" / model / "full" / "seed0" / "metrics.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [row["step"] for row in rows] == ["1"]
    assert all(math.isfinite(float(value)) for row in rows for key, value in row.items() if key != "stage" and value)


@pytest.mark.parametrize(
    ("model", "first", "kept"), [("stan", "dcl/full", "streams.temporal"), ("cagdde", "cagdde/stage1", "encoder")]
)
def test_a_run_starts_from_another_one_s_weights(results: Path, model: str, first: str, kept: str) -> None:
    source = results / "models" / first / "seed0" / "last.ckpt"
    checkpoint = torch.load(results / "models" / model / "full" / "seed0" / "last.ckpt", weights_only=True)
    assert checkpoint["init_sha256"] == [sha256(source)]
    log = (results / "logs" / "train" / model / "full" / "seed0.log").read_text()
    (line,) = [line for line in log.splitlines() if "stage main starts from" in line]
    counts = re.search(r"(\d+) of (\d+) tensors", line)
    assert counts is not None
    found, total = map(int, counts.groups())
    assert any(name.startswith(kept) for name in checkpoint["weights"])
    assert 0.5 < found / total < 1
