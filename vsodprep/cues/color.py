"""Colour space and range of the saliency methods."""

import cv2
import numpy as np
from numpy.typing import NDArray


def lab(frame: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Convert to CIE Lab.

    Args:
        frame: uint8 `(H, W, 3)` RGB.

    Returns:
        float32 `(H, W, 3)`: L in 0..100, a and b about -127..127.
    """
    return np.asarray(cv2.cvtColor(frame.astype(np.float32) / 255, cv2.COLOR_RGB2Lab))


def lab8(frame: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Convert to CIE Lab with each channel spread over 0..255, as 8-bit code does.

    Args:
        frame: uint8 `(H, W, 3)` RGB.

    Returns:
        float32 `(H, W, 3)` of whole numbers in 0..255.
    """
    return np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2Lab), dtype=np.float32)


def stretch(values: NDArray[np.floating]) -> NDArray[np.float32]:
    """Scale linearly so that the least value becomes 0 and the largest 1; a constant array becomes 0."""
    low, high = float(values.min()), float(values.max())
    if high <= low:
        return np.zeros(values.shape, dtype=np.float32)
    return ((values - low) / (high - low)).astype(np.float32)
