"""Still images: scenes put together at random, each seen once."""

from vsodprep.benchmarks.synth.cases import STILL_SIZES, STILLS
from vsodprep.benchmarks.synth.model import Actor, Video
from vsodprep.benchmarks.synth.portable import stream
from vsodprep.benchmarks.synth.shapes import CREATURES
from vsodprep.benchmarks.synth.textures import BACKDROPS, COATS, PALETTES, PATTERNS

_SCATTERED = ("stone", "leaf", "puff")


def still(index: int, seed: int) -> Video:
    """Put a still image together.

    Args:
        index: Its number.
        seed: Of the benchmark.

    Returns:
        A video of one frame.
    """
    rng = stream(seed, STILLS, index)
    height, width = STILL_SIZES[index % len(STILL_SIZES)]
    palette = rng.choice(sorted(PALETTES))
    ground = rng.choice(sorted(BACKDROPS))
    actors: list[Actor] = []

    def place(size: float) -> tuple[float, float]:
        margin = 0.8 * size
        return rng.uniform(margin, width - margin), rng.uniform(margin, height - margin)

    for _ in range(rng.below(3)):
        size = rng.uniform(14, 32)
        coat = rng.choice(sorted(COATS)) if rng.chance(0.4) else rng.choice(sorted(PALETTES))
        actors.append(Actor(rng.choice(_SCATTERED), coat, None, size, place(size), turn=rng.uniform(0, 1)))
    for _ in range(2 if rng.chance(0.3) else 1):
        size = rng.uniform(9, 14) if rng.chance(0.12) else rng.uniform(22, 46)
        coat = palette if rng.chance(0.2) else rng.choice(sorted(COATS))
        heading = rng.uniform(-1.0, 1.0), rng.uniform(-0.7, 0.7)
        actors.append(
            Actor(
                rng.choice(sorted(CREATURES)), coat, rng.choice(sorted(PATTERNS)), size, place(size), heading,
                swim=rng.uniform(0.0, 0.2), flap=rng.uniform(0.0, 0.3),
            )
        )  # fmt: skip
    if rng.chance(0.25):
        shape = rng.choice(("bush", "trunk"))
        at = rng.uniform(0.1, 0.9) * width, rng.uniform(0.2, 0.8) * height
        actors.append(Actor(shape, rng.choice(sorted(PALETTES)), None, 96 if shape == "trunk" else 22, at))
    return Video(f"{index:05d}", STILLS, (), ground, palette, tuple(actors), height=height, width=width, frames=1)
