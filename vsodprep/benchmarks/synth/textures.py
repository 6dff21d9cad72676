"""Procedural textures: irregular ones for what is not salient, regular two-tone patterns for what is."""

from collections.abc import Callable

import numpy as np

from vsodprep.benchmarks.synth.portable import Floats, cosine, lattice, sine

Colour = tuple[int, int, int]

# Four colours from dark to light.
PALETTES: dict[str, tuple[Colour, ...]] = {
    "meadow": ((38, 66, 32), (72, 112, 48), (118, 150, 66), (186, 192, 104)),
    "reef": ((14, 52, 84), (26, 98, 124), (70, 152, 160), (176, 214, 198)),
    "sand": ((128, 94, 62), (176, 138, 92), (210, 178, 128), (238, 218, 178)),
    "forest": ((44, 34, 28), (88, 64, 42), (124, 98, 58), (166, 142, 92)),
    "slate": ((48, 54, 62), (92, 98, 106), (136, 142, 146), (190, 192, 190)),
    "sky": ((70, 112, 168), (116, 158, 204), (172, 200, 226), (240, 244, 246)),
    "heath": ((64, 42, 74), (110, 74, 112), (160, 118, 138), (208, 178, 176)),
    "coral": ((96, 34, 52), (172, 66, 62), (222, 122, 84), (246, 196, 138)),
}

# The two tones of a creature's pattern.
COATS: dict[str, tuple[Colour, Colour]] = {
    "orange": ((236, 112, 24), (252, 240, 214)),
    "yellow": ((250, 204, 30), (44, 34, 40)),
    "red": ((206, 30, 44), (250, 218, 190)),
    "violet": ((120, 54, 184), (244, 190, 236)),
    "teal": ((10, 148, 140), (240, 246, 168)),
    "blue": ((28, 74, 200), (160, 220, 250)),
    "pink": ((234, 70, 138), (255, 226, 120)),
    "lime": ((122, 196, 26), (24, 70, 60)),
}


def _smooth(x: Floats) -> Floats:
    """Return 0 below 0, 1 above 1, and a smooth step between."""
    return _ease(np.minimum(np.maximum(x, 0.0), 1.0))


def _ease(x: Floats) -> Floats:
    """Return the smooth step of numbers in [0, 1]."""
    return x * x * (3.0 - 2.0 * x)


def noise(x: Floats, y: Floats, seed: int) -> Floats:
    """Return value noise: random numbers on the integer lattice, smoothly interpolated.

    Args:
        x: Columns in lattice units, float64 `(H, W)`.
        y: Rows in lattice units, float64 `(H, W)`.
        seed: Chooses the lattice.

    Returns:
        float64 `(H, W)` in [0, 1).
    """
    left, top = np.floor(x), np.floor(y)
    first_column, first_row = int(left.min()), int(top.min())
    columns = np.arange(first_column, int(left.max()) + 2)
    rows = np.arange(first_row, int(top.max()) + 2)
    nodes = lattice(columns[None, :], rows[:, None], seed).ravel()
    index = (top.astype(np.int64) - first_row) * len(columns) + (left.astype(np.int64) - first_column)
    right_weight, low_weight = _ease(x - left), _ease(y - top)
    upper = nodes.take(index)
    upper = upper + (nodes.take(index + 1) - upper) * right_weight
    index = index + len(columns)
    lower = nodes.take(index)
    lower = lower + (nodes.take(index + 1) - lower) * right_weight
    return upper + (lower - upper) * low_weight


def fractal(x: Floats, y: Floats, wavelength: float, octaves: int, seed: int) -> Floats:
    """Return noise of several scales, each half as long and 0.6 times as strong as the one before.

    Args:
        x: Columns in pixels, float64 `(H, W)`.
        y: Rows in pixels, float64 `(H, W)`.
        wavelength: Of the coarsest scale, in pixels.
        octaves: Number of scales.
        seed: Chooses the texture.

    Returns:
        float64 `(H, W)` in [0, 1), contrast stretched about one half.
    """
    total, weight, sum_of_weights = np.zeros_like(x), 1.0, 0.0
    for octave in range(octaves):
        total = total + weight * noise(x / wavelength, y / wavelength, seed + 101 * octave)
        sum_of_weights += weight
        weight *= 0.6
        wavelength *= 0.5
        x, y = 0.8 * x - 0.6 * y, 0.6 * x + 0.8 * y  # turned, so that the lattices do not add up to a visible grid
    return np.minimum(np.maximum((total / sum_of_weights - 0.5) * 1.8 + 0.5, 0.0), 0.999)


def cells(x: Floats, y: Floats, seed: int) -> tuple[Floats, Floats]:
    """Return Voronoi cells of one jittered point per lattice square.

    Args:
        x: Columns in lattice units, float64 `(H, W)`.
        y: Rows in lattice units, float64 `(H, W)`.
        seed: Chooses the points.

    Returns:
        How far the nearest point is nearer than the second nearest, in lattice units (0 on a border), and a random
        number of the cell in [0, 1).

    Source: Worley, "A Cellular Texture Basis Function", SIGGRAPH 1996.
    """
    left, top = np.floor(x), np.floor(y)
    nearest = np.full_like(x, 9.0)
    second = np.full_like(x, 9.0)
    tone = np.zeros_like(x)
    column, row = left.astype(np.int64), top.astype(np.int64)
    for down in (-1, 0, 1):
        for across in (-1, 0, 1):
            node_x, node_y = column + across, row + down
            dx = left + across + lattice(node_x, node_y, seed) - x
            dy = top + down + lattice(node_x, node_y, seed + 1) - y
            squared = dx * dx + dy * dy
            closer = squared < nearest
            second = np.where(closer, nearest, np.minimum(second, squared))
            tone = np.where(closer, lattice(node_x, node_y, seed + 2), tone)
            nearest = np.where(closer, squared, nearest)
    return np.sqrt(second) - np.sqrt(nearest), tone


