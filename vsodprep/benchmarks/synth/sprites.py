"""Sprites: a body's colour and outline, drawn once in its own frame and looked up ever after."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vsodprep.benchmarks.synth.portable import Floats, Pcg32
from vsodprep.benchmarks.synth.shapes import Shape, inside
from vsodprep.benchmarks.synth.textures import PATTERNS, Colour, fractal, gradient

DENSITY = 3  # texels per pixel, so that a bilinear look-up between texels is finer than the frame can show


@dataclass(frozen=True)
class Raster:
    """A texture on a regular grid in its own frame.

    Attributes:
        colour: float64 `(rows, columns, 3)` in [0, 255].
        inside: bool `(rows, columns)`; None where it covers everything.
        left: Frame coordinate of the first column, in pixels.
        top: Frame coordinate of the first row, in pixels.
        density: Texels per pixel.
    """

    colour: Floats
    inside: NDArray[np.bool_] | None
    left: float
    top: float
    density: int

    def sample(self, x: Floats, y: Floats) -> Floats:
        """Return the colour at points of the frame, bilinear, the border repeated outside.

        Args:
            x: Columns in pixels of the frame, float64, any shape S.
            y: Rows in pixels of the frame, of the same shape.

        Returns:
            float64 S + `(3,)`.
        """
        rows, columns = self.colour.shape[:2]
        u = np.minimum(np.maximum((x - self.left) * self.density, 0.0), columns - 1.001)
        v = np.minimum(np.maximum((y - self.top) * self.density, 0.0), rows - 1.001)
        column, row = np.floor(u), np.floor(v)
        across, down = (u - column)[..., None], (v - row)[..., None]
        texels = self.colour.reshape(-1, 3)
        index = row.astype(np.int64) * columns + column.astype(np.int64)
        upper = texels.take(index, axis=0)
        upper = upper + (texels.take(index + 1, axis=0) - upper) * across
        index = index + columns
        lower = texels.take(index, axis=0)
        lower = lower + (texels.take(index + 1, axis=0) - lower) * across
        return np.asarray(upper + (lower - upper) * down)

    def covers(self, x: Floats, y: Floats) -> NDArray[np.bool_]:
        """Return which points of the frame the body covers; the nearest texel decides.

        Args:
            x: Columns in pixels of the frame, float64, any shape.
            y: Rows in pixels of the frame, of the same shape.

        Returns:
            bool of that shape.
        """
        if self.inside is None:
            return np.ones(x.shape, dtype=np.bool_)
        rows, columns = self.inside.shape
        column = np.floor((x - self.left) * self.density + 0.5)
        row = np.floor((y - self.top) * self.density + 0.5)
        within = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
        index = np.where(within, row * columns + column, 0.0).astype(np.int64)
        return np.asarray(within & self.inside.ravel().take(index))


def soften(colour: Floats) -> Floats:
    """Blur a texture by (1, 2, 1) / 4 along both axes, so that looking it up between texels misses little.

    Args:
        colour: float64 `(rows, columns, 3)`; the outermost texels are repeated.
    """
    padded = np.pad(colour, ((1, 1), (0, 0), (0, 0)), mode="edge")
    colour = 0.25 * (padded[:-2] + padded[2:]) + 0.5 * padded[1:-1]
    padded = np.pad(colour, ((0, 0), (1, 1), (0, 0)), mode="edge")
    return np.asarray(0.25 * (padded[:, :-2] + padded[:, 2:]) + 0.5 * padded[:, 1:-1])


@dataclass(frozen=True)
class BodyTexture:
    """What a body wears.

    Attributes:
        tones: Colours between which its texture runs: two for a pattern, or a whole palette.
        pattern: A key of `textures.PATTERNS`, or None for the irregular texture of what is not salient.
        period: Of the pattern, or wavelength of the irregular texture, in pixels.
        mottle: How much the irregular texture disturbs the pattern's tones, 0 to 1.
    """

    tones: tuple[Colour, ...]
    pattern: str | None
    period: float
    mottle: float = 0.15


def _rim(covered: NDArray[np.bool_], width: int) -> NDArray[np.bool_]:
    """Return the texels of the body that lie within `width` texels of its outline, along rows or columns."""
    core = covered.copy()
    for shift in (width, -width):
        core &= np.roll(covered, shift, axis=0) & np.roll(covered, shift, axis=1)
    return covered & ~core


def sprite(shape: Shape, size: float, coat: BodyTexture, rng: Pcg32) -> Raster:
    """Draw a body.

    Args:
        shape: Its outline.
        size: Half its length in pixels.
        coat: What it wears.
        rng: Chooses the irregular texture and the pattern's place.

    Returns:
        The raster, whose frame has its origin in the body's centre.
    """
    half_width, half_height = shape.reach()
    columns = int((half_width * size + 1.0) * DENSITY)
    rows = int((half_height * size + 1.0) * DENSITY)
    x = np.arange(-columns, columns + 1, dtype=np.float64)[None, :] / DENSITY + np.zeros((2 * rows + 1, 1))
    y = np.arange(-rows, rows + 1, dtype=np.float64)[:, None] / DENSITY + np.zeros((1, 2 * columns + 1))
    u, v = x / size, y / size
    covered = inside(shape.parts, u, v)
    shift_x, shift_y, seed = rng.uniform(0.0, 40.0), rng.uniform(0.0, 40.0), rng.bits()
    grain = fractal(x + shift_x, y + shift_y, max(size * 0.6, 4.0), 4, seed)
    if coat.pattern is None:
        tone = fractal(x, y, coat.period, 4, seed + 50)
    else:
        regular = PATTERNS[coat.pattern](x, y, coat.period)
        body = inside(shape.patterned, u, v)
        tone = np.where(body, regular, 0.0) * (1.0 - coat.mottle) + coat.mottle * grain
    colour = gradient(np.minimum(tone, 0.999), coat.tones)
    light = 0.86 + 0.22 * (grain - 0.5) - 0.16 * (u + v) * 0.5
    light = np.where(_rim(covered, max(2, min(int(0.05 * size * DENSITY), 6))), light * 0.72, light)
    colour = np.minimum(np.maximum(colour * light[..., None] * 1.1, 0.0), 255.0)
    for eye_x, eye_y in shape.eyes:
        squared = ((u - eye_x) * (u - eye_x) + (v - eye_y) * (v - eye_y)) / (shape.eye * shape.eye)
        colour = np.where((squared <= 1.0)[..., None], 245.0, colour)
        colour = np.where((squared <= 0.36)[..., None], 20.0, colour)
    return Raster(soften(colour), covered, -columns / DENSITY, -rows / DENSITY, DENSITY)
