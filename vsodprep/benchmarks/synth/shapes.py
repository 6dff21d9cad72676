"""Outlines of creatures and of the things around them, as unions of ellipses and triangles.

A body lies in its own frame: x ahead, y to its right hand (down, where it is seen from the side), half its length is
about 1.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vsodprep.benchmarks.synth.portable import Floats, cosine, sine


@dataclass(frozen=True)
class Ellipse:
    """An ellipse; `turn` is the angle of its long axis in turns."""

    x: float
    y: float
    long: float
    short: float
    turn: float = 0.0

    def inside(self, x: Floats, y: Floats) -> NDArray[np.bool_]:
        """Return which of the points lie in it."""
        c, s = float(cosine(self.turn)), float(sine(self.turn))
        dx, dy = x - self.x, y - self.y
        u, v = (dx * c + dy * s) / self.long, (dy * c - dx * s) / self.short
        return np.asarray(u * u + v * v <= 1.0)

    def reach(self) -> tuple[float, float]:
        """Return how far it reaches from the origin, across and down."""
        c, s = float(cosine(self.turn)), float(sine(self.turn))
        across = float(np.sqrt(self.long * c * self.long * c + self.short * s * self.short * s))
        down = float(np.sqrt(self.long * s * self.long * s + self.short * c * self.short * c))
        return abs(self.x) + across, abs(self.y) + down


@dataclass(frozen=True)
class Triangle:
    """A triangle by its corners, either way round."""

    a: tuple[float, float]
    b: tuple[float, float]
    c: tuple[float, float]

    def inside(self, x: Floats, y: Floats) -> NDArray[np.bool_]:
        """Return which of the points lie in it."""
        corners = (self.a, self.b, self.c)
        sides = []
        for (ax, ay), (bx, by) in zip(corners, (*corners[1:], corners[0]), strict=True):
            sides.append((x - ax) * (by - ay) - (y - ay) * (bx - ax))
        return np.asarray(
            ((sides[0] >= 0) & (sides[1] >= 0) & (sides[2] >= 0))
            | ((sides[0] <= 0) & (sides[1] <= 0) & (sides[2] <= 0))
        )

    def reach(self) -> tuple[float, float]:
        """Return how far it reaches from the origin, across and down."""
        corners = (self.a, self.b, self.c)
        return max(abs(x) for x, _ in corners), max(abs(y) for _, y in corners)


Part = Ellipse | Triangle


@dataclass(frozen=True)
class Shape:
    """A body.

    Attributes:
        patterned: Parts that wear the pattern; they lie over the plain ones.
        plain: Parts in one tone, such as legs, fins and beaks.
        eyes: Centres of the eyes.
        eye: Radius of an eye.
        upright: Seen from the side, so that it mirrors instead of turning round when it heads left.
    """

    patterned: tuple[Part, ...]
    plain: tuple[Part, ...] = ()
    eyes: tuple[tuple[float, float], ...] = ()
    eye: float = 0.08
    upright: bool = False

    @property
    def parts(self) -> tuple[Part, ...]:
        """All parts that make up the outline."""
        return (*self.plain, *self.patterned)

    def reach(self) -> tuple[float, float]:
        """Return how far the outline reaches from the origin, across and down, in half-lengths."""
        reaches = [part.reach() for part in self.parts]
        return max(across for across, _ in reaches), max(down for _, down in reaches)


def inside(parts: tuple[Part, ...], x: Floats, y: Floats) -> NDArray[np.bool_]:
    """Return which points lie in any of the parts.

    Args:
        parts: Ellipses and triangles.
        x: Columns in the body's frame, float64 `(H, W)`.
        y: Rows in the body's frame, float64 `(H, W)`.

    Returns:
        bool `(H, W)`.
    """
    covered = np.zeros(x.shape, dtype=np.bool_)
    for part in parts:
        covered |= part.inside(x, y)
    return covered


def _both_sides(*parts: Ellipse) -> tuple[Ellipse, ...]:
    return (*parts, *(Ellipse(part.x, -part.y, part.long, part.short, -part.turn) for part in parts))


CREATURES: dict[str, Shape] = {
    "fish": Shape(
        patterned=(Ellipse(0.18, 0.0, 0.78, 0.46),),
        plain=(
            Triangle((-0.45, 0.0), (-1.0, -0.42), (-1.0, 0.42)),
            Triangle((0.35, -0.3), (-0.4, -0.3), (-0.2, -0.72)),
            Triangle((0.15, 0.3), (-0.3, 0.3), (-0.25, 0.66)),
        ),
        eyes=((0.66, -0.12),),
        upright=True,
    ),
    "turtle": Shape(
        patterned=(Ellipse(-0.05, 0.0, 0.62, 0.52),),
        plain=(
            Ellipse(0.74, 0.0, 0.25, 0.2),
            Triangle((-0.6, -0.1), (-0.6, 0.1), (-0.95, 0.0)),
            *_both_sides(Ellipse(0.42, 0.55, 0.34, 0.14, 0.16), Ellipse(-0.5, 0.5, 0.26, 0.13, 0.36)),
        ),
        eyes=((0.82, -0.1), (0.82, 0.1)),
        eye=0.055,
    ),
    "beetle": Shape(
        patterned=(Ellipse(-0.15, 0.0, 0.68, 0.5),),
        plain=(
            Ellipse(0.62, 0.0, 0.27, 0.3),
            *_both_sides(
                Ellipse(0.35, 0.58, 0.34, 0.06, 0.14),
                Ellipse(-0.1, 0.62, 0.32, 0.06, 0.26),
                Ellipse(-0.5, 0.55, 0.34, 0.06, 0.37),
                Ellipse(0.95, 0.2, 0.24, 0.045, 0.09),
            ),
        ),
        eyes=((0.76, -0.16), (0.76, 0.16)),
        eye=0.065,
    ),
    "gecko": Shape(
        patterned=(Ellipse(0.1, 0.0, 0.5, 0.22), Ellipse(0.68, 0.0, 0.28, 0.22)),
        plain=(
            Triangle((-0.2, -0.17), (-0.2, 0.17), (-1.15, 0.0)),
            *_both_sides(Ellipse(0.38, 0.34, 0.26, 0.08, 0.15), Ellipse(-0.2, 0.34, 0.27, 0.08, 0.35)),
        ),
        eyes=((0.78, -0.14), (0.78, 0.14)),
        eye=0.06,
    ),
    "bird": Shape(
        patterned=(Ellipse(-0.05, 0.05, 0.58, 0.36, 0.02), Ellipse(-0.2, -0.28, 0.46, 0.18, 0.11)),
        plain=(
            Ellipse(0.55, -0.2, 0.27, 0.25),
            Triangle((0.74, -0.3), (0.74, -0.08), (1.08, -0.16)),
            Triangle((-0.5, -0.1), (-0.5, 0.2), (-1.08, -0.22)),
        ),
        eyes=((0.62, -0.25),),
        eye=0.06,
        upright=True,
    ),
    "bee": Shape(
        patterned=(Ellipse(-0.1, 0.0, 0.68, 0.4),),
        plain=(
            Ellipse(0.58, 0.0, 0.26, 0.28),
            *_both_sides(Ellipse(0.08, 0.55, 0.42, 0.2, 0.2)),
            Triangle((-0.7, -0.1), (-0.7, 0.1), (-0.98, 0.0)),
        ),
        eyes=((0.7, -0.14), (0.7, 0.14)),
        eye=0.07,
    ),
    "butterfly": Shape(
        patterned=_both_sides(Ellipse(0.24, 0.5, 0.52, 0.36, 0.17), Ellipse(-0.36, 0.42, 0.42, 0.28, -0.12)),
        plain=(Ellipse(0.0, 0.0, 0.66, 0.11), *_both_sides(Ellipse(0.75, 0.12, 0.22, 0.035, 0.05))),
    ),
    "snail": Shape(
        patterned=(Ellipse(-0.12, -0.18, 0.52, 0.5),),
        plain=(
            Ellipse(0.0, 0.34, 0.9, 0.18),
            Ellipse(0.72, 0.12, 0.2, 0.28),
            Ellipse(0.86, -0.18, 0.22, 0.04, 0.2),
            Ellipse(0.68, -0.18, 0.22, 0.04, 0.27),
        ),
        eyes=((0.79, 0.06),),
        eye=0.06,
        upright=True,
    ),
}

# What also moves, or stands in front, and is never salient.
THINGS: dict[str, Shape] = {
    "stone": Shape(patterned=(Ellipse(-0.1, 0.05, 0.85, 0.6, 0.03), Ellipse(0.25, -0.15, 0.62, 0.52, 0.4))),
    "leaf": Shape(
        patterned=(Ellipse(0.0, 0.0, 0.72, 0.4), Triangle((0.4, -0.34), (0.4, 0.34), (1.05, 0.0))),
        plain=(Triangle((-0.6, -0.09), (-0.6, 0.09), (-1.05, 0.05)),),
    ),
    "puff": Shape(
        patterned=(
            Ellipse(0.0, 0.1, 0.6, 0.52),
            Ellipse(-0.5, 0.2, 0.42, 0.36),
            Ellipse(0.52, 0.18, 0.42, 0.38),
            Ellipse(0.15, -0.3, 0.42, 0.36),
        )
    ),
    "trunk": Shape(
        patterned=(
            Triangle((-0.19, -1.0), (0.19, -1.0), (-0.24, 1.0)),
            Triangle((0.24, 1.0), (0.19, -1.0), (-0.24, 1.0)),
            Ellipse(0.05, 0.45, 0.25, 0.3),
            Ellipse(-0.04, -0.5, 0.22, 0.26),
        )
    ),
    "bush": Shape(
        patterned=(
            Ellipse(0.0, 0.15, 0.62, 0.6),
            Ellipse(-0.52, 0.35, 0.46, 0.42),
            Ellipse(0.55, 0.3, 0.45, 0.45),
            Ellipse(-0.2, -0.25, 0.42, 0.4),
            Ellipse(0.3, -0.2, 0.38, 0.36),
        )
    ),
}

SHAPES: dict[str, Shape] = CREATURES | THINGS
