"""Sums, neighbours and shapes of all regions of a segmentation at once."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vsodprep.compiled import compiled
from vsodprep.prior.pieces import added


class Outline(NamedTuple):
    """Where regions meet.

    Attributes:
        shared: float64 `(n, n)`, length in px of the outline that two regions share; 0 on the diagonal.
        border: float64 `(n, 4)`, length on the image's top, bottom, left and right.
    """

    shared: NDArray[np.float64]
    border: NDArray[np.float64]


class Shapes(NamedTuple):
    """Where the parts of a picture lie, as numbers that add up to those of the regions that are made of them.

    Attributes:
        moments: float64 `(n, 6)`: sums of 1, x, y, x², y² and xy over each part.
        boxes: int64 `(n, 4)`, as `boxes` gives them.
        sides: float64 `(n, 4)`, length on the image's top, bottom, left and right.
        meetings: int32 `(P, 2)`, the parts on both sides of each pixel side between two.
        size: Height and width of the picture.
    """

    moments: NDArray[np.float64]
    boxes: NDArray[np.int64]
    sides: NDArray[np.float64]
    meetings: NDArray[np.int32]
    size: tuple[int, int]

    @classmethod
    def of(cls, labels: NDArray[np.int32], count: int) -> "Shapes":
        """Measure parts, int32 `(H, W)` labels 0..count-1, all of them used."""
        sides, meetings = _sides(labels, count), _meetings(labels)
        return cls(_moments(labels, count), _boxes(labels, count), sides, meetings, labels.shape)

    def joined(self, regions: NDArray[np.int32], count: int) -> "Shapes":
        """Return the shapes of regions, given the one of each part, int32 `(n,)` 0..count-1."""
        moments, sides = (added(each, regions, count) for each in (self.moments, self.sides))
        boxes, meetings = _joined_boxes(self.boxes, regions, count), _between(self.meetings, regions)
        return Shapes(moments, boxes, sides, meetings, self.size)

    def outline(self) -> Outline:
        """Return where the parts meet."""
        return Outline(_shared(self.meetings, len(self.sides)), self.sides)


def _sides(labels: NDArray[np.int32], count: int) -> NDArray[np.float64]:
    rows = (labels[0], labels[-1], labels[:, 0], labels[:, -1])
    return np.stack([np.bincount(row, minlength=count) for row in rows], axis=1).astype(np.float64)


def outline(labels: NDArray[np.int32], count: int) -> Outline:
    """Measure the outlines between regions, pixel side by pixel side.

    Args:
        labels: int32 `(H, W)`, 0..count-1.
        count: Number of regions.
    """
    return Outline(_shared(_meetings(labels), count), _sides(labels, count))


def geometry(shapes: Shapes, edges: Outline) -> dict[str, NDArray[np.float64]]:
    """Describe position and shape of each region.

    Args:
        shapes: The regions' shapes.
        edges: Their outlines.

    Returns:
        17 features by name, float64 `(count,)` each. Positions are -1..1 from side to side, areas and boxes shares
        of the image; `extent` is the share of its box that a region fills, `elongation` the ratio of its axes of
        inertia, `spread` their geometric mean over that of a disc of the same area, `roughness` the outline over that
        of a square of the same area.
    """
    (height, width), count = shapes.size, len(shapes.sides)
    area, *moments = shapes.moments.T
    x, y, xx, yy, xy = (moment / area for moment in moments)
    xx, yy, xy = xx - x * x, yy - y * y, xy - x * y
    # 1/12 is the variance of a pixel itself; without it a line would have no width.
    xx, yy = xx + 1 / 12, yy + 1 / 12
    middle, half = (xx + yy) / 2, np.sqrt(((xx - yy) / 2) ** 2 + xy**2)
    major, minor = middle + half, np.maximum(middle - half, 1 / 12)
    top, bottom, left, right = shapes.boxes.T
    tall, wide = bottom - top, right - left
    perimeter = edges.shared.sum(axis=1) + edges.border.sum(axis=1)
    from_x, from_y = x / max(width - 1, 1) * 2 - 1, y / max(height - 1, 1) * 2 - 1
    return {
        "x": from_x,
        "y": from_y,
        "x_from_centre": np.abs(from_x),
        "y_from_centre": np.abs(from_y),
        "from_centre": np.hypot(from_x, from_y),
        "area": area / (height * width),
        "area_log": np.log(area / (height * width)),
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


@compiled
def _moments(labels, count):  # type: ignore[no-untyped-def]
    found = np.zeros((count, 6))
    for y in range(labels.shape[0]):
        for x in range(labels.shape[1]):
            total = found[labels[y, x]]
            total[0] += 1
            total[1] += x
            total[2] += y
            total[3] += x * x
            total[4] += y * y
            total[5] += x * y
    return found


@compiled
def _meetings(labels):  # type: ignore[no-untyped-def]
    height, width = labels.shape
    found, count = np.empty((1024, 2), np.int32), 0
    for y in range(height):
        for x in range(width):
            for row, column in ((y, x + 1), (y + 1, x)):
                if row == height or column == width or labels[y, x] == labels[row, column]:
                    continue
                if count == len(found):
                    more = np.empty((2 * count, 2), np.int32)
                    more[:count] = found
                    found = more
                found[count, 0], found[count, 1] = labels[y, x], labels[row, column]
                count += 1
    return found[:count].copy()


@compiled
def _between(meetings, regions):  # type: ignore[no-untyped-def]
    """Return the meetings of regions, given those of the parts that they are made of."""
    found, count = np.empty_like(meetings), 0
    for meeting in range(len(meetings)):
        a, b = regions[meetings[meeting, 0]], regions[meetings[meeting, 1]]
        if a != b:
            found[count, 0], found[count, 1] = a, b
            count += 1
    return found[:count]


@compiled
def _shared(meetings, count):  # type: ignore[no-untyped-def]
    found = np.zeros((count, count))
    for meeting in range(len(meetings)):
        a, b = meetings[meeting, 0], meetings[meeting, 1]
        found[a, b] += 1
        found[b, a] += 1
    return found


@compiled
def _joined_boxes(parts, regions, count):  # type: ignore[no-untyped-def]
    found = np.empty((count, 4), np.int64)
    for region in range(count):
        found[region, 0] = found[region, 2] = np.iinfo(np.int64).max
        found[region, 1] = found[region, 3] = 0
    for part in range(len(regions)):
        box = found[regions[part]]
        box[0], box[1] = min(box[0], parts[part, 0]), max(box[1], parts[part, 1])
        box[2], box[3] = min(box[2], parts[part, 2]), max(box[3], parts[part, 3])
    return found
