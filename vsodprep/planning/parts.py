"""How many frames a benchmark or split has, as far as anyone has published it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from vsodprep import benchmarks
from vsodprep.benchmarks import KnownSequence
from vsodprep.benchmarks.benchmark import SourceFile
from vsodprep.planning import rates
from vsodprep.workflow.catalogue import Catalogue

_FRAMES_OF_A_VIDEO = 80  # where nobody knows better: DAVIS has 69, DAVSOD 128
_SIZE, _FULL_HD = (480, 854), (1080, 1920)
_IN_WORDS = re.compile(r"(\d+(?:\.\d+)?) (MB|GB)")


@dataclass(frozen=True)
class Part:
    """Frames of a benchmark, or of a split.

    Attributes:
        name: The benchmark.
        sequences: Number of sequences.
        frames: Number of frames.
        annotated: Number of masks.
        video: Number of frames that are no still images.
        guessed: Whether a number of frames is a guess, because nobody published it.
        pixels: Pixels of a frame.
    """

    name: str
    sequences: int
    frames: int
    annotated: int
    video: int
    guessed: bool
    pixels: int

    @property
    def megapixels(self) -> float:
        """Megapixels of all frames."""
        return self.frames * self.pixels / rates.MEGAPIXEL

    @property
    def video_megapixels(self) -> float:
        """Megapixels of the frames that are no still images."""
        return self.video * self.pixels / rates.MEGAPIXEL


def part_of(catalogue: Catalogue, name: str, split: str | None = None) -> Part:
    """Count a benchmark's frames, or those of a split.

    Raises:
        InputError: The benchmark, split or folder does not exist.
    """
    sequences = catalogue.sequences(name)
    if split is not None:
        chosen = catalogue.split(name, split)
        sequences = tuple(one for one in sequences if one.name in chosen)
    size, published = _SIZE, dict[str, int]()
    if name not in catalogue.config.folders:
        benchmark = benchmarks.get(name)
        size, published = benchmark.size, dict(benchmark.published)
    if catalogue.config.resolution.get(name) == "1080p":
        size = _FULL_HD
    usual = _usual_frames(sequences, published)
    frames = [usual if one.frames is None else one.frames for one in sequences]
    return Part(
        name=name,
        sequences=len(sequences),
        frames=sum(frames),
        annotated=sum(_annotated(one, usual, published) for one in sequences),
        video=sum(count for count, one in zip(frames, sequences, strict=True) if not one.still),
        guessed=any(one.frames is None for one in sequences),
        pixels=size[0] * size[1],
    )


def bytes_of(file: SourceFile) -> float | None:
    """Return a file's size: the exact one, or the one that is only reported in words."""
    if file.bytes is not None:
        return file.bytes
    match = _IN_WORDS.search(file.about)
    return float(match[1]) * {"MB": 1e6, "GB": 1e9}[match[2]] if match else None


def _usual_frames(sequences: tuple[KnownSequence, ...], published: Mapping[str, int]) -> int:
    """Return how many frames a video of unknown length is taken to have."""
    if "frames" in published and "sequences" in published:
        return round(published["frames"] / published["sequences"])
    known = [one.frames for one in sequences if one.frames is not None and not one.still]
    return round(sum(known) / len(known)) if known else _FRAMES_OF_A_VIDEO


def _annotated(one: KnownSequence, frames: int, published: Mapping[str, int]) -> int:
    if one.annotated is not None:
        return one.annotated
    if "annotated" in published and "sequences" in published:
        return round(published["annotated"] / published["sequences"])
    return frames if one.frames is None else one.frames
