import itertools

import pytest

from vsodprep.config.flow import Policy
from vsodprep.flow.pairs import FramePair, make_pairs


def joined(frames: int, **policy: object) -> list[tuple[int, int, int]]:
    return [tuple(pair) for pair in make_pairs(frames, Policy(**policy))]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ({"last_frame": "drop"}, [(0, 1, 0), (1, 2, 1), (2, 3, 2)]),
        ({"last_frame": "repeat"}, [(0, 1, 0), (1, 2, 1), (2, 3, 2), (2, 3, 3)]),
        ({"last_frame": "backward"}, [(0, 1, 0), (1, 2, 1), (2, 3, 2), (3, 2, 3)]),
        ({"direction": "both"}, [(0, 1, 0), (1, 2, 1), (2, 3, 2), (3, 2, 3)]),
        # CAG-DDE: the pair of the frame before and this one, on the grid of the frame before, first picture white.
        ({"show_at": "to"}, [(0, 0, 0), (0, 1, 1), (1, 2, 2), (2, 3, 3)]),
        ({"show_at": "to", "first_frame": "drop"}, [(0, 1, 1), (1, 2, 2), (2, 3, 3)]),
        ({"show_at": "to", "first_frame": "repeat"}, [(0, 1, 0), (0, 1, 1), (1, 2, 2), (2, 3, 3)]),
        ({"direction": "backward"}, [(0, 0, 0), (1, 0, 1), (2, 1, 2), (3, 2, 3)]),
        ({"direction": "backward", "first_frame": "repeat"}, [(1, 0, 0), (1, 0, 1), (2, 1, 2), (3, 2, 3)]),
        ({"direction": "backward", "show_at": "to"}, [(1, 0, 0), (2, 1, 1), (3, 2, 2), (2, 3, 3)]),
        ({"stride": 2}, [(0, 2, 0), (1, 3, 1), (2, 0, 2), (3, 1, 3)]),
        ({"stride": 2, "last_frame": "repeat"}, [(0, 2, 0), (1, 3, 1), (1, 3, 2), (1, 3, 3)]),
        # Frame 1 and 2 have a partner on neither side: the nearest flow.
        ({"stride": 3}, [(0, 3, 0), (0, 3, 1), (0, 3, 2), (3, 0, 3)]),
        ({"stride": 4}, [(0, 0, 0), (1, 1, 1), (2, 2, 2), (3, 3, 3)]),
    ],
    ids=str,
)
def test_pairs_of_four_frames(policy: dict[str, object], expected: list[tuple[int, int, int]]) -> None:
    assert joined(4, **policy) == expected


@pytest.mark.parametrize(("last_frame", "expected"), [("drop", []), ("repeat", [(0, 0, 0)]), ("backward", [(0, 0, 0)])])
def test_one_frame(last_frame: str, expected: list[tuple[int, int, int]]) -> None:
    assert joined(1, last_frame=last_frame) == expected


@pytest.mark.parametrize(
    ("last_frame", "expected"),
    [("drop", [(0, 1, 0)]), ("repeat", [(0, 1, 0), (0, 1, 1)]), ("backward", [(0, 1, 0), (1, 0, 1)])],
)
def test_two_frames(last_frame: str, expected: list[tuple[int, int, int]]) -> None:
    assert joined(2, last_frame=last_frame) == expected


ALL = list(
    itertools.product(
        ("forward", "backward", "both"),
        (1, 2, 5),
        ("from", "to"),
        ("drop", "repeat", "backward"),
        ("drop", "repeat", "zero"),
    )
)


@pytest.mark.parametrize("policy", ALL, ids=lambda policy: "-".join(map(str, policy)))
@pytest.mark.parametrize("frames", [1, 2, 6, 9])
def test_every_policy(policy: tuple, frames: int) -> None:
    direction, stride, show_at, last_frame, first_frame = policy
    pairs = make_pairs(frames, Policy(**dict(zip(Policy.model_fields, policy, strict=True))))
    shown = [pair.shown for pair in pairs]
    assert shown == sorted(set(shown))
    assert all(abs(pair.source - pair.target) in {0, stride} for pair in pairs)
    lost = min(stride, frames) if "drop" in (last_frame, first_frame) else 0
    assert frames - len(pairs) in {0, lost}
    at_end = (direction == "backward") == (show_at == "to")
    dropped = (last_frame if at_end else first_frame) == "drop"
    assert len(pairs) == (max(frames - stride, 0) if dropped else frames)


def test_only_leaves_the_others_out() -> None:
    pairs = make_pairs(10, Policy(), only=[9, 3])
    assert pairs == (FramePair(3, 4, 3), FramePair(9, 8, 9))


@pytest.mark.parametrize("only", [[10], [-1]])
def test_only_names_a_frame_that_is_not_there(only: list[int]) -> None:
    with pytest.raises(ValueError, match="0 to 9"):
        make_pairs(10, Policy(), only=only)


def test_no_frames() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        make_pairs(0, Policy())
