import json
import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from click.testing import CliRunner, Result
from flow_cases import texture, write_frames

from vsodprep.cli.flow import command
from vsodprep.errors import InputError, VsodprepError
from vsodprep.flow.store import open_flow
from vsodprep.images import write_png
from vsodprep.manifest import Manifest, ManifestSequence, write_manifest


def run(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_frames(tmp_path_factory.mktemp("sequence"), 5)


def test_default_is_forward_flow_of_every_frame(frames: Path, tmp_path: Path) -> None:
    result = run("dis", frames, "--out", tmp_path / "a.h5")
    assert result.exit_code == 0, result.output
    with open_flow(tmp_path / "a.h5") as flow:
        assert flow.datasets == ("forward",)
        assert flow.frame_indices == (0, 1, 2, 3, 4)
        assert flow.frames == ("00000", "00001", "00002", "00003", "00004")
        for frame, expected in [(0, 1), (3, 1), (4, -1)]:
            inner = flow.of_frame(frame)[8:-8, 8:-8]
            assert np.abs(inner - [expected, 0]).mean() < 0.05
        assert flow.attributes["method"] == "dis"
        assert flow.attributes["preset"] == "medium"
        assert flow.attributes["policy"]["last_frame"] == "backward"
        assert set(flow.attributes["versions"]) == {"vsodprep", "opencv", "numpy", "h5py"}
        assert 0 < flow.attributes["quality"]["photometric_error"] < 3
        assert flow.attributes["quality"]["near_static"] == 0


def test_pairs_in_which_nothing_moves_are_counted(frames: Path, tmp_path: Path) -> None:
    still = tmp_path / "still"
    still.mkdir()
    for number, source in enumerate([0, 0, 0, 1]):  # the film moves by a pixel a frame, and only at its end
        shutil.copy(frames / f"{source:05d}.png", still / f"{number:05d}.png")
    result = run("dis", still, "--out", tmp_path / "a.h5", "--last-frame", "drop", "--least-maximum", "1")
    assert "near static 2" in result.stdout
    with open_flow(tmp_path / "a.h5") as flow:
        assert flow.attributes["quality"]["near_static"] == 2
        assert flow.attributes["picture"]["least_maximum"] == 1


def test_cag_dde_policy(frames: Path, tmp_path: Path) -> None:
    run("dis", frames, "--out", tmp_path / "a.h5", "--show-at", "to")
    with open_flow(tmp_path / "a.h5") as flow:
        assert flow.pairs.tolist() == [[0, 0], [0, 1], [1, 2], [2, 3], [3, 4]]
        assert flow.frame_of_pair.tolist() == [0, 1, 2, 3, 4]
        assert not flow.of_frame(0).any()
        assert np.abs(flow.of_frame(1)[8:-8, 8:-8] - [1, 0]).mean() < 0.05


def test_both_directions(frames: Path, tmp_path: Path) -> None:
    run("dis", frames, "--out", tmp_path / "both.h5", "--direction", "both", "--last-frame", "drop")
    run("dis", frames, "--out", tmp_path / "back.h5", "--direction", "backward", "--first-frame", "drop")
    with open_flow(tmp_path / "both.h5") as both, open_flow(tmp_path / "back.h5") as back:
        assert both.datasets == ("forward", "backward")
        assert back.datasets == ("backward",)
        assert back.pairs.tolist() == [[1, 0], [2, 1], [3, 2], [4, 3]]
        for row in range(4):
            np.testing.assert_array_equal(both.row(row, "backward"), back.row(row))
        assert both.attributes["quality"]["inconsistent_share"] < 0.05


def test_repeated_last_frame_is_its_neighbours_flow(frames: Path, tmp_path: Path) -> None:
    run("dis", frames, "--out", tmp_path / "a.h5", "--last-frame", "repeat", "--stride", 2)
    with open_flow(tmp_path / "a.h5") as flow:
        assert flow.pairs.tolist() == [[0, 2], [1, 3], [2, 4], [2, 4], [2, 4]]
        np.testing.assert_array_equal(flow.of_frame(4), flow.of_frame(2))
        assert np.abs(flow.of_frame(0)[8:-8, 8:-8] - [2, 0]).mean() < 0.1


def test_only_the_frames_that_are_needed(frames: Path, tmp_path: Path) -> None:
    (tmp_path / "only.json").write_text(json.dumps(["00004", "00001"]))
    run("dis", frames, "--out", tmp_path / "a.h5", "--only", tmp_path / "only.json")
    run("dis", frames, "--out", tmp_path / "all.h5")
    with open_flow(tmp_path / "a.h5") as few, open_flow(tmp_path / "all.h5") as every:
        assert few.frame_indices == (1, 4)
        assert few.of_frame(0) is None
        np.testing.assert_array_equal(few.of_frame(1), every.of_frame(1))
        np.testing.assert_array_equal(few.of_frame(4), every.of_frame(4))


def test_only_names_an_unknown_frame(frames: Path, tmp_path: Path) -> None:
    (tmp_path / "only.json").write_text(json.dumps(["nine"]))
    result = run("dis", frames, "--out", tmp_path / "a.h5", "--only", tmp_path / "only.json")
    assert isinstance(result.exception, InputError)
    assert "only.json: frame 'nine'" in str(result.exception)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("options", [(), ("--direction", "both"), ("--stride", 3, "--show-at", "to")], ids=str)
def test_same_bytes_on_any_number_of_threads(frames: Path, tmp_path: Path, threads: int, options: tuple) -> None:
    run("dis", frames, "--out", tmp_path / "a.h5", *options)
    run("dis", frames, "--out", tmp_path / "b.h5", *options, "--threads", threads)
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


@pytest.mark.parametrize(("count", "shown"), [(1, [0]), (2, [0, 1])])
def test_short_sequences(tmp_path: Path, count: int, shown: list[int]) -> None:
    result = run("dis", write_frames(tmp_path / "few", count), "--out", tmp_path / "a.h5")
    assert result.exit_code == 0, result.output
    with open_flow(tmp_path / "a.h5") as flow:
        assert flow.frame_of_pair.tolist() == shown
        if count == 1:
            assert not flow.of_frame(0).any()


def test_grey_frames_of_odd_size(tmp_path: Path) -> None:
    for index in range(3):
        write_png(tmp_path / "grey" / f"{index}.png", texture(51, 67 + 3)[:, 3 - index : 70 - index, 0])
    result = run("dis", tmp_path / "grey", "--out", tmp_path / "a.h5")
    assert result.exit_code == 0, result.output
    with open_flow(tmp_path / "a.h5") as flow:
        assert flow.size == (51, 67)
        assert np.abs(flow.of_frame(0)[8:-8, 8:-8] - [1, 0]).mean() < 0.1


def copy(frames: Path, folder: Path) -> Path:
    return Path(shutil.copytree(frames, folder))


def other_size(folder: Path) -> None:
    write_png(folder / "00003.png", texture(40, 40))


def missing_frame(folder: Path) -> None:
    (folder / "00002.png").unlink()


def broken_frame(folder: Path) -> None:
    (folder / "00001.png").write_bytes((folder / "00001.png").read_bytes()[:300])


def no_frames(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


@pytest.mark.parametrize(
    ("damage", "line"),
    [
        (other_size, r"00003\.png: 40 x 40 pixels; expected 48 x 64, as 00000\.png"),
        (missing_frame, r"a frame is missing: 00001 is followed by number 3; expected number 2"),
        (broken_frame, r"00001\.png: unreadable image"),
        (no_frames, r"no image in it"),
    ],
)
def test_bad_sequences_are_named(frames: Path, tmp_path: Path, damage, line: str) -> None:
    folder = copy(frames, tmp_path / "bad")
    damage(folder)
    result = run("dis", folder, "--out", tmp_path / "out" / "a.h5")
    assert isinstance(result.exception, InputError)
    with pytest.raises(InputError, match=line):
        raise result.exception
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


def test_gaps_may_be_allowed(frames: Path, tmp_path: Path) -> None:
    folder = copy(frames, tmp_path / "gaps")
    missing_frame(folder)
    assert run("dis", folder, "--out", tmp_path / "a.h5", "--allow-gaps").exit_code == 0
    with h5py.File(tmp_path / "a.h5") as file:
        assert file["pairs"].shape == (4, 2)


def test_manifest_says_which_frames_there_are(frames: Path, tmp_path: Path) -> None:
    folder = copy(frames, tmp_path / "seq" / "frames")
    names = ("00003", "00001", "00000")
    sequence = ManifestSequence("seq", ("test",), names, (), 48, 64)
    write_manifest(tmp_path, Manifest("toy", "1", "Toy", "", "", "", (), (sequence,)))
    assert run("dis", folder, "--out", tmp_path / "a.h5").exit_code == 0
    with open_flow(tmp_path / "a.h5") as flow:
        assert flow.frames == names
    (folder / "00001.png").unlink()
    result = run("dis", folder, "--out", tmp_path / "b.h5")
    assert "00001" in str(result.exception)


def test_annotated_frames_and_their_clips(frames: Path, tmp_path: Path) -> None:
    folder = copy(frames, tmp_path / "seq" / "frames")
    names = tuple(f"{index:05d}" for index in range(5))
    sequence = ManifestSequence("seq", ("test",), names, ("00000", "00004"), 48, 64)
    write_manifest(tmp_path, Manifest("toy", "1", "Toy", "", "", "", (), (sequence,)))
    run("dis", folder, "--out", tmp_path / "a.h5", "--frames", "annotated", "--clip-length", 2)
    with open_flow(tmp_path / "a.h5") as flow:
        assert flow.frame_indices == (0, 3, 4)
        assert flow.attributes["policy"]["frames"] == "listed"


def test_annotated_frames_need_a_manifest(frames: Path, tmp_path: Path) -> None:
    result = run("dis", frames, "--out", tmp_path / "a.h5", "--frames", "annotated")
    assert "which of the frames are annotated" in str(result.exception)


def test_frames_that_are_too_small_are_named(tmp_path: Path) -> None:
    folder = write_frames(tmp_path / "tiny", 3, (5, 6))
    result = run("dis", folder, "--out", tmp_path / "a.h5")
    assert isinstance(result.exception, VsodprepError)
    assert str(result.exception) == f"{folder}: DIS cannot work on frames of 5 x 6 pixels, they are too small"


def test_dis_starts_without_torch(frames: Path, tmp_path: Path) -> None:
    code = "import sys; from vsodprep.cli import cli; cli(sys.argv[1:], standalone_mode=False); print(*sys.modules)"
    words = ["flow", "dis", str(frames), "--out", str(tmp_path / "a.h5")]
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
    assert not {"torch", "snakemake", "lightning", "matplotlib", "zarr"} & set(done.stdout.split())


def test_unknown_method_is_wrong_usage(frames: Path, tmp_path: Path) -> None:
    result = run("farneback", frames, "--out", tmp_path / "a.h5")
    assert result.exit_code == 2
    assert "farneback" in result.output


def test_only_and_annotated_exclude_each_other(frames: Path, tmp_path: Path) -> None:
    (tmp_path / "only.json").write_text('["00001"]')
    result = run("dis", frames, "--out", tmp_path / "a.h5", "--only", tmp_path / "only.json", "--frames", "annotated")
    assert result.exit_code == 2
    assert "give one of them" in result.output


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--iterations", 3], "iterations means nothing to method dis, only to raft"),
        (["--clip-length", 3], "means nothing without frames: annotated"),
        (["--maximum", "nan"], "nan is not in the range"),
    ],
    ids=str,
)
def test_an_option_without_effect_is_wrong_usage(frames: Path, tmp_path: Path, options: list, message: str) -> None:
    result = run("dis", frames, "--out", tmp_path / "a.h5", *options)
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())
