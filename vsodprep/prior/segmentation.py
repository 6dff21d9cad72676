"""Graph segmentations of a picture (Felzenszwalb and Huttenlocher, IJCV 2004) at several granularities."""

from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodprep.config.prior import Level
from vsodprep.errors import InputError

MOST_HALVINGS = 5


class Segmentation(NamedTuple):
    """A picture cut into regions.

    Attributes:
        labels: int32 `(H, W)`, 0..regions-1, all of them used.
        regions: How many there are.
        halvings: How often k and the least size were halved to reach the number of regions asked for.
    """

    labels: NDArray[np.int32]
    regions: int
    halvings: int


def _opencv(picture: NDArray[np.uint8], sigma: float, k: float, min_size: int) -> NDArray[np.int32]:
    bgr = np.ascontiguousarray(picture[..., ::-1])
    return np.asarray(cv2.ximgproc.segmentation.createGraphSegmentation(sigma, k, min_size).processImage(bgr))


def _skimage(picture: NDArray[np.uint8], sigma: float, k: float, min_size: int) -> NDArray[np.int32]:
    try:
        from skimage.segmentation import felzenszwalb  # noqa: PLC0415  optional, and slow to import
    except ImportError as error:
        raise InputError("segmentation backend skimage", "scikit-image is not installed", "it, or opencv") from error
    # skimage divides the scale by 255 itself, so that k means the same for 8-bit input.
    return np.asarray(felzenszwalb(picture, scale=k, sigma=sigma, min_size=min_size), dtype=np.int32)


BACKENDS: dict[str, Callable[[NDArray[np.uint8], float, float, int], NDArray[np.int32]]] = {
    "opencv": _opencv,
    "skimage": _skimage,
}


def _numbered(labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """Number the labels 0..n-1 without gaps, in the order of the old ones."""
    used = np.bincount(labels.ravel()) > 0
    return (np.cumsum(used) - 1).astype(np.int32)[labels]


def segment(
    picture: NDArray[np.uint8], level: Level, *, scale: float = 1.0, min_regions: int = 1, backend: str = "opencv"
) -> Segmentation:
    """Segment a picture, more finely where it falls into too few regions.

    Args:
        picture: uint8 `(H, W, 3)` RGB, already at `scale`.
        level: Parameters for full resolution. k weighs a region's number of pixels just as the least size does, so
            both are multiplied by the square of `scale`.
        scale: Factor on height and width that the picture was made smaller by.
        min_regions: Flow pictures have few edges: while there are fewer regions than this, k and the least size are
            halved, at most five times.
        backend: `opencv`, or `skimage`; the same method, but label maps differ.

    Returns:
        The segmentation.
    """
    k, least = level.k * scale**2, level.min_size * scale**2
    for halvings in range(MOST_HALVINGS + 1):
        factor = 0.5**halvings
        labels = _numbered(BACKENDS[backend](picture, level.sigma, k * factor, max(1, round(least * factor))))
        regions = int(labels.max()) + 1
        if regions >= min_regions:
            break
    return Segmentation(labels, regions, halvings)
