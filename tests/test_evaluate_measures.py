"""Measures of one frame, against figures worked out by hand and against direct formulas."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy import ndimage

from tests.evaluate_cases import disk
from vsodprep.evaluate import PROTOCOLS
from vsodprep.evaluate.frame import FrameScores, score_frame
from vsodprep.evaluate.measures.boundary import boundary_bits, boundary_f, tolerance_pixels
from vsodprep.evaluate.measures.distance import squared_distances
from vsodprep.evaluate.measures.f_measure import area_under_curve
from vsodprep.evaluate.measures.histogram import centroid, joint_histogram, value_counts
from vsodprep.evaluate.measures.jaccard import jaccard
from vsodprep.evaluate.measures.levels import first_values, real_values
from vsodprep.evaluate.measures.masks import SharedMask, count, packed
from vsodprep.evaluate.measures.statistics import decay, recall_above
from vsodprep.evaluate.protocols import change_protocol

PYSOD = PROTOCOLS["pysod"]
# A 2 x 4 mask of its left half, and a map that is right but for one pixel on each side.
MASK = np.array([[1, 1, 0, 0], [1, 1, 0, 0]], dtype=bool)
MAP = np.array([[255, 255, 0, 0], [255, 0, 255, 0]], dtype=np.uint8)

Map = NDArray[np.uint8]
Mask = NDArray[np.bool_]
sizes = st.tuples(st.integers(1, 24), st.integers(1, 24))


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Map, Mask]:
    size = draw(sizes)
    values = draw(st.sampled_from([st.integers(0, 255), st.sampled_from([0, 128, 255]), st.integers(100, 103)]))
    return draw(arrays(np.uint8, size, elements=values)), draw(arrays(np.bool_, size))


def test_by_hand() -> None:
    found = score_frame(MAP, MASK, PYSOD).scalars
    assert found["mae"] == 2 / 8
    # 3 of 4 found and 3 of 4 right at every threshold but 0, where all 8 pixels are predicted.
    assert found["max_f"] == pytest.approx(0.75)
    at_zero = 1.3 * 0.5 * 1 / (0.3 * 0.5 + 1)
    assert found["mean_f"] == pytest.approx((255 * 0.75 + at_zero) / 256)
    assert found["adaptive_f"] == pytest.approx(0.75)
    assert found["j"] == 3 / 5
    # Mean-free map and mask are +-1/2 everywhere: alignment 1 on six pixels, -1 on two; the divisor is 8 - 1.
    assert found["max_e"] == pytest.approx(6 / 7)


def test_s_by_hand() -> None:
    saliency = np.array([[255, 255, 0, 0], [0, 0, 255, 0]], dtype=np.uint8)
    # Inside the mask 1, 1, 0, 0; outside, inverted, 1, 1, 0, 1.
    inside = 2 * 0.5 / (0.5**2 + 1 + math.sqrt(1 / 3))
    outside = 2 * 0.75 / (0.75**2 + 1 + 0.5)
    # Centroid (0.5, 0.5) rounds half to even to pixel (0, 0): rectangles of 1 x 1, 1 x 3, 1 x 1 and 1 x 3.
    single = 1.0  # one pixel has no variance
    upper = 1.0  # map and mask are both 1, 0, 0
    lower = (4 / 9 * -1 / 6) / (2 / 9 * 2 / 3)  # 0, 1, 0 and 1, 0, 0: means and variances 1/3, covariance -1/6
    region = 2 * single / 8 + upper * 3 / 8 + lower * 3 / 8
    found = score_frame(saliency, MASK, PYSOD).scalars["s_measure"]
    assert found == pytest.approx(0.5 * (inside + outside) / 2 + 0.5 * region, abs=1e-12)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("size", [(30, 40), (41, 37)])
def test_perfect_map(protocol: str, size: tuple[int, int]) -> None:
    mask = np.zeros(size, dtype=bool)
    mask[8:20, 10:31] = True
    found = score_frame(mask.astype(np.uint8) * 255, mask, PROTOCOLS[protocol]).scalars
    ones = ("max_f", "adaptive_f", "weighted_f", "j", "boundary_f")
    assert found["adaptive_e"] == found["max_e"] == pytest.approx(mask.size / (mask.size - 1), abs=1e-6)
    assert found["mae"] == 0
    assert [found[name] for name in ones] == pytest.approx([1] * len(ones), abs=1e-6)
    # Variances over n with covariances over n - 1 lift it above 1.
    assert found["s_measure"] == pytest.approx(1, abs=1e-2 if protocol == "cag-dde" else 1e-12)
    assert found["s_measure"] <= 1 or protocol == "cag-dde"


@given(arrays(np.bool_, st.tuples(st.integers(2, 20), st.integers(2, 20))))
@settings(max_examples=60, deadline=None)
def test_no_map_beats_the_mask_and_none_is_worse_than_its_inverse(mask: Mask) -> None:
    if mask.all() or not mask.any():
        return
    best = score_frame(mask.astype(np.uint8) * 255, mask, PYSOD).scalars
    worst = score_frame(np.where(mask, 0, 255).astype(np.uint8), mask, PYSOD).scalars
    names = ("s_measure", "max_f", "adaptive_f", "weighted_f", "j", "boundary_f")
    assert [best[name] for name in names] == pytest.approx([1] * len(names), abs=1e-6)
    assert best["adaptive_e"] == pytest.approx(mask.size / (mask.size - 1), abs=1e-6)
    assert (best["mae"], worst["mae"], worst["j"], worst["adaptive_f"]) == (0, 1, 0, 0)
    share = mask.mean()
    assert worst["max_f"] == pytest.approx(1.3 * share / (0.3 * share + 1))
    assert worst["mean_f"] == pytest.approx(worst["max_f"] / 256)  # every threshold but 0 finds nothing


def test_inverse_of_a_perfect_map() -> None:
    mask = np.zeros((30, 40), dtype=bool)
    mask[8:20, 10:31] = True
    found = score_frame(np.where(mask, 0, 255).astype(np.uint8), mask, PYSOD).scalars
    share = mask.mean()
    assert found["mae"] == 1
    assert found["s_measure"] == 0
    assert found["max_f"] == pytest.approx(1.3 * share / (0.3 * share + 1))  # at threshold 0
    assert found["adaptive_f"] == found["j"] == 0
    assert [found["adaptive_e"], found["weighted_f"]] == pytest.approx([0, 0], abs=1e-12)
    # At threshold 0 the map's mean-free values are 0, alignment is 0, and each pixel scores 1/4.
    assert found["max_e"] == pytest.approx(0.25 * mask.size / (mask.size - 1))


EMPTY, FULL = np.zeros((5, 6), dtype=bool), np.ones((5, 6), dtype=bool)


@pytest.mark.parametrize(
    ("mask", "value", "expected"),
    [
        (EMPTY, 0, {"mae": 0, "s_measure": 1, "max_f": 0, "adaptive_f": 0, "weighted_f": 0, "j": 1, "boundary_f": 1}),
        (EMPTY, 255, {"mae": 1, "s_measure": 0, "max_f": 0, "adaptive_e": 0, "weighted_f": 0, "j": 0}),
        (EMPTY, 51, {"mae": 0.2, "s_measure": 0.8, "max_e": 30 / 29, "j": 1}),
        (FULL, 255, {"mae": 0, "s_measure": 1, "max_f": 1, "adaptive_f": 1, "weighted_f": 1, "j": 1, "boundary_f": 1}),
        (FULL, 0, {"mae": 1, "s_measure": 0, "max_f": 1, "adaptive_f": 1, "j": 0, "boundary_f": 1}),
        (FULL, 51, {"mae": 0.8, "s_measure": 0.2, "max_f": 1, "adaptive_f": 0, "adaptive_e": 0}),
    ],
    ids=["empty-zero", "empty-one", "empty-fifth", "full-one", "full-zero", "full-fifth"],
)
def test_constant_map_on_constant_mask(mask: Mask, value: int, expected: dict[str, float]) -> None:
    found = score_frame(np.full(mask.shape, value, dtype=np.uint8), mask, PYSOD).scalars
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (7, 1), (2, 2)])
@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("inside", ["none", "first", "last", "all"])
def test_smallest_frames_are_finite(size: tuple[int, int], protocol: str, inside: str) -> None:
    mask = np.full(size, inside == "all")
    if inside in ("first", "last"):
        mask.flat[0 if inside == "first" else -1] = True
    for value in (0, 128, 255):
        found = score_frame(np.full(size, value, dtype=np.uint8), mask, PROTOCOLS[protocol])
        assert all(math.isfinite(score) for score in found.scalars.values()), found.scalars
        assert all(0 <= score <= size[0] * size[1] for score in found.scalars.values())


def direct_s(saliency: Map, mask: Mask) -> float:
    """S from the pixels, as the definition reads."""
    p = saliency / 255
    if p.max() > p.min():
        p = (p - p.min()) / (p.max() - p.min())
    if not mask.any():
        return float(1 - p.mean())
    if mask.all():
        return float(p.mean())

    def similarity(x: NDArray[Any]) -> float:
        deviation = x.std(ddof=1) if x.size > 1 else 0.0
        return float(2 * x.mean() / (x.mean() ** 2 + 1 + deviation + 2.0**-52))

    share = mask.mean()
    by_object = share * similarity(p[mask]) + (1 - share) * similarity(1 - p[~mask])
    row, column = (int(centre) + 1 for centre in np.argwhere(mask).mean(axis=0).round())
    by_region = 0.0
    for part in np.s_[:row, :column], np.s_[:row, column:], np.s_[row:, :column], np.s_[row:, column:]:
        x, y = p[part], mask[part].astype(float)
        if x.size == 0:
            continue
        constant_x, constant_y = x.min() == x.max(), y.min() == y.max()
        mean_x, mean_y = (x.flat[0] if constant_x else x.mean()), (y.flat[0] if constant_y else y.mean())
        free = max(x.size - 1, 1)
        spread = (((x - mean_x) ** 2).sum() + ((y - mean_y) ** 2).sum()) / free
        above = 4 * mean_x * mean_y * ((x - mean_x) * (y - mean_y)).sum() / free
        below = (mean_x**2 + mean_y**2) * spread
        score = 0.0 if constant_x or constant_y else above / (below + 2.0**-52)
        by_region += (1.0 if below == 0 else score) * x.size / p.size
    return max(0.5 * by_object + 0.5 * by_region, 0.0)


@given(pairs())
@settings(max_examples=60, deadline=None)
def test_s_equals_the_direct_formula(pair: tuple[Map, Mask]) -> None:
    assert score_frame(*pair, PYSOD, ("s",)).scalars["s_measure"] == pytest.approx(direct_s(*pair), abs=1e-9)


def direct_weighted_f(saliency: Map, mask: Mask) -> float:
    """Weighted F from the pixels, with SciPy's distance transform."""
    p = saliency / 255
    if p.max() > p.min():
        p = (p - p.min()) / (p.max() - p.min())
    distance, nearest = ndimage.distance_transform_edt(~mask, return_indices=True)
    error = np.abs(p - mask)
    spread = error[tuple(nearest)]
    rows, columns = np.mgrid[-3:4, -3:4]
    kernel = np.exp(-(rows**2 + columns**2) / 50)
    around = ndimage.convolve(spread, kernel / kernel.sum(), mode="constant")
    weighted = np.where(mask, np.minimum(error, around), error * (2 - 0.5 ** (distance / 5)))
    recall = 1 - weighted[mask].mean()
    hits = mask.sum() - weighted[mask].sum()
    precision = hits / (hits + weighted[~mask].sum() + 2.0**-52)
    return float(2 * recall * precision / (recall + precision + 2.0**-52))


