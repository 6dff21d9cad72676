"""Temporal stability, against figures of the authors' Python and C++ code for the same masks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from tests.evaluate_cases import disk
from vsodprep.evaluate.measures.contours import longest_contour
from vsodprep.evaluate.measures.stability import cheapest_path, instability, shape_contexts, upsample

Mask = NDArray[np.bool_]
SIZE = (40, 50)


def shape(name: str) -> Mask:
    whole = disk(*SIZE, 20, 22, 12.3)
    if name == "ell":
        mask = np.zeros(SIZE, dtype=bool)
        mask[5:30, 8:20] = mask[22:30, 8:44] = True
        return mask
    return {
        "disk": whole,
        "bite": whole & ~disk(*SIZE, 14, 32, 6),
        "two": disk(*SIZE, 12, 12, 8) | disk(*SIZE, 28, 34, 9.5),
        "ring": whole & ~disk(*SIZE, 20, 22, 6),
    }[name]


ROUND = [[20, 8], [30, 10], [35, 18], [33, 28], [25, 33], [15, 31], [10, 23], [12, 13], [20, 8]]


@pytest.mark.parametrize(
    ("name", "vertices"),
    [
        ("disk", ROUND),
        ("ring", ROUND),
        (
            "bite",
            [[20, 8], [28, 9], [27, 15], [29, 20], [35, 20], [33, 28], [25, 33], [15, 31], [10, 23], [12, 13], [20, 8]],
        ),
        ("two", [[31, 19], [40, 20], [44, 25], [43, 34], [38, 38], [29, 37], [25, 32], [26, 23], [31, 19]]),
        ("ell", [[8, 5], [20, 5], [20, 22], [44, 22], [44, 30], [8, 30], [8, 5]]),
    ],
)
def test_longest_contour(name: str, vertices: list[list[int]]) -> None:
    contour = longest_contour(shape(name))
    assert contour is not None
    assert contour.tolist() == vertices


@pytest.mark.parametrize(
    ("seed", "vertices"),
    [
        (0, [[12, 5], [10, 5], [11, 2], [15, 2], [12, 5]]),
        (1, [[12, 10], [11, 1], [13, 0], [14, 4], [12, 4], [16, 5], [16, 9], [15, 11], [12, 10]]),
    ],
)
def test_longest_contour_among_junctions(seed: int, vertices: list[list[int]]) -> None:
    contour = longest_contour(np.random.default_rng(seed).random((16, 16)) < 0.5)
    assert contour is not None
    assert contour.tolist() == vertices


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("disk", "bite", 0.4415354583904292),
        ("bite", "two", 0.6090741660044475),
        ("ring", "ell", 2.0913846042319664),
        ("ell", "disk", 2.0913846042319664),
        ("two", "ring", 0.30385270111319523),
    ],
)
def test_instability(first: str, second: str, expected: float) -> None:
    assert instability(shape(first), shape(second)) == pytest.approx(expected, abs=1e-12, rel=0)


@pytest.mark.parametrize("name", ["disk", "bite", "two", "ring", "ell"])
def test_a_shape_that_only_moves_is_stable(name: str) -> None:
    mask = shape(name)
    assert instability(mask, mask) == 0
    assert instability(mask, np.roll(mask, (2, 3), (0, 1))) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("mask", [np.zeros(SIZE, bool), np.eye(*SIZE, dtype=bool) & (np.arange(50) < 1)])
def test_no_contour_no_figure(mask: Mask) -> None:
    assert longest_contour(mask) is None
    assert instability(mask, shape("disk")) is None
    assert instability(shape("disk"), mask) is None


@given(arrays(np.bool_, st.tuples(st.integers(2, 14), st.integers(2, 14))))
@settings(max_examples=80, deadline=None)
def test_every_mask_has_a_closed_contour_or_none(mask: Mask) -> None:
    contour = longest_contour(mask)
    if contour is not None:
        assert contour[0].tolist() == contour[-1].tolist()
        assert (contour >= 0).all()
        assert (contour <= [mask.shape[1], mask.shape[0]]).all()


def test_upsampling_by_hand() -> None:
    points = upsample(np.array([[0, 0], [6, 0], [6, 2], [6, 9]]))
    assert points.tolist() == pytest.approx(
        np.array([[0, 0], [3, 0], [6, 0], [6, 2], [6, 2 + 7 / 3], [6, 2 + 14 / 3], [6, 9]]), abs=1e-6
    )


def test_shape_contexts_ignore_place_and_size() -> None:
    points = np.random.default_rng(0).random((20, 2)).astype(np.float32)
    contexts = shape_contexts(points)
    assert contexts.sum(axis=1) == pytest.approx(np.ones(20))
    np.testing.assert_array_equal(shape_contexts(points * 4), contexts)


@given(arrays(np.float64, st.tuples(st.integers(2, 7), st.integers(2, 7)), elements=st.integers(1, 999), unique=True))
@settings(max_examples=60, deadline=None)
def test_cheapest_path_equals_a_plain_recursion(costs: NDArray[np.float64]) -> None:
    totals = np.full(costs.shape, np.inf)
    for row, column in np.ndindex(costs.shape):
        before = [
            totals[max(row - 1, 0), max(column - 1, 0)],
            totals[max(row - 1, 0), column],
            totals[row, max(column - 1, 0)],
        ]
        totals[row, column] = 0 if (row, column) == (0, 0) else costs[row, column] + min(before)
    path = cheapest_path(costs)
    assert path[0].tolist() == [costs.shape[0] - 1, costs.shape[1] - 1]
    assert path[-1].tolist() == [0, 0]
    assert costs[path[:-1, 0], path[:-1, 1]].sum() == totals[-1, -1]
