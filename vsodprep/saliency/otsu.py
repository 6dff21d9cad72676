"""Otsu's threshold (IEEE SMC 1979), one per map."""

import cv2
import numpy as np
from numpy.typing import NDArray


def otsu(image: NDArray[np.uint8]) -> tuple[int, NDArray[np.bool_]]:
    """Split a map in two at the grey level that separates the classes best.

    Args:
        image: uint8 `(H, W)`.

    Returns:
        The threshold, and bool `(H, W)`: values above it. A map of one value has no foreground, and its threshold
        is that value. Agrees with OpenCV's `THRESH_OTSU`.
    """
    low, high = int(image.min()), int(image.max())
    if low == high:
        return low, np.zeros(image.shape, dtype=np.bool_)
    threshold, _ = cv2.threshold(image, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    return int(threshold), image > threshold
