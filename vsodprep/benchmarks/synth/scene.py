"""A scene: layers from back to front, and what each of them wears and does."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from vsodprep.benchmarks.synth.model import Actor, Video
from vsodprep.benchmarks.synth.motion import Affine, Placement, actor_at, camera_at
from vsodprep.benchmarks.synth.portable import Pcg32, stream
from vsodprep.benchmarks.synth.shapes import SHAPES
from vsodprep.benchmarks.synth.sprites import BodyTexture, Raster, soften, sprite
from vsodprep.benchmarks.synth.textures import BACKDROPS, COATS, PALETTES, gradient

GROUND_DENSITY = 2  # texels per pixel of the background


@dataclass(frozen=True)
class Layer:
    """Something that fills a part of the image and moves as one.

    Attributes:
        raster: Its colour and outline, in its own frame.
        at: Its place in the image at a frame index.
        salient: Whether masks show it.
    """

    raster: Raster
    at: Callable[[int], Placement]
    salient: bool


@dataclass(frozen=True)
class Scene:
    """A video before it is filmed; `layers[0]` is the background."""

    video: Video
    layers: tuple[Layer, ...]


def build(video: Video, seed: int) -> Scene:
    """Build a sequence's scene.

    Args:
        video: What is to be seen.
        seed: Chooses textures and phases.
    """

    def camera(time: int) -> Affine:
        return camera_at(video.camera, video, time, stream(seed, video.name, "camera"))

    def ground_at(time: int) -> Placement:
        return Placement(camera(time))

    def body(index: int, actor: Actor) -> Layer:
        def at(time: int) -> Placement:
            in_world = actor_at(actor, time, stream(seed, video.name, "motion", index))
            return replace(in_world, affine=camera(time).after(in_world.affine))

        raster = sprite(SHAPES[actor.shape], actor.size, _coat(actor), stream(seed, video.name, "coat", index))
        return Layer(raster, at, actor.salient)

    ground = _ground(video, [camera(time) for time in range(video.frames)], stream(seed, video.name, "ground"))
    bodies = (body(index, actor) for index, actor in enumerate(video.actors))
    return Scene(video, (Layer(ground, ground_at, salient=False), *bodies))


def _coat(actor: Actor) -> BodyTexture:
    if actor.pattern is None:
        tones = PALETTES[actor.coat] if actor.coat in PALETTES else COATS[actor.coat]
        return BodyTexture(tones, None, period=0.45 * min(actor.size, 50.0))
    period = max(4.5, 0.27 * actor.size)
    if actor.coat in PALETTES:
        return BodyTexture(PALETTES[actor.coat], actor.pattern, period, mottle=0.6)
    return BodyTexture(COATS[actor.coat], actor.pattern, period)


def _ground(video: Video, cameras: list[Affine], rng: Pcg32) -> Raster:
    """Draw as much of the world as the camera will see."""
    columns = np.array([0.0, video.width - 1.0, 0.0, video.width - 1.0])
    rows = np.array([0.0, 0.0, video.height - 1.0, video.height - 1.0])
    seen = np.array([camera.inverse().apply(columns, rows) for camera in cameras])
    (left, top), (right, bottom) = seen.min(axis=(0, 2)).tolist(), seen.max(axis=(0, 2)).tolist()
    across = np.arange(int((right - left + 3.0) * GROUND_DENSITY), dtype=np.float64) / GROUND_DENSITY + (left - 1.0)
    down = np.arange(int((bottom - top + 3.0) * GROUND_DENSITY), dtype=np.float64) / GROUND_DENSITY + (top - 1.0)
    x, y = np.meshgrid(across, down)
    # The texture's own origin is random, so that no two grounds share a place.
    far_x, far_y, seed = rng.uniform(200.0, 900.0), rng.uniform(200.0, 900.0), rng.bits()
    colour = gradient(BACKDROPS[video.ground](x + far_x, y + far_y, seed), PALETTES[video.palette])
    return Raster(soften(colour), None, left - 1.0, top - 1.0, GROUND_DENSITY)
