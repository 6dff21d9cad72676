"""Graph segmentation (Felzenszwalb and Huttenlocher, IJCV 2004) of a picture at several granularities, as OpenCV's."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodprep.compiled import compiled

# So large a share of the edges, the lightest, is looked at before any are sorted; their heaviest is estimated from one
# edge in so many.
_LIGHT, _EVERY = 0.45, 37
# Edges up to these shares of all are sorted one after another, until one is too heavy; most joining ends between them.
_IN_TURN = (0.6, 0.85)


class Graph(NamedTuple):
    """Parts of a picture with the edges between pixels of different parts.

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
    def of(cls, picture: NDArray[np.uint8], sigma: float, k: float = 0.0) -> "Graph":
        """Link a picture's pixels with those beside and below them.

        Args:
            picture: uint8 `(H, W, 3)` RGB.
            sigma: Standard deviation of the blur before it, in px.
            k: The smallest k that it is cut with. Up to the first edge that is too heavy for it, none is too heavy for
                a larger one: what these edges join is one part from the start.
        """
        height, width = picture.shape[:2]
        # Channels in OpenCV's order, whose sums are rounded in between.
        smooth = picture[..., ::-1].astype(np.float32)
        if sigma > 0:
            smooth = np.asarray(cv2.GaussianBlur(smooth, (0, 0), sigma, sigmaY=sigma), dtype=np.float32)
        links = _links(smooth)
        known = links[::_EVERY] if k > 0 else links[:0]
        known = known[known < np.inf]
        light, *limits = np.quantile(known, (_LIGHT, *_IN_TURN)) if len(known) else (-1.0,)  # none is negative
        numbers, size, inner, keys = _gathered(links, links.view(np.uint32), width, np.float32(light), np.float32(k))
        parent = np.arange(len(size)).astype(np.int32)
        for limit in (*limits, np.inf) if k > 0 else ():
            due, later = _due(keys, numbers, parent, width, np.float32(limit))
            due.sort()
            first = _join_up(numbers, parent, size, inner, due, width, np.float32(k))
            keys = np.concatenate([due[first:], later])
            if first < len(due):
                break
        parts, size, inner, keys = _compressed(numbers, parent, size, inner, keys, width)
        keys.sort()
        return cls(parts.reshape(height, width), size, inner, *_edges(parts, keys, width))

    def cut(self, k: float) -> "Cut":
        """Join parts into regions that no edge may join any more.

        Args:
            k: Scale of observation: the larger, the larger the regions.
        """
        return Cut(self.parts, *_cut(self.size, self.inner, self.ends, self.weights, np.float32(k)))


class Cut(NamedTuple):
    """Regions, before small ones are merged.

    Attributes:
        parts: int32 `(H, W)`, as in the graph.
        regions: int32 `(n,)`, the region of each part, numbered in the order of their first pixels.
        size: int32 `(r,)`, pixels of each region.
        ends: int32 `(E, 2)`, regions on both sides of each edge between two, from the lightest edge to the heaviest.
    """

    parts: NDArray[np.int32]
    regions: NDArray[np.int32]
    size: NDArray[np.int32]
    ends: NDArray[np.int32]

    def joined(self, least: int) -> NDArray[np.int32]:
        """Merge regions that are too small along the lightest edges.

        Args:
            least: Pixels of the smallest region.

        Returns:
            int32 `(n,)`: label of each part, 0.. in the order of each region's first pixel.
        """
        return np.asarray(_merged(self.size, self.ends, least)[self.regions])

    def labels(self, least: int) -> NDArray[np.int32]:
        """Return the label of each pixel, int32 `(H, W)`; see `joined`."""
        return self.joined(least)[self.parts]


@compiled
def _links(smooth):  # type: ignore[no-untyped-def]
    """Return the weights of the edges to the right of and below each pixel in turn; infinity where there is none."""
    height, width, channels = smooth.shape
    weights = np.empty(2 * height * width, np.float32)
    for y in range(height):
        for x in range(width):
            for down in range(2):
                link = 2 * (y * width + x) + down
                if y + down == height or x + 1 - down == width:
                    weights[link] = np.inf
                    continue
                total = np.float32(0)
                for channel in range(channels):
                    apart = np.float64(smooth[y, x, channel] - smooth[y + down, x + 1 - down, channel])
                    total = np.float32(total + apart * apart)
                weights[link] = np.sqrt(total)
    return weights


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
def _gathered(links, bits, width, light, k):  # type: ignore[no-untyped-def]
    """Join pixels along light edges, whose order does not matter here; return parts and keys of the edges between them.

    What edges up to a weight connect is one part before any heavier edge is looked at, if each of its edges may join:
    surely if the heaviest edge of its minimum spanning tree is no heavier than k over its pixels. Pixels that lie side
    by side lie so in memory, too, which sorted edges do not.
    """
    numbers, heaviest = _forest(links, width, light)
    size, inner = _sure(numbers, heaviest, k)
    return numbers, size, inner, _keys(links, bits, numbers, width)


