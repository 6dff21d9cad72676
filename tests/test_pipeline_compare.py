"""A comparison of methods from their maps to report, figures and table, and what one method more costs."""

import csv
import json
import shutil
import subprocess
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml
from click.testing import CliRunner
from pipeline import ROOT, ask, planned, snakemake

from vsodprep.cli import cli
from vsodprep.evaluate import evaluate_folders
from vsodprep.images import read_mask
from vsodprep.manifest import mask_path, read_manifest

pytestmark = pytest.mark.slow

EXAMPLE = str(ROOT / "config" / "examples" / "compare.yaml")
SEQUENCES = {"sequences": {"synth": ["occlusion-beetles", "pan-butterfly", "plain-turtle"]}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which the example has run."""
    folder = tmp_path_factory.mktemp("compare")
    (folder / "fewer.yaml").write_text(yaml.safe_dump(SEQUENCES))
    done = snakemake(folder, "--configfile", EXAMPLE, str(folder / "fewer.yaml"), "--", "all", cores=2)
    assert done.returncode == 0, done.stdout
    return folder


@pytest.fixture(scope="module")
def more(folder: Path) -> Path:
    """Return the configuration of one method more: blurred masks in an archive, as JPEG, numbered from 1."""
    benchmark = folder / "results/normalized/synth"
    with zipfile.ZipFile(folder / "blurred.zip", "w") as archive:
        for sequence in read_manifest(benchmark).split("test"):
            for number, frame in enumerate(sequence.frames):
                mask = read_mask(mask_path(benchmark, sequence.name, frame)).astype(np.uint8) * 255
                image = cv2.imencode(".jpg", cv2.GaussianBlur(mask, (0, 0), 3))[1].tobytes()
                archive.writestr(f"out/{sequence.name}/{number:03d}.jpg", image)
    method = {"maps": {"synth": "blurred.zip"}, "title": "Blurred masks", "year": 2026}
    (folder / "more.yaml").write_text(yaml.safe_dump(SEQUENCES | {"methods": {"blurred": method}}))
    return folder / "more.yaml"


def test_one_method_more_is_one_job_of_scoring(folder: Path, more: Path) -> None:
    done = ask(folder, "--dry-run", "all", "--configfile", EXAMPLE, str(more))
    assert done.returncode == 0, done.stdout
    jobs = {"configuration": 1, "evaluate_davsod_pysod": 1, "figure": 3, "report": 1, "all": 1}
    assert {rule: count for rule, count in planned(done.stdout).items() if rule != "total"} == jobs
    assert "results/scores/methods/blurred/seed0/raw/synth.pysod.json" in done.stdout


def test_the_whole_comparison(folder: Path, more: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["--configfile", EXAMPLE, str(more), "--", "all", "results/figures/curves.pdf"]
    done = snakemake(folder, *words, cores=2)
    assert done.returncode == 0, done.stdout
    monkeypatch.chdir(folder)
    for protocol in ("davsod", "pysod"):
        scores = json.loads(Path(f"results/scores/methods/blurred/seed0/raw/synth.{protocol}.json").read_text())
        assert scores == evaluate_folders("blurred.zip", "results/normalized/synth", split="test", protocol=protocol)
        assert scores["max_f"] > 0.8
    with Path("results/report/results.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [*dict.fromkeys(row["run"] for row in rows)] == ["ft", "mbd", "blurred"]  # by year
    page = Path("results/report/index.html").read_text()
    assert 'MBD<span class="plus">2015, image</span>' in page
    assert "Blurred masks: best, median and worst frames" in page
    for name in ("curves", "grid", "intervals"):
        assert "Blurred masks" in Path(f"results/figures/{name}.svg").read_text()
    assert Path("results/figures/curves.pdf").read_bytes().startswith(b"%PDF")
    table = tmp_path / "table.tex"
    words = ["results/scores", "--protocol", "davsod", "--format", "latex", "--sort", "max_f", "--out", str(table)]
    CliRunner().invoke(cli, ["table", *words], catch_exceptions=False)
    text = table.read_text()
    assert text.index("Blurred masks") < min(text.index("MBD"), text.index("FT"))
    program = shutil.which("pdflatex")
    if program is not None:
        document = rf"\documentclass{{article}}\usepackage{{booktabs}}\begin{{document}}{text}\end{{document}}"
        (tmp_path / "paper.tex").write_text(document)
        words = [program, "-halt-on-error", "-interaction=nonstopmode", "paper"]
        made = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert made.returncode == 0, made.stdout[-2000:]
