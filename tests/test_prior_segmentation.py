import cv2
import numpy as np
import pytest

from vsodprep.config.prior import Level
from vsodprep.prior.graph import Graph
from vsodprep.prior.segmentation import BACKENDS, segmentations


def segment(picture, level, **options):
    (made,) = segmentations(picture, (level,), **options)
    return made


def blocks():
    """Four blocks of clearly different colour, 30 x 40 px each."""
    picture = np.zeros((60, 80, 3), dtype=np.uint8)
    for index, colour in enumerate([(255, 60, 60), (60, 255, 60), (60, 60, 255), (250, 250, 60)]):
        row, column = divmod(index, 2)
        picture[row * 30 : row * 30 + 30, column * 40 : column * 40 + 40] = colour
    return picture


@pytest.mark.parametrize("backend", BACKENDS)
def test_blocks_become_regions(backend):
    made = segment(blocks(), Level(0.5, 100, 50), backend=backend)
    assert made.halvings == 0
    assert len({int(made.labels[y, x]) for y in (10, 50) for x in (10, 70)}) == 4
    inside = made.labels[4:26, 4:36]
    assert (inside == inside[0, 0]).all()


@pytest.mark.parametrize("backend", BACKENDS)
def test_labels_have_no_gaps_and_no_region_is_too_small(backend):
    picture = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 255, (60, 80, 3)).astype(np.uint8), (0, 0), 3)
    made = segment(picture, Level(0.8, 20, 40), backend=backend)
    sizes = np.bincount(made.labels.ravel())
    assert made.regions == len(sizes) > 4
    assert sizes.min() >= 40


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("sigma", [0.5, 0.8, 2.0])
def test_compiled_cuts_as_opencv_does(sigma, seed):
    """Colours of a smooth field and a square, where edges weigh differently."""
    rng = np.random.default_rng(seed)
    field = cv2.GaussianBlur(rng.normal(0, 900, (60, 80, 3)).astype(np.float32), (0, 0), 5) + 128
    field[20:40, 20:50] += 40
    picture = np.clip(field + rng.normal(0, 2, field.shape), 0, 255).astype(np.uint8)
    levels = [Level(sigma, k, least) for k in (20, 100, 600) for least in (1, 20, 150)]
    ours, theirs = (segmentations(picture, levels, min_regions=4, backend=each) for each in ("compiled", "opencv"))
    assert len({made.regions for made in ours}) > 5
    for found, expected in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(found.labels, expected.labels)
        assert found.halvings == expected.halvings


def test_a_graph_is_cut_by_hand():
    # Weights 3, 9 and 27 along a row. With k = 9 the first edge joins (3 <= 9), so that its region bears 3 + 9 / 2; the
    # second edge is too heavy for that, and the third for its single pixels. Then the least size joins them all.
    graph = Graph.of(np.cumsum([0, 3, 9, 27]).astype(np.uint8)[None, :, None].repeat(3, axis=2) * (1, 0, 0), 0)
    np.testing.assert_array_equal(graph.weights, [3, 9, 27])
    np.testing.assert_array_equal(graph.cut(9).labels(1), [[0, 0, 1, 2]])
    np.testing.assert_array_equal(graph.cut(9).labels(2), [[0, 0, 0, 0]])
    np.testing.assert_array_equal(graph.cut(30).labels(1), [[0, 0, 0, 1]])


def test_what_every_larger_k_joins_is_joined_once():
    graph = Graph.of(np.cumsum([0, 3, 9, 27]).astype(np.uint8)[None, :, None].repeat(3, axis=2) * (1, 0, 0), 0).up_to(9)
    np.testing.assert_array_equal(graph.parts, [[0, 1, 2, 3]])
    np.testing.assert_array_equal(graph.regions, [0, 0, 1, 2])
    np.testing.assert_array_equal(graph.size, [2, 1, 1])
    np.testing.assert_array_equal(graph.inner, [3, 0, 0])
    np.testing.assert_array_equal(graph.weights, [9, 27])
    np.testing.assert_array_equal(graph.ends, [[0, 1], [1, 2]])


@pytest.mark.parametrize("levels", [256, 12, 2])
@pytest.mark.parametrize("shape", [(60, 80), (1, 90), (90, 1), (1, 1)])
def test_a_cut_of_what_is_joined_is_that_of_the_pixels(shape, levels):
    """Of few levels, many edges weigh the same, and plains are larger than what surely joins."""
    field = cv2.GaussianBlur(np.random.default_rng(0).normal(0, 900, (*shape, 3)).astype(np.float32), (0, 0), 4) + 128
    picture = (np.clip(field, 0, 255) / 256 * levels).astype(np.uint8) * (256 // levels)
    picture[: shape[0] // 3] = 255
    whole = Graph.of(picture, 0.8)
    for k in (0.5, 5.0, 20.0, 80.0, 320.0):
        joined = Graph.of(picture, 0.8, k)
        assert len(joined.weights) <= len(whole.weights)
        for larger in (k, 3 * k):
            joined = joined.up_to(larger)
            for least in (1, 30):
                expected = whole.cut(larger).labels(least)
                np.testing.assert_array_equal(joined.cut(larger).labels(least), expected)


def test_k_and_least_size_follow_the_resolution():
    picture = cv2.GaussianBlur(np.random.default_rng(1).integers(0, 255, (60, 80, 3)).astype(np.uint8), (0, 0), 2)
    expected = cv2.ximgproc.segmentation.createGraphSegmentation(0.8, 25.0, 10)
    labels = expected.processImage(np.ascontiguousarray(picture[..., ::-1]))
    made = segment(picture, Level(0.8, 100, 40), scale=0.5)
    assert made.regions == len(np.unique(labels))
    for region in range(made.regions):
        assert len(np.unique(labels[made.labels == region])) == 1


def test_few_regions_are_cut_more_finely():
    ramp = np.repeat(np.linspace(0, 60, 80).astype(np.uint8)[None, :, None], 60, axis=0).repeat(3, axis=2)
    ramp = ramp + np.random.default_rng(0).integers(0, 12, ramp.shape).astype(np.uint8)
    level = Level(0.8, 600, 300)
    coarse, fine = segment(ramp, level), segment(ramp, level, min_regions=8)
    assert coarse.regions < 8 <= fine.regions
    assert fine.halvings > 0
    expected = segment(ramp, Level(0.8, 600 / 2**fine.halvings, round(300 / 2**fine.halvings)))
    np.testing.assert_array_equal(fine.labels, expected.labels)


def test_picture_without_edges_stays_whole():
    made = segment(np.full((40, 50, 3), 255, dtype=np.uint8), Level(0.8, 100, 100), min_regions=16)
    assert made.halvings == 5
    assert made.regions == 1
