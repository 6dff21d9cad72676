"""Squared distances from a mask, by a loop that Numba compiles."""

import numpy as np
from numpy.typing import NDArray

from vsodprep.compiled import compiled

_NOWHERE = 1 << 30  # rows
_LARGEST = (1 << 16) - 1


@compiled
def squared_distances(inside: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Return the squared distance of each pixel from the nearest one of a mask.

    Felzenszwalb and Huttenlocher, Distance Transforms of Sampled Functions, Theory of Computing 8, 2012, in integers.

    Args:
        inside: uint8 `(H, W)`, not zero in the mask; at least one pixel is.

    Returns:
        uint16 `(H, W)`, and 65535 where it is larger.
    """
    height, width = inside.shape
    away = np.empty((height, width), np.int32)  # rows from the nearest pixel of the mask in the same column
    for y in range(height):
        for x in range(width):
            away[y, x] = 0 if inside[y, x] else (away[y - 1, x] + 1 if y else _NOWHERE)
    for y in range(height - 2, -1, -1):
        for x in range(width):
            away[y, x] = min(away[y, x], away[y + 1, x] + 1)
    squares = np.empty((height, width), np.uint16)
    # The columns whose pixel of the mask is the nearest to some pixel of the row, and from which one on.
    nearest, first = np.empty(width, np.int32), np.empty(width, np.int32)
    for y in range(height):
        own = away[y]
        found = 0
        for x in range(width):
            if own[x] >= _NOWHERE:
                continue
            begin = 0
            while found:
                before = nearest[found - 1]
                begin = (x * x - before * before + own[x] ** 2 - own[before] ** 2) // (2 * (x - before)) + 1
                if begin > first[found - 1]:
                    break
                found -= 1
                begin = 0
            if begin < width:
                nearest[found], first[found] = x, begin
                found += 1
        for place in range(found):
            column = nearest[place]
            end = first[place + 1] if place + 1 < found else width
            for x in range(first[place], end):
                squares[y, x] = min((x - column) ** 2 + own[column] ** 2, _LARGEST)
    return squares
