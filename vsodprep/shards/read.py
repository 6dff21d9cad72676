"""Reading a shard: the manifest at once, everything else when it is asked for."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from vsodprep.errors import InputError, reading
from vsodprep.flow.picture import picture_of
from vsodprep.images import FOREGROUND_ABOVE, decode
from vsodprep.manifest import Manifest, ManifestSequence, from_json
from vsodprep.markers import SHARD
from vsodprep.shards import layout
from vsodprep.shards.chunks import EXPECTED, ChunkReader, damaged

UNPACKED = "a shard that was packed with longer clips, or with --frames all (in a configuration, `frames: all`)"


def open_shard(path: Path | str) -> "Shard":
    """Open a shard.

    Args:
        path: The shard, as `vsodprep pack` wrote it.

    Raises:
        InputError: There is none, or it is something else.
    """
    return Shard(Path(path))


class Shard:
    """A benchmark in one Zarr store; pickles as its path, so that worker processes open it themselves.

    Attributes:
        path: The store.
        manifest: The benchmark's manifest.
        manifest_json: The same as plain JSON values.
        contents: Names of the packed blocks under `flow`, `pictures`, `prior` and `coarse`.
        video_size: Height and width at which frames, flow pictures and priors of videos are stored; None for their own.
        still_size: Height and width of still images stored as arrays, or None.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            group = zarr.open_group(path, mode="r")
            attributes: dict[str, Any] = dict(group.attrs)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(path, "no Zarr store", "a shard written by vsodprep pack") from error
        if attributes.get("format") != layout.FORMAT:
            raise InputError(path, f"format {attributes.get('format')!r}", f"{layout.FORMAT!r}; pack it again")
        with reading(path, EXPECTED):
            self.manifest_json: dict[str, Any] = attributes["manifest"]
            self.manifest: Manifest = from_json(self.manifest_json)
            contents = attributes["contents"]
            self.contents: dict[str, tuple[str, ...]] = {key: tuple(names) for key, names in contents.items()}
            self.video_size, self.still_size = (_size(attributes.get(key)) for key in ("video_size", "still_size"))
        self._group = group
        self._sequences: dict[str, ShardSequence] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return open_shard, (self.path,)

    def __repr__(self) -> str:
        packed = [f"{kind}: {', '.join(names)}" for kind, names in self.contents.items() if names]
        return f"<{'; '.join([f'shard {self.path}, {len(self)} sequences', *packed])}>"

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the sequences, in the manifest's order."""
        return tuple(sequence.name for sequence in self.manifest.sequences)

    def __len__(self) -> int:
        return len(self.manifest.sequences)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __getitem__(self, name: str) -> "ShardSequence":
        """Return a sequence's arrays.

        Raises:
            InputError: There is no such sequence.
        """
        known = self._sequences.get(name)
        if known is None:
            sequence = self.manifest.sequence(name)
            with reading(self.path / name, EXPECTED):
                group: Any = self._group[name]
            known = self._sequences[name] = ShardSequence(self, group, sequence)
        return known

    def digest(self) -> str:
        """Return a SHA-256 that tells the shard's content, by the checksums of its chunks; their data are not read.

        Raises:
            InputError: A file is missing or damaged.
        """
        found = hashlib.sha256()
        with reading(self.path, EXPECTED):
            for path in sorted(self.path.rglob(SHARD)):
                found.update(path.relative_to(self.path).as_posix().encode() + path.read_bytes())
                node: Any = (
                    self._group[name] if (name := path.parent.relative_to(self.path).as_posix()) != "." else None
                )
                if isinstance(node, zarr.Array):
                    for part in ChunkReader(node).sums():
                        found.update(part)
        return found.hexdigest()

    def flow_array(self, name: str) -> str:
        """Return the array of a flow block's vectors, `flow/NAME`, or `pictures/NAME` where it has pictures alone.

        Raises:
            InputError: There is no such block.
        """
        kind = layout.FLOW
        if name in self.contents[layout.PICTURES] and name not in self.contents[layout.FLOW]:
            kind = layout.PICTURES
        self.require(kind, name)
        return f"{kind}/{name}"

    def require(self, kind: str, name: str) -> None:
        """Check that a block was packed.

        Args:
            kind: `flow`, `pictures`, `prior` or `coarse`.
            name: The block's name.

        Raises:
            InputError: It was not.
        """
        if name not in self.contents.get(kind, ()):
            found = ", ".join(self.contents.get(kind, ())) or "none"
            raise InputError(self.path, f"no {kind} {name!r}; it has {found}", f"one packed with --{kind} {name}")


def _size(stored: list[int] | None) -> tuple[int, int] | None:
    return (stored[0], stored[1]) if stored else None


