"""Where a benchmark's frames and masks lie in a delivery, found before anything is read whole."""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from vsodprep.archives import Delivery
from vsodprep.benchmarks.masks import MaskCoding
from vsodprep.errors import InputError
from vsodprep.images import IMAGE_SUFFIXES, natural_key
from vsodprep.manifest import Issue


@dataclass(frozen=True)
class FrameFiles:
    """A frame and its mask in a delivery.

    Attributes:
        id: Frame id.
        frame: Path of the frame, None if it is missing.
        masks: Paths of its mask, one for each object; empty if there is none.
        promised: Whether the benchmark has a mask for it.
        spare: Further files of the same name, which are not used.
    """

    id: str
    frame: str | None
    masks: tuple[str, ...] = ()
    promised: bool = True
    spare: tuple[str, ...] = ()


@dataclass(frozen=True)
class SequenceFiles:
    """A sequence in a delivery.

    Attributes:
        name: Sequence name.
        frames: Its frames in order.
        coding: How a delivered mask is to be read, where that is odd; None for the coding of all masks together.
        original: The benchmark's own frame stems where a repack has renumbered them, else empty.
        splits: Splits that only the delivery tells of.
        issues: What is odd about it; kinds as in `vsodprep.normalize.checks`.
        upright: Whether frames are turned as their EXIF blocks say.
    """

    name: str
    frames: tuple[FrameFiles, ...]
    coding: MaskCoding | None = None
    original: tuple[str, ...] = ()
    splits: tuple[str, ...] = ()
    issues: tuple[Issue, ...] = ()
    upright: bool = False


@dataclass(frozen=True)
class Layout:
    """What a delivery holds of a benchmark.

    Attributes:
        kind: `official`, or the name of another layout in which the benchmark travels.
        sequences: Sequences found, which are sorted by name here; empty if the delivery is of something else.
        issues: What is odd about the delivery as a whole.

    Raises:
        InputError: A sequence's name could not be part of a path on a command line, or is in the delivery twice.
    """

    kind: str
    sequences: tuple[SequenceFiles, ...]
    issues: tuple[Issue, ...] = ()

    def __post_init__(self) -> None:
        found = tuple(sorted(self.sequences, key=lambda sequence: sequence.name))
        for sequence in found:
            check_name(sequence.name)
        for one, other in pairwise(found):
            if one.name == other.name:
                raise InputError(f"sequence {one.name}", "lies in two places of the delivery", "each sequence once")
        object.__setattr__(self, "sequences", found)


_NUMBER = re.compile(r"\d+$")
_NAME = re.compile(r"[\w+][\w.+-]*")

Files = dict[str, dict[str, tuple[str, ...]]]  # sequence -> stem -> paths

# Folders that hold a sequence's masks beside its frames, in the benchmarks' layouts and in the VSOD repacks.
_MASK_FOLDERS = frozenset(
    {
        "annotations",
        "dutstemask",
        "dutstrmask",
        "groundtruth",
        "gt",
        "gtobjectlevel",
        "label",
        "labels",
        "mask",
        "masks",
        "segmentations",
    }
)


def is_mask_folder(name: str) -> bool:
    """Return whether a folder's name is one that masks are delivered under, whatever its capitals and separators."""
    return "".join(letter for letter in name.casefold() if letter.isalnum()) in _MASK_FOLDERS


def collect(delivery: Delivery, pattern: str, suffixes: Collection[str] = IMAGE_SUFFIXES) -> Files:
    """Collect images by sequence and stem.

    Args:
        delivery: The delivery.
        pattern: Regular expression over a whole path without its ending, with a group `seq`; the stem is the last part.
        suffixes: Endings in lower case.

    Returns:
        Sequence to stem to the paths that have it, sorted by name; more than one is one too many.
    """
    compiled = re.compile(pattern)
    found: Files = {}
    for name in delivery.names:
        start, dot, suffix = name.rpartition(".")
        match = compiled.fullmatch(start) if dot + suffix.lower() in suffixes else None
        if match:
            stems = found.setdefault(match["seq"], {})
            stem = unicodedata.normalize("NFC", start.rpartition("/")[2])  # macOS takes letters and accents apart
            stems[stem] = (*stems.get(stem, ()), name)
    return found


