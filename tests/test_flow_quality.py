import math

import numpy as np
import pytest
from flow_cases import MOTIONS, affine_pair, texture

from vsodprep.flow.quality import (
    inconsistency,
    inconsistent_share,
    photometric_error,
    positions,
    still_error,
    warp,
)


def constant(u: float, v: float, size: tuple[int, int] = (8, 10)) -> np.ndarray:
    return np.broadcast_to(np.array([u, v], np.float32), (*size, 2)).copy()


def test_positions() -> None:
    at = positions(constant(0.5, -1), every=3)
    assert at.shape == (3, 4, 2)
    assert at[1, 2].tolist() == [6.5, 2.0]


def test_warp_along_whole_pixels_is_a_shift() -> None:
    image = texture(8, 10)
    warped = warp(image, constant(2, 1))
    np.testing.assert_array_equal(warped[:-1, :-2], image[1:, 2:])
    np.testing.assert_array_equal(warped[-1, :-2], image[-1, 2:])


@pytest.mark.parametrize("motion", MOTIONS)
def test_warp_along_the_true_flow_gives_the_first_frame(motion: str) -> None:
    first, second, flow = affine_pair(MOTIONS[motion], (60, 80))
    inner = (slice(8, -8), slice(8, -8))
    left, without = (np.abs(image[inner].astype(int) - first[inner]).mean() for image in (warp(second, flow), second))
    assert left < 0.4 * without


def test_photometric_error_of_known_values() -> None:
    first = np.full((8, 8), 10, np.uint8)
    second = np.full((8, 8), 13, np.uint8)
    assert photometric_error(first, second, constant(0, 0, (8, 8)), every=1) == 3
    assert still_error(first, second) == 3


def test_photometric_error_leaves_out_what_leaves_the_image() -> None:
    first = np.zeros((4, 6), np.uint8)
    second = np.zeros((4, 6), np.uint8)
    second[:, 5] = 200
    flow = constant(3, 0, (4, 6))
    assert photometric_error(first, second, flow, every=1) == pytest.approx(200 / 3)


def test_photometric_error_without_any_pixel_inside() -> None:
    frame = np.zeros((4, 6), np.uint8)
    assert math.isnan(photometric_error(frame, frame, constant(99, 0, (4, 6))))


def test_inconsistency_is_the_distance_that_is_left() -> None:
    left = inconsistency(constant(2, 1), constant(-2, 2))
    assert left[3, 3] == pytest.approx(3)
    assert np.isnan(left[:, -2:]).all()
    assert np.isnan(left[-1:]).all()


@pytest.mark.parametrize(
    ("backward", "share"), [((-2, -1), 0.0), ((-2, -0.5), 0.0), ((-2, 0), 1.0), ((2, 1), 1.0)], ids=str
)
def test_inconsistent_share(backward: tuple[float, float], share: float) -> None:
    assert inconsistent_share(constant(2, 1), constant(*backward), every=1) == share


def test_inconsistent_share_of_half_a_frame() -> None:
    backward = constant(0, 0, (8, 10))
    backward[:, 5:] = 5
    assert inconsistent_share(constant(0, 0, (8, 10)), backward, every=1) == 0.5
