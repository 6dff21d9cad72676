"""Region features that need no weights: statistics in three windows, after MDF's three windows of AlexNet."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from vsodprep.cues.superpixels import region_sums
from vsodprep.prior.channels import DIRECTIONS, NAMES, VECTORS, Channels
from vsodprep.prior.regions import geometry, outline


class Stack(NamedTuple):
    """What is added up over the regions of each level of a frame.

    Attributes:
        values: float32 `(H, W, 31)`: one, the channels, the directions' histogram, the channels' squares.
        border: float64 `(20,)`, sums of all but the squares over a band along the image border.
        frame_level: What `Channels` says of it.
    """

    values: NDArray[np.float32]
    border: NDArray[np.float64]
    frame_level: NDArray[np.float32]

    @classmethod
    def of(cls, given: Channels) -> "Stack":
        """Stack a frame's channels."""
        directions = np.eye(DIRECTIONS, dtype=np.float32)[given.direction] * given.strength[..., None]
        one = np.ones((*given.direction.shape, 1), dtype=np.float32)
        stack = np.concatenate([one, given.values, directions], axis=2)
        values = np.concatenate([stack, given.values**2], axis=2)
        return cls(values, _border_total(stack), given.frame_level)


def contrast(labels: NDArray[np.int32], count: int, given: Stack) -> dict[str, NDArray[np.float64]]:
    """Describe each region by itself and against its surroundings.

    Like MDF (Li and Yu, CVPR 2015) it looks at the region alone, at its neighbourhood (the regions that touch it) and
    at the rest of the picture; DRFI's pseudo-background, a band along the image border, joins them.

    Args:
        labels: int32 `(H, W)`, 0..count-1, all of them used.
        count: Number of regions.
        given: The frame's channels at the same size, stacked.

    Returns:
        86 features by name, float64 `(count,)` each: mean and standard deviation of each channel; the mean's
        difference from that of the neighbourhood, the rest, the border band; the length of the difference of colours
        and flow; the chi-square distance of the histograms of flow directions; position and shape; how much motion
        there is in the frame. A window without pixels has no contrast: 0.
    """
    totals, squares = np.split(region_sums(labels, given.values, count), [len(given.border)], axis=1)
    area = totals[:, :1]
    mean = totals[:, 1 : 1 + len(NAMES)] / area
    deviation = np.sqrt(np.maximum(squares / area - mean**2, 0))

    edges = outline(labels, count)
    # Sparse: sums that do not depend on BLAS and its threads.
    neighbours = np.asarray(csr_array((edges.shared > 0).astype(np.float64)) @ totals)
    windows = {"neighbourhood": neighbours, "rest": totals.sum(axis=0) - totals, "border": given.border[None]}
    of_channels, of_vectors = {"mean": mean, "deviation": deviation}, {}
    for name, window in windows.items():
        there = window[:, :1] > 0
        difference = np.where(there, mean - window[:, 1 : 1 + len(NAMES)] / np.maximum(window[:, :1], 1), 0)
        of_channels[name] = difference
        norms = [np.linalg.norm(difference[:, part], axis=1) for part in VECTORS.values()]
        distance = _chi_square(totals[:, 1 + len(NAMES) :], window[:, 1 + len(NAMES) :])
        of_vectors[name] = np.stack([*norms, np.where(there[:, 0], distance, 0)], axis=1)
    found: dict[str, NDArray[np.float64]] = {}
    for table, names in ((of_channels, NAMES), (of_vectors, (*VECTORS, "directions"))):
        for what, values in table.items():
            found |= {f"{what}_{name}": column for name, column in zip(names, values.T, strict=True)}
    levels = zip(("motion_log", "residual_log"), given.frame_level, strict=True)
    return found | geometry(labels, count, edges) | {name: np.full(count, level) for name, level in levels}


def _border_total(stack: NDArray[np.float32]) -> NDArray[np.float64]:
    """Add up the channels over a band along the image border, a fifteenth of the shorter side wide."""
    height, width = stack.shape[:2]
    band = max(1, min(height, width) // 15)
    inner = stack[band : height - band, band : width - band].astype(np.float64).sum(axis=(0, 1))
    return np.asarray(stack.astype(np.float64).sum(axis=(0, 1)) - inner)


def _chi_square(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the chi-square distance between the rows of two sets of histograms, each scaled to sum 1: 0..1."""
    a, b = (one / np.maximum(one.sum(axis=1, keepdims=True), 1e-9) for one in (a, b))
    return np.asarray(((a - b) ** 2 / np.maximum(a + b, 1e-12)).sum(axis=1) / 2)
