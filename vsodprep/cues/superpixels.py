"""Superpixels and what the graph methods need to know of them."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from vsodprep.compiled import compiled
from vsodprep.cues.slic import slic

MOST = 300  # superpixels that a network describes


def superpixels(frame: NDArray[np.uint8], aim: int, most: int) -> NDArray[np.int32]:
    """Cut a frame into about so many superpixels, and never more than that.

    Args:
        frame: uint8 `(H, W, 3)` RGB.
        aim: About how many.
        most: At most how many; where there are more, they are made larger.

    Returns:
        int32 `(H, W)`: labels 0..n-1, all of them used.
    """
    area = frame.shape[0] * frame.shape[1] / aim
    while (labels := slic(frame, area)).max() >= most:
        area *= 1.25
    return labels


def second_ring(touching: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return adjacency widened to the neighbours' neighbours, without the diagonal."""
    links = csr_array(touching.astype(np.int32))
    ring = touching | ((links @ links).toarray() > 0)
    np.fill_diagonal(ring, False)
    return ring


def adjacency(labels: NDArray[np.int32], count: int) -> NDArray[np.bool_]:
    """Find which regions touch, diagonally too.

    Args:
        labels: int32 `(H, W)`, 0..count-1.
        count: Number of regions.

    Returns:
        bool `(count, count)`, symmetric, False on the diagonal.
    """
    touching = np.zeros((count, count), dtype=np.bool_)
    for a, b in (
        (labels[:, :-1], labels[:, 1:]),
        (labels[:-1], labels[1:]),
        (labels[:-1, :-1], labels[1:, 1:]),
        (labels[:-1, 1:], labels[1:, :-1]),
    ):
        apart = a != b
        touching[a[apart], b[apart]] = True
    return touching | touching.T


def border_regions(labels: NDArray[np.int32]) -> NDArray[np.intp]:
    """Return the sorted labels that touch the image border."""
    return np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])).astype(np.intp)


def region_sums(labels: NDArray[np.int32], values: NDArray[np.floating], count: int) -> NDArray[np.float64]:
    """Add up values over regions.

    Args:
        labels: int32 `(H, W)`, 0..count-1.
        values: `(H, W, C)`.
        count: Number of regions.

    Returns:
        float64 `(count, C)`.
    """
    return np.asarray(_sums(labels.ravel(), values.reshape(labels.size, -1), count))


@compiled
def _sums(labels, values, count):  # type: ignore[no-untyped-def]
    found = np.zeros((count, values.shape[1]))
    for pixel in range(labels.size):
        total, given = found[labels[pixel]], values[pixel]  # rows, whose loop is vectorised
        for channel in range(given.size):
            total[channel] += given[channel]
    return found


def region_means(labels: NDArray[np.int32], values: NDArray[np.floating], count: int) -> NDArray[np.float64]:
    """Average over regions, all of which have a pixel; arguments and shape as `region_sums`."""
    return region_sums(labels, values, count) / np.bincount(labels.ravel(), minlength=count)[:, None]
