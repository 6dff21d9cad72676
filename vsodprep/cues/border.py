"""Artificial borders, such as letterbox bars, which would pass for background."""

import cv2
import numpy as np
from numpy.typing import NDArray

WIDEST = 30  # px; no wider border is looked for, and never more than a quarter of a side
EDGE_SHARE = 0.6  # of a row or column that has to be edge pixels


def content(frame: NDArray[np.uint8]) -> tuple[slice, slice]:
    """Find the part of a frame inside an artificial border.

    A border ends where most of a row or column near the frame's side is an edge; one such side alone is taken for
    part of the scene (a horizon, a table), two or more for a border (the frame removal of Zhu et al., CVPR 2014).

    Args:
        frame: uint8 `(H, W, 3)` RGB.

    Returns:
        Slices of rows and columns; the whole frame where there is no such border.
    """
    height, width = frame.shape[:2]
    gray = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
    edges = cv2.Canny(gray, 50, 150) > 0
    rows, columns = edges.mean(axis=1) > EDGE_SHARE, edges.mean(axis=0) > EDGE_SHARE
    top, bottom = _inset(rows), _inset(rows[::-1])
    left, right = _inset(columns), _inset(columns[::-1])
    if sum(inset > 0 for inset in (top, bottom, left, right)) < 2:
        return slice(0, height), slice(0, width)
    return slice(top, height - bottom), slice(left, width - right)


def _inset(edges: NDArray[np.bool_]) -> int:
    """Return how far in the innermost edge line lies that is near enough to the side, one pixel beyond it."""
    found = np.flatnonzero(edges[: min(WIDEST, len(edges) // 4)])
    return int(found[-1]) + 1 if len(found) else 0
