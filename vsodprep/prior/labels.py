"""Training labels of regions, from a mask."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def region_labels(
    labels: NDArray[np.int32], count: int, mask: NDArray[np.bool_], purity: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Label regions by the majority of their pixels, where it is large enough.

    Args:
        labels: int32 `(H, W)`, 0..count-1, all of them used.
        count: Number of regions.
        mask: bool `(H, W)`.
        purity: Least share of a region that its label covers; mixed regions are no samples (DRFI: 0.75, MDF: 0.7).

    Returns:
        bool `(count,)`: which regions are samples; bool `(count,)`: which are foreground.
    """
    share = np.bincount(labels.ravel(), mask.ravel(), count) / np.bincount(labels.ravel(), minlength=count)
    return (share >= purity) | (share <= 1 - purity), share > 0.5


def spread(items: Sequence[int], count: int) -> tuple[int, ...]:
    """Choose items evenly spread over a sequence, the middle one first to be kept; all of them if there are few."""
    if len(items) <= count:
        return tuple(items)
    return tuple(items[int((index + 0.5) * len(items) / count)] for index in range(count))
