"""The masks that maps are scored against: a normalised benchmark, a shard, a benchmark's name, or a tree of masks."""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vsodprep.archives import Tree, open_tree
from vsodprep.benchmarks.layout import is_mask_folder
from vsodprep.coding import AS_VALUES, Decoded, Reading
from vsodprep.errors import InputError, meant
from vsodprep.files import is_junk, read_text
from vsodprep.images import MAP_SUFFIXES, natural_key
from vsodprep.manifest import Manifest, check_salient, read_manifest
from vsodprep.markers import MANIFEST, SHARD
from vsodprep.naming import Folders, sequences_by_list, sequences_of_names

if TYPE_CHECKING:
    from vsodprep.shards import Shard

_RESOLUTIONS = frozenset({"480p", "1080p", "fullresolution"})


def image_names(tree: Tree) -> list[str]:
    """Return the names of all maps or masks in a folder or archive, sorted."""
    return sorted(
        name for name in tree.names if PurePosixPath(name).suffix.lower() in MAP_SUFFIXES and not is_junk(name)
    )


@dataclass(frozen=True)
class FileMasks:
    """Masks in image files.

    Attributes:
        images: The files.
        reading: How they are coded; None until it is told.
    """

    images: Tree
    reading: Reading | None = None

    def decode(self, key: str) -> Decoded:
        """Read a mask."""
        return (self.reading or AS_VALUES).decode(self.images.read(key), self.images.where(key))

    def read(self, key: str) -> bytes:
        """Return the file's bytes."""
        return self.images.read(key)

    def stamp(self, key: str) -> list[int]:
        """Return the file's size and times or checksum."""
        return self.images.stamp(key)


@dataclass(frozen=True)
class ShardMasks:
    """Masks in a shard; a key is a sequence and a frame's position, with `/` between."""

    shard: "Shard"
    reading: Reading = AS_VALUES
    _stamps: dict[str, list[int]] = field(default_factory=dict, compare=False)

    def decode(self, key: str) -> Decoded:
        """Read a mask; shards hold 0 and 255 only."""
        return Decoded(self._stored(key))

    def _stored(self, key: str) -> NDArray[np.uint8]:
        sequence, _, frame = key.rpartition("/")
        stored = self.shard[sequence].mask(int(frame))
        if stored is None:
            raise InputError(self.shard.path, f"no mask of frame {frame} in {sequence}", "one for each annotated frame")
        return stored

    def read(self, key: str) -> bytes:
        """Return shape and values."""
        stored = self._stored(key)
        return f"{stored.shape}".encode() + stored.tobytes()

    def stamp(self, key: str) -> list[int]:
        """Return sizes, inodes and times of the files that hold the sequence's masks."""
        sequence = key.rpartition("/")[0]
        if sequence not in self._stamps:
            stored = open_tree(self.shard.path / sequence / "masks")
            self._stamps[sequence] = [number for name in sorted(stored.names) for number in stored.stamp(name)]
        return self._stamps[sequence]


Masks = FileMasks | ShardMasks


@dataclass(frozen=True)
class TruthSequence:
    """A sequence's masks.

    Attributes:
        name: Sequence name.
        masks: Key of each annotated frame's mask by frame id, in order of time.
        frames: Ids of all frames in order; empty where only the masks are known.
        original: Ids before a repack renumbered them, as long as `frames`, or empty.
        attributes: The benchmark's own attributes of the sequence.
    """

    name: str
    masks: dict[str, str]
    frames: tuple[str, ...] = ()
    original: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Truth:
    """What maps are scored against.

    Attributes:
        where: The folder, archive or shard.
        benchmark: Name of the benchmark, if it is known.
        masks: The masks.
        sequences: Their sequences, sorted by name.
        flat: Whether the masks lie in no folders, and were taken for one sequence because their names tell no other.
        classes: Whether each sequence has one attribute, its class, over which papers average.
        others: Names of the benchmark's other sequences, where only a split is scored.
    """

    where: Path
    benchmark: str | None
    masks: Masks
    sequences: tuple[TruthSequence, ...] = field(default=())
    flat: bool = False
    classes: bool = False
    others: tuple[str, ...] = ()

    def named(self, benchmark: str | None) -> "Truth":
        """Return it with the benchmark's name; None for what the masks tell.

        Raises:
            InputError: The masks tell another name.
        """
        if benchmark is not None and self.benchmark not in {None, benchmark}:
            raise InputError(self.where, f"masks of {self.benchmark}", f"masks of {benchmark}, or no --benchmark")
        return replace(self, benchmark=benchmark or self.benchmark)

    def close(self) -> None:
        """Let go of an archive of masks."""
        if isinstance(self.masks, FileMasks):
            self.masks.images.close()


