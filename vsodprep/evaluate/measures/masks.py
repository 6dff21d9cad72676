"""A frame's mask, and what measures derive from it alone."""

from collections.abc import Callable
from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

WORD = 64
T = TypeVar("T")


class SharedMask:
    """A mask whose derived values are worked out once, for all maps that are scored against it.

    Args:
        pixels: bool `(H, W)`.
    """

    def __init__(self, pixels: NDArray[np.bool_]) -> None:
        self.pixels = np.ascontiguousarray(pixels)
        self._known: dict[Any, Any] = {}

    def derived(self, function: Callable[..., T], *settings: Any, of: Callable[..., Any] | None = None) -> T:
        """Return what a function of the pixels, or of what `of` derives from them, and of settings gives.

        It is computed when it is first asked for.
        """
        key = function, settings, of
        if key not in self._known:
            self._known[key] = function(self.pixels if of is None else self.derived(of), *settings)
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


def packed(mask: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Return the pixels of a mask as bits, those of a row in words of its own, with at least one zero behind them.

    Args:
        mask: bool `(H, W)`.

    Returns:
        uint64 `(H, W // 64 + 1)`; the lowest bit of a row's first word is its first pixel.
    """
    bits = np.packbits(mask, axis=1, bitorder="little")
    words = np.zeros((mask.shape[0], mask.shape[1] // WORD + 1), dtype="<u8")
    words.view(np.uint8)[:, : bits.shape[1]] = bits
    return words


def count(bits: NDArray[np.uint64]) -> int:
    """Return how many bits are set."""
    return int(np.bitwise_count(bits).sum())
