"""A folder of maps, refined."""

from collections.abc import Collection
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np

from vsodprep.coding import Reading
from vsodprep.config.coding import Coding
from vsodprep.config.crf import Crf
from vsodprep.crf.refine import refine
from vsodprep.errors import InputError
from vsodprep.files import read_object
from vsodprep.flow.frames import sequence_frames
from vsodprep.images import read_frame, write_png
from vsodprep.manifest import frame_path, read_manifest
from vsodprep.markers import MANIFEST, PREDICTIONS
from vsodprep.predictions import writing_maps
from vsodprep.progress import track
from vsodprep.saliency.folders import list_maps, read_map, reading_of, to_bytes
from vsodprep.workers import mapped


def _frames_of(folder: Path, keys: Collection[str]) -> list[Path]:
    """Return the frames of maps by their keys, in a normalised benchmark or among one sequence's frames."""
    if (folder / MANIFEST).is_file():
        read_manifest(folder)
        if alone := [key for key in keys if "/" not in key]:
            found = f"a benchmark, but the map {alone[0]}.png lies in no sequence's folder"
            raise InputError(folder, found, "maps in {seq}/{frame}.png")
        return [frame_path(folder, *key.split("/")) for key in keys]
    frames = {path.stem: path for path in sequence_frames(folder, allow_gaps=True)}
    if missing := [key for key in keys if key not in frames]:
        raise InputError(folder, f"no frame {missing[0]}", "a frame for each map")
    return [frames[key] for key in keys]


def _refine_file(crf: Crf, reading: Reading, device: str, task: tuple[Path, Path, Path]) -> None:
    """Refine a map: its frame, the map, and where the refined one goes."""
    picture, given, out = task
    frame = read_frame(picture)
    saliency = read_map(given, (frame.shape[0], frame.shape[1]), reading)
    write_png(out, to_bytes(refine(frame, saliency.astype(np.float32) / 255, crf, device)))


def refine_folder(
    frames: Path,
    maps: Path,
    out: Path,
    crf: Crf,
    jobs: int = 1,
    *,
    coding: Coding = "auto",
    device: str = "cpu",
) -> None:
    """Refine a folder of maps by the dense CRF.

    Args:
        frames: One sequence's frames, or a normalised benchmark.
        maps: `{frame}.png` or `{seq}/{frame}.png`, accordingly.
        out: Folder of the refined maps; gets `predictions.json` last.
        crf: Settings.
        jobs: Processes; the maps do not depend on it.
        coding: How the maps are coded.
        device: Where the engine `torch` computes.

    Raises:
        InputError: A map has no frame, one of them is unreadable, or a file of somebody else would be overwritten.
    """
    keys = list_maps(maps)
    pictures = _frames_of(frames, keys)
    tasks = [(picture, path, out / f"{key}.png") for picture, (key, path) in zip(pictures, keys.items(), strict=True)]
    sources = (path for task in tasks for path in task[:2])
    reading = reading_of(keys.values(), maps, coding)
    given = maps / PREDICTIONS
    before = read_object(given, "a record of predictions") if given.is_file() else {"coding": str(reading)}
    frames_of: dict[str, list[str]] = {}
    for key in map(PurePosixPath, keys):
        frames_of.setdefault(str(key.parent), []).append(key.name)
    with (
        writing_maps(out, before | {"crf": crf.model_dump()}, frames_of, sources),
        mapped(partial(_refine_file, crf, reading, device), tasks, jobs) as results,
    ):
        for _ in track(results, "dense CRF", len(tasks)):
            pass
