"""Gaussian filtering of one channel on the permutohedral lattice (Adams et al., Eurographics 2010), on a processor."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vsodprep.compiled import compiled
from vsodprep.errors import InputError

LEAST_NORM = np.float32(1e-20)


def scales(dimensions: int) -> tuple[np.float32, ...]:
    """Return the factor on each feature that makes a blur over the lattice's neighbours one of unit deviation."""
    deviation = math.sqrt(2 / 3) * (dimensions + 1)
    return tuple(np.float32(deviation / math.sqrt((i + 1) * (i + 2))) for i in range(dimensions))


def strides(low: NDArray[np.floating], high: NDArray[np.floating]) -> NDArray[np.int64]:
    """Choose factors that make one number of a lattice point, different for all points that a filter can meet.

    Args:
        low: `(d,)`, least value of each feature.
        high: `(d,)`, the largest.

    Returns:
        int64 `(d + 1,)`, factor of each coordinate; the last, which follows from the others, has 0.

    Raises:
        InputError: The lattice is too fine for numbers of 63 bits.
    """
    count = len(low)
    # Elevation (Adams et al., section 3): coordinate j is minus j times feature j - 1, plus all features after it.
    matrix = np.triu(np.ones((count + 1, count))) - np.diag(np.arange(1.0, count + 1), -1)[:, :count]
    matrix *= np.array(scales(count), dtype=np.float64)
    ends = np.stack([matrix * low, matrix * high])
    # A point lies less than twice d + 1 from its pixel, and its neighbours d further.
    widths = [math.ceil(width) + 8 * (count + 1) for width in np.ptp(ends, axis=0).sum(axis=1)[:-1]]
    factors = [math.prod(widths[i + 1 :]) for i in range(count)]
    if factors[0] * widths[0] >= 1 << 62:
        expected = "wider kernels"
        raise InputError("dense CRF", f"kernels of a lattice of {' x '.join(map(str, widths))} points", expected)
    return np.array([*factors, 0], dtype=np.int64)


