"""From a scene to frames, masks and exact flow."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vsodprep.benchmarks.synth.motion import Placement
from vsodprep.benchmarks.synth.portable import Floats
from vsodprep.benchmarks.synth.scene import Layer, Scene

SAMPLES = 4  # a pixel's coverage is counted on SAMPLES x SAMPLES points


@dataclass(frozen=True)
class Rendering:
    """A rendered frame.

    Attributes:
        frame: uint8 `(H, W, 3)` RGB.
        mask: bool `(H, W)`, where more than half of a pixel's sample points see a salient layer first.
        coverage: uint8 `(layers, H, W)`, how many of a pixel's `SAMPLES`² points see each layer first.
    """

    frame: NDArray[np.uint8]
    mask: NDArray[np.bool_]
    coverage: NDArray[np.uint8]


def _box(layer: Layer, place: Placement, height: int, width: int) -> tuple[slice, slice]:
    """Return rows and columns of the image that a layer can fill."""
    if layer.raster.inside is None:
        return slice(0, height), slice(0, width)
    rows, columns = place.reach(-layer.raster.left, -layer.raster.top)
    return _within(rows, height), _within(columns, width)


def _within(part: slice, length: int) -> slice:
    start = min(max(part.start, 0), length)
    return slice(start, min(max(part.stop, start), length))


def _grid(rows: slice, columns: slice, per_pixel: int) -> tuple[Floats, Floats]:
    """Return coordinates of `per_pixel`² evenly spaced points in each pixel of a box, `(rows, columns)` of points."""
    offset = (np.arange(per_pixel) - 0.5 * (per_pixel - 1)) / per_pixel
    x = (np.arange(columns.start, columns.stop, dtype=np.float64)[:, None] + offset).ravel()
    y = (np.arange(rows.start, rows.stop, dtype=np.float64)[:, None] + offset).ravel()
    grid_x, grid_y = np.meshgrid(x, y)
    return grid_x, grid_y


def render(scene: Scene, time: int) -> Rendering:
    """Render a frame.

    The background and each body give one colour per pixel, looked up at its centre; a pixel's colour is their mean,
    weighted by the number of sample points that see each of them first.

    Args:
        scene: What is filmed.
        time: Frame index.
    """
    height, width = scene.video.height, scene.video.width
    places = [layer.at(time) for layer in scene.layers]
    boxes = [_box(layer, place, height, width) for layer, place in zip(scene.layers, places, strict=True)]
    seen = np.zeros((height * SAMPLES, width * SAMPLES), dtype=np.uint8)
    for index in range(1, len(places)):
        rows, columns = boxes[index]
        covered = scene.layers[index].raster.covers(*places[index].to_body(*_grid(rows, columns, SAMPLES)))
        part = seen[_times(rows), _times(columns)]
        part[covered] = index
    coverage = _count(seen, boxes, (len(places), height, width))
    total = np.zeros((height, width, 3))
    for index, (layer, place) in enumerate(zip(scene.layers, places, strict=True)):
        rows, columns = boxes[index]
        colour = layer.raster.sample(*place.to_body(*_grid(rows, columns, 1)))
        total[rows, columns] += colour * coverage[index, rows, columns, None]
    frame = np.floor(total / (SAMPLES * SAMPLES) + 0.5).astype(np.uint8)
    salient = np.array([layer.salient for layer in scene.layers])
    mask = 2 * coverage[salient].sum(axis=0, dtype=np.int64) > SAMPLES * SAMPLES
    return Rendering(frame, mask, coverage)


def _count(seen: NDArray[np.uint8], boxes: list[tuple[slice, slice]], shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Return how many sample points of each pixel see each layer; the background has what the others leave."""
    coverage = np.zeros(shape, dtype=np.uint8)
    for index, (rows, columns) in enumerate(boxes[1:], start=1):
        is_first = (seen[_times(rows), _times(columns)] == index).view(np.uint8)
        by_row = sum(is_first[offset::SAMPLES] for offset in range(SAMPLES))
        coverage[index, rows, columns] = sum(by_row[:, offset::SAMPLES] for offset in range(SAMPLES))
    coverage[0] = SAMPLES * SAMPLES - coverage.sum(axis=0, dtype=np.uint8)
    return coverage


def _times(part: slice) -> slice:
    return slice(part.start * SAMPLES, part.stop * SAMPLES)


def _first_seen(scene: Scene, places: list[Placement], x: Floats, y: Floats) -> NDArray[np.int64]:
    """Return the index of the front-most layer at each point of the image."""
    first = np.zeros(x.shape, dtype=np.int64)
    for index in range(1, len(places)):
        first[scene.layers[index].raster.covers(*places[index].to_body(x, y))] = index
    return first


def flow(scene: Scene, time: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return the exact motion from a frame to the next one, on the grid of the first.

    The point of a layer that is seen at a pixel's centre is followed to where the layer takes it.

    Args:
        scene: What is filmed.
        time: Index of the first frame.

    Returns:
        float32 `(H, W, 2)`, (u, v) in px, right and down; and bool `(H, W)`, where that point is seen in the next frame
        too: inside the frame, with nothing in front of it.
    """
    height, width = scene.video.height, scene.video.width
    now = [layer.at(time) for layer in scene.layers]
    then = [layer.at(time + 1) for layer in scene.layers]
    x, y = _grid(slice(0, height), slice(0, width), 1)
    first = _first_seen(scene, now, x, y)
    to_x, to_y = x.copy(), y.copy()
    for index in range(len(now)):
        at = first == index
        to_x[at], to_y[at] = then[index].to_image(*now[index].to_body(x[at], y[at]))
    visible = (to_x >= 0) & (to_x <= width - 1) & (to_y >= 0) & (to_y <= height - 1)
    for index in range(1, len(then)):
        behind = visible & (first < index)
        hidden = scene.layers[index].raster.covers(*then[index].to_body(to_x[behind], to_y[behind]))
        visible[behind] &= ~hidden
    motion = np.stack([to_x - x, to_y - y], axis=-1).astype(np.float32)
    return motion, visible
