"""The counts of the MSST paper: which sequences it may have meant, and which ones are taken."""

import hashlib

import pytest

from vsodprep.benchmarks import get

# 51 sequences and 6,098 frames, of which 3,326, all of FBMS, have coarse labels. SegTrackV2 has 1,066 by the papers'
# count. What is left is half of DAVIS, and FBMS's annotated frames where they are no coarse ones.
OTHERS = 6098 - 3326
HALF = OTHERS - 1066
DAVIS = {one.name: one.frames or 0 for one in sorted(get("davis2016").sequences, key=lambda one: one.name)}

Table = list[list[dict[int, int]]]


def ways(counts: list[int], number: int) -> Table:
    """Return, for sequences from the i-th on, how many choices of k of them have each sum: `[i][k][sum]`."""
    table: Table = [[{} for _ in range(number + 1)] for _ in range(len(counts) + 1)]
    table[-1][0] = {0: 1}
    for index in range(len(counts) - 1, -1, -1):
        for size in range(number + 1):
            here = dict(table[index + 1][size])
            for total, found in (table[index + 1][size - 1] if size else {}).items():
                here[total + counts[index]] = here.get(total + counts[index], 0) + found
            table[index][size] = here
    return table


def choice(counts: dict[str, int], table: Table, number: int, total: int, rank: int) -> list[str]:
    """Return the `rank`-th choice of so many sequences with so many frames, in the order of their names."""
    chosen = []
    for index, (name, count) in enumerate(counts.items()):
        with_it = table[index + 1][number - 1].get(total - count, 0) if number else 0
        if rank < with_it:
            chosen.append(name)
            number, total = number - 1, total - count
        else:
            rank -= with_it
    return chosen


@pytest.fixture(scope="module")
def halves() -> Table:
    return ways(list(DAVIS.values()), 25)


def test_ways_by_hand() -> None:
    # Of 1, 2, 3 and 4: 1 + 4 and 2 + 3 make 5.
    table = ways([1, 2, 3, 4], 2)
    assert table[0][2] == {3: 1, 4: 1, 5: 2, 6: 1, 7: 1}
    counts = {"a": 1, "b": 2, "c": 3, "d": 4}
    assert [choice(counts, table, 2, 5, rank) for rank in (0, 1)] == [["a", "d"], ["b", "c"]]


def test_fifty_one_sequences_are_half_of_davis_segtrackv2_and_twelve() -> None:
    assert 51 - 25 - len(get("segtrackv2").splits["all"].sequences or ()) == 12
    assert HALF == 1706


def test_as_many_halves_of_davis_have_the_frames_as_the_papers_say(halves) -> None:
    assert sum(halves[0][25].values()) == 126_410_606_437_752  # 50 over 25
    assert halves[0][25][HALF] == 721_779_036_448


@pytest.mark.parametrize(("annotated", "number"), [(100, 141_828_572_228), (180, 5_914_380_925), (240, 124_861_300)])
def test_halves_remain_where_annotated_frames_of_fbms_are_among_the_others(halves, annotated, number) -> None:
    assert halves[0][25][HALF - annotated] == number


def test_the_half_that_is_taken_is_chosen_by_a_hash(halves) -> None:
    rank = int(hashlib.sha256(b"msst").hexdigest(), 16) % halves[0][25][HALF]
    splits = get("davis2016").splits
    half = splits["msst-train"].sequences or ()
    assert list(half) == choice(DAVIS, halves, 25, HALF, rank)
    assert (len(half), sum(DAVIS[name] for name in half)) == (25, HALF)
    assert {*half, *(splits["msst-test"].sequences or ())} == set(DAVIS)


def test_the_twelve_of_fbms_cannot_be_chosen_by_their_frames() -> None:
    """Who learns how many frames a training sequence has must look for twelve that have 3,326."""
    frames = {one.name: one.frames for one in get("fbms").sequences}
    train = get("fbms").splits["train"].sequences or ()
    assert {frames[name] for name in train} == {None}
    assert get("fbms").splits["msst-train"].sequences == train[:12]
    # All that is known: 29 sequences have 6,654 frames together, of which 3,326 are nearly half.
    assert 13960 - sum(frames[name] or 0 for name in get("fbms").splits["test"].sequences or ()) == 6654
