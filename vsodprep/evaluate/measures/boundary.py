"""Contour accuracy of DAVIS: the boundary F-measure."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodprep.evaluate.measures.masks import WORD, count, packed


def boundary_bits(mask: NDArray[np.uint64], width: int) -> NDArray[np.uint64]:
    """Return the one-pixel boundary of a mask.

    A pixel is on it if it differs from its right, lower or lower right neighbour; in the last row only the right
    neighbour counts, in the last column only the lower one, and the corner is never on it.

    Args:
        mask: As `packed` gives it, uint64 `(H, n)`.
        width: The mask's columns.

    Returns:
        Likewise, uint64 `(H, n)`.
    """
    own = mask.copy()
    (last_word, last_bit), (next_word, next_bit) = divmod(width - 1, WORD), divmod(width, WORD)
    # The last column is repeated, so that it differs from none on its right.
    own[:, next_word] |= (own[:, last_word] >> last_bit & 1) << next_bit
    right = own >> np.uint64(1)
    right.ravel()[:-1] |= own.ravel()[1:] << WORD - 1
    edge = own ^ right
    edge[:-1] |= (own[:-1] ^ own[1:]) | (own[:-1] ^ right[1:])
    edge[:, next_word] &= (1 << next_bit) - 1
    return edge


def tolerance_pixels(height: int, width: int, tolerance: float) -> int:
    """Return the matching distance in pixels: the share of the diagonal rounded up, or `tolerance` itself from 1 on."""
    return math.ceil(tolerance if tolerance >= 1 else tolerance * math.hypot(height, width))


def _as_one(bits: NDArray[np.uint64], part: tuple[slice, slice], row: int) -> int:
    """Return the bits of some rows and bytes as one number, `row` bits from one row to the next, zeros between."""
    within = bits.view(np.uint8)[part]
    padded = np.zeros((len(within), row // 8), dtype=np.uint8)
    padded[:, : within.shape[1]] = within
    return int.from_bytes(padded.tobytes(), "little")


def _dilate(bits: int, radius: int, row: int) -> int:
    """Dilate with a filled Euclidean disk.

    Args:
        bits: See `_as_one`; at least `radius` zeros after each row.
        radius: In pixels.
        row: Bits from one row to the next.
    """
    wide, length, found = bits, 1, 0
    for away in range(radius, -1, -1):  # the disk's rows, from its narrow ends to its middle
        half = math.isqrt(radius * radius - away * away)
        while length < 2 * half + 1:  # to the right alone, and brought to the middle below
            step = min(2 * half + 1 - length, length)
            wide |= wide << step
            length += step
        found |= wide >> away * row + half
        if away:
            found |= wide << away * row - half
    return found


@dataclass(frozen=True)
class Boundary:
    """The boundary of a mask, and all that is near it.

    Attributes:
        count: Its pixels.
        width: The frame's columns.
        part: The frame's rows, and bytes of eight columns, that hold the boundary and all that is near it.
        radius: What is near, in pixels.
        row: Bits from one row of this part to the next, at least `radius` of them zeros.
        pixels: The boundary in this part, as bits of one number.
        near: Pixels within the radius of it, likewise.
    """

    count: int
    width: int
    part: tuple[slice, slice]
    radius: int
    row: int
    pixels: int
    near: int


def boundary_of(mask: NDArray[np.uint64], width: int, tolerance: float) -> Boundary:
    """Find a mask's boundary, and what is near it.

    Args:
        mask: As `packed` gives it.
        width: Its columns.
        tolerance: Radius as a share of the diagonal, or in pixels.
    """
    radius = tolerance_pixels(len(mask), width, tolerance)
    edge = boundary_bits(mask, width)
    rows = _reach(np.bitwise_or.reduce(edge, axis=1), radius)
    columns = _reach(np.bitwise_or.reduce(edge, axis=0).view(np.uint8), -(-radius // 8))
    row = 8 * (columns.stop - columns.start) + -(-radius // 8) * 8
    pixels = _as_one(edge, (rows, columns), row)
    return Boundary(count(edge), width, (rows, columns), radius, row, pixels, _dilate(pixels, radius, row))


def _reach(held: NDArray[Any], margin: int) -> slice:
    """Return where entries are not zero, and `margin` more on both sides."""
    places = np.flatnonzero(held)
    if len(places) == 0:
        return slice(0, 0)
    return slice(max(int(places[0]) - margin, 0), min(int(places[-1]) + 1 + margin, len(held)))


def matched_f(predicted: NDArray[np.uint64], wanted: Boundary) -> float:
    """Return the F-measure of matched boundary pixels; see `boundary_f`.

    Args:
        predicted: As `packed` gives it.
        wanted: The boundary of the other mask, which has the same size.
    """
    edge = boundary_bits(predicted, wanted.width)
    pixels = count(edge)
    if pixels == 0 or wanted.count == 0:
        return float(pixels == wanted.count)
    found = _as_one(edge, wanted.part, wanted.row)  # what lies elsewhere matches nothing
    precision = (found & wanted.near).bit_count() / pixels
    recall = (wanted.pixels & _dilate(found, wanted.radius, wanted.row)).bit_count() / wanted.count
    if precision + recall == 0:
        return 0.0
    return 2 * precision * recall / (precision + recall)


def boundary_f(predicted: NDArray[np.bool_], mask: NDArray[np.bool_], tolerance: float = 0.008) -> float:
    """Return the F-measure (beta = 1) of matched boundary pixels.

    Perazzi et al., CVPR 2016, Section 4; agrees with davis2017-evaluation and, up to the shape of its disk, with the
    MATLAB code: a boundary pixel is matched if a pixel of the other boundary lies in a filled Euclidean disk around it.

    Args:
        predicted: bool `(H, W)`.
        mask: bool `(H, W)`.
        tolerance: Radius of the disk as a share of the diagonal.

    Returns:
        0 to 1; 1 where neither mask has a boundary, 0 where only one has.
    """
    return matched_f(packed(predicted), boundary_of(packed(mask), mask.shape[1], tolerance))