def _listed(split: Path | str, where: Path) -> list[str]:
    """Read a file of sequence names, one on each line."""
    path = Path(split)
    if not path.is_file():
        raise InputError(
            where, f"no manifest with a split {str(split)!r}, and no such file", "a file of sequence names for --split"
        )
    text = read_text(path, "a text file of sequence names, one on each line")
    return [line.strip() for line in text.splitlines() if line.strip()]


def _chosen(names: list[str], split: Path | str | None, where: Path) -> list[str]:
    """Return the sequences that a file of names asks for."""
    if split is None:
        return names
    wanted = _listed(split, where)
    if missing := sorted(set(wanted) - set(names)):
        raise InputError(
            split, f"sequence {missing[0]!r}, which has no masks in {where}", "names of sequences that have masks there"
        )
    return [name for name in names if name in set(wanted)]


def _from_manifest(manifest: Manifest, where: Path, split: str | None, masks: Masks, *, shard: bool) -> Truth:
    check_salient(where, manifest)
    chosen = manifest.sequences
    if split is not None and not Path(split).is_file():
        chosen = manifest.split(split)
    elif split is not None:
        names = _chosen([sequence.name for sequence in chosen], split, where)
        chosen = tuple(sequence for sequence in chosen if sequence.name in names)
    found = []
    for sequence in sorted(chosen, key=lambda each: each.name):
        place = {frame: number for number, frame in enumerate(sequence.frames)}
        keys = {
            frame: f"{sequence.name}/{place[frame]}" if shard else f"{sequence.name}/masks/{frame}.png"
            for frame in sequence.annotated
        }
        found.append(TruthSequence(sequence.name, keys, sequence.frames, sequence.original, sequence.attributes))
    others = tuple(one.name for one in manifest.sequences if one not in chosen)
    classes = bool(manifest.extra.get("classes"))
    return Truth(where, manifest.name, masks, tuple(found), classes=classes, others=others)


def _from_tree(where: Path, split: str | None) -> Truth:
    images = open_tree(where)
    names = image_names(images)
    if not names:
        raise InputError(where, "no image in it", "masks, SEQUENCE/FRAME.png")
    beside_frames = [name for name in names if any(map(is_mask_folder, PurePosixPath(name).parts[:-1]))]
    folders: Folders = defaultdict(dict)
    origin: dict[str, PurePosixPath] = {}
    for name in beside_frames or names:
        path = PurePosixPath(name)
        parts = [part for part in path.parts[:-1] if not is_mask_folder(part) and part.lower() not in _RESOLUTIONS]
        sequence = parts[-1] if parts else where.stem
        if origin.setdefault(sequence, path.parent) != path.parent:
            raise InputError(
                where, f"sequence {sequence} twice ({origin[sequence]}, {path.parent})", "one folder for each sequence"
            )
        if path.stem in folders[sequence]:
            raise InputError(where / name, f"a second mask beside {folders[sequence][path.stem]}", "one for each frame")
        folders[sequence][path.stem] = name
    one = folders
    if len(folders) == 1:
        (flat,) = folders
        if split is None:
            folders = sequences_of_names(folders[flat].values()) or folders
        elif flat not in (wanted := _listed(split, where)):
            folders = sequences_by_list(folders[flat].values(), wanted, str(where)) or folders
    sequences = tuple(
        TruthSequence(name, {frame: folders[name][frame] for frame in sorted(folders[name], key=natural_key)})
        for name in _chosen(sorted(folders), split, where)
    )
    return Truth(where, None, FileMasks(images), sequences, flat=len(one) == 1 and folders is one)


def open_truth(given: Path | str, split: str | None = None, results: Path = Path("results")) -> Truth:
    """Find the masks to score against.

    Args:
        given: A normalised benchmark; a shard; a folder or archive of masks, `SEQUENCE/FRAME.png` or in a
            benchmark's own layout with the masks in a folder such as `ground-truth`; or the name of a benchmark that
            lies, normalised or packed, below `results`.
        split: A split of the benchmark, or a text file of sequence names; None for all sequences.
        results: Where `normalized/` and `shards/` of named benchmarks lie.

    Raises:
        InputError: Nothing of the kind, or no such split.
    """
    path = Path(given)
    if not path.exists() and len(path.parts) == 1:
        options = (results / "normalized" / path, results / "shards" / f"{path}.zarr")
        found = next((option for option in options if option.exists()), None)
        if found is None:
            made = [each.name for each in (results / "normalized").glob("*")]
            raise InputError(
                path, "no such file or folder", f"masks, or a benchmark below {results}{meant(path.name, made)}"
            )
        path = found
    if (path / MANIFEST).is_file():
        return _from_manifest(read_manifest(path), path, split, FileMasks(open_tree(path), AS_VALUES), shard=False)
    if (path / SHARD).is_file():
        from vsodprep.shards import open_shard  # noqa: PLC0415 - Zarr is slow to import

        shard = open_shard(path)
        return _from_manifest(shard.manifest, path, split, ShardMasks(shard), shard=True)
    return _from_tree(path, split)
