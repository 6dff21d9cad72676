"""RFCN's post-processing: nearness to the object, its colours, and its edges (Wang et al., ECCV 2016)."""

import cv2
import numpy as np
from numpy.typing import NDArray

SIGMA = 0.5  # of the nearness, in units of the frame's sides
LEVELS = 8  # of each colour channel, in which two pixels are of the same colour
EDGES = (10.0, 30.0)  # px and grey levels, of the domain transform


def confidences(saliency: NDArray[np.float32], frame: NDArray[np.uint8]) -> tuple[NDArray[np.float64], ...]:
    """Compute how near every pixel is to the object, and how much its colour is the object's.

    Args:
        saliency: float32 `(H, W)`; what is above its mean is the object.
        frame: uint8 `(H, W, 3)` RGB.

    Returns:
        Spatial and colour confidence, float64 `(H, W)` in [0, 1]: exp(-d / sigma), d the distance from the object's
        centre; and the share of the object in all pixels of the colour. Both are 1 where nothing is above the mean.
    """
    height, width = saliency.shape
    foreground = saliency > saliency.mean()
    if not foreground.any():
        return np.ones((height, width)), np.ones((height, width))
    grid = np.indices((height, width)).transpose(1, 2, 0) / np.array([height, width])
    spatial = np.exp(-np.linalg.norm(grid - grid[foreground].mean(axis=0), axis=2) / SIGMA)
    codes = (frame.astype(np.intp) * LEVELS // 256) @ np.array([LEVELS**2, LEVELS, 1])
    own, whole = (np.bincount(each.ravel(), minlength=LEVELS**3) for each in (codes[foreground], codes))
    return spatial, (own / np.maximum(whole, 1))[codes]


def refine(saliency: NDArray[np.float32], frame: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Weaken a map away from its object, in other colours, and across edges.

    Args:
        saliency: float32 `(H, W)` in [0, 1].
        frame: uint8 `(H, W, 3)` RGB.

    Returns:
        float32 `(H, W)` in [0, 1], nowhere above the map: eroded by its domain-transform filtered form.
    """
    spatial, colour = confidences(saliency, frame)
    weakened = (saliency * spatial * colour).astype(np.float32)
    return np.asarray(np.minimum(weakened, cv2.ximgproc.dtFilter(frame, weakened, *EDGES)))
