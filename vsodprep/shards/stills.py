"""A split of still images in a shard: their files end to end, or arrays at one size."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np
import zarr
from numpy.typing import NDArray

from vsodprep.images import read_frame, read_gray, read_mask
from vsodprep.manifest import ManifestSequence, classes_path, frame_paths, mask_path
from vsodprep.shards import layout
from vsodprep.shards.transform import resize, resize_mask


def pack_stills(
    group: zarr.Group,
    folder: Path,
    split: ManifestSequence,
    contents: layout.Contents,
    *,
    class_ids: bool = False,
) -> None:
    """Fill the group of a split of still images.

    Args:
        group: The split's empty group.
        folder: The normalised benchmark.
        split: The split's entry in the manifest.
        contents: What goes in beside frames and masks; a block of coarse labels without the split is passed over.
        class_ids: Whether every image has class ids.

    Raises:
        InputError: A file is missing or unreadable.
    """
    index = {frame: number for number, frame in enumerate(split.frames)}
    groups = {
        layout.FRAMES: dict(enumerate(frame_paths(folder, split))),
        layout.MASKS: {index[frame]: mask_path(folder, split.name, frame) for frame in split.annotated},
    }
    if class_ids:
        groups[layout.CLASSES] = {number: classes_path(folder, split.name, frame) for frame, number in index.items()}
    for name, labels in contents.coarse.items():
        if (labels / split.name).is_dir():
            found = {number: labels / split.name / f"{frame}.png" for frame, number in index.items()}
            groups[f"{layout.COARSE}/{name}"] = found
    size, step = contents.block.still_size, contents.block.frames_per_shard
    for name, paths in groups.items():
        if size is None:
            layout.write_files(group, name, paths)
        elif name == layout.FRAMES:
            read = partial(_frame, paths, size)
            layout.write_rows(group, name, list(paths), read, (*size, 3), kind="frames", frames_per_shard=step)
        else:
            read = partial(_classes if name == layout.CLASSES else _mask, paths, size)
            layout.write_rows(group, name, list(paths), read, size, kind="maps", frames_per_shard=step)


def _frame(paths: Mapping[int, Path], size: tuple[int, int], row: int) -> NDArray[np.uint8]:
    return resize(read_frame(paths[row]), size)


def _mask(paths: Mapping[int, Path], size: tuple[int, int], row: int) -> NDArray[np.uint8]:
    return resize_mask(read_mask(paths[row]).astype(np.uint8) * 255, size)


def _classes(paths: Mapping[int, Path], size: tuple[int, int], row: int) -> NDArray[np.uint8]:
    return resize_mask(read_gray(paths[row]), size)
