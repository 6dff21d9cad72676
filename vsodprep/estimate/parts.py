"""How many frames a benchmark or split has, as far as anyone has published it."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from vsodprep import benchmarks
from vsodprep.benchmarks.benchmark import KnownSequence, SourceFile
from vsodprep.config.flow import Policy
from vsodprep.config.frames import Prepared
from vsodprep.estimate import rates
from vsodprep.flow.pairs import count_flows
from vsodprep.prepared import prepared_frames
from vsodprep.targets.targets import Targets

_FRAMES_OF_A_VIDEO = 80  # where nobody knows better: DAVIS has 69, DAVSOD 128
_SIZE, _FULL_HD = (480, 854), (1080, 1920)
_IN_WORDS = re.compile(r"(\d+(?:\.\d+)?) (MB|GB)")


class Video(NamedTuple):
    """Frames of one video.

    Attributes:
        frames: Number of frames.
        annotated: Number of masks.
        chosen: The frames that are prepared, masks taken to lie evenly from the first frame on; None for all.
    """

    frames: int
    annotated: int
    chosen: tuple[int, ...] | None = None


@dataclass(frozen=True)
class FrameCounts:
    """Frames of a benchmark, or of a split.

    Attributes:
        name: The benchmark.
        sequences: Number of sequences.
        frames: Number of frames.
        annotated: Number of masks.
        videos: Each sequence that is no set of still images.
        guessed: Whether a number of frames is a guess, because nobody published it.
        pixels: Pixels of a frame.
    """

    name: str
    sequences: int
    frames: int
    annotated: int
    videos: tuple[Video, ...]
    guessed: bool
    pixels: int

    @property
    def video(self) -> int:
        """Number of frames that are no still images."""
        return sum(video.frames for video in self.videos)

    @property
    def megapixels(self) -> float:
        """Megapixels of all frames."""
        return self.frames * self.pixels / rates.MEGAPIXEL

    @property
    def video_megapixels(self) -> float:
        """Megapixels of the frames that are no still images."""
        return self.video * self.pixels / rates.MEGAPIXEL

    def flows(self, policy: Policy) -> int:
        """Return how many flows are estimated."""
        return sum(count_flows(policy, video.frames, video.chosen) for video in self.videos if video.frames)

    @property
    def prepared(self) -> "FrameCounts":
        """Only the frames that are prepared."""
        return self._only(lambda video: video.frames if video.chosen is None else len(video.chosen))

    @property
    def predicted(self) -> "FrameCounts":
        """Only the frames that maps are made of."""
        return self._only(lambda video: video.frames if video.chosen is None else video.annotated)

    def _only(self, count: Callable[[Video], int]) -> "FrameCounts":
        videos = tuple(video._replace(frames=count(video)) for video in self.videos)
        guessed = self.guessed or any(video.chosen is not None for video in self.videos)
        left = self.video - sum(video.frames for video in videos)
        return replace(self, videos=videos, frames=self.frames - left, guessed=guessed)


def part_of(
    targets: Targets, name: str, names: Collection[str] | None = None, *, unlisted: bool = False
) -> FrameCounts:
    """Count a benchmark's frames, or those of some of its sequences.

    Args:
        targets: What the configuration makes.
        name: The benchmark.
        names: The sequences; None for all of them.
        unlisted: Whether to count those of which nobody published the names, too; always where `names` is None.

    Raises:
        InputError: The benchmark or folder does not exist.
    """
    catalogue = targets.catalogue
    sequences = catalogue.sequences(name)
    if names is not None:
        sequences = tuple(one for one in sequences if one.name in names)
    size, published, lengths = _SIZE, dict[str, int](), dict[str, int]()
    if name not in catalogue.config.folders:
        benchmark = benchmarks.get(name)
        size, published, lengths = benchmark.size, dict(benchmark.published), dict(benchmark.frames)
    if (unlisted or names is None) and not catalogue.whole(name):
        number = published.get("sequences", 0) - len(sequences)
        sequences += (KnownSequence("", (), None, None),) * max(0, number)
    if catalogue.config.resolution.get(name) == "1080p":
        size = _FULL_HD
    usual = _usual_frames(sequences, published, lengths)
    frames, unknown = [], 0
    for one in sequences:
        frames.append(round((unknown + 1) * usual) - round(unknown * usual) if one.frames is None else one.frames)
        unknown += one.frames is None
    annotated = [_annotated(one, round(usual), published) for one in sequences]
    counted = zip(frames, annotated, sequences, strict=True)
    return FrameCounts(
        name=name,
        sequences=len(sequences),
        frames=sum(frames),
        annotated=sum(annotated),
        videos=tuple(
            Video(number, masks, _chosen(targets.prepared_of(name, one.name), number, masks))
            for number, masks, one in counted
            if not one.still
        ),
        guessed=any(one.frames is None for one in sequences),
        pixels=size[0] * size[1],
    )


def bytes_of(file: SourceFile) -> float | None:
    """Return a file's size: the exact one, or the one that is only reported in words."""
    if file.bytes is not None:
        return file.bytes
    match = _IN_WORDS.search(file.about)
    return float(match[1]) * {"MB": 1e6, "GB": 1e9}[match[2]] if match else None


def _usual_frames(
    sequences: tuple[KnownSequence, ...], published: Mapping[str, int], lengths: Mapping[str, int]
) -> float:
    """Return how many frames a video of unknown length is taken to have: what the published total leaves for it."""
    if "frames" in published and published.get("sequences", 0) > len(lengths):
        return (published["frames"] - sum(lengths.values())) / (published["sequences"] - len(lengths))
    known = [one.frames for one in sequences if one.frames is not None and not one.still]
    return round(sum(known) / len(known)) if known else _FRAMES_OF_A_VIDEO


def _chosen(block: Prepared, frames: int, annotated: int) -> tuple[int, ...] | None:
    spread = [number * frames // annotated for number in range(min(annotated, frames))]
    chosen = prepared_frames(block, frames, spread) if block != Prepared() else ()
    return chosen if 0 < len(chosen) < frames else None


def _annotated(one: KnownSequence, frames: int, published: Mapping[str, int]) -> int:
    if one.annotated is not None:
        return one.annotated
    if "annotated" in published and "sequences" in published:
        return round(published["annotated"] / published["sequences"])
    return frames if one.frames is None else one.frames
