"""The vocabulary in which a sequence is described: camera, actors, video."""

from dataclasses import dataclass

HEIGHT, WIDTH = 128, 192
FRAMES = 20


@dataclass(frozen=True)
class Camera:
    """How the world moves through the frame; at frame 0 world and frame coincide.

    Attributes:
        pan: Motion of the camera in px per frame, right and down; the world moves the other way.
        zoom: Growth per frame, as a fraction of the size at frame 0.
        spin: Rotation in turns per frame, clockwise.
        shake: Amplitude of a slow sway, in px.
    """

    pan: tuple[float, float] = (0.0, 0.0)
    zoom: float = 0.0
    spin: float = 0.0
    shake: float = 0.3


@dataclass(frozen=True)
class Actor:
    """A body in the world, salient or not.

    Attributes:
        shape: A key of `shapes.SHAPES`.
        coat: A key of `textures.COATS`, or of `textures.PALETTES` for the colours of a background.
        pattern: A key of `textures.PATTERNS` where it is salient; None for an irregular texture.
        size: Half its length, in px.
        at: Its centre at frame 0, in px of the frame, column and row.
        velocity: Through the world, in px per frame, right and down.
        sway: Amplitude of its swing across its course, in px.
        swim: Amplitude of the wave that runs down its body, as a fraction of its size.
        flap: How much narrower it gets as it flaps, as a fraction of its width.
        roll: Rotation about itself, in turns per frame.
        turn: Rotation at frame 0 on top of its heading, in turns.
        stop: Frames at which it starts to slow down, and to move again; None if it never stops.
    """

    shape: str
    coat: str
    pattern: str | None
    size: float
    at: tuple[float, float]
    velocity: tuple[float, float] = (0.0, 0.0)
    sway: float = 0.0
    swim: float = 0.0
    flap: float = 0.0
    roll: float = 0.0
    turn: float = 0.0
    stop: tuple[int, int] | None = None

    @property
    def salient(self) -> bool:
        """Whether masks show it: salient is whatever wears a regular pattern."""
        return self.pattern is not None


@dataclass(frozen=True)
class Video:
    """A sequence.

    Attributes:
        name: Its name.
        split: `train`, `test` or `stills`.
        cases: Keys of `CASES`.
        ground: A key of `textures.BACKDROPS`.
        palette: A key of `textures.PALETTES`.
        actors: From back to front.
        camera: How it is filmed.
        height: In px.
        width: In px.
        frames: Number of frames.
    """

    name: str
    split: str
    cases: tuple[str, ...]
    ground: str
    palette: str
    actors: tuple[Actor, ...]
    camera: Camera = Camera()
    height: int = HEIGHT
    width: int = WIDTH
    frames: int = FRAMES
