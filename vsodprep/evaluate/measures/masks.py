"""A frame's mask, and what measures derive from it alone."""

from collections.abc import Callable
from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")


class SharedMask:
    """A mask whose derived values are worked out once, for all maps that are scored against it.

    Args:
        pixels: bool `(H, W)`.
    """

    def __init__(self, pixels: NDArray[np.bool_]) -> None:
        self.pixels = np.ascontiguousarray(pixels)
        self._known: dict[Any, Any] = {}

    def derived(self, function: Callable[..., T], *settings: Any) -> T:
        """Return what a function of the pixels and of settings gives, computed when it is first asked for."""
        key = function, settings
        if key not in self._known:
            self._known[key] = function(self.pixels, *settings)
        found: T = self._known[key]
        return found


def bounding_box(mask: NDArray[np.bool_], margin: int = 0) -> tuple[slice, slice]:
    """Return the rows and columns that hold a mask, and `margin` more on each side as far as the image goes.

    Args:
        mask: bool `(H, W)`; of an empty one nothing is returned but the margin at the upper left.
        margin: In pixels.
    """
    left, top, width, height = cv2.boundingRect(mask.view(np.uint8))
    rows = slice(max(top - margin, 0), min(top + height + margin, mask.shape[0]))
    return rows, slice(max(left - margin, 0), min(left + width + margin, mask.shape[1]))


def positives(mask: NDArray[np.bool_]) -> int:
    """Return how many pixels a mask has."""
    return int(cv2.countNonZero(mask.view(np.uint8)))
