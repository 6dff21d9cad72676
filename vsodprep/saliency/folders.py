"""Folders of saliency maps: which maps they hold, and their pixels."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodprep.archives.folder import FolderTree
from vsodprep.errors import InputError
from vsodprep.files import is_junk
from vsodprep.images import MAP_SUFFIXES, find_image, one_each, read_gray
from vsodprep.markers import MAPS, PREDICTIONS, PROVENANCE, RECORD
from vsodprep.progress import note, some

Size = tuple[int, int]
_MARKERS = {MAPS, PREDICTIONS, PROVENANCE, RECORD}


def list_maps(folder: Path) -> dict[str, Path]:
    """List the maps of a folder.

    Args:
        folder: Holds `{frame}.png`, or `{seq}/{frame}.png`.

    Returns:
        Path of each map under its key, `{frame}` or `{seq}/{frame}`, in natural order. Other files are told.

    Raises:
        InputError: The folder is missing or holds no map, or two of one frame.
    """
    if not folder.is_dir():
        raise InputError(folder, "no such folder", "a folder of saliency maps")
    every = FolderTree(folder).names
    names = [name for name in every if not is_junk(name) and PurePosixPath(name).name not in _MARKERS]
    maps = [name for name in names if name.count("/") < 2 and PurePosixPath(name).suffix.lower() in MAP_SUFFIXES]
    if not maps:
        raise InputError(folder, "no map in it", "{frame}.png or {seq}/{frame}.png")
    if left := sorted(set(names) - set(maps)):
        note(f"{folder}: {len(left)} files are no maps, {{frame}}.png or {{seq}}/{{frame}}.png: {some(left)}")
    return one_each((folder / name for name in maps), folder)


def map_of(folder: Path, frame: str) -> Path:
    """Return the path of a frame's map.

    Raises:
        InputError: There is none.
    """
    path = find_image(folder, frame, MAP_SUFFIXES)
    if path is None:
        raise InputError(folder / f"{frame}.png", "no map of this frame", "one map per frame")
    return path


def maps_of(folder: Path, frames: Iterable[str]) -> list[Path]:
    """Return the paths of frames' maps; a folder's other maps are told.

    Raises:
        InputError: A frame has none, or two.
    """
    maps = list_maps(folder)
    found = {frame: maps[frame] if frame in maps else map_of(folder, frame) for frame in frames}
    if left := [key for key in maps if key not in found]:
        note(f"{folder}: {len(left)} maps of no frame, not read: {some(left)}")
    return list(found.values())


def read_map(path: Path, size: Size) -> NDArray[np.uint8]:
    """Read a map at a given size.

    Args:
        path: The map.
        size: Height and width; a map of another size is resized, as maps made at a network's input size are.

    Returns:
        uint8 `(H, W)`.
    """
    image = read_gray(path)
    if image.shape == size:
        return image
    return np.asarray(cv2.resize(image, size[::-1], interpolation=cv2.INTER_LINEAR))


def stack_maps(paths: Sequence[Path], size: Size) -> NDArray[np.uint8]:
    """Read one frame's maps of several methods as uint8 `(K, H, W)`."""
    return np.stack([read_map(path, size) for path in paths])


def to_bytes(saliency: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Round a map in [0, 1] to 0..255."""
    return np.asarray(np.round(np.clip(saliency, 0, 1) * 255), dtype=np.uint8)


def describe_maps(folder: Path, paths: Sequence[Path]) -> dict[str, Any]:
    """Describe where maps come from.

    Args:
        folder: Folder of one sequence's maps.
        paths: The maps that are used, in order.

    Returns:
        `sha256` over all of them, and `method` with its settings where `vsodprep saliency` made them.
    """
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    marker = folder / MAPS
    made = json.loads(marker.read_text(encoding="utf-8")) if marker.is_file() else {"method": "given"}
    return {key: value for key, value in made.items() if key != "frames"} | {"sha256": digest.hexdigest()}
