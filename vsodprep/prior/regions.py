"""Sums, neighbours and shapes of all regions of a segmentation at once."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vsodprep.compiled import compiled


class Outline(NamedTuple):
    """Where regions meet.

    Attributes:
        shared: float64 `(n, n)`, length in px of the outline that two regions share; 0 on the diagonal.
        border: float64 `(n, 4)`, length on the image's top, bottom, left and right.
    """

    shared: NDArray[np.float64]
    border: NDArray[np.float64]


@compiled
def _moments(labels, count):  # type: ignore[no-untyped-def]
    """Add up 1, x, y, x², y² and xy over regions."""
    found = np.zeros((6, count))
    for y in range(labels.shape[0]):
        for x in range(labels.shape[1]):
            region = labels[y, x]
            found[0, region] += 1
            found[1, region] += x
            found[2, region] += y
            found[3, region] += x * x
            found[4, region] += y * y
            found[5, region] += x * y
    return found


def outline(labels: NDArray[np.int32], count: int) -> Outline:
    """Measure the outlines between regions, pixel side by pixel side.

    Args:
        labels: int32 `(H, W)`, 0..count-1.
        count: Number of regions.
    """
    pairs = np.zeros(count * count)
    for a, b in ((labels[:, :-1], labels[:, 1:]), (labels[:-1], labels[1:])):
        apart = a != b
        pairs += np.bincount(a[apart].astype(np.int64) * count + b[apart], minlength=count * count)
    shared = pairs.reshape(count, count)
    sides = (labels[0], labels[-1], labels[:, 0], labels[:, -1])
    border = np.stack([np.bincount(side, minlength=count) for side in sides], axis=1)
    return Outline(shared + shared.T, border.astype(np.float64))


def geometry(labels: NDArray[np.int32], count: int, edges: Outline) -> dict[str, NDArray[np.float64]]:
    """Describe position and shape of each region.

    Args:
        labels: int32 `(H, W)`, 0..count-1.
        count: Number of regions.
        edges: Their outlines.

    Returns:
        17 features by name, float64 `(count,)` each. Positions are -1..1 from side to side, areas and boxes shares
        of the image; `extent` is the share of its box that a region fills, `elongation` the ratio of its axes of
        inertia, `spread` their geometric mean over that of a disc of the same area, `roughness` the outline over that
        of a square of the same area.
    """
    height, width = labels.shape
    area, *moments = _moments(labels, count)
    x, y, xx, yy, xy = (moment / area for moment in moments)
    xx, yy, xy = xx - x * x, yy - y * y, xy - x * y
    # 1/12 is the variance of a pixel itself; without it a line would have no width.
    xx, yy = xx + 1 / 12, yy + 1 / 12
    middle, half = (xx + yy) / 2, np.sqrt(((xx - yy) / 2) ** 2 + xy**2)
    major, minor = middle + half, np.maximum(middle - half, 1 / 12)
    top, bottom, left, right = boxes(labels, count).T
    tall, wide = bottom - top, right - left
    perimeter = edges.shared.sum(axis=1) + edges.border.sum(axis=1)
    from_x, from_y = x / max(width - 1, 1) * 2 - 1, y / max(height - 1, 1) * 2 - 1
    return {
        "x": from_x,
        "y": from_y,
        "x_from_centre": np.abs(from_x),
        "y_from_centre": np.abs(from_y),
        "from_centre": np.hypot(from_x, from_y),
        "area": area / labels.size,
        "area_log": np.log(area / labels.size),
        "box_height": tall / height,
        "box_width": wide / width,
        "extent": area / (tall * wide),
        "elongation": np.sqrt(minor / major),
        "spread": np.sqrt(np.sqrt(major * minor)) * np.sqrt(4 * np.pi / area),
        "roughness": perimeter / (4 * np.sqrt(area)),
        "border_share": edges.border.sum(axis=1) / perimeter,
        "border_sides": (edges.border > 0).sum(axis=1) / 4,
        "neighbours_log": np.log1p((edges.shared > 0).sum(axis=1)),
        "regions_log": np.full(count, np.log(count)),
    }


def boxes(labels: NDArray[np.int32], count: int) -> NDArray[np.int64]:
    """Return the regions' bounding boxes.

    Args:
        labels: int32 `(H, W)`, 0..count-1, all of them used.
        count: Number of regions.

    Returns:
        int64 `(count, 4)`: first row, row after the last, first column, column after the last.
    """
    return np.asarray(_boxes(labels, count))


@compiled
def _boxes(labels, count):  # type: ignore[no-untyped-def]
    height, width = labels.shape
    found = np.empty((count, 4), np.int64)
    found[:, 0], found[:, 1], found[:, 2], found[:, 3] = height, 0, width, 0
    for y in range(height):
        for x in range(width):
            box = found[labels[y, x]]
            box[0], box[1] = min(box[0], y), y + 1
            box[2], box[3] = min(box[2], x), max(box[3], x + 1)
    return found
