"""Finding each frame's map, whatever its name."""

import pytest

from vsodprep.errors import InputError
from vsodprep.naming import canonical, group_by_sequence, match, sequences_of_names

SEQUENCES = ["bear", "bear01", "select_0606", "select_0616_1", "select_0616_2", "bird_0007"]


@pytest.mark.parametrize(
    ("name", "sequence", "stem"),
    [
        ("bear/00001.png", "bear", "00001"),
        ("deep/in/bear/Imgs/00001.png", "bear", "00001"),
        ("BEAR/00001.jpg", "bear", "00001"),
        ("bear/bear_00001.png", "bear", "00001"),
        ("bear01/bear01_0001.png", "bear01", "0001"),
        ("bear01_0001.png", "bear01", "0001"),
        ("bear-0001.png", "bear", "0001"),
        ("select0606/select0606_0390.png", "select_0606", "0390"),
        ("select0616-1/0390.png", "select_0616_1", "0390"),
        ("select_0616_2_0007.png", "select_0616_2", "0007"),
        ("YTOBJ/bird/0007/00001.png", "bird_0007", "00001"),
        ("bear/bird/0007/00001.png", "bear", "00001"),  # one folder that names a sequence comes first
        ("panda/00001.png", "", "00001"),
        ("00001.png", "", "00001"),
    ],
)
def test_sequence_of_a_map(name: str, sequence: str, stem: str) -> None:
    assert group_by_sequence([name], SEQUENCES, "maps") == {sequence: [(name, stem)]}


def test_the_only_sequence_takes_all_if_none_names_it() -> None:
    assert group_by_sequence(["x/a.png", "x/b.png"], ["ECSSD"], "maps") == {
        "ECSSD": [("x/a.png", "a"), ("x/b.png", "b")]
    }
    assert set(group_by_sequence(["ECSSD/a.png", "x/b.png"], ["ECSSD"], "maps")) == {"ECSSD", ""}


def test_sequences_that_differ_in_separators_only() -> None:
    assert canonical("Cat-1") == canonical("cat_1") == "cat1"
    assert group_by_sequence(["cat_1/0.png"], ["cat1", "cat_1"], "maps") == {"cat_1": [("cat_1/0.png", "0")]}
    with pytest.raises(InputError, match="'Cat-1' could belong to cat1 or to cat_1"):
        group_by_sequence(["Cat-1/0.png"], ["cat1", "cat_1"], "maps")


LETTERS = ["ключ", "кот-1", "caf\u00e9"]  # key, cat 1, coffee with its accent composed


@pytest.mark.parametrize(
    ("name", "sequence", "stem"),
    [
        ("кот1/0001.png", "кот-1", "0001"),
        ("кот_1_0001.png", "кот-1", "0001"),
        ("КЛЮЧ-0001.png", "ключ", "0001"),
        ("cafe\u0301/0001.png", "caf\u00e9", "0001"),
        ("CAFE\u0301_0001.png", "caf\u00e9", "0001"),
        ("кит/0001.png", "", "0001"),
        ("__/0001.png", "", "0001"),
        ("cafe_0001.png", "", "cafe_0001"),
    ],
)
def test_letters_of_any_script_tell_sequences_apart(name: str, sequence: str, stem: str) -> None:
    assert group_by_sequence([name], LETTERS, "maps") == {sequence: [(name, stem)]}


def files(*stems: str) -> list[tuple[str, str]]:
    return [(f"{stem}.png", stem) for stem in stems]


FROM_ONE = [f"cow4_{number}" for number in range(1, 5)]


