"""What config/papers.yaml says is made of the papers' figures and tables, made on `synth` in miniature."""

import csv
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from pipeline import snakemake
from test_inventory import PAPERS, TARGETS, configuration

pytestmark = pytest.mark.slow

SEQUENCES = ["plain-fish", "several-bees", "plain-turtle", "occlusion-beetles", "stills"]
FRAMES = ["plain-turtle/00005", "occlusion-beetles/00010"]
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
