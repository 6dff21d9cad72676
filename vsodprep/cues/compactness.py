"""RFCN's post-processing: nearness to the object, its colours, and its edges (Wang et al., ECCV 2016)."""

from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

SIGMA = 0.5  # of the nearness, in units of the frame's sides
LEVELS = 8  # of each colour channel, in which two pixels are of the same colour
EDGES = (10.0, 30.0)  # px and grey levels, of the domain transform
Share = Literal["of-object", "of-colour"]


def confidences(
    saliency: NDArray[np.float32], frame: NDArray[np.uint8], share: Share = "of-object"
) -> tuple[NDArray[np.float64], ...]:
    """Compute how near every pixel is to the object, and how much its colour is the object's.

    Args:
        saliency: float32 `(H, W)`; what is above its mean is the object.
        frame: uint8 `(H, W, 3)` RGB.
        share: What the object's pixels of a colour are divided by: all pixels of the object, or all of the colour.

    Returns:
        Spatial and colour confidence, float64 `(H, W)` in [0, 1]: exp(-d / sigma), d the distance from the object's
        centre; and that share, of the pixel's colour. Both are 1 where nothing is above the mean.
    """
    height, width = saliency.shape
    foreground = saliency > saliency.mean()
    if not foreground.any():
        return np.ones((height, width)), np.ones((height, width))
    grid = np.indices((height, width)).transpose(1, 2, 0) / np.array([height, width])
    spatial = np.exp(-np.linalg.norm(grid - grid[foreground].mean(axis=0), axis=2) / SIGMA)
    codes = (frame.astype(np.intp) * LEVELS // 256) @ np.array([LEVELS**2, LEVELS, 1])
    own, every = (np.bincount(each.ravel(), minlength=LEVELS**3) for each in (codes[foreground], codes))
    whole = own.sum() if share == "of-object" else np.maximum(every, 1)
    return spatial, (own / whole)[codes]


def refine(saliency: NDArray[np.float32], frame: NDArray[np.uint8], share: Share = "of-object") -> NDArray[np.float32]:
    """Weaken a map away from its object, in other colours, and across edges.

    Args:
        saliency: float32 `(H, W)` in [0, 1].
        frame: uint8 `(H, W, 3)` RGB.
        share: Of the colour's confidence; see `confidences`.

    Returns:
        float32 `(H, W)` in [0, 1], nowhere above the map: eroded by its domain-transform filtered form.
    """
    spatial, colour = confidences(saliency, frame, share)
    weakened = (saliency * spatial * colour).astype(np.float32)
    return np.asarray(np.minimum(weakened, cv2.ximgproc.dtFilter(frame, weakened, *EDGES)))
