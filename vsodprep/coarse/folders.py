"""Whole folders of maps: combined, fitted to masks, refined by the CRF."""

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vsodprep.coarse.crf import refine
from vsodprep.coarse.fuse import FIT_SIZE, Normal, fit, fuse, uniform
from vsodprep.coarse.maps import describe_maps, list_maps, map_of, read_map, stack_maps, to_bytes
from vsodprep.config.crf import Crf
from vsodprep.errors import InputError
from vsodprep.files import enter_folder, write_json
from vsodprep.flow.frames import sequence_frames
from vsodprep.images import read_frame, read_gray, read_mask, write_png
from vsodprep.manifest import frame_path, mask_path, read_manifest
from vsodprep.markers import MANIFEST, MAPS, PREDICTIONS
from vsodprep.progress import track
from vsodprep.workers import mapped


class _Task(NamedTuple):
    frame: Path
    saliency: Path
    out: Path


def fuse_folders(folders: Sequence[Path], out: Path, weights: NDArray[np.float64]) -> None:
    """Combine folders of maps that hold the same frames.

    Args:
        folders: K folders of `{frame}.png` or `{seq}/{frame}.png`.
        out: Folder of the combined maps, at the first folder's sizes; gets `maps.json` last.
        weights: float64 `(K,)`.

    Raises:
        InputError: A folder lacks a map that the first one has, or a file of somebody else would be overwritten.
    """
    keys = list_maps(folders[0])
    maps_of = {key: [map_of(folder, key) for folder in folders] for key in keys}
    enter_folder(
        out, (f"{key}.png" for key in keys), MAPS, sources=(path for maps in maps_of.values() for path in maps)
    )
    for key, first in track(keys.items(), "fusion", len(keys)):
        size = read_gray(first).shape
        maps = stack_maps(maps_of[key], (size[0], size[1]))
        write_png(out / f"{key}.png", to_bytes(fuse(maps.astype(np.float32) / 255, weights)))
    methods = [
        describe_maps(folder, [maps[index] for maps in maps_of.values()]) for index, folder in enumerate(folders)
    ]
    settings = {"weights": weights.tolist(), "maps": methods}
    write_json(out / MAPS, {"method": "fuse", "settings": settings, "frames": list(keys)})


def _masks(folder: Path, split: str | None) -> dict[str, Path]:
    """Return the masks of a normalised benchmark, or of a folder `{seq}/{frame}.png`, under the keys of the maps."""
    if not (folder / MANIFEST).is_file():
        if split is not None:
            raise InputError(folder, f"no {MANIFEST} that knows the split {split}", "a normalised benchmark")
        return list_maps(folder)
    manifest = read_manifest(folder)
    chosen = manifest.sequences if split is None else manifest.split(split)
    return {f"{one.name}/{frame}": mask_path(folder, one.name, frame) for one in chosen for frame in one.annotated}


def _of_benchmark(folder: Path, truth: Path) -> Path:
    """Return where a method's maps of a benchmark are: in a folder of its name, if there is one."""
    return folder / truth.name if (folder / truth.name).is_dir() else folder


def fit_folders(folders: Sequence[Path], truths: Sequence[Path], splits: Sequence[str], out: Path) -> None:
    """Fit the weights of a combination on annotated frames and write them.

    Args:
        folders: K methods' folders of `{seq}/{frame}.png`, or of `{benchmark}/{seq}/{frame}.png`.
        truths: Normalised benchmarks, or folders of masks.
        splits: One split per benchmark, or none for all their annotated frames.
        out: JSON file of the weights.

    Raises:
        InputError: The number of splits does not fit, or an annotated frame has no map.
    """
    if splits and len(splits) != len(truths):
        raise InputError("--split", f"{len(splits)} splits", f"one for each of the {len(truths)} --gt, or none")
    normal = Normal.empty(len(folders))
    chosen: Sequence[str | None] = splits or [None] * len(truths)
    for truth, split in zip(truths, chosen, strict=True):
        masks = _masks(truth, split)
        maps = [_of_benchmark(folder, truth) for folder in folders]
        for key, path in track(masks.items(), f"fit on {truth.name}", len(masks)):
            mask = read_mask(path)
            stack = stack_maps([map_of(folder, key) for folder in maps], (mask.shape[0], mask.shape[1]))
            normal = normal.add(stack, mask.astype(np.uint8) * 255)
    weights = fit(normal)
    write_json(
        out,
        {
            "weights": [round(float(weight), 9) for weight in weights],
            "error": round(normal.error(weights), 9),
            "error_uniform": round(normal.error(uniform(len(folders))), 9),
            "error_single": [round(normal.error(corner), 9) for corner in np.eye(len(folders))],
            "frames": normal.frames,
            "size": FIT_SIZE,
            "rule": "least squares over weights that are not negative and sum to 1",
        },
    )


def _frame_finder(folder: Path) -> Callable[[str], Path]:
    """Return what finds the frame of a map's key, in a normalised benchmark or in one sequence's frames."""
    if (folder / MANIFEST).is_file():
        read_manifest(folder)
        return lambda key: frame_path(folder, *_split_key(folder, key))
    frames = {path.stem: path for path in sequence_frames(folder, allow_gaps=True)}

    def find(key: str) -> Path:
        if key not in frames:
            raise InputError(folder, f"no frame {key}", "a frame for each map")
        return frames[key]

    return find


def _split_key(folder: Path, key: str) -> tuple[str, str]:
    sequence, slash, frame = key.partition("/")
    if not slash:
        raise InputError(folder, f"a benchmark, but the map {key}.png is of no sequence", "maps in {seq}/{frame}.png")
    return sequence, frame


def _refine_file(crf: Crf, task: _Task) -> None:
    frame = read_frame(task.frame)
    saliency = read_map(task.saliency, (frame.shape[0], frame.shape[1]))
    write_png(task.out, to_bytes(refine(frame, saliency.astype(np.float32) / 255, crf)))


def refine_folder(frames: Path, maps: Path, out: Path, crf: Crf, jobs: int = 1) -> None:
    """Refine a folder of maps by the dense CRF.

    Args:
        frames: One sequence's frames, or a normalised benchmark.
        maps: `{frame}.png` or `{seq}/{frame}.png`, accordingly.
        out: Folder of the refined maps; gets `predictions.json` last.
        crf: Settings.
        jobs: Processes; the maps do not depend on it.

    Raises:
        InputError: A map has no frame, one of them is unreadable, or a file of somebody else would be overwritten.
    """
    keys = list_maps(maps)
    find = _frame_finder(frames)
    tasks = [_Task(find(key), path, out / f"{key}.png") for key, path in keys.items()]
    sources = (path for task in tasks for path in (task.frame, task.saliency))
    enter_folder(out, (f"{key}.png" for key in keys), PREDICTIONS, sources=sources)
    with mapped(partial(_refine_file, crf), tasks, jobs, module=__name__) as results:
        for _ in track(results, "dense CRF", len(tasks)):
            pass
    given = maps / PREDICTIONS
    before = json.loads(given.read_text(encoding="utf-8")) if given.is_file() else {}
    write_json(out / PREDICTIONS, before | {"crf": crf.model_dump(), "maps": len(tasks)})
