"""What several segmentations of a picture cut it into together, so that its pixels are read once for all of them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vsodprep.compiled import compiled
from vsodprep.prior.segmentation import Segmentation

_FIRST = 1024  # pieces that there is room for at first


class Pieces(NamedTuple):
    """Pixels that lie in the same region of every segmentation.

    Attributes:
        labels: int32 `(H, W)`, the piece of each pixel, 0..n-1 in the order of their first pixels.
        regions: int32 `(n, M)`, the region of each of M segmentations that a piece lies in.
    """

    labels: NDArray[np.int32]
    regions: NDArray[np.int32]

    @classmethod
    def of(cls, maps: Sequence[NDArray[np.int32]]) -> "Pieces":
        """Lay segmentations over each other.

        Args:
            maps: int32 `(H, W)` labels of each, 0..regions-1.
        """
        return cls(*_overlaid(np.stack(maps)))

    @classmethod
    def of_levels(cls, levels: Sequence[Segmentation]) -> "Pieces":
        """Lay segmentations over each other; of those that share their parts, the parts alone are looked at."""
        sharing: dict[int, list[int]] = {}
        for number, level in enumerate(levels):
            sharing.setdefault(id(level.parts), []).append(number)
        maps, tables = [], []
        for numbers in sharing.values():
            of_parts, table = _overlaid(np.stack([levels[number].joined for number in numbers])[:, None])
            maps.append(of_parts[0][levels[numbers[0]].parts])
            tables.append(table)
        labels, together = _overlaid(np.stack(maps))
        regions = np.empty((len(together), len(levels)), np.int32)
        for numbers, table, column in zip(sharing.values(), tables, together.T, strict=True):
            regions[:, numbers] = table[column]
        return cls(labels, regions)


@compiled
def _alike(maps, y, x, row, column):  # type: ignore[no-untyped-def]
    level = 0
    while level < maps.shape[0] and maps[level, y, x] == maps[level, row, column]:
        level += 1
    return level == maps.shape[0]


@compiled
def _slot(table, regions, piece):  # type: ignore[no-untyped-def]
    """Return where a table of hashes holds a piece of the same regions as that one, or where it has room for it."""
    code = np.uint64(0)
    for region in regions[piece]:
        code = (code ^ np.uint64(region)) * np.uint64(0x9E3779B97F4A7C15)
        code ^= code >> np.uint64(29)
    last = np.uint64(len(table) - 1)
    slot = code & last
    while table[slot] >= 0:
        for level in range(regions.shape[1]):
            if regions[table[slot], level] != regions[piece, level]:
                break
        else:
            return slot
        slot = (slot + np.uint64(1)) & last
    return slot


@compiled
def _overlaid(maps):  # type: ignore[no-untyped-def]
    levels, height, width = maps.shape
    labels = np.empty((height, width), np.int32)
    regions, table = np.empty((_FIRST, levels), np.int32), np.full(4 * _FIRST, -1, np.int32)
    count = 0
    for y in range(height):
        for x in range(width):
            # Most pixels lie in the piece of the one before or above.
            if x > 0 and _alike(maps, y, x, y, x - 1):
                labels[y, x] = labels[y, x - 1]
                continue
            if y > 0 and _alike(maps, y, x, y - 1, x):
                labels[y, x] = labels[y - 1, x]
                continue
            if count == len(regions):
                more = np.empty((2 * count, levels), np.int32)
                more[:count] = regions
                regions, table = more, np.full(8 * count, -1, np.int32)
                for piece in range(count):
                    table[_slot(table, regions, piece)] = piece
            for level in range(levels):
                regions[count, level] = maps[level, y, x]
            slot = _slot(table, regions, count)
            if table[slot] < 0:
                table[slot] = count
                count += 1
            labels[y, x] = table[slot]
    return labels, regions[:count].copy()


@compiled
def added(values, regions, count):  # type: ignore[no-untyped-def]
    """Add up rows of the pieces, float64 `(n, d)`, over the regions they lie in, int32 `(n,)`: float64 `(count, d)`."""
    found = np.zeros((count, values.shape[1]))
    for piece in range(len(regions)):
        total, row = found[regions[piece]], values[piece]
        for column in range(values.shape[1]):
            total[column] += row[column]
    return found
