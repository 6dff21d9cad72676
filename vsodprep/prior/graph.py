"""Graph segmentation (Felzenszwalb and Huttenlocher, IJCV 2004) of a picture at several granularities, as OpenCV's."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodprep.compiled import compiled


class Graph(NamedTuple):
    """Parts of a picture, at first its pixels, with the edges between pixels of different parts.

    Attributes:
        parts: int32 `(H, W)`, the part that each pixel lies in, numbered in the order of their first pixels.
        size: int32 `(n,)`, pixels of each part.
        inner: float32 `(n,)`, weight of the heaviest edge that joined each part.
        ends: int32 `(E, 2)`, parts that each edge links, from the lightest edge to the heaviest.
        weights: float32 `(E,)`, colour distances.
    """

    parts: NDArray[np.int32]
    size: NDArray[np.int32]
    inner: NDArray[np.float32]
    ends: NDArray[np.int32]
    weights: NDArray[np.float32]

    @classmethod
    def of(cls, picture: NDArray[np.uint8], sigma: float) -> "Graph":
        """Link a picture's pixels with those beside and below them.

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
        keys = np.sort(bits | np.arange(len(weights), dtype=np.uint64))
        order = (keys & np.uint64(0xFFFFFFFF)).astype(np.intp)
        pixels = np.arange(height * width, dtype=np.int32)
        alone = np.ones(len(pixels), np.int32), np.zeros(len(pixels), np.float32)
        ends = ends.view(np.int64)[order].view(np.int32)  # both as one number, five times as fast
        weights = (keys >> np.uint64(32)).astype(np.uint32).view(np.float32)
        return cls(pixels.reshape(height, width), *alone, ends, weights)

    def joined(self, k: float) -> "Graph":
        """Join the parts that any cut joins whose k is not smaller; such a cut of what is returned gives the same.

        Up to the first edge that is too heavy for k, none is too heavy for a larger one.

        Args:
            k: See `cut`.
        """
        root, size, inner, ends, weights = _joined(self.size, self.inner, self.ends, self.weights, np.float32(k))
        return Graph(root[self.parts], size, inner, ends, weights)

    def cut(self, k: float, least: int) -> NDArray[np.int32]:
        """Merge parts into regions.

        Args:
            k: Scale of observation: the larger, the larger the regions.
            least: Pixels of the smallest region.

        Returns:
            int32 `(H, W)`: labels 0..n-1 in the order of each region's first pixel.
        """
        return np.asarray(_regions(self.size, self.inner, self.ends, self.weights, np.float32(k), least)[self.parts])


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
def _numbers(parent):  # type: ignore[no-untyped-def]
    """Number regions in the order of their first parts."""
    number, found = np.full(len(parent), -1, np.int32), 0
    numbers = np.empty(len(parent), np.int32)
    for part in range(len(parent)):
        root = _root(parent, part)
        if number[root] < 0:
            number[root] = found
            found += 1
        numbers[part] = number[root]
    return numbers, found


@compiled
def _joined(size, inner, ends, weights, k):  # type: ignore[no-untyped-def]
    parent, size, inner = np.arange(len(size)).astype(np.int32), size.copy(), inner.copy()
    first = len(weights)
    for edge in range(len(weights)):
        a, b = _root(parent, ends[edge, 0]), _root(parent, ends[edge, 1])
        if a == b:
            continue
        if weights[edge] > inner[a] + k / np.float32(size[a]) or weights[edge] > inner[b] + k / np.float32(size[b]):
            first = edge
            break
        inner[_join(parent, size, a, b)] = weights[edge]
    numbers, found = _numbers(parent)
    sizes, inners = np.empty(found, np.int32), np.empty(found, np.float32)
    for part in range(len(parent)):
        if parent[part] == part:
            sizes[numbers[part]], inners[numbers[part]] = size[part], inner[part]
    between, left = np.empty((len(weights) - first, 2), np.int32), np.empty(len(weights) - first, np.float32)
    count = 0
    for edge in range(first, len(weights)):
        a, b = numbers[ends[edge, 0]], numbers[ends[edge, 1]]
        if a != b:
            between[count, 0], between[count, 1], left[count] = a, b, weights[edge]
            count += 1
    return numbers, sizes, inners, between[:count].copy(), left[:count].copy()


@compiled
def _regions(size, inner, ends, weights, k, least):  # type: ignore[no-untyped-def]
    parent, size = np.arange(len(size)).astype(np.int32), size.copy()
    threshold = inner + k / size.astype(np.float32)
    apart = np.empty(len(weights), np.int32)
    left = 0
    for edge in range(len(weights)):
        a, b = _root(parent, ends[edge, 0]), _root(parent, ends[edge, 1])
        if a == b:
            continue
        if weights[edge] <= threshold[a] and weights[edge] <= threshold[b]:
            root = _join(parent, size, a, b)
            threshold[root] = weights[edge] + k / np.float32(size[root])
        else:
            apart[left] = edge
            left += 1
    for edge in apart[:left]:
        a, b = _root(parent, ends[edge, 0]), _root(parent, ends[edge, 1])
        if a != b and (size[a] < least or size[b] < least):
            _join(parent, size, a, b)
    return _numbers(parent)[0]