def pair(
    frames: Mapping[str, tuple[str, ...]], masks: Mapping[str, tuple[str, ...]], *, dense: bool
) -> tuple[FrameFiles, ...]:
    """Pair frames with masks of the same stem, in natural order.

    Args:
        frames: Stem to paths, of which the first is taken.
        masks: Likewise.
        dense: Whether every frame is promised a mask.

    Returns:
        One entry for each stem that either has; a mask without a frame has `frame=None`.
    """
    return tuple(
        FrameFiles(
            stem,
            next(iter(frames.get(stem, ())), None),
            masks.get(stem, ())[:1],
            promised=dense or stem in masks,
            spare=(*frames.get(stem, ())[1:], *masks.get(stem, ())[1:]),
        )
        for stem in sorted({*frames, *masks}, key=natural_key)
    )


def paired(delivery: Delivery, frames: str, masks: str, *, dense: bool) -> dict[str, tuple[FrameFiles, ...]]:
    """Collect frames and masks and pair them, by sequence; arguments as for `collect` and `pair`."""
    of_frames, of_masks = collect(delivery, frames), collect(delivery, masks)
    names = sorted({*of_frames, *of_masks})
    return {name: pair(of_frames.get(name, {}), of_masks.get(name, {}), dense=dense) for name in names}


def davis_tree(delivery: Delivery, *, dense: bool, below: str = "(?:.*/)?") -> dict[str, tuple[FrameFiles, ...]]:
    """Find a tree as DAVIS has it: `JPEGImages/SEQ/*` and `Annotations/SEQ/*`, with or without `480p` between.

    Args:
        delivery: The delivery.
        dense: Whether every frame is promised a mask.
        below: Regular expression of the folders that the tree may lie in.

    Returns:
        Sequence name to its frames; empty if the delivery is laid out otherwise.
    """
    frames, masks = (f"{below}{kind}/(?:480p/)?(?P<seq>[^/]+)/[^/]+" for kind in ("JPEGImages", "Annotations"))
    return paired(delivery, frames, masks, dense=dense)


def repack(delivery: Delivery, *, dense: bool) -> dict[str, tuple[FrameFiles, ...]]:
    """Find the layout in which VSOD papers pass benchmarks on: `SEQ/Imgs/*` and `SEQ/ground-truth/*`.

    FSNet's variant with `Frame` and `GT`, and DAVSOD's own with `GT_object_level`, are the same in other words.

    Returns:
        Sequence name to its frames; empty if the delivery is laid out otherwise.
    """
    frames, masks = "Imgs|imgs|Frame", "ground-truth|GT|GT_object_level"
    below = "(?:.*/)?(?P<seq>[^/]+)/(?:{})/[^/]+"
    return paired(delivery, below.format(frames), below.format(masks), dense=dense)


def repacked(
    delivery: Delivery, original: Callable[[str, tuple[FrameFiles, ...]], tuple[str, ...]], *, dense: bool
) -> Layout:
    """Return the layout of a repack.

    Args:
        delivery: The delivery.
        original: From a sequence's name and frames to the benchmark's own names of the frames, empty if not known.
        dense: Whether every frame is promised a mask.
    """
    found = repack(delivery, dense=dense).items()
    return Layout("repack", tuple(SequenceFiles(name, one, original=original(name, one)) for name, one in found))


def original_names(files: Iterable[FrameFiles], prefix: str, first: int, digits: int) -> tuple[str, ...]:
    """Return the benchmark's own names of a repack's frames, whose names end in a number.

    Args:
        files: The repack's frames in order.
        prefix: What the benchmark's own names begin with.
        first: The benchmark's own first number.
        digits: Digits of its numbers.

    Returns:
        The names; empty if it cannot be told from where the repack counts.
    """
    endings = [_NUMBER.search(one.id) for one in files]
    numbers = [int(ending[0]) for ending in endings if ending]
    if not numbers or len(numbers) < len(endings) or (first and min(numbers) not in (0, first)):
        return ()
    shift = first if min(numbers) == 0 else 0
    return tuple(f"{prefix}{number + shift:0{digits}d}" for number in numbers)


def check_name(name: str) -> None:
    """Check that a sequence's name, which comes from an archive or a user's folder, is harmless in paths and commands.

    Raises:
        InputError: It is not.
    """
    if not _NAME.fullmatch(name):
        raise InputError(
            f"sequence {name!r}",
            "a name with characters that are not safe in paths and commands",
            "letters, digits and _ . + -",
        )
