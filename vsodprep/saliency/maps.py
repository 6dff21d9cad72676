"""Saliency maps of one sequence, from its frames to the written maps."""

from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodprep.config.methods import SALIENCY
from vsodprep.errors import InputError, expected_one
from vsodprep.files import enter_folder, write_json
from vsodprep.flow.frames import sequence_frames
from vsodprep.images import read_frame, write_png
from vsodprep.markers import MAPS
from vsodprep.progress import track

_AT_ONCE = 16  # frames; more gain nothing


def method_of(name: str) -> Any:
    """Return the module of a method, which has `maps`, and its `SETTINGS`.

    Raises:
        InputError: There is no such method.
    """
    if name not in SALIENCY:
        raise InputError(f"saliency method {name}", "unknown", expected_one(name, SALIENCY))
    return import_module(f"vsodprep.saliency.{name}")


def _made(method: Any, frames: Sequence[Path]) -> Iterator[tuple[Path, NDArray[np.float32]]]:
    for start in range(0, len(frames), _AT_ONCE):
        paths = frames[start : start + _AT_ONCE]
        yield from zip(paths, method.maps([read_frame(path) for path in paths]), strict=True)


def write_maps(method: str, frames_folder: Path, out: Path) -> None:
    """Make a sequence's saliency maps.

    Args:
        method: Name of the method.
        frames_folder: The sequence's frames.
        out: Folder that gets `{frame}.png` and, last, `maps.json`.

    Raises:
        InputError: The method is unknown, a frame is missing or unreadable, or a file of somebody else would be
            overwritten.
    """
    module = method_of(method)
    frames = sequence_frames(frames_folder, allow_gaps=True)
    enter_folder(out, (f"{path.stem}.png" for path in frames), MAPS, sources=frames)
    for path, saliency in track(_made(module, frames), f"{method} maps", len(frames)):
        write_png(out / f"{path.stem}.png", np.round(saliency * 255).astype(np.uint8))
    write_json(out / MAPS, {"method": method, "settings": module.SETTINGS, "frames": [path.stem for path in frames]})