@compiled
def _forest(links, width, light):  # type: ignore[no-untyped-def]
    """Grow minimum spanning trees of the light edges as Boruvka's: every part takes its lightest edge, in turns.

    Returns the tree of each pixel, and the weight of each tree's heaviest edge.
    """
    count = len(links) // 2
    inner, into = np.zeros(count, np.float32), np.arange(count).astype(np.int32)
    lightest = _lightest(links, width, light)
    for link in lightest:
        if link >= 0:
            _grow(into, inner, link >> 1, (link >> 1) + (width if link & 1 else 1), links[link])
    parts = _renumbered(into, inner, count)
    numbers = into.copy()
    lightest[:parts] = -1
    ends, weights = np.empty((len(links), 2), np.int32), np.empty(len(links), np.float32)
    left = 0
    for link in range(len(links)):
        if links[link] <= light:
            a = link >> 1
            a, b = numbers[a], numbers[a + (width if link & 1 else 1)]
            left = _kept(ends, weights, lightest, left, a, b, links[link])
    while left:
        for part in range(parts):
            into[part] = part
        for part in range(parts):
            edge = lightest[part]
            if edge >= 0:
                _grow(into, inner, ends[edge, 0], ends[edge, 1], weights[edge])
        parts = _renumbered(into, inner, parts)
        for pixel in range(count):
            numbers[pixel] = into[numbers[pixel]]
        lightest[:parts] = -1
        before, left = left, 0
        for edge in range(before):
            left = _kept(ends, weights, lightest, left, into[ends[edge, 0]], into[ends[edge, 1]], weights[edge])
    return numbers, inner[:parts].copy()


