"""Every video of `synth` rendered once, for the tests that measure it."""

from functools import cache
from typing import NamedTuple

import cv2
import numpy as np

from vsodprep.benchmarks.synth.cases import SEED, VIDEOS
from vsodprep.benchmarks.synth.render import Rendering, flow, render
from vsodprep.benchmarks.synth.scene import Scene, build

VIDEO = {video.name: video for video in VIDEOS}
NAMES = tuple(VIDEO)


class Film(NamedTuple):
    scene: Scene
    pictures: tuple[Rendering, ...]
    flows: tuple[np.ndarray, ...]
    visible: tuple[np.ndarray, ...]

    def with_case(self, case: str) -> bool:
        return case in self.scene.video.cases


@cache
def film(name: str) -> Film:
    scene = build(VIDEO[name], SEED)
    frames = range(scene.video.frames)
    motion = [flow(scene, time) for time in frames[:-1]]
    return Film(scene, tuple(render(scene, time) for time in frames), *map(tuple, zip(*motion, strict=True)))


def named(case: str) -> list[str]:
    """Names of the videos that have a case."""
    return [video.name for video in VIDEOS if case in video.cases]


def grid(shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Columns and rows of an image's pixels."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float64)
    return x, y


def pure(picture: Rendering) -> np.ndarray:
    """Where a pixel and its eight neighbours see one layer only."""
    mixed = (picture.coverage.max(axis=0) < picture.coverage.sum(axis=0)[0, 0]).astype(np.uint8)
    return cv2.dilate(mixed, np.ones((3, 3), np.uint8)) == 0


def ground_flow(scene: Scene, time: int) -> np.ndarray:
    """Flow that every pixel would have if it showed the background, (H, W, 2)."""
    x, y = grid((scene.video.height, scene.video.width))
    to_x, to_y = scene.layers[0].at(time + 1).to_image(*scene.layers[0].at(time).to_body(x, y))
    return np.stack([to_x - x, to_y - y], axis=-1)


def layer_flow(scene: Scene, index: int, time: int) -> np.ndarray:
    """Mean motion of the points of a layer's body relative to the background, px, (2,)."""
    layer = scene.layers[index]
    rows, columns = np.nonzero(layer.raster.inside)
    x = columns / layer.raster.density + layer.raster.left
    y = rows / layer.raster.density + layer.raster.top
    from_x, from_y = layer.at(time).to_image(x, y)
    to_x, to_y = layer.at(time + 1).to_image(x, y)
    ground = scene.layers[0]
    still_x, still_y = ground.at(time + 1).to_image(*ground.at(time).to_body(from_x, from_y))
    return np.array([(to_x - still_x).mean(), (to_y - still_y).mean()])
