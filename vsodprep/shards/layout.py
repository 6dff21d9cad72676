"""How a shard is laid out: names, codecs, and what a reader needs to know without asking Zarr.

One Zarr v3 group per sequence. A chunk is one frame and a shard file holds many of them, so that a random frame costs
one read, and a benchmark some hundred files.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.codecs import BloscCodec, Crc32cCodec, ZstdCodec

from vsodprep.config.frames import Prepared
from vsodprep.config.pack import Pack

FORMAT = "vsodprep shard 1"
FRAMES = "frames"
MASKS = "masks"
CLASSES = "classes"
FLOW = "flow"
PICTURES = "pictures"
PRIOR = "prior"
COARSE = "coarse"

# Encoded still images: small chunks of the concatenated files, so that one image costs two or three of them.
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


def _compressors(dtype: str, *, binary: bool) -> tuple[BloscCodec | ZstdCodec | Crc32cCodec, ...]:
    """Frames and flow decode fastest with LZ4; masks and maps shrink tenfold more with Zstandard."""
    if binary:
        return ZstdCodec(level=3), *_SUMS
    typesize = 2 if dtype == "int16" else 1
    return BloscCodec(cname="lz4", clevel=5, shuffle="shuffle", typesize=typesize), *_SUMS


def write_rows(
    group: zarr.Group,
    name: str,
    rows: Sequence[int],
    read: Callable[[int], NDArray[Any]],
    shape: tuple[int, ...],
    *,
    frames_per_shard: int,
    dtype: str = "uint8",
    binary: bool = False,
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
        frames_per_shard: Frames in one shard file.
        dtype: `uint8` or `int16`.
        binary: The values are masks or maps with large even areas.
        attributes: Attributes of the array beside `frames`.
    """
    array = group.create_array(
        name,
        shape=(len(rows), *shape),
        dtype=dtype,
        chunks=(1, *shape),
        shards=(max(1, min(frames_per_shard, len(rows))), *shape),
        compressors=_compressors(dtype, binary=binary),
        attributes={"frames": list(rows), **(attributes or {})},
        dimension_names=_AXES[: 1 + len(shape)],
        config={"write_empty_chunks": True},
    )
    for start in range(0, len(rows), frames_per_shard):
        block = rows[start : start + frames_per_shard]
        array[start : start + len(block)] = np.stack([read(row) for row in block])


def create_encoded(group: zarr.Group, name: str, lengths: Sequence[int], attributes: dict[str, Any]) -> zarr.Array:
    """Create the arrays that hold image files end to end: `data`, the bytes, and `offsets`, where each begins.

    Args:
        group: The sequence's group.
        name: `frames`, `masks` or `coarse/{labels}`.
        lengths: Bytes of each file.
        attributes: Attributes of the group of the two arrays.

    Returns:
        `data`, uint8 `(sum of lengths,)`; `offsets`, int64 `(n + 1,)`, is already filled.
    """
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
