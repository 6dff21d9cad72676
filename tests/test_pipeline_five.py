"""All five networks for a few steps, from nothing to the report."""

import csv
import json
import math
import re
from pathlib import Path

import cv2
import pytest
import torch
from pipeline import ROOT, snakemake

from vsodprep.files import sha256

pytestmark = pytest.mark.slow

MODELS = ("dsnet", "stan", "msst", "cagdde", "contrastive")
SEQUENCES = ("occlusion-beetles", "plain-turtle")
FRAMES = 20
SIZE = (128, 192)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("five")
    done = snakemake(folder, "all", "--configfile", str(ROOT / "config/test/five.yaml"), cores=8)
    assert done.returncode == 0, done.stdout
    return folder / "results"


@pytest.mark.parametrize("sequence", SEQUENCES)
@pytest.mark.parametrize("model", MODELS)
def test_maps_have_the_size_of_the_frames(results: Path, model: str, sequence: str) -> None:
    folder = results / "predictions" / model / "full" / "seed0" / "raw" / "synth" / sequence
    maps = [cv2.imread(str(path), cv2.IMREAD_UNCHANGED) for path in sorted(folder.glob("*.png"))]
    assert [saliency.shape for saliency in maps] == [SIZE] * FRAMES
    assert {saliency.dtype.name for saliency in maps} == {"uint8"}


@pytest.mark.parametrize("model", MODELS)
def test_scores_are_finite(results: Path, model: str) -> None:
    scores = json.loads((results / "scores" / model / "full" / "seed0" / "raw" / "synth.davsod.json").read_text())
    assert set(scores["sequences"]) == set(SEQUENCES)
    for metric in ("mae", "s_measure", "max_f", "mean_f", "max_e", "weighted_f"):
        assert 0 <= scores[metric] <= 1, metric


@pytest.mark.parametrize("model", MODELS)
def test_every_term_of_the_loss_is_finite(results: Path, model: str) -> None:
    with (results / "models" / model / "full" / "seed0" / "metrics.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [row["step"] for row in rows] == ["1", "2", "3"]
    assert all(math.isfinite(float(value)) for row in rows for key, value in row.items() if key != "stage" and value)


@pytest.mark.parametrize(
    ("model", "first", "kept"), [("stan", "spatial", "streams.temporal"), ("cagdde", "stage1", "encoder")]
)
def test_a_run_starts_from_another_one_s_weights(results: Path, model: str, first: str, kept: str) -> None:
    source = results / "models" / model / first / "seed0" / "last.ckpt"
    checkpoint = torch.load(source.parents[2] / "full" / "seed0" / "last.ckpt", weights_only=True)
    assert checkpoint["init_sha256"] == [sha256(source)]
    log = (results / "logs" / "train" / model / "full" / "seed0.log").read_text()
    (line,) = [line for line in log.splitlines() if "stage main starts from" in line]
    counts = re.search(r"(\d+) of (\d+) tensors", line)
    assert counts is not None
    found, total = map(int, counts.groups())
    assert any(name.startswith(kept) for name in checkpoint["weights"])
    assert 0.5 < found / total < 1


def test_the_report_shows_all_five(results: Path) -> None:
    page = (results / "report" / "index.html").read_text(encoding="utf-8")
    for title in ("DS-Net", "STAN", "MSST", "CAG-DDE", "Contrastive"):
        assert f"{title} full" in page
    with (results / "report" / "results.csv").open() as stream:
        assert {row["model"] for row in csv.DictReader(stream)} == {*MODELS, "trivial"}
