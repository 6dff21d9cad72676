"""Structure measure, from the histograms of the four quadrants around the mask's centroid."""

import math

import numpy as np
from numpy.typing import NDArray

from vsodprep.evaluate.measures.histogram import JointHistogram
from vsodprep.evaluate.measures.levels import mean

ALPHA = 0.5


def quadrant_cut(row: float, column: float, rounding: str) -> tuple[int, int]:
    """Return the height and width of the upper left quadrant.

    Args:
        row: The centroid's row, counted from 0.
        column: The centroid's column, counted from 0.
        rounding: `half-up` as MATLAB rounds the position counted from 1, `half-even` as NumPy rounds it counted from 0.
    """
    if rounding == "half-even":
        return round(row) + 1, round(column) + 1
    return math.floor(row + 1.5), math.floor(column + 1.5)


def _squares(values: NDArray[np.float64], counts: NDArray[np.int64], centre: float) -> float:
    return float((values - centre) ** 2 @ counts)


def _similarity(values: NDArray[np.float64], counts: NDArray[np.int64], variance: str, epsilon: float) -> float:
    """Object-aware term of one side, Eq. 3: high where the values are high and even."""
    pixels = int(counts.sum())
    centre = mean(values, counts)
    free = pixels if variance == "n" else pixels - 1
    deviation = math.sqrt(_squares(values, counts, centre) / free) if free else 0.0
    return 2 * centre / (centre**2 + 1 + deviation + epsilon)


def _ssim(
    values: NDArray[np.float64], outside: NDArray[np.int64], inside: NDArray[np.int64], variance: str, epsilon: float
) -> float:
    """Structural similarity of map and mask in one rectangle, Eq. 6."""
    counts = outside + inside
    pixels = int(counts.sum())
    x, y = mean(values, counts), int(inside.sum()) / pixels
    free = max(pixels - 1, 1)
    sum_x = _squares(values, counts, x)
    sum_y = int(inside.sum()) * (1 - y) ** 2 + int(outside.sum()) * y**2
    covariance = float((values - x) @ (inside * (1 - y) - outside * y)) / free
    spread = (sum_x + sum_y) / (pixels if variance == "n" else free)
    above = 4 * x * y * covariance
    below = (x**2 + y**2) * spread
    if above != 0:
        return above / (below + epsilon)
    return 1.0 if below == 0 else 0.0


def s_measure(
    values: NDArray[np.float64],
    joint: JointHistogram,
    variance: str = "n-1",
    epsilon: float = 2.0**-52,
    clamp: bool = True,
) -> float:
    """Return the S-measure of a frame.

    Fan et al., Structure-measure: A New Way to Evaluate Foreground Maps, ICCV 2017, Eq. 1 to 8, with alpha = 0.5.

    Args:
        values: Real number behind each map value, float64 `(256,)`.
        joint: Counts of the frame, cut at the mask's centroid.
        variance: Divisor of the variances, `n-1` or `n`.
        epsilon: Added to the denominators.
        clamp: Raise a negative result to 0.

    Returns:
        At most 1. An empty mask gives 1 - mean(p), a full one mean(p).
    """
    foreground, background = joint.foreground, joint.background
    if not foreground.any():
        return 1 - mean(values, background)
    if not background.any():
        return mean(values, foreground)
    positives, pixels = int(foreground.sum()), int(foreground.sum() + background.sum())
    share = positives / pixels
    objects = share * _similarity(values, foreground, variance, epsilon)
    objects += (1 - share) * _similarity(1 - values, background, variance, epsilon)
    regions = 0.0
    for area, (outside, inside) in zip(joint.sizes.prod(axis=1).tolist(), joint.counts, strict=True):
        # An empty rectangle (centroid in the last row or column) has weight 0; the tools get 0 times NaN here.
        if area:
            regions += area / pixels * _ssim(values, outside, inside, variance, epsilon)
    score = ALPHA * objects + (1 - ALPHA) * regions
    return max(score, 0.0) if clamp else score
