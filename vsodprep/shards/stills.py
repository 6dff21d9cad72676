"""A split of still images in a shard: their files end to end, or arrays at one size."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import zarr
from numpy.typing import NDArray

from vsodprep.errors import InputError, reachable
from vsodprep.images import read_frame, read_mask
from vsodprep.manifest import ManifestSequence, frame_paths, mask_path
from vsodprep.shards import layout
from vsodprep.shards.transform import resize, resize_mask


def pack_stills(
    group: zarr.Group,
    folder: Path,
    split: ManifestSequence,
    contents: layout.Contents,
) -> None:
    """Fill the group of a split of still images.

    Args:
        group: The split's empty group.
        folder: The normalised benchmark.
        split: The split's entry in the manifest.
        contents: What goes in beside frames and masks; a block of coarse labels without the split is passed over.

    Raises:
        InputError: A file is missing or unreadable.
    """
    index = {frame: number for number, frame in enumerate(split.frames)}
    groups = {
        layout.FRAMES: list(frame_paths(folder, split)),
        layout.MASKS: [mask_path(folder, split.name, frame) for frame in split.annotated],
    }
    for name, labels in contents.coarse.items():
        if (labels / split.name).is_dir():
            groups[f"{layout.COARSE}/{name}"] = [labels / split.name / f"{frame}.png" for frame in split.frames]
    for name, paths in groups.items():
        rows = [index[path.stem] for path in paths]
        if contents.block.still_size is None:
            _write_files(group, name, rows, paths)
        else:
            _write_arrays(group, name, rows, paths, contents.block.still_size, contents.block.frames_per_shard)


def _write_files(group: zarr.Group, name: str, rows: Sequence[int], paths: Sequence[Path]) -> None:
    lengths = [_length(path) for path in paths]
    data = layout.create_encoded(group, name, lengths, {"frames": list(rows)})
    step = data.shards[0] if data.shards else data.chunks[0]
    start = 0
    waiting = bytearray()
    for path, length in zip(paths, lengths, strict=True):
        content = path.read_bytes()
        if len(content) != length:
            raise InputError(path, f"{len(content)} bytes", f"{length}, as when packing began")
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


def _write_arrays(
    group: zarr.Group,
    name: str,
    rows: Sequence[int],
    paths: Sequence[Path],
    size: tuple[int, int],
    frames_per_shard: int,
) -> None:
    binary = name != layout.FRAMES

    def read(path: Path) -> NDArray[np.uint8]:
        if binary:
            return resize_mask(read_mask(path).astype(np.uint8) * 255, size)
        return resize(read_frame(path), size)

    array = layout.create_array(
        group,
        name,
        (len(rows), *size) if binary else (len(rows), *size, 3),
        "uint8",
        frames_per_shard=frames_per_shard,
        attributes={"frames": list(rows)},
        binary=binary,
    )
    for start in range(0, len(rows), frames_per_shard):
        block = paths[start : start + frames_per_shard]
        array[start : start + len(block)] = np.stack([read(path) for path in block])
