"""Folders of saliency maps: which maps they hold, and their pixels."""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodprep.archives.folder import FolderTree
from vsodprep.coding import AS_VALUES, Reading, What, recognise_files
from vsodprep.config.coding import Coding
from vsodprep.errors import InputError
from vsodprep.files import is_junk, read_object
from vsodprep.images import MAP_SUFFIXES, find_image, one_each, read_bytes
from vsodprep.markers import MAPS, PREDICTIONS, PROVENANCE, RECORD, written_here
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
        note(f"{folder}: {len(left)} files whose names are not {{frame}}.png or {{seq}}/{{frame}}.png: {some(left)}")
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


def reading_of(
    paths: Iterable[Path],
    root: Path,
    asked: Coding = "auto",
    *,
    what: What = "maps",
    whole: Path | None = None,
    option: str = "--coding",
) -> Reading:
    """Tell how a method's maps, or masks, are coded; those that vsodprep wrote hold values, be they ever so dark.

    Args:
        paths: The files.
        root: Their folder, to name where it is told what was found.
        asked: What the user tells.
        what: Maps or masks.
        whole: Folder of all of the method's maps, where the files are a part of them.
        option: The option by which the user tells it.

    Raises:
        InputError: A file is unreadable, or the coding cannot be told.
    """
    if whole is not None:
        names = (name for name in FolderTree(whole).names if not is_junk(name))
        paths = [whole / name for name in names if PurePosixPath(name).suffix.lower() in MAP_SUFFIXES]
    files = {str(path): path for path in paths}
    if asked == "auto" and written_here({path.parent for path in files.values()}):
        return AS_VALUES
    reading = recognise_files(files, lambda name: read_bytes(files[name]).tobytes(), what, asked=asked, option=option)
    if dict(reading.means) != {"8-bit gray": "values"}:  # as most maps are, of which nobody need be told
        note(f"{root}: {what}: {reading}")
    return reading


def read_map(path: Path, size: Size | None = None, reading: Reading = AS_VALUES) -> NDArray[np.uint8]:
    """Read a map at a given size.

    Args:
        path: The map.
        size: Height and width; a map of another size is resized, as maps made at a network's input size are. None for
            its own.
        reading: How it is coded.

    Returns:
        uint8 `(H, W)`.
    """
    image = reading.decode(read_bytes(path).tobytes(), path).values
    if size is None or image.shape == size:
        return image
    return np.asarray(cv2.resize(image, size[::-1], interpolation=cv2.INTER_LINEAR))


def stack_maps(paths: Iterable[Path], size: Size, readings: Iterable[Reading]) -> NDArray[np.uint8]:
    """Read one frame's maps of several methods as uint8 `(K, H, W)`."""
    return np.stack([read_map(path, size, reading) for path, reading in zip(paths, readings, strict=True)])


def to_bytes(saliency: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Round a map in [0, 1] to 0..255."""
    return np.asarray(np.round(np.clip(saliency, 0, 1) * 255), dtype=np.uint8)


def describe_maps(folder: Path, paths: Sequence[Path], reading: Reading) -> dict[str, Any]:
    """Describe where maps come from.

    Args:
        folder: Folder of one sequence's maps.
        paths: The maps that are used, in order.
        reading: How they are coded.

    Returns:
        `sha256` over all of them, `method` with its settings where `vsodprep saliency` made them, else their coding.
    """
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    marker = folder / MAPS
    given = {"method": "given", "coding": str(reading)}
    made = read_object(marker, "a record of maps") if marker.is_file() else given
    return {key: value for key, value in made.items() if key != "frames"} | {"sha256": digest.hexdigest()}
