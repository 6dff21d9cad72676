"""Whole folders of maps: combined, and fitted to masks."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vsodprep.coarse.fuse import FIT_SIZE, NormalEquations, fit, fuse, uniform
from vsodprep.errors import InputError
from vsodprep.files import enter_folder, write_json
from vsodprep.images import read_gray, read_mask, write_png
from vsodprep.manifest import mask_path, read_manifest
from vsodprep.markers import MANIFEST, MAPS
from vsodprep.progress import track
from vsodprep.saliency.folders import describe_maps, list_maps, map_of, maps_of, stack_maps, to_bytes


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
    maps_of_folder = [list(keys.values()), *(maps_of(folder, keys) for folder in folders[1:])]
    enter_folder(out, (f"{key}.png" for key in keys), MAPS, sources=(path for maps in maps_of_folder for path in maps))
    for key, *paths in track(zip(keys, *maps_of_folder, strict=True), "fusion", len(keys)):
        size = read_gray(paths[0]).shape
        maps = stack_maps(paths, (size[0], size[1]))
        write_png(out / f"{key}.png", to_bytes(fuse(maps.astype(np.float32) / 255, weights)))
    methods = [describe_maps(folder, maps) for folder, maps in zip(folders, maps_of_folder, strict=True)]
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
    normal = NormalEquations.empty(len(folders))
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
