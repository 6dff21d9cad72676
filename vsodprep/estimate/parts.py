"""How many frames a benchmark or split has, as far as anyone has published it."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from vsodprep import benchmarks
from vsodprep.benchmarks.benchmark import KnownSequence, SourceFile
from vsodprep.config.flow import Flow
from vsodprep.estimate import rates
from vsodprep.flow.pairs import count_flows
from vsodprep.targets.catalogue import Catalogue

_FRAMES_OF_A_VIDEO = 80  # where nobody knows better: DAVIS has 69, DAVSOD 128
_SIZE, _FULL_HD = (480, 854), (1080, 1920)
_IN_WORDS = re.compile(r"(\d+(?:\.\d+)?) (MB|GB)")


@dataclass(frozen=True)
class FrameCounts:
    """Frames of a benchmark, or of a split.

    Attributes:
        name: The benchmark.
        sequences: Number of sequences.
        frames: Number of frames.
        annotated: Number of masks.
        videos: Frames and masks of each sequence that is no set of still images.
        guessed: Whether a number of frames is a guess, because nobody published it.
        pixels: Pixels of a frame.
    """

    name: str
    sequences: int
    frames: int
    annotated: int
    videos: tuple[tuple[int, int], ...]
    guessed: bool
    pixels: int

    @property
    def video(self) -> int:
        """Number of frames that are no still images."""
        return sum(frames for frames, _ in self.videos)

    @property
    def megapixels(self) -> float:
        """Megapixels of all frames."""
        return self.frames * self.pixels / rates.MEGAPIXEL

    @property
    def video_megapixels(self) -> float:
        """Megapixels of the frames that are no still images."""
        return self.video * self.pixels / rates.MEGAPIXEL

    def flows(self, block: Flow) -> int:
        """Return how many flows a block estimates; masks are taken to lie evenly from the first frame on."""
        return sum(
            count_flows(block, frames, _spread(annotated, frames)) for frames, annotated in self.videos if frames
        )


def part_of(
    catalogue: Catalogue, name: str, names: Collection[str] | None = None, *, unlisted: bool = False
) -> FrameCounts:
    """Count a benchmark's frames, or those of some of its sequences.

    Args:
        catalogue: The sequences of all benchmarks.
        name: The benchmark.
        names: The sequences; None for all of them.
        unlisted: Whether to count those of which nobody published the names, too; always where `names` is None.

    Raises:
        InputError: The benchmark or folder does not exist.
    """
    sequences = catalogue.sequences(name)
    if names is not None:
        sequences = tuple(one for one in sequences if one.name in names)
    size, published = _SIZE, dict[str, int]()
    if name not in catalogue.config.folders:
        benchmark = benchmarks.get(name)
        size, published = benchmark.size, dict(benchmark.published)
    if (unlisted or names is None) and not catalogue.whole(name):
        number = published.get("sequences", 0) - len(sequences)
        sequences += (KnownSequence("", (), None, None),) * max(0, number)
    if catalogue.config.resolution.get(name) == "1080p":
        size = _FULL_HD
    usual = _usual_frames(sequences, published)
    frames = [usual if one.frames is None else one.frames for one in sequences]
    annotated = [_annotated(one, usual, published) for one in sequences]
    counted = zip(frames, annotated, sequences, strict=True)
    return FrameCounts(
        name=name,
        sequences=len(sequences),
        frames=sum(frames),
        annotated=sum(annotated),
        videos=tuple((number, masks) for number, masks, one in counted if not one.still),
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


def _spread(annotated: int, frames: int) -> list[int]:
    return [number * frames // annotated for number in range(min(annotated, frames))]


def _annotated(one: KnownSequence, frames: int, published: Mapping[str, int]) -> int:
    if one.annotated is not None:
        return one.annotated
    if "annotated" in published and "sequences" in published:
        return round(published["annotated"] / published["sequences"])
    return frames if one.frames is None else one.frames