@given(pairs())
@settings(max_examples=60, deadline=None)
def test_weighted_f_equals_the_direct_formula(pair: tuple[Map, Mask]) -> None:
    saliency, mask = pair
    expected = direct_weighted_f(saliency, mask) if mask.any() else 0.0
    assert score_frame(saliency, mask, PYSOD, ("weighted_f",)).scalars["weighted_f"] == pytest.approx(
        expected, abs=1e-9
    )


@pytest.mark.parametrize("value", [37, 128, 200])
def test_s_of_rectangles_in_which_the_map_has_one_value(value: int) -> None:
    mask = np.zeros((6, 6), dtype=bool)
    mask[2:4, 2:4] = True  # wholly in the upper left rectangle, which is 4 x 4
    found = score_frame(np.full(mask.shape, value, dtype=np.uint8), mask, PROTOCOLS["davsod"], ("s",))
    p, share = value / 255, 4 / 36
    objects = share * 2 * p / (p**2 + 1) + (1 - share) * 2 * (1 - p) / ((1 - p) ** 2 + 1)
    assert found.scalars["s_measure"] == pytest.approx(0.5 * objects + 0.5 * 20 / 36, abs=1e-12)


@pytest.mark.parametrize("share", [0.01, 0.05, 0.2])
def test_weighted_f_breaks_ties_as_scipy_does(share: float) -> None:
    generator = np.random.default_rng(7)
    mask = generator.random((60, 80)) < share
    saliency = generator.integers(0, 256, mask.shape).astype(np.uint8)
    found = score_frame(saliency, mask, PYSOD, ("weighted_f",)).scalars["weighted_f"]
    assert found == pytest.approx(direct_weighted_f(saliency, mask), abs=1e-12)


