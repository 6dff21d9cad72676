"""A video with few masks through the pipeline: what is not read is not made, and what is not kept goes."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from pipeline import ask, planned, snakemake
from shard_tree import disc, frame_of

from tests.fakes import visal
from vsodprep.download.fetched import mark_fetched
from vsodprep.images import write_mask, write_png
from vsodprep.shards import open_shard

pytestmark = pytest.mark.slow

FRAMES, EVERY, SIZE = 25, 6, (64, 96)
SCORES = "results/scores/stan/full/seed0/raw/mine.davsod.json"
SPARSE = {"keep": [], "frames": "annotated"}


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two videos of a disc that moves; every sixth frame has a mask."""
    root = tmp_path_factory.mktemp("films")
    for seed, name in enumerate(("labelled", "plain")):
        for number in range(FRAMES):
            mask = disc(SIZE, 20 + 2 * number, 20 + 10 * seed, 12)
            write_png(root / name / "frames" / f"{number:05d}.png", frame_of(mask, 9 * seed + number))
            if number % EVERY == 0:
                write_mask(root / name / "masks" / f"{number:05d}.png", mask)
    return root


def configuration(films: Path, **over: Any) -> dict[str, Any]:
    both = [{"benchmark": "mine", "split": "train"}]
    stage = {"data": both, "size": [64, 96], "steps": 1, "batch": 1, "clip_length": 4}
    run = {"width": 0.05, "pretrained": False, "prior": "light", "stages": [stage], "test": both}
    return {
        "benchmarks": [],
        "folders": {"mine": str(films)},
        "splits": {"mine": {"train": ["labelled", "plain"], "some": ["labelled"]}},
        "prior": {"light": {"epochs": 2}},
        "saliency": {"ft": {"method": "ft"}},
        "coarse": {"few": {"maps": ["ft"], "order": ["otsu"], "splits": [{"benchmark": "mine", "split": "some"}]}},
        "pack": {"flow": ["dis"], "prior": ["light"], "coarse": ["few"]},
        "runs": {"stan": {"full": run}},
    } | over


def make(folder: Path, config: dict[str, Any], *words: str) -> str:
    (folder / "mine.yaml").write_text(yaml.safe_dump(config))
    done = snakemake(folder, *words, "--configfile", str(folder / "mine.yaml"), "--", SCORES)
    assert done.returncode == 0, done.stdout[-3000:]
    return done.stdout


def scores(folder: Path) -> dict[str, Any]:
    return {key: value for key, value in json.loads((folder / SCORES).read_text()).items() if key != "inputs"}


@pytest.fixture(scope="module")
def sparse(films: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sparse")
    make(folder, configuration(films, **SPARSE))
    return folder


def test_scores_are_those_of_all_frames(films: Path, sparse: Path, tmp_path: Path) -> None:
    make(tmp_path, configuration(films, frames="all"))
    assert scores(sparse) == scores(tmp_path)
    maps = "results/predictions/stan/full/seed0/raw/mine"
    found = sorted(path.name for path in (sparse / maps / "plain").glob("*.png"))
    assert found == [f"{number:05d}.png" for number in range(0, FRAMES, EVERY)]
    for folder, kept in ((tmp_path, True), (sparse, False)):
        for place in ("flow/dis/mine/plain.h5", "prior/light/mine/plain.h5", "saliency/ft/mine/labelled/00003.png"):
            assert (folder / "results" / place).exists() == kept, place


def test_a_video_with_labels_is_whole(sparse: Path) -> None:
    shard = open_shard(sparse / "results" / "shards" / "mine.zarr")
    assert shard["labelled"].prepared == tuple(range(FRAMES))
    assert np.array_equal(shard["plain"].predicted, range(0, FRAMES, EVERY))


@pytest.mark.parametrize(
    ("over", "jobs"),
    [
        ({}, set()),
        ({"keep": ["flow"]}, set()),  # what has gone stays away until something needs it
        ({"crf": {"own": {}}, "report": {"title": "Other"}}, set()),
        ({"prior": {"light": {"epochs": 3}}}, {"flow", "prior_fit_own", "prior", "pack", "train"}),
        ({"flow": {"dis": {"preset": "fast"}}}, {"flow", "prior_fit_own", "prior", "pack", "train"}),
    ],
    ids=["nothing", "keep", "what is not read", "prior", "flow"],
)
def test_after_what_was_not_kept_has_gone(films: Path, sparse: Path, over: dict[str, Any], jobs: set[str]) -> None:
    output = make(sparse, configuration(films, **(SPARSE | over)), "--dry-run")
    if not jobs:
        assert "Nothing to be done" in output
        return
    found = planned(output)
    assert jobs < set(found)
    # labels are on the way to the shard, whose maps have gone
    assert ("normalize" in found, found["flow"], found["pack"]) == (False, 2, 1)


def test_a_fetched_archive_goes_when_its_benchmark_is_normalised(tmp_path: Path) -> None:
    fake = visal.official()
    (archive,) = fake.zipped(tmp_path / "results" / "downloads" / "visal")
    mark_fetched(archive)
    (tmp_path / "mine.yaml").write_text(
        yaml.safe_dump(
            {
                "benchmarks": ["visal"],
                "sequences": {"visal": sorted(fake.frames)},
                "allow": {"visal": ["frame-count", "mask-count"]},
                "keep": [],
                "runs": {},
            }
        )
    )
    words = ("--configfile", str(tmp_path / "mine.yaml"), "--", "results/normalized/visal/manifest.json")
    done = snakemake(tmp_path, *words)
    assert done.returncode == 0, done.stdout[-3000:]
    assert not archive.parent.exists()
    assert "Nothing to be done" in ask(tmp_path, "--dry-run", *words).stdout
    again = planned(ask(tmp_path, "--dry-run", "--forcerun", "normalize", *words).stdout)
    assert again == {"download": 1, "normalize": 1, "total": 2}