class ShardSequence:
    """One video, or one split of still images; frames are counted from 0 in manifest order.

    What a frame lacks of a block is None. A block that the shard does not have is an `InputError` that lists those it
    has, and a frame that there is not an `IndexError`.
    """

    def __init__(self, shard: Shard, group: zarr.Group, sequence: ManifestSequence) -> None:
        self.sequence = sequence
        self._shard = shard
        self._group = group
        self._rows: dict[str, _Rows | None] = {}

    def __repr__(self) -> str:
        masks = len(self.sequence.annotated)
        return f"<sequence {self.sequence.name} of {self._shard.path}, {len(self)} frames, {masks} masks>"

    def __len__(self) -> int:
        return len(self.sequence.frames)

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self._shard.path / self.sequence.name

    @property
    def prepared(self) -> tuple[int, ...]:
        """The frames that were packed, ascending; the others have no row in any array."""
        rows = self._find(layout.FRAMES)
        return () if rows is None else tuple(rows.of_frame)

    @property
    def predicted(self) -> tuple[int, ...]:
        """The frames that maps are made of: all, or where not all were packed, those with a mask."""
        prepared = self.prepared
        if len(prepared) == len(self):
            return prepared
        return tuple(number for number in prepared if self.has(layout.MASKS, number))

    def _find(self, name: str) -> "_Rows | None":
        if name not in self._rows:
            kind, slash, block = name.partition("/")
            if slash or name not in (layout.FRAMES, layout.MASKS, layout.CLASSES):
                self._shard.require(kind, block)
            where = self.path / name
            with reading(where, EXPECTED):
                node: Any = self._group.get(name)
                rows = None if node is None else _Rows(node, where, name)
            # Still images have no flow and no prior, and coarse labels may be of some sequences only.
            of_video = kind in (layout.FLOW, layout.PICTURES, layout.PRIOR) and not self.sequence.still
            expected = name == layout.FRAMES or (name == layout.MASKS and self.sequence.annotated) or of_video
            expected = expected or (name == layout.CLASSES and self._shard.manifest.class_ids)
            if node is None and (expected or where.exists()):
                raise damaged(where, "no array")
            self._rows[name] = rows
        return self._rows[name]

    def _read(self, name: str, frame: int) -> NDArray[Any] | None:
        rows = self._find(name)
        if not 0 <= frame < len(self):
            raise IndexError(f"frame {frame} of {len(self)} in {self.sequence.name}")
        return None if rows is None or frame not in rows.of_frame else rows.reader[rows.of_frame[frame]]

    def has(self, name: str, frame: int) -> bool:
        """Return whether a frame has a row in an array such as `flow/dis`."""
        rows = self._find(name)
        return rows is not None and frame in rows.of_frame

    def has_picture(self, name: str, frame: int) -> bool:
        """Return whether a frame has a flow picture, stored or to be drawn."""
        return self.has(self._shard.flow_array(name), frame)

    def attributes(self, name: str) -> dict[str, Any]:
        """Return the attributes of an array such as `flow/dis`, empty if this sequence has none of it."""
        rows = self._find(name)
        return {} if rows is None else rows.attributes

    def frame(self, frame: int) -> NDArray[np.uint8]:
        """Return a frame, uint8 `(H, W, 3)` RGB.

        Raises:
            IndexError: There is no such frame.
            InputError: It was not packed.
        """
        image: NDArray[np.uint8] | None = self._read(layout.FRAMES, frame)
        if image is None:
            found = f"no frame {self.sequence.frames[frame]}, which was not packed"
            raise InputError(self.path, found, UNPACKED)
        return image

    def mask(self, frame: int, labels: str = layout.MASKS) -> NDArray[np.uint8] | None:
        """Return a mask or coarse label, uint8 `(H, W)` of 0 and 255.

        Args:
            frame: Frame index.
            labels: `masks`, or the name of a block of coarse labels.
        """
        return self._read(layout.labels_path(labels), frame)

    def classes(self, frame: int) -> NDArray[np.uint8] | None:
        """Return class ids, uint8 `(H, W)`, 255 for what is to be ignored; None in a benchmark of saliency."""
        return self._read(layout.CLASSES, frame)

    def flow(self, name: str, frame: int) -> NDArray[np.float32] | None:
        """Return the flow shown to a frame, float32 `(H, W, 2)` in pixels."""
        stored = self._read(f"{layout.FLOW}/{name}", frame)
        if stored is None:
            return None
        scale = self.attributes(f"{layout.FLOW}/{name}")["scale"]
        return stored.astype(np.float32) * np.float32(scale)

    def picture(self, name: str, frame: int) -> NDArray[np.uint8] | None:
        """Return the flow's colour picture, uint8 `(H, W, 3)` RGB: the stored one, else coloured now."""
        if name in self._shard.contents[layout.PICTURES]:
            stored = self._read(f"{layout.PICTURES}/{name}", frame)
            if stored is not None or name not in self._shard.contents[layout.FLOW]:
                return stored
        flow = self.flow(name, frame)
        return None if flow is None else picture_of(flow, self.attributes(f"{layout.FLOW}/{name}"))

    def prior(self, name: str, frame: int) -> NDArray[np.uint8] | None:
        """Return the motion prior, uint8 `(H, W)`, 0..255 for [0, 1]."""
        return self._read(f"{layout.PRIOR}/{name}", frame)


class _Rows:
    """An array of a sequence, or its image files, and which frame each row belongs to."""

    def __init__(self, node: zarr.Array | zarr.Group, where: Path, name: str) -> None:
        self.attributes: dict[str, Any] = dict(node.attrs)
        self.of_frame = {int(frame): row for row, frame in enumerate(self.attributes["frames"])}
        self.reader: ChunkReader | _Files
        self.reader = ChunkReader(node) if isinstance(node, zarr.Array) else _Files(node, where, name)


class _Files:
    """Image files that lie end to end."""

    def __init__(self, group: zarr.Group, where: Path, name: str) -> None:
        data: Any = group["data"]
        offsets: Any = group["offsets"]
        self._data = ChunkReader(data)
        self._offsets = np.asarray(offsets[:])
        self._where = where
        self._gray = name != layout.FRAMES
        self._binary = self._gray and name != layout.CLASSES

    def __getitem__(self, row: int) -> NDArray[np.uint8]:
        start, stop = map(int, self._offsets[row : row + 2])
        if not 0 <= start < stop <= len(self._data):
            raise damaged(self._where, f"file {row} from byte {start} to {stop} of {len(self._data)}")
        data = self._data.range(start, stop)
        image = decode(data, f"{self._where}, file {row}", gray=self._gray)
        return np.where(image > FOREGROUND_ABOVE, np.uint8(255), np.uint8(0)) if self._binary else image
