"""Saliency maps of one sequence, from its frames to the written maps."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodprep.errors import InputError
from vsodprep.files import enter_folder, write_json
from vsodprep.flow.frames import sequence_frames
from vsodprep.images import read_frame, write_png
from vsodprep.markers import MAPS
from vsodprep.progress import track
from vsodprep.saliency import mbd, rbd
from vsodprep.saliency.ft import frequency_tuned

_AT_ONCE = 16  # frames; more gain nothing

Frames = Sequence[NDArray[np.uint8]]
# From frames to their maps, float32 (H, W) in [0, 1].
METHODS: dict[str, Callable[[Frames], list[NDArray[np.float32]]]] = {
    "mbd": mbd.minimum_barrier,
    "rbd": lambda frames: [rbd.robust_background(frame) for frame in frames],
    "ft": lambda frames: [frequency_tuned(frame) for frame in frames],
}
SETTINGS: dict[str, dict[str, Any]] = {
    "mbd": {"passes": mbd.PASSES, "longest_side": mbd.LONGEST_SIDE, "smoothing": mbd.SMOOTHING},
    "rbd": {"area": rbd.AREA, "fewest": rbd.FEWEST},
    "ft": {},
}


def _made(method: str, frames: Sequence[Path]) -> Iterator[tuple[Path, NDArray[np.float32]]]:
    for start in range(0, len(frames), _AT_ONCE):
        paths = frames[start : start + _AT_ONCE]
        yield from zip(paths, METHODS[method]([read_frame(path) for path in paths]), strict=True)


def write_maps(method: str, frames_folder: Path, out: Path) -> None:
    """Make a sequence's saliency maps.

    Args:
        method: A key of `METHODS`.
        frames_folder: The sequence's frames.
        out: Folder that gets `{frame}.png` and, last, `maps.json`.

    Raises:
        InputError: The method is unknown, a frame is missing or unreadable, or a file of somebody else would be
            overwritten.
    """
    if method not in METHODS:
        raise InputError(f"saliency method {method}", "unknown", f"one of {', '.join(METHODS)}")
    frames = sequence_frames(frames_folder, allow_gaps=True)
    enter_folder(out, (f"{path.stem}.png" for path in frames), MAPS, sources=frames)
    for path, saliency in track(_made(method, frames), f"{method} maps", len(frames)):
        write_png(out / f"{path.stem}.png", np.round(saliency * 255).astype(np.uint8))
    write_json(out / MAPS, {"method": method, "settings": SETTINGS[method], "frames": [path.stem for path in frames]})
