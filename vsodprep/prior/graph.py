"""Graph segmentation (Felzenszwalb and Huttenlocher, IJCV 2004) of a picture at several granularities, as OpenCV's."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodprep.compiled import compiled

# So large a share of the edges, the lightest, is sorted first: of the others, those between pixels that these have
# joined need not be sorted. The heaviest of them is estimated from one edge in so many.
_LIGHT, _EVERY = 0.6, 37
_HEAVIEST = float(np.finfo(np.float32).max)
# A region while regions are joined: minus its pixels, or the larger one that it was joined to; and the heaviest weight
# that may join it. Both are looked up together, at places that do not follow one another: the less memory there is of
# them, the less that takes.
_REGION = np.dtype([("into", np.int32), ("most", np.float32)])


class Graph(NamedTuple):
    """Regions of a picture with the edges between them.

    Attributes:
        parts: int32 `(H, W)`, the part that each pixel lies in; graphs made from one another share the array.
        regions: int32 `(n,)`, the region of each part. Both are numbered in the order of their first pixels.
        size: int32 `(r,)`, pixels of each region.
        inner: float32 `(r,)`, weight of the heaviest edge that joined each region.
        ends: int32 `(E, 2)`, regions that each edge links, from the lightest edge to the heaviest.
        weights: float32 `(E,)`, colour distances.
    """

    parts: NDArray[np.int32]
    regions: NDArray[np.int32]
    size: NDArray[np.int32]
    inner: NDArray[np.float32]
    ends: NDArray[np.int32]
    weights: NDArray[np.float32]

    @classmethod
    def of(cls, picture: NDArray[np.uint8], sigma: float, k: float = 0.0) -> "Graph":
        """Link a picture's pixels with those beside and below them.

        Args:
            picture: uint8 `(H, W, 3)` RGB.
            sigma: Standard deviation of the blur before it, in px.
            k: The smallest k that it is cut with: many of the edges that join for it, whatever follows, have joined.
        """
        height, width = picture.shape[:2]
        # Channels in OpenCV's order, whose sums are rounded in between.
        smooth = np.asarray(cv2.cvtColor(picture.astype(np.float32), cv2.COLOR_RGB2BGR), dtype=np.float32)
        if sigma > 0:
            smooth = np.asarray(cv2.GaussianBlur(smooth, (0, 0), sigma, sigmaY=sigma), dtype=np.float32)
        links = _links(smooth)
        parts = np.arange(height * width, dtype=np.int32)
        known = links[::_EVERY]
        known = known[known < np.inf]
        if k > 0 and len(known):
            light = float(np.quantile(known, _LIGHT, method="lower"))
            parts, size, inner = _join_lightest(_sorted(links, parts, width, light), len(parts), width, np.float32(k))
        else:
            size, inner = np.ones(len(parts), np.int32), np.zeros(len(parts), np.float32)
        edges = _edges(_sorted(links, parts, width, _HEAVIEST), parts, width)
        return cls(parts.reshape(height, width), np.arange(len(size), dtype=np.int32), size, inner, *edges)

    def up_to(self, k: float) -> "Graph":
        """Join regions up to the first edge that is too heavy for k, and thus join what every larger k joins, too.

        Args:
            k: Scale of observation: the larger, the larger the regions.
        """
        return self._joined(k, whole=False)

    def cut(self, k: float) -> "Graph":
        """Join regions until no edge may join any more.

        Args:
            k: Scale of observation.
        """
        return self._joined(k, whole=True)

    def _joined(self, k: float, *, whole: bool) -> "Graph":
        numbers, *joined = _joined(self.size, self.inner, self.ends, self.weights, np.float32(k), whole)
        return Graph(self.parts, numbers[self.regions], *joined)

    def merged(self, least: int) -> NDArray[np.int32]:
        """Merge regions that are too small along the lightest edges.

        Args:
            least: Pixels of the smallest region.

        Returns:
            int32 `(n,)`: label of each part, 0.. in the order of each region's first pixel.
        """
        return np.asarray(_merged(self.size, self.ends, least)[self.regions])

    def labels(self, least: int) -> NDArray[np.int32]:
        """Return the label of each pixel, int32 `(H, W)`; see `merged`."""
        return self.merged(least)[self.parts]


def _sorted(links: NDArray[np.float32], parts: NDArray[np.int32], width: int, limit: float) -> NDArray[np.uint64]:
    """Return keys of the edges between two parts, up to a weight, from the lightest to the heaviest."""
    keys = np.asarray(_keys(links, links.view(np.uint32), parts, width, np.float32(limit)))
    keys.sort()
    return keys


@compiled
def _links(smooth):  # type: ignore[no-untyped-def]
    """Return the weights of the edges to the right of and below each pixel in turn; infinity where there is none."""
    height, width, _ = smooth.shape
    weights = np.full((height, width, 2), np.inf, np.float32)
    for y in range(height):
        for x in range(width - 1):
            weights[y, x, 0] = _distance(smooth[y, x], smooth[y, x + 1])
        for x in range(width if y + 1 < height else 0):
            weights[y, x, 1] = _distance(smooth[y, x], smooth[y + 1, x])
    return weights.reshape(-1)


@compiled
def _distance(a, b):  # type: ignore[no-untyped-def]
    total = np.float32(0)
    for channel in range(3):
        apart = np.float64(a[channel] - b[channel])
        total = np.float32(total + apart * apart)
    return np.sqrt(total)


@compiled
def _keys(links, bits, parts, width, limit):  # type: ignore[no-untyped-def]
    """Return a key of each edge between two parts up to a weight: the bits of its weight, and its number.

    As no weight is negative, bits are in the order of weights; edges that weigh the same keep theirs.
    """
    keys, left = np.empty(len(links), np.uint64), 0
    for pixel in range(len(parts)):
        for down in range(2):
            link, other = 2 * pixel + down, min(pixel + (width if down else 1), len(parts) - 1)
            # Written in any case: whether it stays is a matter of chance, and a processor would guess wrong.
            keys[left] = np.uint64(bits[link]) << np.uint64(32) | np.uint64(link)
            left += (links[link] <= limit) & (parts[pixel] != parts[other])
    return keys[:left]


@compiled
def _unpacked(key, width):  # type: ignore[no-untyped-def]
    """Return the pixels that an edge links and the bits of its weight, given its key."""
    link = np.int64(np.uint32(key))
    return link >> 1, (link >> 1) + (width if link & 1 else 1), np.uint32(key >> np.uint64(32))


@compiled
def _edges(keys, parts, width):  # type: ignore[no-untyped-def]
    """Return the ends and weights of edges, given their keys."""
    ends, bits = np.empty((len(keys), 2), np.int32), np.empty(len(keys), np.uint32)
    for place in range(len(keys)):
        a, b, bits[place] = _unpacked(keys[place], width)
        ends[place, 0], ends[place, 1] = parts[a], parts[b]
    return ends, bits.view(np.float32)


@compiled
def _regions(size, inner, k):  # type: ignore[no-untyped-def]
    regions = np.empty(len(size), _REGION)
    for region in range(len(size)):
        regions[region].into, regions[region].most = -size[region], inner[region] + k / np.float32(size[region])
    return regions


@compiled
def _root(regions, region):  # type: ignore[no-untyped-def]
    into = regions[region].into
    while into >= 0:
        further = regions[into].into
        if further < 0:
            return into
        regions[region].into = further
        region, into = further, regions[further].into
    return region


@compiled
def _join(regions, a, b):  # type: ignore[no-untyped-def]
    """Join two regions; return what is left, the larger one."""
    if regions[a].into > regions[b].into:
        a, b = b, a
    regions[a].into += regions[b].into
    regions[b].into = a
    return a


@compiled
def _is_heavy(regions, inner, a, b, weight, k):  # type: ignore[no-untyped-def]
    """Join the regions of both ends of an edge, in place, unless it is too heavy for one of them: then tell so."""
    a, b = _root(regions, a), _root(regions, b)
    if a == b:
        return False
    if weight > regions[a].most or weight > regions[b].most:
        return True
    root = _join(regions, a, b)
    inner[root], regions[root].most = weight, weight - k / np.float32(regions[root].into)
    return False


@compiled
def _join_lightest(keys, count, width, k):  # type: ignore[no-untyped-def]
    """Join pixels along sorted edges, up to the first one that is too heavy; return what `_numbered` does."""
    inner, bits = np.zeros(count, np.float32), np.empty(1, np.uint32)
    pixels, weight = _regions(np.ones(count, np.int32), inner, k), bits.view(np.float32)
    for key in keys:
        a, b, bits[0] = _unpacked(key, width)
        if _is_heavy(pixels, inner, a, b, weight[0], k):
            break
    return _numbered(pixels, inner)


@compiled
def _joined(size, inner, ends, weights, k, whole):  # type: ignore[no-untyped-def]
    """Join regions along edges, all of them or up to the first one that is too heavy.

    Returns what `_numbered` does, and the ends and weights of the edges that are left between two regions.
    """
    regions, inner = _regions(size, inner, k), inner.copy()
    apart, left = np.empty(len(weights), np.int32), 0
    for edge in range(len(weights)):
        if (left and not whole) or _is_heavy(regions, inner, ends[edge, 0], ends[edge, 1], weights[edge], k):
            apart[left] = edge
            left += 1
    numbers, size, inner = _numbered(regions, inner)
    between, heavy, count = np.empty((left, 2), np.int32), np.empty(left, np.float32), 0
    for edge in apart[:left]:
        a, b = numbers[ends[edge, 0]], numbers[ends[edge, 1]]
        between[count, 0], between[count, 1], heavy[count] = a, b, weights[edge]
        count += a != b
    return numbers, size, inner, between[:count], heavy[:count]


@compiled
def _numbered(regions, heaviest):  # type: ignore[no-untyped-def]
    """Number joined regions in the order of their first parts; return the number of each part, their size and inner."""
    numbers, found = np.full(len(regions), -1, np.int32), 0
    size, inner = np.empty(len(regions), np.int32), np.empty(len(regions), np.float32)
    for region in range(len(regions)):
        root = _root(regions, region)
        if numbers[root] < 0:
            numbers[root], size[found], inner[found] = found, -regions[root].into, heaviest[root]
            found += 1
        numbers[region] = numbers[root]
    return numbers, size[:found].copy(), inner[:found].copy()


@compiled
def _merged(size, ends, least):  # type: ignore[no-untyped-def]
    unused = np.zeros(len(size), np.float32)
    regions = _regions(size, unused, np.float32(0))
    for edge in range(len(ends)):
        a, b = _root(regions, ends[edge, 0]), _root(regions, ends[edge, 1])
        if a != b and (-regions[a].into < least or -regions[b].into < least):
            _join(regions, a, b)
    return _numbered(regions, unused)[0]
