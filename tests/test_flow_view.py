from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from flow_cases import texture, write_frames

from vsodprep.cli.flow import command
from vsodprep.errors import InputError
from vsodprep.flow.pairs import FramePair
from vsodprep.flow.picture import colour
from vsodprep.flow.store import open_flow, write_flow
from vsodprep.flow.view import choose_rows, describe, disagreement, panels, summarise
from vsodprep.images import read_frame, write_png


def run(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("view")
    write_frames(base / "frames", 6)
    run("dis", base / "frames", "--out", base / "forward.h5")
    run("dis", base / "frames", "--out", base / "both.h5", "--direction", "both", "--show-at", "to")
    return base


@pytest.mark.parametrize("flow", ["forward", "both"])
def test_panels(folder: Path, flow: str) -> None:
    first, second = (read_frame(folder / "frames" / f"0000{index}.png") for index in (2, 3))
    with open_flow(folder / f"{flow}.h5") as stored:
        row = next(row for row, pair in enumerate(stored.pairs.tolist()) if pair == [2, 3])
        drawn = panels(stored, row, first, second)
        np.testing.assert_array_equal(drawn.flow, colour(stored.row(row)))
    np.testing.assert_array_equal(drawn.frame, first)
    inner = (slice(8, -8), slice(8, -8))
    assert np.abs(drawn.warped[inner].astype(int) - first[inner]).mean() < 3
    assert drawn.error[inner].mean() < 20
    assert drawn.inconsistency[inner].mean() < 20
    assert all(picture.shape == first.shape and picture.dtype == np.uint8 for picture in drawn)


def test_summary(folder: Path) -> None:
    with open_flow(folder / "both.h5") as stored:
        found = summarise(stored)
        assert found.pairs == 5  # the first frame's pair of rest is left out
        assert found.unexplained == 0
        assert found.still > 4 * found.photometric
        assert 0 <= found.inconsistent < 0.05
        assert found.photometric == pytest.approx(stored.attributes["quality"]["photometric_error"], rel=1e-5)
    with open_flow(folder / "forward.h5") as stored:
        assert summarise(stored).inconsistent is None


def test_broken_flow_is_noticed(folder: Path, tmp_path: Path) -> None:
    rows = [{"forward": np.zeros((4, 4, 2), np.float32), "photometric": p, "still": s} for p, s in [(2, 9), (30, 9)]]
    write_flow(tmp_path / "a.h5", [FramePair(0, 1, 0), FramePair(1, 2, 1)], rows, (4, 4), {}, frames=["a", "b", "c"])
    with open_flow(tmp_path / "a.h5") as stored:
        assert summarise(stored).unexplained == 1
        assert summarise(stored).worst == 1


def test_flow_that_leaves_the_image_is_noticed(tmp_path: Path) -> None:
    numbers = [{"photometric": 2, "still": 9}, {"photometric": np.nan, "still": 9}, {"photometric": 0, "still": 0}]
    rows = [{"forward": np.zeros((4, 4, 2), np.float32), **one} for one in numbers]
    write_flow(
        tmp_path / "a.h5", [FramePair(0, 1, 0), FramePair(1, 2, 1), FramePair(2, 2, 2)], rows, (4, 4), {}, frames="abc"
    )
    with open_flow(tmp_path / "a.h5") as stored:
        found = summarise(stored)
        assert (found.pairs, found.photometric, found.unexplained, found.worst) == (2, 2, 1, 1)
        assert "1 pairs whose frames the flow does not bring closer" in describe(stored)
        assert "largest error from b to c" in describe(stored)


@pytest.mark.parametrize(("shift", "share"), [(0, 0), (3, 1)])
def test_disagreement_with_the_way_back(folder: Path, tmp_path: Path, shift: float, share: float) -> None:
    frames = sorted((folder / "frames").iterdir())
    rows = [
        {"forward": np.full((48, 64, 2), (1 + shift, 0), np.float32)},
        {"forward": np.zeros((48, 64, 2), np.float32)},
    ]
    write_flow(tmp_path / "a.h5", [FramePair(0, 1, 0), FramePair(5, 5, 5)], rows, (48, 64), {})
    with open_flow(tmp_path / "a.h5") as stored:
        assert disagreement(stored, frames, [0, 1]) == pytest.approx(share, abs=0.06)
        assert disagreement(stored, frames, [1]) is None
        assert choose_rows(stored, 2, ["00005"]) == (1,)  # this file does not tell the frames' ids


def test_still_video_is_no_broken_flow(tmp_path: Path) -> None:
    for index in range(3):
        write_png(tmp_path / "frames" / f"{index}.png", texture(40, 40))
    run("dis", tmp_path / "frames", "--out", tmp_path / "a.h5")
    with open_flow(tmp_path / "a.h5") as stored:
        assert summarise(stored).unexplained == 0


def test_rows_are_spread_and_hold_the_worst(folder: Path) -> None:
    with open_flow(folder / "forward.h5") as stored:
        worst = summarise(stored).worst
        assert set(choose_rows(stored, 3)) == {0, 5, worst}
        assert choose_rows(stored, 1, ["00004", "00001"]) == (4, 1)
        assert choose_rows(stored, 99)[0] == 0
        with pytest.raises(InputError, match="frame '9': has no flow"):
            choose_rows(stored, 1, ["9"])


@pytest.mark.parametrize("flow", ["forward", "both"])
def test_command(folder: Path, tmp_path: Path, flow: str) -> None:
    words = ("--out", tmp_path / "sheet.png", "--frame", "00001", "--frame", "00005", "--width", 64)
    result = run("view", folder / f"{flow}.h5", folder / "frames", *words)
    assert result.exit_code == 0, result.output
    image = read_frame(tmp_path / "sheet.png")
    assert image.shape == (2 * (18 + 48 + 4), 5 * 68 - 4, 3)
    np.testing.assert_array_equal(
        image[18:66, :64], read_frame(folder / "frames" / f"0000{1 if flow == 'forward' else 0}.png")
    )
    assert "0 pairs whose frames the flow does not bring closer" in result.output
    way_back = "with forward and backward flow that disagree" if flow == "both" else "disagree with a way back by DIS"
    assert f"0.0% of pixels {way_back}" in result.output


def test_frames_of_another_sequence(folder: Path, tmp_path: Path) -> None:
    other = write_frames(tmp_path / "other", 4)
    result = run("view", folder / "forward.h5", other, "--out", tmp_path / "sheet.png")
    assert isinstance(result.exception, InputError)
    assert "flow of 6 frames, 00000 to 00005; expected the 4 frames" in str(result.exception)
