"""Weighted F-measure."""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodprep.evaluate.measures.histogram import value_counts

_RADIUS = 3  # of the 7 x 7 Gaussian
_SIGMA = 5.0
_HALVING = 5.0  # pixels over which the importance of a false positive halves the way to 2
_FAR = 255  # pixels, where the importance is 2 - 4e-16; its square is the largest that 16 bits hold
_STRIP = 32  # rows


@cache
def _kernel() -> NDArray[np.float64]:
    weights = np.exp(-(np.arange(-_RADIUS, _RADIUS + 1) ** 2) / (2 * _SIGMA**2))
    return np.asarray(weights / weights.sum())


@cache
def _importance() -> NDArray[np.float64]:
    """Importance of a background pixel by its squared distance from the foreground."""
    return np.asarray(2 - np.exp2(-np.sqrt(np.arange(_FAR * _FAR + 1)) / _HALVING))


@cache
def _offsets() -> list[tuple[int, int]]:
    """Row and column offsets inside the kernel's reach, nearest first.

    Of equally near pixels SciPy's distance transform takes the leftmost, then the uppermost.
    """
    reach = range(-2 * _RADIUS, 2 * _RADIUS + 1)
    near = [(row**2 + column**2, column, row) for row in reach for column in reach]
    return [(row, column) for squared, column, row in sorted(near) if 0 < squared <= 2 * _RADIUS**2]


def _copy_from_nearest(error: NDArray[np.float64], mask: NDArray[np.bool_]) -> None:
    """Give each background pixel in the kernel's reach of the foreground the error of its nearest foreground pixel.

    Args:
        error: float64 `(H, W)`, changed in place; outside the reach it is not looked at again.
        mask: bool `(H, W)`.
    """
    inside = mask.view(np.uint8)
    width = mask.shape[1] + 4 * _RADIUS
    padded = cv2.copyMakeBorder(inside, *(2 * _RADIUS,) * 4, cv2.BORDER_CONSTANT, value=0).ravel()
    reach = cv2.dilate(inside, np.ones((2 * _RADIUS + 1, 2 * _RADIUS + 1), dtype=np.uint8))
    rows, columns = np.nonzero(reach > inside)
    here = (rows + 2 * _RADIUS) * width + columns + 2 * _RADIUS
    nearest = np.empty_like(here)
    waiting = np.arange(len(here))
    for row, column in _offsets():
        there = here[waiting] + (row * width + column)
        found = padded[there] != 0
        nearest[waiting[found]] = there[found]
        waiting = waiting[~found]
        if not len(waiting):
            break
    error[rows, columns] = error[nearest // width - 2 * _RADIUS, nearest % width - 2 * _RADIUS]


def _foreground_error(saliency: NDArray[np.uint8], values: NDArray[np.float64], mask: NDArray[np.bool_]) -> float:
    """Return the sum over the foreground of the smaller of a pixel's own error and that of its neighbourhood."""
    left, top, width, height = cv2.boundingRect(mask.view(np.uint8))
    part = (
        slice(max(top - _RADIUS, 0), top + height + _RADIUS),
        slice(max(left - _RADIUS, 0), left + width + _RADIUS),
    )
    inside = np.ascontiguousarray(mask[part])
    own = np.asarray(cv2.LUT(saliency[part], 1 - values[None]), dtype=np.float64)
    spread = own.copy()
    _copy_from_nearest(spread, inside)
    around = cv2.sepFilter2D(spread, cv2.CV_64F, _kernel(), _kernel(), borderType=cv2.BORDER_CONSTANT)
    return float(np.minimum(own, around)[inside].sum())


def _background_error(saliency: NDArray[np.uint8], values: NDArray[np.float64], mask: NDArray[np.bool_]) -> float:
    """Return the sum over the background of a pixel's error times its importance, 1 to 2 with the distance."""
    inside = mask.view(np.uint8)
    lowest = int(np.searchsorted(values, 0.0, side="right"))  # pixels of value 0 are no error
    left, top, width, height = cv2.boundingRect(((saliency >= lowest) | mask).view(np.uint8))
    part = (slice(top, top + height), slice(left, left + width))
    inside, saliency = inside[part], saliency[part]
    distance = cv2.distanceTransform(1 - inside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    total = 0.0
    for start in range(0, height, _STRIP):  # in pieces that stay in the processor's cache
        rows = slice(start, start + _STRIP)
        near = np.minimum(distance[rows], _FAR)
        near *= near
        near += 0.5  # back to integers: the transform took their root
        importance = _importance()[near.astype(np.uint16)]
        total += float(np.vdot(importance, cv2.LUT(saliency[rows], values[None])))
    # The foreground stood at distance 0, where the importance is 1.
    return total - float(values @ value_counts(saliency, inside))


def weighted_f(
    saliency: NDArray[np.uint8], values: NDArray[np.float64], mask: NDArray[np.bool_], epsilon: float = 2.0**-52
) -> float:
    """Return the weighted F-measure of a frame, with beta = 1.

    Margolin et al., How to Evaluate Foreground Maps?, CVPR 2014, Eq. 9 to 13; agrees with PySODMetrics.

    Args:
        saliency: Map, uint8 `(H, W)`.
        values: Real number behind each map value, float64 `(256,)`.
        mask: bool `(H, W)`.
        epsilon: Added to the denominators.

    Returns:
        0 to 1; 0 where the mask is empty.
    """
    positives = cv2.countNonZero(mask.view(np.uint8))
    if positives == 0:
        return 0.0
    missed = _foreground_error(saliency, values, mask)
    # A full mask has no background, and the distance transform no pixel to start from.
    false = _background_error(saliency, values, mask) if positives < mask.size else 0.0
    hits = positives - missed
    recall = 1 - missed / positives
    precision = hits / (hits + false + epsilon)
    return 2 * recall * precision / (recall + precision + epsilon)
