import json

import numpy as np
import pytest
from click.testing import CliRunner
from coarse_folders import FRAMES, saliency, truth, write_sequence

from vsodprep.cli import cli
from vsodprep.errors import InputError
from vsodprep.images import read_gray
from vsodprep.manifest import Manifest, ManifestSequence, write_manifest


@pytest.fixture
def tree(tmp_path):
    for name in ("bear", "fox"):
        write_sequence(tmp_path, name)
    return tmp_path


def run(*words):
    result = CliRunner().invoke(cli, [str(word) for word in words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output


def test_fuse_writes_the_weighted_sum(tree):
    run("fuse", tree / "good", tree / "bad", "--weights", "0.75,0.25", "--out", tree / "fused")
    for index, frame in enumerate(FRAMES):
        expected = 0.75 * saliency(index, "good") + 0.25 * saliency(index, "bad")
        assert np.abs(read_gray(tree / "fused" / "fox" / f"{frame}.png") - expected).max() <= 0.5
    marker = json.loads((tree / "fused" / "maps.json").read_text())
    assert marker["frames"] == [f"{name}/{frame}" for name in ("bear", "fox") for frame in FRAMES]
    assert marker["settings"]["weights"] == [0.75, 0.25]


def test_fit_prefers_the_good_map(tree):
    run("fuse-fit", tree / "good", tree / "bad", "--gt", tree / "masks", "--out", tree / "w.json")
    fitted = json.loads((tree / "w.json").read_text())
    assert fitted["weights"][0] > 0.9
    assert sum(fitted["weights"]) == pytest.approx(1)
    assert fitted["error"] <= min(fitted["error_single"]) < fitted["error_uniform"]
    assert fitted["frames"] == 6
    run("fuse", tree / "good", tree / "bad", "--weights", tree / "w.json", "--out", tree / "fused")


def test_fit_reads_a_split_of_a_benchmark_and_its_folder_of_maps(tree):
    sequences = [
        ManifestSequence(name, (split,), FRAMES, FRAMES[:1], 32, 40)
        for name, split in (("bear", "train"), ("fox", "test"))
    ] + [ManifestSequence("owl", ("bare",), FRAMES, (), 32, 40)]
    normalized = tree / "normalized" / "zoo"
    write_manifest(normalized, Manifest("zoo", "1", "Zoo", "", "", "", (), tuple(sequences)))
    for name in ("bear", "fox"):
        (normalized / name).mkdir()
        (tree / "masks" / name).rename(normalized / name / "masks")
    for method in ("good", "bad"):
        (tree / "maps" / method).mkdir(parents=True)
        (tree / method).rename(tree / "maps" / method / "zoo")
    maps = [tree / "maps" / method for method in ("good", "bad")]
    run("fuse-fit", *maps, "--gt", normalized, "--split", "train", "--out", tree / "w.json")
    fitted = json.loads((tree / "w.json").read_text())
    assert fitted["frames"] == 1
    assert fitted["weights"][0] > 0.9
    with pytest.raises(InputError, match="zoo: no mask in bare; expected a split with masks"):
        run("fuse-fit", *maps, "--gt", normalized, "--split", "bare", "--out", tree / "bare.json")


def test_fit_names_a_missing_map(tree):
    (tree / "bad" / "fox" / "9.png").unlink()
    with pytest.raises(InputError, match=r"bad/fox/9\.png: no map"):
        run("fuse-fit", tree / "good", tree / "bad", "--gt", tree / "masks", "--out", tree / "w.json")


def test_fit_finds_maps_with_an_ending_in_capitals(tree):
    for path in [*(tree / "good").rglob("*.png")]:
        path.rename(path.with_suffix(".PNG"))
    run("fuse-fit", tree / "good", "--gt", tree / "masks", "--out", tree / "w.json")
    assert json.loads((tree / "w.json").read_text())["weights"] == [1.0]


def test_split_needs_a_benchmark(tree):
    with pytest.raises(InputError, match=r"no manifest\.json with a split train"):
        run("fuse-fit", tree / "good", "--gt", tree / "masks", "--split", "train", "--out", tree / "w.json")


def test_truth_is_what_the_fit_compares_with(tree):
    run("fuse-fit", tree / "good", "--gt", tree / "masks", "--out", tree / "w.json")
    expected = np.mean([(saliency(i, "good") / 255 - truth(i)) ** 2 for i in range(3)])
    assert json.loads((tree / "w.json").read_text())["error"] == pytest.approx(expected, rel=0.1)
