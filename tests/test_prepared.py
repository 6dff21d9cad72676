"""Which frames are read together, and which are prepared for those that are annotated."""

import itertools

import pytest
from pydantic import ValidationError

from vsodprep.config.frames import Prepared
from vsodprep.prepared import clip_frames, prepared_frames, reference_frames


@pytest.mark.parametrize(
    ("annotated", "length", "expected"),
    [
        ([0, 19, 39], 1, (0, 19, 39)),
        ([0, 19], 4, (0, 16, 17, 18, 19)),
        ([5, 6], 3, (3, 4, 5, 6)),
        ([], 4, ()),
    ],
)
def test_clip_frames(annotated: list[int], length: int, expected: tuple[int, ...]) -> None:
    assert clip_frames(annotated, length) == expected


@pytest.mark.parametrize(
    ("frames", "current", "count", "expected"),
    [(11, 3, 5, [1, 4, 6, 8, 10]), (3, 0, 2, [1, 2]), (2, 0, 3, [1, 1, 1]), (1, 0, 2, [0, 0])],
)
def test_references_are_spread_over_the_video(frames: int, current: int, count: int, expected: list[int]) -> None:
    assert reference_frames(frames, current, count) == expected


def test_references_are_drawn_from_the_rest_of_the_video() -> None:
    drawn = {tuple(reference_frames(6, 2, 2, (0, step))) for step in range(60)}
    assert drawn == {pair for pair in itertools.combinations(range(6), 2) if 2 not in pair}
    assert reference_frames(6, 2, 2, (0, 7)) == reference_frames(6, 2, 2, (0, 7))


@pytest.mark.parametrize(
    ("keys", "annotated", "expected"),
    [
        ({}, [0, 5], range(12)),
        ({"frames": "annotated"}, [], range(12)),  # nobody has masks: nothing tells what could be left out
        ({"frames": "annotated"}, [0, 5, 10], [0, 5, 10]),
        ({"frames": "annotated", "clip_length": 3}, [1, 10], [0, 1, 8, 9, 10]),
        ({"frames": "annotated", "references": 2}, [0], [0, 3, 9]),
        ({"frames": "annotated", "references": 2, "clip_length": 2}, [5], [2, 4, 5, 9]),
    ],
)
def test_prepared_are_annotated_frames_and_what_is_read_with_them(
    keys: dict[str, int], annotated: list[int], expected: list[int]
) -> None:
    assert prepared_frames(Prepared(**keys), 12, annotated) == tuple(expected)


@pytest.mark.parametrize("key", ["clip_length", "references"])
def test_what_is_read_with_annotated_frames_means_nothing_without_them(key: str) -> None:
    with pytest.raises(ValidationError, match=f"{key}: 3 means nothing without frames: annotated"):
        Prepared(**{key: 3})
