"""The authors' weights through the workflow: read, applied, scored and reported, without any training."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from official_checkpoints import SHAPES, fill
from pipeline import ask, planned, snakemake

from vsodprep.images import read_gray
from vsodprep.models.checkpoints import load_official
from vsodprep.models.inference import to_map
from vsodprep.shards import ClipDataset, SplitSource

pytestmark = pytest.mark.slow

SIZE = (64, 96)
MAPS = {"dsnet": "minmax", "cagdde": "truncate"}
POSTS = {"dsnet": ["raw", "stan"], "cagdde": ["raw"]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("official")
    runs = {}
    for model in MAPS:
        torch.save(fill(SHAPES[model]()), folder / f"{model}.pth")
        test = {"benchmark": "synth", "split": "test", "post": POSTS[model]}
        runs[model] = {
            "official": {"weights": f"{model}.pth", "flow": "dis", "size": SIZE, "test": [test], "paper": True}
        }
    config = {
        "sequences": {"synth": ["plain-turtle"]},
        "pack": {"prior": [], "coarse": []},
        "runs": runs,
        "figures": {"levels": {"kind": "level-weights", "benchmark": "synth", "model": "dsnet", "run": "official"}},
        "report": {"trivial": False},
    }
    (folder / "mine.yaml").write_text(yaml.safe_dump(json.loads(json.dumps(config))))
    done = snakemake(folder, "all", "--configfile", str(folder / "mine.yaml"))
    assert done.returncode == 0, done.stdout[-5000:]
    assert planned(done.stdout)["official"] == 2
    assert "train" not in planned(done.stdout)
    return folder


@pytest.mark.parametrize("model", MAPS)
def test_maps_are_those_of_the_authors_network(folder: Path, model: str) -> None:
    source = SplitSource(folder / "results" / "shards" / "synth.zarr", "test")
    data = ClipDataset(source, size=SIZE, flow="dis", frames="all")
    sample = data[7]
    with torch.no_grad():
        network = load_official(model, folder / f"{model}.pth")
        logits = network({key: sample[key][None] for key in ("frames", "flow")})["saliency"]
    expected = to_map(torch.sigmoid(logits)[0, 0].numpy(), (128, 192), MAPS[model])  # type: ignore[arg-type]
    maps = folder / "results" / "predictions" / model / "official" / "seed0" / "raw" / "synth"
    found = read_gray(maps / sample["sequence"] / f"{sample['frame_ids'][-1]}.png")
    assert np.abs(found.astype(int) - expected).max() <= 1  # frames that pass together round otherwise


def test_they_are_rows_of_the_report_beside_no_figure_of_the_paper(folder: Path) -> None:
    with (folder / "results" / "report" / "results.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert {(row["model"], row["run"], row["post"]) for row in rows} == {
        (model, "official", post) for model in MAPS for post in POSTS[model]
    }
    page = (folder / "results" / "report" / "index.html").read_text(encoding="utf-8")
    assert "the authors’ weights, dsnet.pth" in page
    assert "flow by dis, which they did not learn from" in page


def test_other_weights_are_read_and_predicted_anew(folder: Path) -> None:
    again = ["-n", "all", "--configfile", str(folder / "mine.yaml")]
    assert "Nothing to be done" in ask(folder, *again).stdout
    torch.save(fill(SHAPES["dsnet"]()) | {"last_conv.6.bias": torch.ones(1)}, folder / "dsnet.pth")
    jobs = planned(ask(folder, *again).stdout)
    assert (jobs["official"], jobs["predict"], jobs["crf"], jobs["evaluate"]) == (1, 1, 1, 2)
