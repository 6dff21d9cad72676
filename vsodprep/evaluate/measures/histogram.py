"""JointHistogram histograms of a map and its mask: all that MAE, S, F, E and precision and recall need of a frame."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

# OpenCV returns counts as float32, which is exact up to here.
_EXACT_PIXELS = 1 << 24


@dataclass(frozen=True)
class JointHistogram:
    """Counts of a frame's pixels by map value, mask and quadrant.

    Attributes:
        counts: int64 `(4, 2, 256)`: by quadrant (upper left, upper right, lower left, lower right), mask (0, 1) and
            map value.
        sizes: Height and width of each quadrant, int64 `(4, 2)`.
    """

    counts: NDArray[np.int64]
    sizes: NDArray[np.int64]

    @cached_property
    def foreground(self) -> NDArray[np.int64]:
        """Counts per map value inside the mask, int64 `(256,)`."""
        return np.asarray(self.counts[:, 1].sum(axis=0))

    @cached_property
    def background(self) -> NDArray[np.int64]:
        """Counts per map value outside the mask, int64 `(256,)`."""
        return np.asarray(self.counts[:, 0].sum(axis=0))


def value_counts(values: NDArray[np.uint8], mask: NDArray[np.uint8] | None = None) -> NDArray[np.int64]:
    """Count the pixels of each value.

    Args:
        values: uint8 `(H, W)`.
        mask: uint8 `(H, W)`; only where it is not zero.

    Returns:
        int64 `(256,)`.
    """
    if values.size == 0:
        return np.zeros(256, dtype=np.int64)
    if values.size > _EXACT_PIXELS:
        half = len(values) // 2 or None
        if half is None:  # one very long row
            return value_counts(values.reshape(-1, 1), None if mask is None else mask.reshape(-1, 1))
        upper, lower = (None, None) if mask is None else (mask[:half], mask[half:])
        return value_counts(values[:half], upper) + value_counts(values[half:], lower)
    counts = cv2.calcHist([values], [0], mask, [256], [0, 256])
    return counts.ravel().astype(np.int64)


def centroid(mask: NDArray[np.bool_]) -> tuple[float, float]:
    """Return the mean row and column of the foreground, counted from 0; the mask must not be empty."""
    as_bytes = mask.view(np.uint8)
    per_row = cv2.reduce(as_bytes, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel().astype(np.int64)
    per_column = cv2.reduce(as_bytes, 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel().astype(np.int64)
    total = int(per_row.sum())
    # Integer sums and one division: the correctly rounded mean.
    return (
        int(per_row @ np.arange(len(per_row))) / total,
        int(per_column @ np.arange(len(per_column))) / total,
    )


def joint_histogram(
    saliency: NDArray[np.uint8], mask: NDArray[np.bool_], cut: tuple[int, int] | None = None
) -> JointHistogram:
    """Count a frame's pixels in one pass.

    Args:
        saliency: Map, uint8 `(H, W)`.
        mask: bool `(H, W)`.
        cut: Rows and columns of the upper left quadrant; None puts all pixels there.

    Returns:
        The counts.
    """
    height, width = mask.shape
    row, column = cut if cut is not None else (height, width)
    inside = mask.view(np.uint8)
    across, down, columns_inside, rows_inside = cv2.boundingRect(inside)
    counts = np.zeros((4, 2, 256), dtype=np.int64)
    sizes = np.zeros((4, 2), dtype=np.int64)
    rows, columns = ((0, row), (row, height)), ((0, column), (column, width))
    for quadrant in range(4):
        (top, bottom), (left, right) = rows[quadrant // 2], columns[quadrant % 2]
        sizes[quadrant] = bottom - top, right - left
        held = (
            slice(max(top, down), max(top, min(bottom, down + rows_inside))),
            slice(max(left, across), max(left, min(right, across + columns_inside))),
        )
        counts[quadrant, 1] = value_counts(saliency[held], inside[held])
        counts[quadrant, 0] = value_counts(saliency[top:bottom, left:right]) - counts[quadrant, 1]
    return JointHistogram(counts, sizes)
