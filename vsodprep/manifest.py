"""The manifest of a normalised benchmark: what every later stage knows about it."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from vsodprep.errors import InputError, expected_one
from vsodprep.files import read_object, write_json
from vsodprep.markers import MANIFEST


@dataclass(frozen=True)
class Source:
    """An archive or folder that the benchmark was made from."""

    file: str
    sha256: str | None
    bytes: int


@dataclass(frozen=True)
class Issue:
    """Something that was not as the benchmark promises, and was allowed."""

    kind: str
    where: str
    detail: str


@dataclass(frozen=True)
class ManifestSequence:
    """One video, or one split of a still-image benchmark.

    Attributes:
        name: The benchmark's own sequence name.
        splits: Names of the splits that hold it.
        frames: Original file stems, in order of time (or of name, for still images).
        annotated: The subset of `frames` that has a mask, in the same order.
        height: Frame height in pixels; None where still images differ.
        width: Frame width in pixels; None where still images differ.
        still: Whether the frames are unrelated images.
        sizes: Height and width of each frame, only where they differ.
        attributes: The benchmark's own attributes of the sequence.
        original: Original file stems where a repack has renumbered them, else empty.
    """

    name: str
    splits: tuple[str, ...]
    frames: tuple[str, ...]
    annotated: tuple[str, ...]
    height: int | None
    width: int | None
    still: bool = False
    sizes: tuple[tuple[int, int], ...] = ()
    attributes: tuple[str, ...] = ()
    original: tuple[str, ...] = ()

    def size(self, frame: int) -> tuple[int, int]:
        """Return a frame's height and width in pixels."""
        return (self.height, self.width) if self.height is not None and self.width is not None else self.sizes[frame]


@dataclass(frozen=True)
class Manifest:
    """A normalised benchmark."""

    name: str
    version: str
    title: str
    licence: str
    citation: str
    homepage: str
    sources: tuple[Source, ...]
    sequences: tuple[ManifestSequence, ...]
    issues: tuple[Issue, ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)
    __pydantic_config__ = ConfigDict(extra="forbid")

    @property
    def class_ids(self) -> bool:
        """Whether every frame has a mask of class ids, in `classes/`; none then has one of what is salient."""
        return bool(self.extra.get("class_ids"))

    @property
    def counts(self) -> dict[str, int]:
        """Numbers of sequences, frames and annotated frames."""
        return {
            "sequences": len(self.sequences),
            "frames": sum(len(sequence.frames) for sequence in self.sequences),
            "annotated": sum(len(sequence.annotated) for sequence in self.sequences),
        }

    def sequence(self, name: str) -> ManifestSequence:
        """Return the sequence of that name.

        Raises:
            InputError: There is none.
        """
        for sequence in self.sequences:
            if sequence.name == name:
                return sequence
        known = (sequence.name for sequence in self.sequences)
        raise InputError(f"benchmark {self.name}", f"no sequence {name!r}", expected_one(name, known))

    def split(self, name: str) -> tuple[ManifestSequence, ...]:
        """Return the sequences of a split, in manifest order.

        Raises:
            InputError: No sequence is in it.
        """
        chosen = tuple(sequence for sequence in self.sequences if name in sequence.splits)
        if not chosen:
            known = sorted({split for sequence in self.sequences for split in sequence.splits})
            raise InputError(f"benchmark {self.name}", f"no split {name!r}", expected_one(name, known))
        return chosen


_MANIFEST = TypeAdapter(Manifest)


def check_salient(folder: Path, manifest: Manifest) -> None:
    """Check that a benchmark's masks are not class ids.

    Raises:
        InputError: They are.
    """
    if manifest.class_ids:
        raise InputError(folder, f"{manifest.name}, whose masks are class ids", "masks of salient objects")


def to_json(manifest: Manifest) -> dict[str, Any]:
    """Return the manifest as plain JSON values, with its counts."""
    return asdict(manifest) | {"counts": manifest.counts}


def from_json(value: Mapping[str, Any]) -> Manifest:
    """Return the manifest that `to_json` wrote.

    Raises:
        ValueError: It is none; says what is wrong first, on one line.
    """
    try:
        return _MANIFEST.validate_python({key: item for key, item in value.items() if key != "counts"})
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write `manifest.json` into the folder, atomically."""
    write_json(folder / MANIFEST, to_json(manifest))


def read_manifest(folder: Path) -> Manifest:
    """Read `manifest.json` of a normalised benchmark.

    Raises:
        InputError: The folder holds none, or it is not one.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise InputError(folder, f"no {MANIFEST}", "a normalised benchmark (vsodprep normalize makes one)")
    expected = "a manifest written by vsodprep normalize"
    value = read_object(path, expected)
    try:
        return from_json(value)
    except ValueError as error:
        raise InputError(path, f"unreadable ({error})", expected) from error


def frame_path(folder: Path, sequence: str, frame: str) -> Path:
    """Return the path of a frame, whichever of its two formats it is stored in.

    Args:
        folder: The normalised benchmark.
        sequence: Sequence name.
        frame: Frame id (file stem).

    Raises:
        InputError: Neither file exists.
    """
    frames = folder / sequence / "frames"
    for suffix in (".jpg", ".png"):
        path = frames / f"{frame}{suffix}"
        if path.is_file():
            return path
    raise InputError(frames / f"{frame}.jpg", "no such frame", "a frame that the manifest lists")


def mask_path(folder: Path, sequence: str, frame: str) -> Path:
    """Return the path of a frame's mask; it exists only for annotated frames."""
    return folder / sequence / "masks" / f"{frame}.png"


def classes_path(folder: Path, sequence: str, frame: str) -> Path:
    """Return the path of a frame's class ids; it exists only where the manifest says `class_ids`."""
    return folder / sequence / "classes" / f"{frame}.png"


def frame_paths(folder: Path, sequence: ManifestSequence) -> Iterator[Path]:
    """Yield the paths of a sequence's frames in order."""
    for frame in sequence.frames:
        yield frame_path(folder, sequence.name, frame)
