import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from coarse_folders import FRAMES, truth, write_sequence

from vsodprep.cli import cli
from vsodprep.config.crf import PRESETS
from vsodprep.errors import InputError
from vsodprep.images import read_gray
from vsodprep.manifest import Manifest, ManifestSequence, read_manifest, write_manifest


@pytest.fixture
def tree(tmp_path):
    return write_sequence(tmp_path)


@pytest.fixture
def benchmark(tree):
    sequence = ManifestSequence("bear", ("test",), FRAMES, FRAMES, 32, 40)
    write_manifest(tree / "zoo", Manifest("zoo", "1", "Zoo", "", "", "", (), (sequence,)))
    (tree / "zoo" / "bear").mkdir()
    (tree / "frames" / "bear").rename(tree / "zoo" / "bear" / "frames")
    return tree / "zoo"


def crf(*words):
    result = CliRunner().invoke(cli, ["crf", *map(str, words)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output


def test_one_sequence(tree):
    crf(tree / "frames" / "bear", tree / "good" / "bear", "--out", tree / "out")
    for index, frame in enumerate(FRAMES):
        refined = read_gray(tree / "out" / f"{frame}.png")
        np.testing.assert_array_equal((refined > 127)[:24], truth(index)[:24])
    marker = json.loads((tree / "out" / "predictions.json").read_text())
    assert marker["crf"] == PRESETS["stan"].model_dump()


def test_an_engine_in_place_of_the_preset_s(tree):
    crf(tree / "frames" / "bear", tree / "good" / "bear", "--out", tree / "out", "--engine", "pydensecrf")
    marker = json.loads((tree / "out" / "predictions.json").read_text())
    assert marker["crf"] == PRESETS["stan"].model_dump() | {"engine": "pydensecrf"}


@pytest.mark.parametrize("jobs", [1, 2])
def test_benchmark_on_any_number_of_processes(benchmark, tree, jobs):
    (tree / "good" / "predictions.json").write_text('{"frames": 3}')
    crf(benchmark, tree / "good", "--out", tree / "out", "--preset", "pdb", "--jobs", jobs)
    crf(benchmark / "bear" / "frames", tree / "good" / "bear", "--out", tree / "single", "--preset", "pdb")
    for frame in FRAMES:
        written = (tree / "out" / "bear" / f"{frame}.png").read_bytes()
        assert written == (tree / "single" / f"{frame}.png").read_bytes()
        assert {*np.unique(read_gray(tree / "out" / "bear" / f"{frame}.png"))} == {0, 255}
    marker = json.loads((tree / "out" / "predictions.json").read_text())
    assert (marker["frames"], marker["sequences"]) == (3, {"bear": 3})


def test_a_second_run_joins_the_first_or_is_refused(benchmark, tree):
    for name in ("bear", "fox"):
        (tree / name).mkdir()
        shutil.copytree(tree / "good" / "bear", tree / name / name)
    shutil.copytree(benchmark / "bear" / "frames", benchmark / "fox" / "frames")
    manifest = read_manifest(benchmark)
    write_manifest(
        benchmark, replace(manifest, sequences=(*manifest.sequences, replace(manifest.sequences[0], name="fox")))
    )
    crf(benchmark, tree / "bear", "--out", tree / "out", "--preset", "pdb")
    with pytest.raises(InputError, match=r"maps of bear that were made with other settings \(crf\)"):
        crf(benchmark, tree / "fox", "--out", tree / "out", "--preset", "stan")
    crf(benchmark, tree / "fox", "--out", tree / "out", "--preset", "pdb")
    marker = json.loads((tree / "out" / "predictions.json").read_text())
    assert (marker["frames"], marker["sequences"]) == (6, {"bear": 3, "fox": 3})


def test_map_without_frame_is_named(tree):
    (tree / "frames" / "bear" / "9.png").unlink()
    with pytest.raises(InputError, match="frames/bear: no frame 9"):
        crf(tree / "frames" / "bear", tree / "good" / "bear", "--out", tree / "out")


@pytest.mark.parametrize("jobs", [1, 2])
def test_broken_map_is_named_and_leaves_no_marker(tree, jobs):
    (tree / "good" / "bear" / "10.png").write_bytes(b"no image")
    with pytest.raises(InputError, match=r"good/bear/10\.png: unreadable image"):
        crf(tree / "frames" / "bear", tree / "good" / "bear", "--out", tree / "out", "--jobs", jobs)
    assert not (tree / "out" / "predictions.json").exists()


def test_benchmark_needs_maps_by_sequence(benchmark, tree):
    with pytest.raises(InputError, match=r"zoo: a benchmark, but the map 8\.png lies in no sequence's folder"):
        crf(benchmark, tree / "good" / "bear", "--out", tree / "out")


def test_a_record_that_is_none_stops_before_anything_is_written(tree):
    (tree / "good" / "bear" / "predictions.json").write_text("[1]")
    with pytest.raises(InputError, match=r"good/bear/predictions\.json: a list; expected a record of predictions"):
        crf(tree / "frames" / "bear", tree / "good" / "bear", "--out", tree / "out")
    assert not (tree / "out").exists()