@compiled
def _lightest(links, width, light):  # type: ignore[no-untyped-def]
    """Return the lightest edge of each pixel, the first of equal ones; -1 where none is light."""
    found = np.empty(len(links) // 2, np.int32)
    for pixel in range(len(found)):
        least, best = light, -1
        for link in (2 * (pixel - width) + 1, 2 * (pixel - 1), 2 * pixel, 2 * pixel + 1):
            if link >= 0 and (links[link] < least or (best < 0 and links[link] == light)):
                least, best = links[link], link
        found[pixel] = best
    return found


@compiled
def _kept(ends, weights, lightest, left, a, b, weight):  # type: ignore[no-untyped-def]
    """Keep an edge if it is between two parts, and note it if it is the lightest of one; return how many are kept."""
    if a == b:
        return left
    ends[left, 0], ends[left, 1], weights[left] = a, b, weight
    for part in (a, b):
        if lightest[part] < 0 or weight < weights[lightest[part]]:
            lightest[part] = left
    return left + 1


@compiled
def _sure(numbers, heaviest, k):  # type: ignore[no-untyped-def]
    """Let trees that may not join fall apart, and number the rest and pixels, in place; return their size and inner."""
    size, inner = np.empty(len(numbers), np.int32), np.empty(len(numbers), np.float32)
    pixels, known = np.zeros(len(heaviest), np.int32), np.full(len(heaviest), -1, np.int32)
    for tree in numbers:
        pixels[tree] += 1
    found = 0
    for pixel in range(len(numbers)):
        tree = numbers[pixel]
        if known[tree] >= 0:
            numbers[pixel] = known[tree]
            continue
        if heaviest[tree] <= k / np.float32(pixels[tree]):
            size[found], inner[found], known[tree] = pixels[tree], heaviest[tree], found
        else:
            size[found], inner[found] = 1, 0
        numbers[pixel] = found
        found += 1
    return size[:found], inner[:found]


@compiled
def _keys(links, bits, numbers, width):  # type: ignore[no-untyped-def]
    """Return a key of each edge between two parts: the bits of its weight, and its number.

    As no weight is negative, bits are in the order of weights; edges that weigh the same keep theirs.
    """
    keys, left = np.empty(len(links), np.uint64), 0
    for link in range(len(links)):
        a = link >> 1
        b = a if links[link] == np.inf else a + (width if link & 1 else 1)
        # Written in any case: whether it stays is a matter of chance, and a processor would guess wrong.
        keys[left] = np.uint64(bits[link]) << np.uint64(32) | np.uint64(link)
        left += numbers[a] != numbers[b]
    return keys[:left]


@compiled
def _grow(into, inner, a, b, weight):  # type: ignore[no-untyped-def]
    """Join the trees of two parts along an edge."""
    a, b = _root(into, a), _root(into, b)
    if a != b:
        a, b = min(a, b), max(a, b)
        into[b] = a
        inner[a] = max(inner[a], inner[b], weight)


@compiled
def _renumbered(into, inner, parts):  # type: ignore[no-untyped-def]
    """Give joined parts numbers, in place, in the order of their first ones; return how many there are."""
    found = 0
    for part in range(parts):
        if into[part] == part:
            inner[found], into[part] = inner[part], found
            found += 1
        else:
            into[part] = into[into[part]]  # of a smaller part, which has its number
    return found


@compiled
def _ends(key, parts, width):  # type: ignore[no-untyped-def]
    """Return the parts on both sides of an edge, given its key."""
    link = np.int64(np.uint32(key))
    pixel = link >> 1
    return parts[pixel], parts[pixel + (width if link & 1 else 1)]


@compiled
def _due(keys, parts, parent, width, limit):  # type: ignore[no-untyped-def]
    """Return keys of the edges up to a weight that are still between two regions, and those of heavier edges.

    What is left out would be passed over later, at places in memory that do not follow one another.
    """
    weight = np.empty(1, np.float32)
    weight[0] = limit
    most = np.uint64(weight.view(np.uint32)[0])
    due, later = np.empty(len(keys), np.uint64), np.empty(len(keys), np.uint64)
    now, left = 0, 0
    for key in keys:
        if key >> np.uint64(32) > most:
            later[left] = key
            left += 1
            continue
        a, b = _ends(key, parts, width)
        due[now] = key
        now += _root(parent, a) != _root(parent, b)
    return due[:now], later[:left]


@compiled
def _join_up(parts, parent, size, inner, keys, width, k):  # type: ignore[no-untyped-def]
    """Join regions in place along sorted edges, up to the first one that is too heavy for k; return its place."""
    bits = np.empty(1, np.uint32)
    weight = bits.view(np.float32)
    for place in range(len(keys)):
        bits[0] = np.uint32(keys[place] >> np.uint64(32))
        a, b = _ends(keys[place], parts, width)
        a, b = _root(parent, a), _root(parent, b)
        if a == b:
            continue
        if weight[0] > inner[a] + k / np.float32(size[a]) or weight[0] > inner[b] + k / np.float32(size[b]):
            return place
        inner[_join(parent, size, a, b)] = weight[0]
    return len(keys)


@compiled
def _compressed(parts, parent, size, inner, keys, width):  # type: ignore[no-untyped-def]
    """Number joined regions and return them: of each pixel, their size, their inner, and keys of edges between two."""
    numbers, found = _numbers(parent)
    sizes, inners = np.empty(found, np.int32), np.empty(found, np.float32)
    for part in range(len(parent)):
        if parent[part] == part:
            sizes[numbers[part]], inners[numbers[part]] = size[part], inner[part]
    of_pixel = np.empty(len(parts), np.int32)
    for pixel in range(len(parts)):
        of_pixel[pixel] = numbers[parts[pixel]]
    between, left = np.empty(len(keys), np.uint64), 0
    for key in keys:
        a, b = _ends(key, of_pixel, width)
        between[left] = key
        left += a != b
    return of_pixel, sizes, inners, between[:left].copy()


@compiled
def _edges(parts, keys, width):  # type: ignore[no-untyped-def]
    """Return the ends and weights of edges, given their keys."""
    ends, bits = np.empty((len(keys), 2), np.int32), np.empty(len(keys), np.uint32)
    for place in range(len(keys)):
        ends[place, 0], ends[place, 1] = _ends(keys[place], parts, width)
        bits[place] = np.uint32(keys[place] >> np.uint64(32))
    return ends, bits.view(np.float32)


@compiled
def _cut(size, inner, ends, weights, k):  # type: ignore[no-untyped-def]
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
    numbers, found = _numbers(parent)
    sizes, between = np.empty(found, np.int32), np.empty((left, 2), np.int32)
    for part in range(len(parent)):
        if parent[part] == part:
            sizes[numbers[part]] = size[part]
    count = 0
    for edge in apart[:left]:
        a, b = numbers[ends[edge, 0]], numbers[ends[edge, 1]]
        if a != b:
            between[count, 0], between[count, 1] = a, b
            count += 1
    return numbers, sizes, between[:count].copy()


@compiled
def _merged(size, ends, least):  # type: ignore[no-untyped-def]
    parent, size = np.arange(len(size)).astype(np.int32), size.copy()
    for edge in range(len(ends)):
        a, b = _root(parent, ends[edge, 0]), _root(parent, ends[edge, 1])
        if a != b and (size[a] < least or size[b] < least):
            _join(parent, size, a, b)
    return _numbers(parent)[0]
