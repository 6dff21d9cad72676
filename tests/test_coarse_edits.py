import numpy as np
import pytest

from vsodprep.coarse.edits import Edit, apply_edit, edits_by_frame, parse_edit, read_edits
from vsodprep.errors import InputError


@pytest.fixture
def label():
    """Two squares, the second with a diagonal tail, in an image of 10 x 12."""
    label = np.zeros((10, 12), dtype=bool)
    label[1:4, 1:4] = True
    label[5:8, 6:9] = True
    label[8, 9] = True
    return label


def edit(action, shape, *points):
    return Edit("bear", "00010", action, shape, points)


def test_erase_component_takes_diagonal_neighbours(label):
    edited = apply_edit(label, edit("erase", "component", (7, 6)))
    assert edited[1:4, 1:4].all()
    assert edited.sum() == 9


def test_keep_component(label):
    edited = apply_edit(label, edit("keep", "component", (9, 8)))
    assert edited.sum() == 10
    assert not edited[:5].any()


@pytest.mark.parametrize("action", ["erase", "keep"])
@pytest.mark.parametrize("point", [(0, 0), (11, 9), (50, 50), (-1, 3)])
def test_component_on_background_or_outside_changes_nothing(label, action, point):
    np.testing.assert_array_equal(apply_edit(label, edit(action, "component", point)), label)


def test_erase_polygon_includes_its_outline(label):
    edited = apply_edit(label, edit("erase", "polygon", (1, 1), (3, 1), (3, 2), (1, 2)))
    np.testing.assert_array_equal(np.flatnonzero(edited[:5].any(axis=1)), [3])
    assert edited.sum() == label.sum() - 6


def test_keep_polygon(label):
    edited = apply_edit(label, edit("keep", "polygon", (0, 0), (3, 0), (3, 9), (0, 9)))
    assert edited.sum() == 9


def test_erase_all(label):
    assert not apply_edit(label, edit("erase", "all")).any()


def test_edits_never_add(label):
    for action in ("erase", "keep"):
        edited = apply_edit(label, edit(action, "polygon", (0, 0), (11, 0), (11, 9), (0, 9)))
        assert not (edited & ~label).any()


@pytest.mark.parametrize(
    "line",
    [
        "bear 00010 erase component 120,45",
        "bear * keep polygon 0,0 10,0 10,-3",
        "'two words' 00001..00009 erase all",
    ],
)
def test_line_round_trip(line):
    assert parse_edit(line, "here").line() == line


@pytest.mark.parametrize(
    "line",
    [
        "bear 00010 erase",
        "bear 00010 remove all",
        "bear 00010 erase circle 3,4",
        "bear 00010 erase component",
        "bear 00010 erase component 3,4 5,6",
        "bear 00010 erase component 3;4",
        "bear 00010 erase polygon 3,4 5,6",
        "bear 00010 erase all 3,4",
        "'bear 00010 erase all",
    ],
)
def test_bad_line_is_named(line, tmp_path):
    file = tmp_path / "edits.txt"
    file.write_text(f"# comment\n\n{line}\n")
    with pytest.raises(InputError, match=r"edits\.txt:3"):
        read_edits(file)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.txt: No such file"):
        read_edits(tmp_path / "none.txt")


def test_edits_of_a_range_and_of_all_frames():
    lines = ["bear 2..4 erase all", "fox * erase all", "bear * keep component 1,1", "bear 9 erase all"]
    edits = [parse_edit(line, "here") for line in lines]
    frames = [str(number) for number in range(1, 11)]
    chosen = edits_by_frame(edits, "bear", frames, "here")
    assert [edit.shape for edit in chosen["3"]] == ["all", "component"]
    assert [edit.shape for edit in chosen["9"]] == ["component", "all"]
    assert len(chosen["5"]) == 1
    assert list(edits_by_frame(edits, "dog", frames, "here")) == []


@pytest.mark.parametrize("frame", ["11", "4..2", "3..11", "0"])
def test_unknown_frame_is_named(frame):
    with pytest.raises(InputError, match=f"edits.txt: no frame '{frame}' in sequence bear; expected 1 to 4"):
        edits_by_frame([edit("erase", "all").__class__("bear", frame, "erase", "all")], "bear", "1234", "edits.txt")