def test_the_last_of_255_bins_holds_two_levels() -> None:
    saliency = np.array([[255, 254, 253, 0]], dtype=np.uint8)
    mask = np.array([[True, True, True, False]])
    found = {name: score_frame(saliency, mask, PROTOCOLS[name], ("f",)).curves["recall"] for name in PROTOCOLS}
    assert found["cag-dde"][:3].tolist() == pytest.approx([2 / 3, 2 / 3, 1])
    assert found["davis2016"][:3].tolist() == pytest.approx([1 / 3, 2 / 3, 1])


@pytest.mark.parametrize(("rule", "missed"), [("levels", 0), ("colon", 66), ("colon-matlab", 14)])
def test_grey_levels_that_fall_below_their_own_threshold(rule: str, missed: int) -> None:
    first = first_values(real_values(0, 255, "gain"), rule)
    assert np.count_nonzero(first != np.arange(255, -1, -1)) == missed
    assert np.abs(first - np.arange(255, -1, -1)).max() <= 1


def test_e_above_or_from_the_threshold() -> None:
    mask = disk(20, 30, 8, 9, 5)
    saliency = (mask * 255).astype(np.uint8)
    perfect, nothing = mask.size / (mask.size - 1), 0.25 * mask.size / (mask.size - 1)
    for name, expected in (("davsod", [perfect, perfect, nothing]), ("codtoolbox", [nothing, perfect, perfect])):
        curves = score_frame(saliency, mask, PROTOCOLS[name], ("f", "e")).curves
        assert curves["e"][[0, 128, 255]].tolist() == pytest.approx(expected, abs=1e-12), name
        assert curves["f"][0] == 1


