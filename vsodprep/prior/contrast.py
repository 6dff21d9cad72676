"""Region features that need no weights: statistics in three windows, after MDF's three windows of AlexNet."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vsodprep.compiled import compiled
from vsodprep.prior.channels import DIRECTIONS, NAMES, VECTORS, Channels
from vsodprep.prior.pieces import Pieces, added
from vsodprep.prior.regions import Shapes, geometry
from vsodprep.prior.segmentation import Segmentation


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

    def joined(self, regions: NDArray[np.int32], count: int) -> "Totals":
        """Return the sums over regions, given the one that each part lies in, int32 `(n,)` 0..count-1."""
        return Totals(added(self.sums, regions, count), added(self.squares, regions, count))


def contrasts(levels: Sequence[Segmentation], pieces: Pieces, given: Channels) -> dict[str, NDArray[np.float64]]:
    """Describe each region of several segmentations of a frame by itself and against its surroundings.

    Like MDF (Li and Yu, CVPR 2015) it looks at the region alone, at its neighbourhood (the regions that touch it) and
    at the rest of the picture; DRFI's pseudo-background, a band along the image border, joins them. Pixels are read
    once for all levels.

    Args:
        levels: The segmentations.
        pieces: What they cut the frame into together.
        given: The frame's channels at the same size.

    Returns:
        86 features by name, float64 `(n,)` each, of all regions of the first level, then of the second, and so on:
        mean and standard deviation of each channel; the mean's difference from that of the neighbourhood, the rest, the
        border band; the length of the difference of colours and flow; the chi-square distance of the histograms of flow
        directions; position and shape; how much motion there is in the frame. A window without pixels has no contrast:
        0.
    """
    count = len(pieces.regions)
    of_pieces, shapes = Totals.of(pieces.labels, count, given), Shapes.of(pieces.labels, count)
    totals, around, rest, outer = [], [], [], []
    for regions, level in zip(np.ascontiguousarray(pieces.regions.T), levels, strict=True):
        added_up, shape = of_pieces.joined(regions, level.regions), shapes.joined(regions, level.regions)
        edges = shape.outline()
        totals.append(added_up)
        around.append(_around(edges.shared, added_up.sums))
        rest.append(added_up.sums.sum(axis=0) - added_up.sums)
        outer.append(geometry(shape, edges))
    windows = {
        "neighbourhood": np.concatenate(around),
        "rest": np.concatenate(rest),
        "border": border_sums(given)[None],
    }
    found = _contrast(Totals(*map(np.concatenate, zip(*totals, strict=True))), windows)
    found |= {name: np.concatenate([each[name] for each in outer]) for name in outer[0]}
    strengths = zip(("motion_log", "residual_log"), given.frame_level, strict=True)
    return found | {name: np.full(len(windows["rest"]), strength) for name, strength in strengths}


def _contrast(of_regions: Totals, windows: Mapping[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    totals, squares = of_regions
    area = totals[:, :1]
    mean = totals[:, 1 : 1 + len(NAMES)] / area
    deviation = np.sqrt(np.maximum(squares / area - mean**2, 0))
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
    return found


def border_sums(given: Channels) -> NDArray[np.float64]:
    """Add up channels over a band along the image border, a fifteenth of the shorter side wide.

    Args:
        given: A frame's channels.

    Returns:
        float64 `(20,)`, as a row of `Totals.sums`.
    """
    height, width = given.direction.shape
    band = max(1, min(height, width) // 15)
    rows, columns = slice(band, height - band), slice(None)
    strips = [(slice(band), columns), (slice(height - band, height), columns)]
    strips += [(rows, slice(band)), (rows, slice(width - band, width))]
    if 2 * band >= min(height, width):
        strips = [(slice(None), columns)]
    found = np.zeros(1 + len(NAMES) + DIRECTIONS)
    for strip in strips:
        part = Channels(given.values[strip], given.direction[strip], given.strength[strip], given.frame_level)
        found += Totals.of(np.zeros(part.direction.shape, np.int32), 1, part).sums[0]
    return found


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


@compiled
def _around(shared, sums):  # type: ignore[no-untyped-def]
    """Add up rows over the regions that share an edge with each; not by BLAS, whose sums depend on its threads."""
    found = np.zeros(sums.shape)
    for region in range(shared.shape[0]):
        total = found[region]
        for other in range(shared.shape[1]):
            if shared[region, other] > 0:
                row = sums[other]
                for column in range(row.size):
                    total[column] += row[column]
    return found


def _chi_square(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the chi-square distance between the rows of two sets of histograms, each scaled to sum 1: 0..1."""
    a, b = (one / np.maximum(one.sum(axis=1, keepdims=True), 1e-9) for one in (a, b))
    return np.asarray(((a - b) ** 2 / np.maximum(a + b, 1e-12)).sum(axis=1) / 2)