@pytest.mark.parametrize(
    ("frames", "known", "names", "found"),
    [
        (["00000", "00001"], ["00000", "00001"], ["00000", "00001"], ("stem", ["00000", "00001"])),
        (["1", "2"], ["1", "2"], ["00001", "00002"], ("number", ["00001", "00002"])),
        (FROM_ONE[1:3], FROM_ONE, ["00002", "00003"], ("number", ["00002", "00003"])),
        # A repack counts from 0 in order of the frames.
        (FROM_ONE, FROM_ONE, ["000", "001", "002", "003"], ("position", ["000", "001", "002", "003"])),
        # Maps of annotated frames only, at their positions among all frames.
        (["a7", "a9"], ["a7", "a8", "a9"], ["0", "2"], ("position", ["0", "2"])),
        # A method that drops the last frame keeps the frames' own numbers.
        (FROM_ONE[:3], FROM_ONE, ["1", "2", "3"], ("number", ["1", "2", "3"])),
    ],
)
def test_frame_of_a_map(frames: list[str], known: list[str], names: list[str], found: tuple[str, list[str]]) -> None:
    matched = match(frames, known, files(*names), "auto")
    assert (matched.rule, list(matched.maps.values())) == (found[0], [f"{name}.png" for name in found[1]])


@pytest.mark.parametrize(("names", "rule", "count"), [(["0", "1"], "position", 2), (["0", "1", "2"], "stem", 0)])
def test_positions_where_only_the_masks_are_known(names: list[str], rule: str, count: int) -> None:
    # Safe if every mask has a map and nothing else has one; with more maps the frames between are unknown.
    matched = match(["a7", "a9"], ["a7", "a9"], files(*names), "auto", complete=False)
    assert (matched.rule, len(matched.maps)) == (rule, count)


@pytest.mark.parametrize("complete", [True, False])
def test_maps_counted_from_0_are_seen_where_first_and_last_frame_need_none(complete: bool) -> None:
    known = [f"{number:05d}" for number in range(1, 7)]
    maps = [f"{number:05d}" for number in range(6)]
    matched = match(known[1:-1], known, files(*maps), "auto", complete=complete)
    assert matched.rule == "position"
    assert matched.maps == {frame: f"{name}.png" for frame, name in zip(known[1:-1], maps[1:-1], strict=True)}


def test_a_map_too_many_at_the_start_moves_none() -> None:
    known = ["1", "2", "3"]
    matched = match(["2"], known, files("0", "1", "2", "3"), "auto")
    assert (matched.rule, matched.maps, matched.extra) == ("stem", {"2": "2.png"}, ("0.png",))


def test_a_rule_can_be_forced() -> None:
    matched = match(FROM_ONE[1:], FROM_ONE, files("1", "2", "3"), "position")
    assert matched.maps == {"cow4_2": "1.png", "cow4_3": "2.png", "cow4_4": "3.png"}


def test_maps_of_frames_that_are_not_scored_are_not_extra() -> None:
    matched = match(["1"], ["0", "1", "2"], files("0", "1", "2", "7"), "auto")
    assert (matched.maps, matched.extra) == ({"1": "1.png"}, ("7.png",))


def test_two_maps_of_one_frame() -> None:
    with pytest.raises(InputError, match=r"second map of the frame of a\.jpg"):
        match(["a"], ["a"], [("a.jpg", "a"), ("a.png", "a")], "auto")


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (
            ["a_1.png", "a_2.png", "b_c-05.png", "b_c-10.png", "b_c-15.png"],
            {"a": ["1", "2"], "b_c": ["05", "10", "15"]},
        ),
        (["gt/a_9.png", "gt/a_10.png", "gt/b_0.png", "gt/b_1.png"], {"a": ["9", "10"], "b": ["0", "1"]}),
        (["a_1.png", "a_2.png", "a_3.png"], {}),  # one sequence: the folder's name will do
        (["a_1.png", "a_2.png", "b_1.png", "b_2.png", "b_4.png"], {}),  # stills
        (["a_1.png", "a_2.png", "b_1.png"], {}),
        (["a_1.png", "a_2.png", "b_1.png", "b_2.png", "c.png"], {}),
        (["00001.png", "00002.png"], {}),
        (["a1.png", "a2.png", "b1.png", "b2.png"], {}),
    ],
)
def test_sequences_in_flat_names(names: list[str], found: dict[str, list[str]]) -> None:
    assert {name: list(frames) for name, frames in sequences_of_names(names).items()} == found
