"""Saliency maps of one sequence, from its frames to the written maps."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodprep.errors import InputError
from vsodprep.files import write_json
from vsodprep.flow.frames import sequence_frames
from vsodprep.images import read_frame, write_png
from vsodprep.progress import track
from vsodprep.saliency import mbd, rbd
from vsodprep.saliency.ft import frequency_tuned

MARKER = "maps.json"
METHODS: dict[str, Callable[[NDArray[np.uint8]], NDArray[np.float32]]] = {
    "mbd": mbd.minimum_barrier,
    "rbd": rbd.robust_background,
    "ft": frequency_tuned,
}
SETTINGS: dict[str, dict[str, Any]] = {
    "mbd": {"passes": mbd.PASSES, "longest_side": mbd.LONGEST_SIDE, "smoothing": mbd.SMOOTHING},
    "rbd": {"area": rbd.AREA, "fewest": rbd.FEWEST},
    "ft": {},
}


def write_maps(method: str, frames_folder: Path, out: Path) -> None:
    """Make a sequence's saliency maps.

    Args:
        method: A key of `METHODS`.
        frames_folder: The sequence's frames.
        out: Folder that gets `{frame}.png` and, last, `maps.json`.

    Raises:
        InputError: The method is unknown, or a frame is missing or unreadable.
    """
    if method not in METHODS:
        raise InputError(f"saliency method {method}", "unknown", f"one of {', '.join(METHODS)}")
    marker = out / MARKER
    frames = sequence_frames(frames_folder, allow_gaps=True)
    marker.unlink(missing_ok=True)
    for path in track(frames, f"{method} maps"):
        saliency = METHODS[method](read_frame(path))
        write_png(out / f"{path.stem}.png", np.round(saliency * 255).astype(np.uint8))
    write_json(marker, {"method": method, "settings": SETTINGS[method], "frames": [path.stem for path in frames]})
