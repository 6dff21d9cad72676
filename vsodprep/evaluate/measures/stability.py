"""Temporal stability T of DAVIS: how much a mask's contour changes its shape from one frame to the next."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import pdist, squareform

from vsodprep.evaluate.measures.contours import longest_contour

_STEP = np.float32(3)  # longest step between contour points, in pixels
_RINGS, _SECTORS = 5, 12
_INNER, _OUTER = 1 / 8, 2.0  # of the rings, in mean distances
_EPS = 2.2204e-16
_SCALE = 5.0  # brings T to the range of J and F

Array = NDArray[np.float64]


def upsample(contour: NDArray[np.int64]) -> NDArray[np.float32]:
    """Insert points into a contour until no step is longer than 3 pixels, in single precision.

    Args:
        contour: int64 `(n, 2)`.

    Returns:
        float32 `(m, 2)`, m >= n.
    """
    corners = contour.astype(np.float32)
    steps = np.diff(corners, axis=0)
    lengths = np.sqrt(steps[:, 0] * steps[:, 0] + steps[:, 1] * steps[:, 1])
    points = [corners[:1]]
    for corner, following, step, length in zip(corners, corners[1:], steps, lengths, strict=False):
        parts = int(np.ceil(length / _STEP)) if length > _STEP else 1
        part = step / np.float32(parts)
        points.append(np.cumsum(np.vstack([corner, *[part] * (parts - 1)]), axis=0, dtype=np.float32)[1:])
        points.append(following[None])
    return np.concatenate(points)


def shape_contexts(points: NDArray[np.float32]) -> Array:
    """Return the shape context of each point, float64 `(n, 60)`, each summing to 1.

    Belongie, Malik and Puzicha, Shape Matching and Object Recognition Using Shape Contexts, PAMI 2002: a histogram of
    where the other points lie, in 5 rings of logarithmic width and 12 sectors.

    Args:
        points: Column and row, float32 `(n, 2)`.
    """
    exact = points.astype(np.float64)
    distances = squareform(pdist(exact))
    distances /= np.mean(distances)
    edges = np.logspace(np.log10(_INNER), np.log10(_OUTER), _RINGS)
    rings = (distances[:, :, None] < edges).sum(axis=2)
    away = exact[None] - exact[:, None]
    angles = np.fmod(np.fmod(np.arctan2(away[:, :, 1], away[:, :, 0]), 2 * np.pi) + 2 * np.pi, 2 * np.pi)
    sectors = np.floor(angles / (2 * np.pi / _SECTORS)).astype(np.int64)
    owners, others = np.nonzero(rings)
    bins = (rings[owners, others] - 1) * _SECTORS + sectors[owners, others]
    size = _RINGS * _SECTORS
    counts = np.bincount(owners * size + bins, minlength=len(points) * size).reshape(-1, size)
    return np.asarray(counts / (counts.sum(axis=1, keepdims=True) + _EPS))


def matching_costs(first: Array, second: Array) -> Array:
    """Return half the chi-squared distances of all pairs of shape contexts, float64 `(n, m)`."""
    costs = np.empty((len(first), len(second)))
    for row, context in enumerate(first):
        costs[row] = 0.5 * np.sum((context - second) ** 2 / (context + second + _EPS), axis=1)
    return costs


def cheapest_path(costs: Array) -> NDArray[np.int64]:
    """Return the cheapest monotone path from the first pair of points to the last; the first pair costs nothing.

    Args:
        costs: float64 `(n, m)`.

    Returns:
        Pairs of indices from the last to the first, int64 `(length, 2)`.
    """
    rows, columns = costs.shape
    # Along an antidiagonal all entries can be found at once; entry i of one is row i.
    totals = np.full((rows + columns - 1, rows + 1), np.inf)
    came = np.zeros((rows + columns - 1, rows), dtype=np.int8)
    totals[0, 1] = 0.0
    for diagonal in range(1, rows + columns - 1):
        low, high = max(0, diagonal - columns + 1), min(rows, diagonal + 1)
        row = np.arange(low, high)
        before = totals[diagonal - 1]
        options = np.stack(
            [
                totals[diagonal - 2, low:high] if diagonal > 1 else np.full(high - low, np.inf),  # both advance
                before[low:high],  # the first advances
                before[low + 1 : high + 1],  # the second advances
            ]
        )
        best = options.argmin(axis=0)
        came[diagonal, low:high] = best
        totals[diagonal, low + 1 : high + 1] = options[best, row - low] + costs[row, diagonal - row]
    place = (rows - 1, columns - 1)
    path = [place]
    while place != (0, 0):
        move = came[place[0] + place[1], place[0]]
        place = (place[0] - (move != 2), place[1] - (move != 1))
        path.append(place)
    return np.array(path, dtype=np.int64)


def _one_to_one(pairs: NDArray[np.int64], costs: Array) -> NDArray[np.int64]:
    """Keep each first point's cheapest partner, then each second point's."""
    for side in (0, 1):
        kept = []
        for point in np.unique(pairs[:, side]):
            of = pairs[pairs[:, side] == point]
            kept.append(of[np.argmin(costs[of[:, 0], of[:, 1]])])
        pairs = np.array(kept)
    return pairs


def instability(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float | None:
    """Return T, the mean matching cost of two masks' contours times 5; small is stable.

    Perazzi et al., CVPR 2016, Section 4; agrees with the authors' Python and C++ code. The longest contours, simplified
    and sampled every 3 pixels, are matched by shape context: once from their first points, then again from the pair
    that matched best.

    Args:
        first: Mask of a frame, bool `(H, W)`.
        second: Mask of the next.

    Returns:
        At least 0; None where either has no contour of more than three vertices.
    """
    contours = [longest_contour(mask) for mask in (first, second)]
    if contours[0] is None or contours[1] is None:
        return None
    one, two = (shape_contexts(upsample(contour)) for contour in contours if contour is not None)
    costs = matching_costs(one, two)
    path = cheapest_path(costs)[:-1]
    start = path[np.argmin(costs[path[:, 0], path[:, 1]])] + 1
    turned = np.roll(costs, -start, axis=(0, 1))
    pairs = (cheapest_path(turned) + start) % costs.shape
    pairs = _one_to_one(pairs, costs)
    return _SCALE * float(np.average(costs[pairs[:, 0], pairs[:, 1]]))