def test_s_below_zero_is_raised_unless_the_protocol_keeps_it() -> None:
    mask = disk(20, 30, 8, 9, 5)
    inverse = (~mask * 255).astype(np.uint8)
    assert score_frame(inverse, mask, PROTOCOLS["davsod"], ("s",)).scalars["s_measure"] == 0
    assert score_frame(inverse, mask, PROTOCOLS["cag-dde"], ("s",)).scalars["s_measure"] < -0.01


@given(sizes.flatmap(lambda size: arrays(np.bool_, size)), st.sampled_from([1, 30]))
@settings(max_examples=60, deadline=None)
@example(np.eye(1, 9, dtype=bool), 30)  # farther than the type reaches
def test_compiled_distances_are_those_of_scipy(mask: Mask, apart: int) -> None:
    mask = np.kron(mask, np.eye(1, apart, dtype=bool))
    if mask.any():
        squares = np.rint(ndimage.distance_transform_edt(~mask) ** 2)
        assert np.array_equal(squared_distances(mask.view(np.uint8)), np.minimum(squares, 65535))


def test_compiled_distances_end_where_their_type_does() -> None:
    mask = np.zeros((2, 400), dtype=np.uint8)
    mask[0, 0] = 1
    squares = squared_distances(mask)
    assert squares[:, [0, 3, 255, 256, 399]].tolist() == [[0, 9, 65025, 65535, 65535], [1, 10, 65026, 65535, 65535]]


def test_weighted_f_is_the_same_with_compiled_distances() -> None:
    generator = np.random.default_rng(3)
    mask = np.zeros((150, 420), dtype=bool)
    mask[20:50, 10:60] = generator.random((30, 50)) < 0.3
    saliency = generator.integers(0, 256, mask.shape).astype(np.uint8)

    plain, compiled = (score_frame(saliency, mask, PYSOD, ("weighted_f",), compiled=each) for each in (False, True))
    assert plain.scalars == compiled.scalars


def test_weighted_f_far_from_the_object() -> None:
    mask = np.zeros((40, 700), dtype=bool)
    mask[10:20, 5:15] = True
    saliency = np.random.default_rng(0).integers(0, 256, mask.shape).astype(np.uint8)
    found = score_frame(saliency, mask, PYSOD, ("weighted_f",)).scalars["weighted_f"]
    assert found == pytest.approx(direct_weighted_f(saliency, mask), abs=1e-12)


