import numpy as np
import pytest

from vsodprep.cues.superpixels import adjacency, border_regions, region_means, region_sums, second_ring
from vsodprep.saliency.rbd import (
    background_weighted_contrast,
    boundary_connectivity,
    geodesic_distances,
    optimise,
    robust_background,
)


def chain(count):
    """Regions in a row, each touching the next."""
    touching = np.zeros((count, count), dtype=bool)
    index = np.arange(count - 1)
    touching[index, index + 1] = touching[index + 1, index] = True
    return touching


def test_adjacency_counts_diagonals():
    labels = np.array([[0, 0, 1], [0, 2, 1], [3, 2, 1]], dtype=np.int32)
    expected = np.array([[0, 1, 1, 1], [1, 0, 1, 0], [1, 1, 0, 1], [1, 0, 1, 0]], dtype=bool)
    np.testing.assert_array_equal(adjacency(labels, 4), expected)


def test_border_regions():
    labels = np.array([[0, 0, 1], [0, 2, 1], [3, 3, 1]], dtype=np.int32)
    np.testing.assert_array_equal(border_regions(labels), [0, 1, 3])


def test_region_sums():
    labels, values = np.array([[0, 1], [1, 1]], dtype=np.int32), np.arange(12, dtype=np.float32).reshape(2, 2, 3)
    np.testing.assert_array_equal(region_sums(labels, values, 3), [[0, 1, 2], [18, 21, 24], [0, 0, 0]])


def test_region_means():
    labels = np.array([[0, 1], [1, 1]], dtype=np.int32)
    values = np.array([[[2.0, 1.0], [3.0, 0.0]], [[6.0, 0.0], [0.0, 3.0]]])
    np.testing.assert_allclose(region_means(labels, values, 2), [[2, 1], [3, 1]])


def test_second_ring():
    ring = second_ring(chain(5))
    np.testing.assert_array_equal(ring[0], [False, True, True, False, False])
    np.testing.assert_array_equal(ring[2], [True, True, False, True, True])


def test_geodesic_distance_clips_small_steps():
    # Colours on a line: 0, 1, 2, 12. The nearest of two rings is 1, 1, 1 and 10 away: steps cost 0, 0 and 10 - 3.25.
    values = np.array([0.0, 1.0, 2.0, 12.0])
    colour = np.abs(values[:, None] - values)
    distance = geodesic_distances(colour, chain(4), np.array([0]))
    np.testing.assert_allclose(distance[0], [0, 0, 0, 6.75])


def test_border_regions_are_linked():
    values = np.array([0.0, 50.0, 0.5])
    colour = np.abs(values[:, None] - values)
    assert geodesic_distances(colour, chain(3), np.array([0, 2]))[0, 2] == pytest.approx(0)
    assert geodesic_distances(colour, chain(3), np.array([0]))[0, 2] > 50


def test_boundary_connectivity():
    # Two regions without cost between them, one of them on the border; a third far from both.
    distance = np.array([[0.0, 0.0, 99.0], [0.0, 0.0, 99.0], [99.0, 99.0, 0.0]])
    np.testing.assert_allclose(boundary_connectivity(distance, np.array([0])), [1 / np.sqrt(2), 1 / np.sqrt(2), 0])


def test_contrast_counts_the_background_only():
    values = np.array([0.0, 6.0, 24.0, 30.0])
    colour = np.abs(values[:, None] - values)
    contrast = background_weighted_contrast(colour, np.zeros((4, 4)), np.array([1.0, 0.0, 0.0, 0.0]))
    np.testing.assert_allclose(contrast, [0, 0, 0.8, 1], rtol=1e-6)  # 6 of 30 is below Otsu's threshold


def test_optimum_has_no_gradient():
    rng = np.random.default_rng(1)
    points = rng.uniform(0, 20, (6, 3))
    colour = np.linalg.norm(points[:, None] - points, axis=2)
    connectivity, foreground = rng.uniform(0, 4, 6), rng.uniform(0, 1, 6)
    saliency = optimise(colour, chain(6), np.array([0, 5]), connectivity, foreground)

    links = second_ring(chain(6))
    links[0, 5] = links[5, 0] = True
    weights = np.where(links & (colour <= 30), np.exp(-(colour**2) / 200), 0) + 0.1 * chain(6)
    background = np.where(connectivity > 3, 1000, 1 - np.exp(-(connectivity**2) / 2))
    gradient = 5 * background * saliency + foreground * (saliency - 1)
    gradient += (weights * (saliency[:, None] - saliency)).sum(axis=1)
    np.testing.assert_allclose(gradient, 0, atol=1e-9)


def test_object_stands_out_from_background_that_touches_the_border():
    frame = np.full((96, 144, 3), (60, 110, 60), dtype=np.uint8)
    frame[32:64, 48:96] = (200, 60, 50)
    saliency = robust_background(frame)
    assert saliency[38:58, 56:88].min() > 0.8
    assert saliency[:20].max() < 0.1


def test_frame_of_one_colour_is_not_salient():
    np.testing.assert_array_equal(robust_background(np.full((40, 60, 3), 90, dtype=np.uint8)), 0)


def test_paths_longer_than_the_limit_are_not_followed():
    # A row of four regions.
    colour = np.abs(np.subtract.outer([0.0, 4.0, 4.0, 10.0], [0.0, 4.0, 4.0, 10.0]))
    touching = np.eye(4, k=1, dtype=bool) | np.eye(4, k=-1, dtype=bool)
    whole = geodesic_distances(colour, touching, np.array([0]))
    cut = geodesic_distances(colour, touching, np.array([0]), limit=4.0)
    assert (whole > 4).any()
    np.testing.assert_array_equal(cut, np.where(whole > 4, np.inf, whole))
