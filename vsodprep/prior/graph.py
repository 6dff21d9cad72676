"""Graph segmentation (Felzenszwalb and Huttenlocher, IJCV 2004) of a picture at several granularities, as OpenCV's."""

import math
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodprep.compiled import compiled


class Graph(NamedTuple):
    """A picture's pixels, linked with those beside and below them.

    Attributes:
        shape: Height and width.
        ends: int32 `(E, 2)`, pixels that each edge links, from the lightest edge to the heaviest.
        weights: float32 `(E,)`, colour distances.
    """

    shape: tuple[int, int]
    ends: NDArray[np.int32]
    weights: NDArray[np.float32]

    @classmethod
    def of(cls, picture: NDArray[np.uint8], sigma: float) -> "Graph":
        """Build the graph.

        Args:
            picture: uint8 `(H, W, 3)` RGB.
            sigma: Standard deviation of the blur before it, in px.
        """
        height, width = picture.shape[:2]
        # Channels in OpenCV's order, whose sums are rounded in between.
        smooth = picture[..., ::-1].astype(np.float32)
        if sigma > 0:
            smooth = np.asarray(cv2.GaussianBlur(smooth, (0, 0), sigma, sigmaY=sigma), dtype=np.float32)
        ends, weights = _edges(smooth)
        # Weights are not negative, so that their bits are in their order; edges that weigh the same keep theirs.
        bits = weights.view(np.uint32).astype(np.uint64) << np.uint64(32)
        order = np.sort(bits | np.arange(len(weights), dtype=np.uint64)) & np.uint64(0xFFFFFFFF)
        return cls((height, width), ends[order], weights[order])

    def cut(self, k: float, least: int) -> NDArray[np.int32]:
        """Merge pixels into regions.

        Args:
            k: Scale of observation: the larger, the larger the regions.
            least: Pixels of the smallest region.

        Returns:
            int32 `(H, W)`: labels 0..n-1 in the order of each region's first pixel.
        """
        labels = _regions(self.ends, self.weights, math.prod(self.shape), k, least)
        return np.asarray(labels).reshape(self.shape)


@compiled
def _edges(smooth):  # type: ignore[no-untyped-def]
    height, width, channels = smooth.shape
    ends = np.empty((2 * height * width - height - width, 2), np.int32)
    weights = np.empty(len(ends), np.float32)
    found = 0
    for y in range(height):
        for x in range(width):
            for down in range(2):
                if y + down == height or x + 1 - down == width:
                    continue
                total = np.float32(0)
                for channel in range(channels):
                    apart = np.float64(smooth[y, x, channel] - smooth[y + down, x + 1 - down, channel])
                    total = np.float32(total + apart * apart)
                ends[found, 0], ends[found, 1] = y * width + x, (y + down) * width + x + 1 - down
                weights[found] = np.sqrt(total)
                found += 1
    return ends, weights


@compiled
def _root(parent, pixel):  # type: ignore[no-untyped-def]
    while parent[pixel] != pixel:
        parent[pixel] = parent[parent[pixel]]
        pixel = parent[pixel]
    return pixel


@compiled
def _join(parent, size, a, b):  # type: ignore[no-untyped-def]
    """Join two regions; return the root, that of the larger one."""
    if size[a] < size[b]:
        a, b = b, a
    parent[b] = a
    size[a] += size[b]
    return a


@compiled
def _regions(ends, weights, pixels, k, least):  # type: ignore[no-untyped-def]
    parent, size = np.arange(pixels).astype(np.int32), np.ones(pixels, np.int32)
    threshold = np.full(pixels, np.float32(k))
    apart = np.empty(len(weights), np.int32)
    left = 0
    for edge in range(len(weights)):
        a, b = _root(parent, ends[edge, 0]), _root(parent, ends[edge, 1])
        if a == b:
            continue
        if weights[edge] <= threshold[a] and weights[edge] <= threshold[b]:
            root = _join(parent, size, a, b)
            threshold[root] = weights[edge] + np.float32(k) / np.float32(size[root])
        else:
            apart[left] = edge
            left += 1
    for edge in apart[:left]:
        a, b = _root(parent, ends[edge, 0]), _root(parent, ends[edge, 1])
        if a != b and (size[a] < least or size[b] < least):
            _join(parent, size, a, b)
    number, labels, found = np.full(pixels, -1, np.int32), np.empty(pixels, np.int32), 0
    for pixel in range(pixels):
        root = _root(parent, pixel)
        if number[root] < 0:
            number[root] = found
            found += 1
        labels[pixel] = number[root]
    return labels
