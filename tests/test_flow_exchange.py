from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from flow_cases import write_frames

from vsodprep.cli.flow import command
from vsodprep.errors import InputError
from vsodprep.flow.formats import read_flo, read_kitti, write_flo
from vsodprep.flow.picture import colour
from vsodprep.flow.store import open_flow
from vsodprep.images import read_frame


def run(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("exchange")
    write_frames(base / "frames", 4)
    assert run("dis", base / "frames", "--out", base / "a.h5").exit_code == 0
    return base


def test_export_as_flo(folder: Path, tmp_path: Path) -> None:
    assert run("export", folder / "a.h5", "--out", tmp_path / "flo").exit_code == 0
    names = [path.name for path in sorted((tmp_path / "flo").iterdir())]
    assert names == ["00000.flo", "00001.flo", "00002.flo", "00003.flo"]
    with open_flow(folder / "a.h5") as flow:
        np.testing.assert_array_equal(read_flo(tmp_path / "flo" / "00003.flo").flow, flow.of_frame(3))


def test_export_as_kitti_loses_nothing(folder: Path, tmp_path: Path) -> None:
    run("export", folder / "a.h5", "--as", "kitti", "--out", tmp_path / "kitti")
    with open_flow(folder / "a.h5") as flow:
        np.testing.assert_array_equal(read_kitti(tmp_path / "kitti" / "00001.png").flow, flow.of_frame(1))


@pytest.mark.parametrize(
    ("options", "expected"),
    [((), (None, "raft")), (("--dialect", "flownet2"), (None, "flownet2")), (("--maximum", 9), (9.0, "raft"))],
    ids=str,
)
def test_export_as_pictures(folder: Path, tmp_path: Path, options: tuple, expected: tuple) -> None:
    run("export", folder / "a.h5", "--as", "picture", "--out", tmp_path / "pictures", *options)
    with open_flow(folder / "a.h5") as flow:
        np.testing.assert_array_equal(
            read_frame(tmp_path / "pictures" / "00002.png"), colour(flow.of_frame(2), *expected)
        )


def test_block_says_how_its_pictures_look(folder: Path, tmp_path: Path) -> None:
    run("dis", folder / "frames", "--out", tmp_path / "b.h5", "--dialect", "flownet2", "--maximum", 5)
    run("export", tmp_path / "b.h5", "--as", "picture", "--out", tmp_path / "pictures")
    with open_flow(tmp_path / "b.h5") as flow:
        assert flow.attributes["picture"] == {"dialect": "flownet2", "maximum": 5.0, "least_maximum": 0.0}
        expected = colour(flow.of_frame(2), 5.0, "flownet2")
    np.testing.assert_array_equal(read_frame(tmp_path / "pictures" / "00002.png"), expected)


@pytest.mark.parametrize("kind", ["flo", "kitti"])
def test_export_and_import_give_the_same_flow(folder: Path, tmp_path: Path, kind: str) -> None:
    run("export", folder / "a.h5", "--as", kind, "--out", tmp_path / kind)
    result = run("import", tmp_path / kind, folder / "frames", "--out", tmp_path / "b.h5")
    assert result.exit_code == 0, result.output
    with open_flow(folder / "a.h5") as first, open_flow(tmp_path / "b.h5") as second:
        np.testing.assert_array_equal(first.pairs, second.pairs)
        for frame in range(4):
            np.testing.assert_array_equal(first.of_frame(frame), second.of_frame(frame))
        for name in ("photometric", "still"):
            np.testing.assert_allclose(second.numbers(name), first.numbers(name), atol=0.02)
        assert second.attributes["method"] == "imported"
        assert len(second.attributes["files_sha256"]) == 64


def test_unknown_pixels_become_zero_and_are_counted(folder: Path, tmp_path: Path) -> None:
    flow = np.full((48, 64, 2), 3, np.float32)
    flow[:2] = 1e9
    for index in (0, 1, 2):
        write_flo(tmp_path / "flo" / f"0000{index}.flo", flow)
    result = run("import", tmp_path / "flo", folder / "frames", "--out", tmp_path / "a.h5", "--last-frame", "drop")
    assert "3 pairs, 384 unknown pixels" in result.output
    with open_flow(tmp_path / "a.h5") as flow:
        assert flow.attributes["unknown"] == {"pixels": 384}
        assert not flow.of_frame(1)[:2].any()
        assert (flow.of_frame(1)[2:] == 3).all()


@pytest.mark.parametrize(
    ("size", "index", "line"),
    [
        ((48, 60), 1, r"00001\.flo: 48 x 60 pixels; expected 48 x 64"),
        ((48, 64), 9, r"4 files, among them some of no frame: 00009\.flo; expected files named after the 4 frames"),
    ],
)
def test_folders_that_do_not_fit(folder: Path, tmp_path: Path, size: tuple[int, int], index: int, line: str) -> None:
    for number in (0, 2, 3):
        write_flo(tmp_path / "flo" / f"0000{number}.flo", np.zeros((48, 64, 2), np.float32))
    write_flo(tmp_path / "flo" / f"0000{index}.flo", np.zeros((*size, 2), np.float32))
    result = run("import", tmp_path / "flo", folder / "frames", "--out", tmp_path / "a.h5")
    with pytest.raises(InputError, match=line):
        raise result.exception
    assert not (tmp_path / "a.h5").exists()


def test_broken_flow_is_noticed_after_import(folder: Path, tmp_path: Path) -> None:
    for index, shift in enumerate((1, -9, 200)):  # right; the wrong way; out of the image
        write_flo(tmp_path / "flo" / f"0000{index}.flo", np.full((48, 64, 2), (shift, 0), np.float32))
    words = ("--out", tmp_path / "a.h5", "--last-frame", "drop")
    assert run("import", tmp_path / "flo", folder / "frames", *words).exit_code == 0
    result = run("view", tmp_path / "a.h5", folder / "frames", "--out", tmp_path / "sheet.png")
    assert "2 pairs whose frames the flow does not bring closer" in result.output
    assert "largest error from 00002 to 00003" in result.output


def test_both_directions_cannot_be_imported(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "flo").mkdir()
    result = run("import", tmp_path / "flo", folder / "frames", "--out", tmp_path / "a.h5", "--direction", "both")
    assert "direction: forward or direction: backward" in str(result.exception)