def direct_boundary(region: Mask) -> Mask:
    right, below, across = np.zeros_like(region), np.zeros_like(region), np.zeros_like(region)
    right[:, :-1], below[:-1], across[:-1, :-1] = region[:, 1:], region[1:], region[1:, 1:]
    edge = (region ^ right) | (region ^ below) | (region ^ across)
    edge[-1] = region[-1] ^ right[-1]
    edge[:, -1] = region[:, -1] ^ below[:, -1]
    edge[-1, -1] = False
    return edge


def direct_boundary_f(predicted: Mask, mask: Mask, radius: int | None = None) -> float:
    """Boundary F over the whole frame, with SciPy's dilation."""
    found, wanted = direct_boundary(predicted), direct_boundary(mask)
    if not found.any() or not wanted.any():
        return float(found.any() == wanted.any())
    radius = math.ceil(0.1 * math.hypot(*mask.shape)) if radius is None else radius
    rows, columns = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    disk = rows**2 + columns**2 <= radius**2
    precision = (found & ndimage.binary_dilation(wanted, disk)).sum() / found.sum()
    recall = (wanted & ndimage.binary_dilation(found, disk)).sum() / wanted.sum()
    return float(2 * precision * recall / (precision + recall)) if precision + recall else 0.0


@given(sizes.flatmap(lambda size: st.tuples(arrays(np.bool_, size), arrays(np.bool_, size))))
@settings(max_examples=60, deadline=None)
def test_boundary_f_equals_the_direct_formula(masks: tuple[Mask, Mask]) -> None:
    assert boundary_f(*masks, tolerance=0.1) == pytest.approx(direct_boundary_f(*masks), abs=1e-12)


@pytest.mark.parametrize("radius", range(1, 25))
@pytest.mark.parametrize("corner", [(0, 0), (0, -1), (-1, 0), (-1, -1)])
def test_boundaries_in_a_corner_at_every_radius(radius: int, corner: tuple[int, int]) -> None:
    mask = np.zeros((40, 129), dtype=bool)
    mask[corner] = True
    generator = np.random.default_rng(radius)
    for _ in range(3):
        predicted = generator.random(mask.shape) < 0.003
        found = boundary_f(predicted, mask, tolerance=float(radius))
        assert found == pytest.approx(direct_boundary_f(predicted, mask, radius), abs=1e-12)


def unpacked(bits: NDArray[np.uint64], width: int) -> Mask:
    return np.unpackbits(bits.view(np.uint8), axis=1, count=width, bitorder="little").astype(bool)


def test_boundary_by_hand() -> None:
    mask = np.zeros((4, 5), dtype=bool)
    mask[1:3, 1:3] = True
    edge = unpacked(boundary_bits(packed(mask), 5), 5)
    assert edge.tolist() == [[1, 1, 1, 0, 0], [1, 0, 1, 0, 0], [1, 1, 1, 0, 0], [0, 0, 0, 0, 0]]


@pytest.mark.parametrize("width", [1, 7, 8, 63, 64, 65, 127, 128, 129, 200])
def test_bits_of_a_mask_and_its_boundary(width: int) -> None:
    generator = np.random.default_rng(width)
    for height in (1, 2, 9):
        mask = generator.random((height, width)) < 0.5
        bits = packed(mask)
        edge = boundary_bits(bits, width)
        assert np.array_equal(unpacked(bits, width), mask)
        assert np.array_equal(unpacked(edge, width), direct_boundary(mask))
        assert (count(bits), count(edge)) == (mask.sum(), direct_boundary(mask).sum())  # nothing behind the rows


def test_boundary_of_a_full_frame_is_empty() -> None:
    full = np.ones((4, 5), dtype=bool)
    half = full.copy()
    half[:, 2:] = False
    assert boundary_f(full, full) == boundary_f(full, np.zeros_like(full)) == 1
    assert boundary_f(full, half) == boundary_f(half, full) == 0


def test_boundary_is_matched_as_far_as_the_tolerance_and_across_no_border() -> None:
    one, other = np.zeros((40, 50), dtype=bool), np.zeros((40, 50), dtype=bool)
    one[10:20, 44:] = other[10:20, :6] = True  # the end of a row is not near the beginning of the next
    assert boundary_f(one, other, tolerance=7) == 0
    assert boundary_f(one, np.roll(one, 5, axis=0), tolerance=5) == 1
    assert 0 < boundary_f(one, np.roll(one, 5, axis=0), tolerance=4) < 1


