"""Frequency-tuned saliency (Achanta et al., CVPR 2009)."""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodprep.cues.color import lab, stretch

SETTINGS: dict[str, Any] = {}
_BINOMIAL = np.array([1, 4, 6, 4, 1], dtype=np.float32) / 16


def frequency_tuned(frame: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Compute each pixel's distance from the frame's mean colour.

    Args:
        frame: uint8 `(H, W, 3)` RGB.

    Returns:
        float32 `(H, W)` in [0, 1]: the norm of mean Lab minus Lab blurred by a 5 x 5 binomial, stretched (Eq. 4; the
        mean is taken in Lab and the norm is not squared, unlike in some ports).
    """
    picture = lab(frame)
    blurred = cv2.sepFilter2D(picture, -1, _BINOMIAL, _BINOMIAL, borderType=cv2.BORDER_REFLECT_101)
    return stretch(np.linalg.norm(blurred - picture.mean(axis=(0, 1), dtype=np.float64), axis=2))


def maps(frames: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
    """Return `frequency_tuned` of each frame."""
    return [frequency_tuned(frame) for frame in frames]
