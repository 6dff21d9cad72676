"""Region features that need no weights: statistics in three windows, after MDF's three windows of AlexNet."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from vsodprep.compiled import compiled
from vsodprep.prior.channels import DIRECTIONS, NAMES, VECTORS, Channels
from vsodprep.prior.regions import geometry, outline


class Totals(NamedTuple):
    """What a frame's channels add up to over regions.

    Attributes:
        sums: float64 `(n, 20)`: pixels, the channels, the directions' histogram.
        squares: float64 `(n, 11)`, of the channels.
    """

    sums: NDArray[np.float64]
    squares: NDArray[np.float64]

    @classmethod
    def of(cls, labels: NDArray[np.int32], count: int, given: Channels) -> "Totals":
        """Add up channels over regions, labelled 0..count-1."""
        return cls(*_totals(labels, given.values, given.direction, given.strength, DIRECTIONS, count))


def contrast(
    labels: NDArray[np.int32], count: int, given: Channels, border: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    """Describe each region by itself and against its surroundings.

    Like MDF (Li and Yu, CVPR 2015) it looks at the region alone, at its neighbourhood (the regions that touch it) and
    at the rest of the picture; DRFI's pseudo-background, a band along the image border, joins them.

    Args:
        labels: int32 `(H, W)`, 0..count-1, all of them used.
        count: Number of regions.
        given: The frame's channels at the same size.
        border: Their sums over the border, from `border_sums`.

    Returns:
        86 features by name, float64 `(count,)` each: mean and standard deviation of each channel; the mean's
        difference from that of the neighbourhood, the rest, the border band; the length of the difference of colours
        and flow; the chi-square distance of the histograms of flow directions; position and shape; how much motion
        there is in the frame. A window without pixels has no contrast: 0.
    """
    totals, squares = Totals.of(labels, count, given)
    area = totals[:, :1]
    mean = totals[:, 1 : 1 + len(NAMES)] / area
    deviation = np.sqrt(np.maximum(squares / area - mean**2, 0))

    edges = outline(labels, count)
    # Sparse: sums that do not depend on BLAS and its threads.
    neighbours = np.asarray(csr_array((edges.shared > 0).astype(np.float64)) @ totals)
    windows = {"neighbourhood": neighbours, "rest": totals.sum(axis=0) - totals, "border": border[None]}
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


def border_sums(given: Channels) -> NDArray[np.float64]:
    """Add up channels over a band along the image border, a fifteenth of the shorter side wide.

    Args:
        given: A frame's channels.

    Returns:
        float64 `(20,)`, as a row of `Totals.sums`.
    """
    height, width = given.direction.shape
    band = max(1, min(height, width) // 15)
    middle = (slice(band, height - band), slice(band, width - band))
    inner = Channels(given.values[middle], given.direction[middle], given.strength[middle], given.frame_level)
    whole, inside = (Totals.of(np.zeros(part.direction.shape, np.int32), 1, part).sums[0] for part in (given, inner))
    return np.asarray(whole - inside)


@compiled
def _totals(labels, values, direction, strength, directions, count):  # type: ignore[no-untyped-def]
    channels = values.shape[2]
    sums, squares = np.zeros((count, 1 + channels + directions)), np.zeros((count, channels))
    for y in range(labels.shape[0]):
        for x in range(labels.shape[1]):
            region, pixel = labels[y, x], values[y, x]
            total, square = sums[region], squares[region]  # rows, whose loops are vectorised
            total[0] += 1
            for channel in range(channels):
                total[1 + channel] += pixel[channel]
                square[channel] += pixel[channel] * pixel[channel]
            total[1 + channels + direction[y, x]] += strength[y, x]
    return sums, squares


def _chi_square(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the chi-square distance between the rows of two sets of histograms, each scaled to sum 1: 0..1."""
    a, b = (one / np.maximum(one.sum(axis=1, keepdims=True), 1e-9) for one in (a, b))
    return np.asarray(((a - b) ** 2 / np.maximum(a + b, 1e-12)).sum(axis=1) / 2)
