"""Contour accuracy of DAVIS: the boundary F-measure."""

import math
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray


def boundary_map(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return the one-pixel boundary of a mask.

    A pixel is on it if it differs from its right, lower or lower right neighbour; in the last row only the right
    neighbour counts, in the last column only the lower one, and the corner is never on it.

    Args:
        mask: bool `(H, W)`.

    Returns:
        uint8 `(H, W)`, 0 or 1.
    """
    pixels = mask.view(np.uint8)
    boundary = np.zeros_like(pixels)
    inner = pixels[:-1, :-1]
    boundary[:-1, :-1] = (inner ^ pixels[:-1, 1:]) | (inner ^ pixels[1:, :-1]) | (inner ^ pixels[1:, 1:])
    boundary[-1, :-1] = pixels[-1, :-1] ^ pixels[-1, 1:]
    boundary[:-1, -1] = pixels[:-1, -1] ^ pixels[1:, -1]
    return boundary


@cache
def _disk(radius: int) -> NDArray[np.uint8]:
    offsets = np.arange(-radius, radius + 1) ** 2
    return (offsets[:, None] + offsets <= radius * radius).astype(np.uint8)


def tolerance_pixels(height: int, width: int, tolerance: float) -> int:
    """Return the matching distance in pixels: the share of the diagonal rounded up, or `tolerance` itself from 1 on."""
    return math.ceil(tolerance if tolerance >= 1 else tolerance * math.hypot(height, width))


def _around(*masks: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Return the part of the frame that holds every boundary pixel, one more on each side to see their neighbours."""
    height, width = masks[0].shape
    boxes = [box for mask in masks if (box := cv2.boundingRect(mask.view(np.uint8)))[2]]
    if not boxes:
        return slice(0, 0), slice(0, 0)
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right, bottom = max(box[0] + box[2] for box in boxes), max(box[1] + box[3] for box in boxes)
    return slice(max(top - 1, 0), min(bottom + 1, height)), slice(max(left - 1, 0), min(right + 1, width))


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
    part = _around(predicted, mask)
    if part[0].stop == 0:
        return 1.0
    found, wanted = boundary_map(predicted[part]), boundary_map(mask[part])
    n_found, n_wanted = cv2.countNonZero(found), cv2.countNonZero(wanted)
    if n_found == 0 or n_wanted == 0:
        return float(n_found == n_wanted)
    disk = _disk(tolerance_pixels(mask.shape[0], mask.shape[1], tolerance))
    precision = cv2.countNonZero(cv2.bitwise_and(found, cv2.dilate(wanted, disk))) / n_found
    recall = cv2.countNonZero(cv2.bitwise_and(wanted, cv2.dilate(found, disk))) / n_wanted
    if precision + recall == 0:
        return 0.0
    return 2 * precision * recall / (precision + recall)