def test_a_mask_that_maps_share_scores_each_as_it_does_alone() -> None:
    generator = np.random.default_rng(5)
    mask = np.zeros((50, 60), dtype=bool)
    mask[20:30, 15:40] = True
    dark = np.zeros(mask.shape, dtype=np.uint8)
    near, wide = dark.copy(), dark.copy()
    near[18:33, 12:41] = generator.integers(0, 256, (15, 29))
    wide[5:48, 3:59] = generator.integers(0, 256, (43, 56))
    everywhere = generator.integers(0, 256, mask.shape).astype(np.uint8)
    shared = SharedMask(mask)
    for saliency in (near, wide, everywhere, dark, near):
        assert score_frame(saliency, shared, PYSOD).scalars == score_frame(saliency, mask, PYSOD).scalars


def test_tolerance_at_480p() -> None:
    assert tolerance_pixels(480, 854, 0.008) == 8


def test_jaccard_of_empty_masks() -> None:
    empty, one = np.zeros((3, 3), dtype=bool), np.eye(3, dtype=bool)
    assert (jaccard(empty, empty), jaccard(one, empty), jaccard(empty, one), jaccard(one, one)) == (1, 0, 0, 1)


def test_decay_shares_frames_between_bins() -> None:
    values = np.array([1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3])
    # Edges round(1, 2.75, 4.5, 6.25, 8), half up: frames 1 to 3 and 6 to 8.
    assert decay(values) == pytest.approx(0.9 - 0.4)
    assert decay(np.array([0.7])) == 0
    assert recall_above(np.array([0.5, 0.51, 1.0, 0.0])) == 0.5


@given(pairs())
@settings(max_examples=40, deadline=None)
def test_curves_equal_thresholding_pixel_by_pixel(pair: tuple[Map, Mask]) -> None:
    saliency, mask = pair
    none = change_protocol(PYSOD, {"normalize": "none"})
    found = score_frame(saliency, mask, none, ("f",))
    for place in (0, 100, 155, 255):
        predicted = saliency >= 255 - place
        hits = int((predicted & mask).sum())
        assert found.curves["precision"][place] == (hits / predicted.sum() if hits else 0)
        assert found.curves["recall"][place] == (hits / mask.sum() if hits else 0)


@given(pairs())
@settings(max_examples=40, deadline=None)
def test_turning_map_and_mask_together_changes_counts_only_in_place(pair: tuple[Map, Mask]) -> None:
    saliency, mask = pair
    turned = FrameScores(**vars(score_frame(saliency[::-1, ::-1], mask[::-1, ::-1], PYSOD)))
    upright = score_frame(saliency, mask, PYSOD)
    for name in ("mae", "max_f", "mean_f", "adaptive_f", "max_e", "mean_e", "adaptive_e", "j"):
        assert turned.scalars[name] == upright.scalars[name], name


@given(pairs())
@settings(max_examples=40, deadline=None)
def test_stretching_does_not_care_for_contrast(pair: tuple[Map, Mask]) -> None:
    saliency, mask = pair
    squeezed = saliency // 4 + 20
    wide = (saliency // 4) * 4
    if wide.min() == wide.max():  # a constant map is not stretched
        return
    found = [score_frame(each.astype(np.uint8), mask, PYSOD).scalars for each in (squeezed, wide)]
    for name in ("mae", "s_measure", "weighted_f"):
        assert found[0][name] == pytest.approx(found[1][name], abs=1e-9), name


def test_joint_histogram_is_one_count_of_all_pixels() -> None:
    generator = np.random.default_rng(3)
    saliency, mask = generator.integers(0, 256, (17, 23)).astype(np.uint8), generator.random((17, 23)) < 0.3
    joint = joint_histogram(saliency, mask, (5, 23))
    assert joint.counts.sum() == mask.size
    assert joint.foreground.tolist() == np.bincount(saliency[mask], minlength=256).tolist()
    assert joint.sizes.tolist() == [[5, 23], [5, 0], [12, 23], [12, 0]]
    assert joint.counts[1].sum() == 0
    rows, columns = np.nonzero(mask)
    assert centroid(mask) == (rows.mean(), columns.mean())


def test_counts_stay_exact_above_2_to_the_24() -> None:
    pixels = np.zeros((1, (1 << 24) + 3), dtype=np.uint8)
    assert value_counts(pixels)[0] == (1 << 24) + 3


def test_area_under_curve_by_hand() -> None:
    # From recall 0 the first precision is held, then one trapezoid.
    assert area_under_curve(np.array([1.0, 0.5]), np.array([0.4, 1.0])) == pytest.approx(0.4 + 0.6 * 0.75)
