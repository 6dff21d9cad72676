"""Superpixels and what the graph methods need to know of them."""

import cv2
import numpy as np
from numpy.typing import NDArray

MOST = 300  # superpixels that a network describes
COMPACTNESS = 20.0
ITERATIONS = 10


def slic(frame: NDArray[np.uint8], area: float) -> NDArray[np.int32]:
    """Cut a frame into SLIC superpixels (Achanta et al., TPAMI 2012; OpenCV's implementation).

    Args:
        frame: uint8 `(H, W, 3)` RGB.
        area: Pixels of an average superpixel.

    Returns:
        int32 `(H, W)`: labels 0..n-1, all of them used.
    """
    picture = cv2.cvtColor(frame, cv2.COLOR_RGB2Lab)
    side = max(2, round(area**0.5))
    cutter = cv2.ximgproc.createSuperpixelSLIC(picture, cv2.ximgproc.SLIC, side, COMPACTNESS)
    cutter.iterate(ITERATIONS)
    cutter.enforceLabelConnectivity(25)
    labels = cutter.getLabels()
    return np.unique(labels, return_inverse=True)[1].reshape(labels.shape).astype(np.int32)


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
    ring = touching | ((touching.astype(np.float32) @ touching.astype(np.float32)) > 0)
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
        touching[a, b] = True
    touching |= touching.T
    np.fill_diagonal(touching, False)
    return touching


def border_regions(labels: NDArray[np.int32]) -> NDArray[np.intp]:
    """Return the sorted labels that touch the image border."""
    return np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])).astype(np.intp)


def region_means(labels: NDArray[np.int32], values: NDArray[np.floating], count: int) -> NDArray[np.float64]:
    """Average over regions.

    Args:
        labels: int32 `(H, W)`, 0..count-1.
        values: `(H, W, C)`.
        count: Number of regions.

    Returns:
        float64 `(count, C)`.
    """
    flat = labels.ravel()
    sums = [np.bincount(flat, values[..., channel].ravel(), count) for channel in range(values.shape[2])]
    return np.stack(sums, axis=1) / np.bincount(flat, minlength=count)[:, None]
