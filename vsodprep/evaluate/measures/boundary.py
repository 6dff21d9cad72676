"""Contour accuracy of DAVIS: the boundary F-measure."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodprep.evaluate.measures.masks import bounding_box


def boundary_map(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return the one-pixel boundary of a mask.

    A pixel is on it if it differs from its right, lower or lower right neighbour; in the last row only the right
    neighbour counts, in the last column only the lower one, and the corner is never on it.

    Args:
        mask: bool `(H, W)`.

    Returns:
        uint8 `(H, W)`, 0 or 1.
    """
    square = np.ones((2, 2), dtype=np.uint8)
    # Not all four are equal. What lies outside the image counts for neither the largest nor the smallest of them.
    return np.asarray(cv2.morphologyEx(mask.view(np.uint8), cv2.MORPH_GRADIENT, square, anchor=(0, 0)), dtype=np.uint8)


def tolerance_pixels(height: int, width: int, tolerance: float) -> int:
    """Return the matching distance in pixels: the share of the diagonal rounded up, or `tolerance` itself from 1 on."""
    return math.ceil(tolerance if tolerance >= 1 else tolerance * math.hypot(height, width))


def _as_bits(image: NDArray[np.uint8], margin: int) -> int:
    """Return the pixels of an image as the bits of one number, with `margin` zeros after each row."""
    padded = np.zeros((image.shape[0], image.shape[1] + margin), dtype=np.uint8)
    padded[:, : image.shape[1]] = image
    return int.from_bytes(np.packbits(padded, bitorder="little").tobytes(), "little")


def _dilate(bits: int, radius: int, row: int) -> int:
    """Dilate with a filled Euclidean disk.

    Args:
        bits: See `_as_bits`; at least `radius` zeros after each row.
        radius: In pixels.
        row: Bits from one row to the next.
    """
    wide, half, found = bits, 0, 0
    for away in range(radius, -1, -1):  # the disk's rows, from its narrow ends to its middle
        while half < (wanted := math.isqrt(radius * radius - away * away)):
            step = min(wanted - half, 2 * half + 1)
            wide |= wide << step | wide >> step
            half += step
        found |= wide << away * row | wide >> away * row
    return found


@dataclass(frozen=True)
class Boundary:
    """The boundary of a mask, and all that is near it.

    Attributes:
        count: Its pixels.
        part: The part of the frame that holds them and all that is near them.
        radius: What is near, in pixels.
        pixels: The boundary in this part, as bits.
        near: Pixels within the radius of it, likewise.
    """

    count: int
    part: tuple[slice, slice]
    radius: int
    pixels: int
    near: int


def boundary_of(mask: NDArray[np.bool_], tolerance: float) -> Boundary:
    """Find a mask's boundary, and what is near it.

    Args:
        mask: bool `(H, W)`.
        tolerance: Radius as a share of the diagonal, or in pixels.
    """
    radius = tolerance_pixels(mask.shape[0], mask.shape[1], tolerance)
    part = bounding_box(mask, radius + 1)  # one more for the boundary pixels before the first of the mask
    pixels = _as_bits(boundary_map(mask[part]), radius)
    near = _dilate(pixels, radius, part[1].stop - part[1].start + radius)
    return Boundary(pixels.bit_count(), part, radius, pixels, near)


def matched_f(predicted: NDArray[np.bool_], wanted: Boundary) -> float:
    """Return the F-measure of matched boundary pixels; see `boundary_f`."""
    boundary = boundary_map(predicted)
    count = cv2.countNonZero(boundary)
    if count == 0 or wanted.count == 0:
        return float(count == wanted.count)
    found = _as_bits(boundary[wanted.part], wanted.radius)  # what lies elsewhere matches nothing
    row = wanted.part[1].stop - wanted.part[1].start + wanted.radius
    precision = (found & wanted.near).bit_count() / count
    recall = (wanted.pixels & _dilate(found, wanted.radius, row)).bit_count() / wanted.count
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
    return matched_f(predicted, boundary_of(mask, tolerance))