@dataclass(frozen=True)
class Lattice:
    """Filters values at the pixels that it was made of.

    Attributes:
        points: int32 `(n, d + 1)`, corners of the simplex that each pixel lies in; point 0 is none.
        weights: float32 `(n, d + 1)`, barycentric.
        neighbours: int32 `(d + 1, 2, m)`, points before and after each along each axis, 0 where there is none.
        scale: Factor on each feature.
    """

    points: NDArray[np.int32]
    weights: NDArray[np.float32]
    neighbours: NDArray[np.int32]
    scale: tuple[np.float32, ...]

    @classmethod
    def of(cls, features: NDArray[np.float32]) -> "Lattice":
        """Lay a lattice over pixels.

        Args:
            features: float32 `(d, n)`, in standard deviations of the kernel.

        Raises:
            InputError: The kernel is too narrow.
        """
        scale = scales(len(features))
        factors = strides(features.min(axis=1), features.max(axis=1))
        points, weights, keys = _placed(features, scale, factors)
        # In the order of their keys the neighbours of points that follow one another do so too: no jumps in memory.
        order = np.argsort(keys)
        rank = np.empty(len(keys), dtype=np.int32)
        rank[order] = np.arange(1, len(keys) + 1, dtype=np.int32)
        _renumber(points, rank)
        return cls(points, weights, _neighbours(keys[order], factors, scale), scale)

    def filter(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Filter float32 `(n,)` by the kernel, up to a constant factor."""
        return _filtered(values, self.points, self.weights, self.neighbours, self.scale)


# `scale` is a tuple, whose length the compiler knows: loops over d are unrolled.
@compiled
def _placed(features, scale, factors):  # type: ignore[no-untyped-def]  # noqa: PLR0912, PLR0915  one loop
    """Find each pixel's simplex: corners in the order of discovery, barycentric weights, keys of the corners."""
    d = len(scale)
    corners = d + 1
    count = features.shape[1]
    points = np.empty((count, corners), np.int32)
    weights = np.empty((count, corners), np.float32)
    capacity = 1 << 16
    table = np.full(capacity, -1, np.int32)
    keys = np.empty(capacity // 2, np.int64)
    found = 0
    step = factors.sum()  # from one corner to the next, before the axis of its rank
    elevated, sorted_rest = np.empty(corners, np.float32), np.empty(corners, np.float32)
    nearest, rank = np.empty(corners, np.int32), np.empty(corners, np.int32)
    axis_factor = np.empty(corners, np.int64)
    last_key, last_point = np.full(corners, -1, np.int64), np.zeros(corners, np.int32)
    share = np.float32(1 / corners)
    for pixel in range(count):
        total = np.float32(0)
        for j in range(d, 0, -1):
            one = features[j - 1, pixel] * scale[j - 1]
            elevated[j] = total - np.float32(j) * one
            total += one
        elevated[0] = total
        # The nearest point of remainder 0, and how far each coordinate is from it.
        excess = np.int32(0)
        for i in range(corners):
            whole = np.int32(math.floor(elevated[i] * share + np.float32(0.5)))
            excess += whole
            nearest[i] = whole * np.int32(corners)
            elevated[i] -= np.float32(nearest[i])
            rank[i] = 0
        for i in range(d):
            for j in range(i + 1, corners):
                less = np.int32(elevated[i] < elevated[j])
                rank[i] += less
                rank[j] += np.int32(1) - less
        key = np.int64(0)
        for i in range(corners):
            place = rank[i] + excess
            moved = np.int32(0)
            if place < 0:
                moved = np.int32(corners)
            elif place > d:
                moved = np.int32(-corners)
            sorted_rest[place + moved] = elevated[i] - np.float32(moved)
            axis_factor[place + moved] = factors[i]
            key += factors[i] * np.int64(nearest[i] + moved)
        for corner in range(corners):
            if corner == 0:
                weights[pixel, 0] = np.float32(1) + (sorted_rest[d] - sorted_rest[0]) * share
            else:
                key += step - corners * axis_factor[d - corner + 1]
                weights[pixel, corner] = (sorted_rest[d - corner] - sorted_rest[d - corner + 1]) * share
            if last_key[corner] == key:  # pixels that follow one another often share a simplex
                points[pixel, corner] = last_point[corner]
                continue
            last_key[corner] = key
            slot = _slot(key, capacity)
            while True:
                point = table[slot]
                if point < 0:
                    point = table[slot] = found
                    keys[found] = key
                    found += 1
                    if 2 * found == capacity:
                        capacity *= 2
                        keys, table = _grown(keys, capacity)
                    break
                if keys[point] == key:
                    break
                slot = (slot + 1) & (capacity - 1)
            points[pixel, corner] = last_point[corner] = point
    return points, weights, keys[:found].copy()


@compiled
def _slot(key, capacity):  # type: ignore[no-untyped-def]
    """Hash a key by a multiplication (Knuth's method)."""
    return ((key * np.int64(-7046029254386353131)) >> 32) & (capacity - 1)


@compiled
def _grown(keys, capacity):  # type: ignore[no-untyped-def]
    """Return room for half as many keys as the capacity, and the table of those there are."""
    table = np.full(capacity, -1, np.int32)
    for point in range(keys.size):
        slot = _slot(keys[point], capacity)
        while table[slot] >= 0:
            slot = (slot + 1) & (capacity - 1)
        table[slot] = point
    return np.append(keys, np.empty(keys.size, np.int64)), table


@compiled
def _renumber(points, rank):  # type: ignore[no-untyped-def]
    flat = points.reshape(-1)
    for i in range(flat.size):
        flat[i] = rank[flat[i]]


@compiled
def _neighbours(keys, factors, scale):  # type: ignore[no-untyped-def]
    """Find the points before and after each along each axis; keys are sorted, so that one pass finds an axis's all."""
    corners, count = len(scale) + 1, keys.size
    found = np.zeros((corners, 2, count), np.int32)
    for axis in range(corners):
        step = corners * factors[axis] - factors.sum()
        other = 0
        for point in range(count):
            key = keys[point] + step
            while other < count and keys[other] < key:
                other += 1
            if other < count and keys[other] == key:
                found[axis, 0, point] = other + 1
                found[axis, 1, other] = point + 1
    return found


@compiled
def _filtered(values, points, weights, neighbours, scale):  # type: ignore[no-untyped-def]
    """Give the pixels' values to their corners, blur them along each axis, and gather them again."""
    corners, count = len(scale) + 1, neighbours.shape[2]
    blurred, before = np.zeros(count + 1, np.float32), np.zeros(count + 1, np.float32)
    for pixel in range(values.size):
        for corner in range(corners):
            blurred[points[pixel, corner]] += weights[pixel, corner] * values[pixel]
    for axis in range(corners):
        before, blurred = blurred, before
        for point in range(count):
            both = before[neighbours[axis, 0, point]] + before[neighbours[axis, 1, point]]
            blurred[point + 1] = before[point + 1] + np.float32(0.5) * both
    filtered = np.empty_like(values)
    for pixel in range(values.size):
        total = np.float32(0)
        for corner in range(corners):
            total += weights[pixel, corner] * blurred[points[pixel, corner]]
        filtered[pixel] = total
    return filtered
