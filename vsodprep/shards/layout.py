"""How a shard is laid out: names, codecs, and what a reader needs to know without asking Zarr.

One Zarr v3 group per sequence. A chunk is one frame and a shard file holds many of them, so that a random frame costs
one read, and a benchmark some hundred files.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.codecs import BloscCodec, Crc32cCodec, TransposeCodec, ZstdCodec

from vsodprep.config.frames import Prepared
from vsodprep.config.pack import Pack
from vsodprep.errors import InputError, reachable

FORMAT = "vsodprep shard 1"
FRAMES = "frames"
MASKS = "masks"
CLASSES = "classes"
FLOW = "flow"
PICTURES = "pictures"
PRIOR = "prior"
COARSE = "coarse"

# Image files: small chunks of all of them end to end, so that one image costs two or three chunks.
ENCODED_CHUNK = 1 << 16
ENCODED_SHARD = 1 << 25

_AXES = ("frame", "y", "x", "channel")


def labels_path(labels: str) -> str:
    """Return where masks, class ids, or a block of coarse labels, lie below a sequence."""
    return labels if labels in (MASKS, CLASSES) else f"{COARSE}/{labels}"


@dataclass(frozen=True)
class Contents:
    """What goes into a shard beside frames and masks.

    Attributes:
        block: Whose pictures are stored, the size of still images, the frames of a shard file.
        flow: Flow blocks and the folders that hold their `{seq}.h5`.
        prior: Prior blocks and the folders that hold their `{seq}.h5`.
        coarse: Blocks of coarse labels and the folders that hold `{seq}/{frame}.png`.
        given: Flow blocks of which there are pictures alone.
        prepared: Which frames of a video go in.
        whole: Videos of which all do.
    """

    block: Pack
    flow: Mapping[str, Path]
    prior: Mapping[str, Path]
    coarse: Mapping[str, Path]
    given: frozenset[str] = frozenset()
    prepared: Prepared = Prepared()
    whole: frozenset[str] = frozenset()


_SUMS = (Crc32cCodec(),)  # of every chunk: damaged bytes that still decode are found


Kind = Literal["frames", "flow", "pictures", "maps"]
"""What an array holds: its codec follows from it, as `speed/codecs.py` compares them."""

_PLANES = (TransposeCodec(order=(0, 3, 1, 2)),)  # each channel by itself: a fifth smaller


def _codecs(kind: Kind) -> dict[str, Any]:
    """Frames decode fastest with LZ4; Zstandard halves flow and its pictures, and makes a tenth of masks and maps."""
    if kind == "maps":
        return {"compressors": (ZstdCodec(level=3), *_SUMS)}
    if kind == "frames":
        return {"compressors": (BloscCodec(cname="lz4", clevel=5, shuffle="shuffle", typesize=1), *_SUMS)}
    typesize = 2 if kind == "flow" else 1
    blosc = BloscCodec(cname="zstd", clevel=3, shuffle="shuffle", typesize=typesize, blocksize=1 << 18)
    return {"filters": _PLANES, "compressors": (blosc, *_SUMS)}


def write_rows(
    group: zarr.Group,
    name: str,
    rows: Sequence[int],
    read: Callable[[int], NDArray[Any]],
    shape: tuple[int, ...],
    *,
    kind: Kind,
    frames_per_shard: int,
    attributes: Mapping[str, Any] | None = None,
) -> None:
    """Write a sharded array of frames; no more than one shard file's are in memory.

    Every chunk is written, so that a missing file is damage and not an empty frame.

    Args:
        group: The sequence's group.
        name: Path of the array below it.
        rows: Index of each frame that has a row, in order.
        read: From such an index to the row.
        shape: Shape of a row, `(H, W)` or `(H, W, C)`.
        kind: What the array holds; `flow` is int16, all else uint8.
        frames_per_shard: Frames in one shard file.
        attributes: Attributes of the array beside `frames`.
    """
    array = group.create_array(
        name,
        shape=(len(rows), *shape),
        dtype="int16" if kind == "flow" else "uint8",
        chunks=(1, *shape),
        shards=(max(1, min(frames_per_shard, len(rows))), *shape),
        **_codecs(kind),
        attributes={"frames": list(rows), **(attributes or {})},
        dimension_names=_AXES[: 1 + len(shape)],
        config={"write_empty_chunks": True},
    )
    for start in range(0, len(rows), frames_per_shard):
        block = rows[start : start + frames_per_shard]
        array[start : start + len(block)] = np.stack([read(row) for row in block])


def write_files(group: zarr.Group, name: str, paths: Mapping[int, Path]) -> None:
    """Write image files end to end: `data`, uint8, has their bytes, and `offsets`, int64 `(n + 1,)`, where each begins.

    Args:
        group: The sequence's group.
        name: `frames`, `masks` or `coarse/{labels}`, the group of the two arrays below it.
        paths: The file of each frame that has a row, by its index, in order.

    Raises:
        InputError: A file is missing, unreadable, or changes meanwhile.
    """
    lengths = [_length(path) for path in paths.values()]
    data = _create_encoded(group, name, lengths, {"frames": list(paths)})
    step = data.shards[0] if data.shards else data.chunks[0]
    start = 0
    waiting = bytearray()
    for path, length in zip(paths.values(), lengths, strict=True):
        content = path.read_bytes()
        if len(content) != length:
            raise InputError(path, f"{len(content)} bytes now", f"{length} bytes, as when packing began")
        waiting += content
        while len(waiting) >= step:
            data[start : start + step] = np.frombuffer(bytes(waiting[:step]), dtype=np.uint8)
            start += step
            del waiting[:step]
    if waiting:
        data[start : start + len(waiting)] = np.frombuffer(bytes(waiting), dtype=np.uint8)


def _length(path: Path) -> int:
    with reachable(path, "an image file"):
        return path.stat().st_size


def _create_encoded(group: zarr.Group, name: str, lengths: Sequence[int], attributes: dict[str, Any]) -> zarr.Array:
    offsets = [0]
    for length in lengths:
        offsets.append(offsets[-1] + length)
    inner = group.create_group(name, attributes={"encoding": "image files, end to end"} | attributes)
    inner.create_array("offsets", shape=(len(offsets),), dtype="int64", compressors=(ZstdCodec(level=3), *_SUMS))[:] = (
        offsets
    )
    total = max(1, offsets[-1])
    shard = min(ENCODED_SHARD, -(-total // ENCODED_CHUNK) * ENCODED_CHUNK)
    return inner.create_array(
        "data",
        shape=(total,),
        dtype="uint8",
        chunks=(ENCODED_CHUNK,),
        shards=(shard,),
        compressors=_SUMS,
        config={"write_empty_chunks": True},
    )