def gradient(value: Floats, colours: tuple[Colour, ...]) -> Floats:
    """Return the colour at a place on a palette.

    Args:
        value: float64 `(H, W)` in [0, 1).
        colours: Two or more colours, evenly spaced.

    Returns:
        float64 `(H, W, 3)` in [0, 255].
    """
    table = np.array([*colours, colours[-1]], dtype=np.float64)
    place = value * (len(colours) - 1)
    index = np.floor(place).astype(np.int64)
    weight = (place - index)[..., None]
    first = table[index]
    return first + (table[index + 1] - first) * weight


def _grass(x: Floats, y: Floats, seed: int) -> Floats:
    lean = (noise(x / 40.0, y / 40.0, seed + 7) - 0.5) * 14.0
    blades = fractal((x + lean) * 3.2, y * 0.7, 14.0, 3, seed)
    return 0.62 * blades + 0.38 * fractal(x, y, 64.0, 3, seed + 11)


def _ripples(x: Floats, y: Floats, seed: int) -> Floats:
    bend = fractal(x, y, 56.0, 3, seed) * 5.0 + y / 26.0
    crest = 0.5 + 0.5 * sine(bend)
    return np.minimum(0.42 * crest + 0.58 * fractal(x, y, 22.0, 4, seed + 5), 0.999)


def _pebbles(x: Floats, y: Floats, seed: int) -> Floats:
    bend = (noise(x / 15.0, y / 15.0, seed + 3) - 0.5) * 0.9
    border, tone = cells(x / 17.0 + bend, y / 13.0 - bend, seed)
    grain = fractal(x, y, 9.0, 3, seed + 4)
    return np.minimum(_smooth(border * 3.0 + 0.15) * (0.25 + 0.5 * tone + 0.25 * grain), 0.999)


def _clouds(x: Floats, y: Floats, seed: int) -> Floats:
    drift = (noise(x / 50.0, y / 50.0, seed + 9) - 0.5) * 40.0
    return 0.75 * fractal(x + drift, y * 1.5, 60.0, 5, seed) + 0.25 * fractal(x, y, 9.0, 2, seed + 13)


def _leaves(x: Floats, y: Floats, seed: int) -> Floats:
    turn = (noise(x / 24.0, y / 24.0, seed + 3) - 0.5) * 2.2
    border, tone = cells(x / 12.0 + turn, y / 20.0 + turn, seed)
    litter = fractal(x, y, 30.0, 4, seed + 4)
    return np.minimum((0.55 + 0.45 * _smooth(border * 4.0)) * (0.55 * tone + 0.45 * litter) * 1.15, 0.999)


def _water(x: Floats, y: Floats, seed: int) -> Floats:
    first = fractal(x, y, 34.0, 3, seed) - 0.5
    second = fractal(x, y * 1.4, 18.0, 3, seed + 6) - 0.5
    light = 1.0 - 2.4 * np.minimum(np.sqrt(first * first), np.sqrt(second * second) + 0.06)
    return np.minimum(np.maximum(0.55 * light + 0.45 * fractal(x, y, 70.0, 4, seed + 8), 0.0), 0.999)


# Where on its palette each place of an irregular texture is, as backgrounds, occluders and distractors wear it: from
# columns and rows in pixels, float64 `(H, W)`, and a seed to float64 `(H, W)` in [0, 1).
BACKDROPS: dict[str, Callable[[Floats, Floats, int], Floats]] = {
    "grass": _grass,
    "ripples": _ripples,
    "pebbles": _pebbles,
    "clouds": _clouds,
    "leaves": _leaves,
    "water": _water,
}


def _edge(wave: Floats, period: float) -> Floats:
    """Turn a wave in [-1, 1] into two tones whose border is about one pixel wide."""
    return _smooth(wave * (period / 5.0) + 0.5)


def _stripes(x: Floats, y: Floats, period: float) -> Floats:
    return _edge(sine(x / period + 0.12 * sine(y / (3.0 * period))), period)


def _checks(x: Floats, y: Floats, period: float) -> Floats:
    return _edge(2.0 * sine(x / (1.4 * period)) * sine(y / (1.4 * period)), period)


def _dots(x: Floats, y: Floats, period: float) -> Floats:
    u, v = x / period, y / (0.87 * period)
    shifted = u + 0.5 * (np.floor(v) - 2.0 * np.floor(0.5 * np.floor(v)))
    du, dv = shifted - np.floor(shifted) - 0.5, v - np.floor(v) - 0.5
    return _smooth((0.36 - np.sqrt(du * du + dv * dv)) * period + 0.5)


def _rings(x: Floats, y: Floats, period: float) -> Floats:
    return _edge(cosine(np.sqrt(x * x + y * y) / period), period)


# Regular patterns, as only salient bodies wear them: from columns and rows in pixels, float64 `(H, W)`, and a period in
# pixels to float64 `(H, W)` in [0, 1]: 0 is the first tone, 1 the second.
PATTERNS: dict[str, Callable[[Floats, Floats, float], Floats]] = {
    "stripes": _stripes,
    "checks": _checks,
    "dots": _dots,
    "rings": _rings,
}
