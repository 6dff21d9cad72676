"""How things move: closed maps from a body's frame to the image, each with its exact inverse."""

from dataclasses import dataclass

import numpy as np

from vsodprep.benchmarks.synth.model import Actor, Camera, Video
from vsodprep.benchmarks.synth.portable import Floats, Pcg32, cosine, sine
from vsodprep.benchmarks.synth.shapes import SHAPES

Points = tuple[Floats, Floats]


@dataclass(frozen=True)
class Affine:
    """The map (x, y) to (a x + b y + c, d x + e y + f)."""

    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 0.0
    e: float = 1.0
    f: float = 0.0

    def apply(self, x: Floats, y: Floats) -> Points:
        """Return where the points go."""
        return self.a * x + self.b * y + self.c, self.d * x + self.e * y + self.f

    def after(self, first: "Affine") -> "Affine":
        """Return the map that applies `first` and then this one."""
        return Affine(
            self.a * first.a + self.b * first.d,
            self.a * first.b + self.b * first.e,
            self.a * first.c + self.b * first.f + self.c,
            self.d * first.a + self.e * first.d,
            self.d * first.b + self.e * first.e,
            self.d * first.c + self.e * first.f + self.f,
        )

    def inverse(self) -> "Affine":
        """Return the map back."""
        determinant = self.a * self.e - self.b * self.d
        a, b = self.e / determinant, -self.b / determinant
        d, e = -self.d / determinant, self.a / determinant
        return Affine(a, b, -(a * self.c + b * self.f), d, e, -(d * self.c + e * self.f))


@dataclass(frozen=True)
class Placement:
    """Where a body is at one time: a wave that bends it, then an affine map into the image.

    Attributes:
        affine: From the bent body's frame to the image, px to px.
        wave: Amplitude of the bending at the tail, in px of the body's frame.
        phase: Of the wave, in turns.
        size: Half the body's length, in px; the wave is one and a half bodies long.
    """

    affine: Affine
    wave: float = 0.0
    phase: float = 0.0
    size: float = 1.0

    def _bend(self, x: Floats) -> Floats:
        """Return how far the column x of the body is shifted sideways; most at the tail, nothing at the nose."""
        toward_tail = 0.5 * (1.0 - x / self.size)
        return self.wave * toward_tail * toward_tail * sine(x / (3.0 * self.size) + self.phase)

    def reach(self, columns: float, rows: float) -> tuple[slice, slice]:
        """Return the rows and columns of the image that a body can reach.

        Args:
            columns: How far its own frame reaches to either side of the origin, in px.
            rows: How far it reaches up and down, in px.

        Returns:
            Slices that may begin or end outside the image.
        """
        tail = 0.5 * (1.0 + columns / self.size)
        rows += self.wave * tail * tail
        x, y = self.affine.apply(np.array([-columns, columns, -columns, columns]), np.array([-rows, -rows, rows, rows]))
        return (
            slice(int(np.floor(y.min())) - 1, int(np.floor(y.max())) + 3),
            slice(int(np.floor(x.min())) - 1, int(np.floor(x.max())) + 3),
        )

    def to_image(self, x: Floats, y: Floats) -> Points:
        """Return where points of the body's frame are in the image.

        Args:
            x: Columns in px, float64, any shape.
            y: Rows in px, of the same shape.

        Returns:
            Columns and rows in px, where whole numbers are the centres of pixels.
        """
        return self.affine.apply(x, y + self._bend(x) if self.wave else y)

    def to_body(self, x: Floats, y: Floats) -> Points:
        """Return which points of the body's frame are at points of the image; the exact inverse of `to_image`."""
        u, v = self.affine.inverse().apply(x, y)
        return u, (v - self._bend(u) if self.wave else v)


def camera_at(camera: Camera, video: Video, time: int, rng: Pcg32) -> Affine:
    """Return the map from world to image.

    Args:
        camera: How it moves.
        video: Gives the size of the frame, about whose centre the camera turns.
        time: Frame index.
        rng: Chooses the phases of the shake.
    """
    centre_x, centre_y = 0.5 * (video.width - 1), 0.5 * (video.height - 1)
    phase_x, phase_y = rng.uniform(0.0, 1.0), rng.uniform(0.0, 1.0)
    sway_x = camera.shake * float(sine(time / 11.0 + phase_x) - sine(phase_x))
    sway_y = camera.shake * float(sine(time / 8.0 + phase_y) - sine(phase_y))
    scale = 1.0 + camera.zoom * time
    c, s = scale * float(cosine(camera.spin * time)), scale * float(sine(camera.spin * time))
    turned = Affine(c, -s, centre_x - c * centre_x + s * centre_y, s, c, centre_y - s * centre_x - c * centre_y)
    return Affine(c=-camera.pan[0] * time - sway_x, f=-camera.pan[1] * time - sway_y).after(turned)


def clock(stop: tuple[int, int] | None, time: int) -> float:
    """Return how much of its own time a body has lived through at a frame.

    Everything that a body does depends on this clock only, so where the clock stands the body rests in the world.

    Args:
        stop: Frames at which it starts to slow down, and to move again; None if it never stops.
        time: Frame index.

    Returns:
        Time in frames; `time` itself without a stop.
    """
    if stop is None:
        return float(time)
    slow, again = stop
    lived = 0.0
    for step in range(time):
        if step < slow or step >= again + 2:
            speed = 1.0
        elif step < again:
            speed = max(0.0, 1.0 - (step - slow + 1) / 3.0)
        else:
            speed = (step - again + 1) / 3.0
        lived += speed
    return lived


def actor_at(actor: Actor, time: int, rng: Pcg32) -> Placement:
    """Return where a body is in the world.

    Args:
        actor: What it is and does.
        time: Frame index.
        rng: Chooses the phases of sway, wave and flap.
    """
    now = clock(actor.stop, time)
    phase, beat = rng.uniform(0.0, 1.0), rng.uniform(0.0, 1.0)
    speed = float(np.sqrt(actor.velocity[0] * actor.velocity[0] + actor.velocity[1] * actor.velocity[1]))
    ahead_x, ahead_y = (actor.velocity[0] / speed, actor.velocity[1] / speed) if speed else (1.0, 0.0)
    swing = actor.sway * float(sine(now / 13.0 + phase) - sine(phase))
    x = actor.at[0] + actor.velocity[0] * now - ahead_y * swing
    y = actor.at[1] + actor.velocity[1] * now + ahead_x * swing
    # It looks where it goes: the swing's slope turns it a little.
    lean = 0.012 * actor.sway * float(cosine(now / 13.0 + phase))
    mirror = 1.0
    if actor.pattern is None:
        ahead_x, ahead_y = 1.0, 0.0
    elif SHAPES[actor.shape].upright:
        mirror = -1.0 if ahead_x < 0 else 1.0
        ahead_x, ahead_y = (ahead_x * mirror, ahead_y * mirror)
    angle = actor.turn + actor.roll * now + lean * mirror
    c, s = float(cosine(angle)), float(sine(angle))
    turn_c, turn_s = ahead_x * c - ahead_y * s, ahead_y * c + ahead_x * s
    narrow = 1.0 - actor.flap * (0.5 + 0.5 * float(sine(now / 6.0 + beat)))
    affine = Affine(turn_c * mirror, -turn_s * narrow, x, turn_s * mirror, turn_c * narrow, y)
    return Placement(affine, actor.swim * actor.size, beat - now / 9.0, actor.size)
