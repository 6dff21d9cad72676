"""Graph segmentations of a picture (Felzenszwalb and Huttenlocher, IJCV 2004) at several granularities."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodprep.config.prior import Level
from vsodprep.errors import InputError
from vsodprep.prior.graph import Graph

MOST_HALVINGS = 5


class Segmentation(NamedTuple):
    """A picture cut into regions.

    Attributes:
        parts: int32 `(H, W)`, the part that each pixel lies in; segmentations of one picture may share the array.
        joined: int32 `(n,)`, the region of each part, 0..regions-1, all of them used.
        halvings: How often k and the least size were halved to reach the number of regions asked for.
    """

    parts: NDArray[np.int32]
    joined: NDArray[np.int32]
    halvings: int = 0

    @classmethod
    def of(cls, labels: NDArray[np.int32], halvings: int = 0) -> "Segmentation":
        """Take labels, int32 `(H, W)`, 0..regions-1, all of them used, as they are."""
        return cls(labels, np.arange(int(labels.max()) + 1, dtype=np.int32), halvings)

    @property
    def labels(self) -> NDArray[np.int32]:
        """int32 `(H, W)`, the region that each pixel lies in; made anew each time."""
        return self.joined[self.parts]

    @property
    def regions(self) -> int:
        """How many there are."""
        return int(self.joined.max()) + 1


# Cuts a picture into regions: from k and the least size.
Cutting = Callable[[float, int], Segmentation]


def _compiled(picture: NDArray[np.uint8], sigma: float) -> Cutting:
    graphs: dict[float, Graph] = {}
    cuts: dict[float, Graph] = {}

    def cut(k: float, least: int) -> Segmentation:
        if k not in cuts:
            below = max((known for known in graphs if known < k), default=None)
            graphs[k] = (Graph.of(picture, sigma, k) if below is None else graphs[below]).up_to(k)
            cuts[k] = graphs[k].cut(k)
        return Segmentation(cuts[k].parts, cuts[k].merged(least))

    return cut


def _opencv(picture: NDArray[np.uint8], sigma: float) -> Cutting:
    bgr = np.ascontiguousarray(picture[..., ::-1])
    make = cv2.ximgproc.segmentation.createGraphSegmentation
    return lambda k, least: _numbered(np.asarray(make(sigma, k, least).processImage(bgr)))


def _skimage(picture: NDArray[np.uint8], sigma: float) -> Cutting:
    try:
        from skimage.segmentation import felzenszwalb  # noqa: PLC0415  optional, and slow to import
    except ImportError as error:
        expected = "pip install scikit-image, or another backend"
        raise InputError("segmentation backend skimage", "scikit-image is not installed", expected) from error
    # skimage divides the scale by 255 itself, so that k means the same for 8-bit input.
    return lambda k, least: _numbered(felzenszwalb(picture, scale=k, sigma=sigma, min_size=least).astype(np.int32))


BACKENDS: dict[str, Callable[[NDArray[np.uint8], float], Cutting]] = {
    "compiled": _compiled,
    "opencv": _opencv,
    "skimage": _skimage,
}


def _numbered(labels: NDArray[np.int32]) -> Segmentation:
    """Number the labels 0..n-1 without gaps, in the order of the old ones."""
    used = np.bincount(labels.ravel()) > 0
    return Segmentation.of((np.cumsum(used) - 1).astype(np.int32)[labels])


def segmentations(
    picture: NDArray[np.uint8],
    levels: Sequence[Level],
    *,
    scale: float = 1.0,
    min_regions: int = 1,
    backend: str = "compiled",
) -> tuple[Segmentation, ...]:
    """Segment a picture at several levels, more finely where it falls into too few regions.

    Args:
        picture: uint8 `(H, W, 3)` RGB, already at `scale`.
        levels: Parameters for full resolution. k weighs a region's number of pixels just as the least size does, so
            both are multiplied by the square of `scale`.
        scale: Factor on height and width that the picture was made smaller by.
        min_regions: Flow pictures have few edges: while there are fewer regions than this, k and the least size are
            halved, at most five times.
        backend: `compiled`, whose label maps are OpenCV's but for edges that weigh the same, and which builds the graph
            of a sigma once; `opencv`; or `skimage`, the same method, whose label maps differ.

    Returns:
        The segmentation of each level.
    """
    cuts = {sigma: BACKENDS[backend](picture, sigma) for sigma in dict.fromkeys(level.sigma for level in levels)}
    # Cuts of a larger k go on from the graph of the smallest.
    made = {level: _segment(cuts[level.sigma], level, scale, min_regions) for level in sorted(levels, key=_k)}
    return tuple(made[level] for level in levels)


def _k(level: Level) -> float:
    return level.k


def _segment(cut: Cutting, level: Level, scale: float, min_regions: int) -> Segmentation:
    k, least = level.k * scale**2, level.min_size * scale**2
    for halvings in range(MOST_HALVINGS + 1):
        factor = 0.5**halvings
        made = cut(k * factor, max(1, round(least * factor)))
        if made.regions >= min_regions:
            break
    return made._replace(halvings=halvings)
