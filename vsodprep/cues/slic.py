"""SLIC superpixels (Achanta et al., TPAMI 2012), the same labels as OpenCV's implementation."""

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodprep.compiled import compiled

COMPACTNESS = 20.0
ITERATIONS = 10
SMALLEST = 4  # a piece of a superpixel of no more than this part of the average area joins the one before it


def slic(frame: NDArray[np.uint8], area: float) -> NDArray[np.int32]:
    """Cut a frame into SLIC superpixels, which are connected.

    Args:
        frame: uint8 `(H, W, 3)` RGB.
        area: Pixels of an average superpixel.

    Returns:
        int32 `(H, W)`: labels 0..n-1, all of them used.
    """
    picture = cv2.cvtColor(frame, cv2.COLOR_RGB2Lab)
    side = max(2, round(area**0.5))
    slopes = [cv2.Sobel(picture, cv2.CV_32F, *order, ksize=1) for order in ((1, 0), (0, 1))]
    # Channel after channel: NumPy's sum is slow over so short an axis.
    edges = np.add(*(square[..., 0] + square[..., 1] + square[..., 2] for square in (slope**2 for slope in slopes)))
    # Column after column, the order in which OpenCV adds up float32; the loops along a column are vectorised.
    columns = np.ascontiguousarray(picture.transpose(2, 1, 0), dtype=np.float32)
    centres = _seeds(columns, np.ascontiguousarray(edges.T), side)
    labels = np.zeros(columns.shape[1:], dtype=np.int32)
    weight = np.float32(np.float32(side) / np.float32(COMPACTNESS)) ** 2
    for _ in range(ITERATIONS):
        _assign(columns, centres, side, weight, labels)
        centres = _means(columns, labels, len(centres))
    least = max(3, labels.size // len(centres) // SMALLEST)
    return np.asarray(_connected(np.ascontiguousarray(labels.T), least))


@compiled
def _seeds(columns, edges, side):  # type: ignore[no-untyped-def]
    """Place centres (L, a, b, x, y) on a grid, each moved off an edge where both its coordinates change by that."""
    width, height = edges.shape
    across, down = max(1, int(0.5 + width / side)), max(1, int(0.5 + height / side))
    wider, taller = int((width - side * across) / across), int((height - side * down) / down)
    centres = np.zeros((across * down, 5), np.float32)
    found = 0
    for row in range(down):
        for column in range(across):
            x, y = column * (side + wider) + side // 2, row * (side + taller) + side // 2
            if x >= width or y >= height:
                continue
            best_x, best_y = x, y
            for step_x, step_y in ((-1, 0), (-1, -1), (0, -1), (1, -1), (1, 0), (1, 1), (0, 1), (-1, 1)):
                near_x, near_y = x + step_x, y + step_y
                if 0 <= near_x < width and 0 <= near_y < height and edges[near_x, near_y] < edges[best_x, best_y]:
                    best_x, best_y = near_x, near_y
            if best_x != x and best_y != y:
                x, y = best_x, best_y
            for channel in range(3):
                centres[found, channel] = columns[channel, x, y]
            centres[found, 3], centres[found, 4] = x, y
            found += 1
    return centres


@compiled
def _assign(columns, centres, side, weight, labels):  # type: ignore[no-untyped-def]
    """Label each pixel with the nearest of the centres that are near enough; others keep their label."""
    width, height = labels.shape
    nearest, along = np.full((width, height), np.inf, np.float32), np.arange(height).astype(np.float32)
    found = np.empty(height, np.float32)
    for number in range(len(centres)):
        centre_l, centre_a, centre_b, centre_x, centre_y = centres[number]
        top, bottom = max(0, int(centre_y) - side), min(height, int(centre_y) + side)
        for x in range(max(0, int(centre_x) - side), min(width, int(centre_x) + side)):
            light, a, b = columns[0, x, top:bottom], columns[1, x, top:bottom], columns[2, x, top:bottom]
            y, nearest_here, labels_here = along[top:bottom], nearest[x, top:bottom], labels[x, top:bottom]
            from_x = np.float32(x) - centre_x
            for i in range(len(y)):
                colour = (light[i] - centre_l) * (light[i] - centre_l)
                colour += (a[i] - centre_a) * (a[i] - centre_a)
                colour += (b[i] - centre_b) * (b[i] - centre_b)
                found[i] = colour + (from_x * from_x + (y[i] - centre_y) * (y[i] - centre_y)) / weight
            for i in range(len(y)):
                nearer = found[i] < nearest_here[i]
                nearest_here[i] = found[i] if nearer else nearest_here[i]
                labels_here[i] = number if nearer else labels_here[i]


@compiled
def _means(columns, labels, count):  # type: ignore[no-untyped-def]
    """Return the means of colour and place of each label; zeros where it has no pixel."""
    totals, pixels = np.zeros((count, 5), np.float32), np.zeros(count, np.float32)
    for x in range(labels.shape[0]):
        for y in range(labels.shape[1]):
            label = labels[x, y]
            for channel in range(3):
                totals[label, channel] += columns[channel, x, y]
            totals[label, 3] += np.float32(x)
            totals[label, 4] += np.float32(y)
            pixels[label] += np.float32(1)
    return totals / np.maximum(pixels, np.float32(1)).reshape(-1, 1)


@compiled
def _connected(labels, least):  # type: ignore[no-untyped-def]
    """Number the connected pieces; one of no more than `least` pixels joins a neighbour that has a number already."""
    height, width = labels.shape
    numbers, queue = np.full((height, width), -1, np.int32), np.empty((height * width, 2), np.int32)
    number = neighbour = 0
    for top in range(height):
        for left in range(width):
            if numbers[top, left] >= 0:
                continue
            for step_y, step_x in ((0, -1), (-1, 0), (0, 1), (1, 0)):
                y, x = top + step_y, left + step_x
                if 0 <= y < height and 0 <= x < width and numbers[y, x] >= 0:
                    neighbour = numbers[y, x]
            numbers[top, left], queue[0, 0], queue[0, 1] = number, top, left
            count, done = 1, 0
            while done < count:
                for step_y, step_x in ((0, -1), (-1, 0), (0, 1), (1, 0)):
                    y, x = queue[done, 0] + step_y, queue[done, 1] + step_x
                    inside = 0 <= y < height and 0 <= x < width
                    if inside and numbers[y, x] < 0 and labels[y, x] == labels[top, left]:
                        numbers[y, x], queue[count, 0], queue[count, 1] = number, y, x
                        count += 1
                done += 1
            if count > least:
                number += 1
                continue
            for at in range(count):
                numbers[queue[at, 0], queue[at, 1]] = neighbour
    return numbers
