"""Whole folders of maps: combined, and fitted to masks."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vsodprep.coarse.fuse import FIT_SIZE, NormalEquations, fit, fuse, uniform
from vsodprep.coding import AS_VALUES, Reading
from vsodprep.config.coding import Coding
from vsodprep.errors import InputError
from vsodprep.files import enter_folder, write_json
from vsodprep.images import FOREGROUND_ABOVE, write_png
from vsodprep.manifest import check_salient, mask_path, read_manifest
from vsodprep.markers import MANIFEST, MAPS
from vsodprep.progress import track
from vsodprep.saliency.folders import (
    describe_maps,
    list_maps,
    map_of,
    maps_of,
    read_map,
    reading_of,
    stack_maps,
    to_bytes,
)


def fuse_folders(folders: Sequence[Path], out: Path, weights: NDArray[np.float64], codings: Sequence[Coding]) -> None:
    """Combine folders of maps that hold the same frames.

    Args:
        folders: K folders of `{frame}.png` or `{seq}/{frame}.png`.
        out: Folder of the combined maps, at the first folder's sizes; gets `maps.json` last.
        weights: float64 `(K,)`.
        codings: How the maps of each folder are coded.

    Raises:
        InputError: A folder lacks a map that the first one has, or a file of somebody else would be overwritten.
    """
    keys = list_maps(folders[0])
    maps_of_folder = [list(keys.values()), *(maps_of(folder, keys) for folder in folders[1:])]
    readings = list(map(reading_of, maps_of_folder, folders, codings))
    enter_folder(out, (f"{key}.png" for key in keys), MAPS, sources=(path for maps in maps_of_folder for path in maps))
    for key, *paths in track(zip(keys, *maps_of_folder, strict=True), "fusion", len(keys)):
        size = read_map(paths[0], None, readings[0]).shape
        maps = stack_maps(paths, (size[0], size[1]), readings)
        write_png(out / f"{key}.png", to_bytes(fuse(maps.astype(np.float32) / 255, weights)))
    methods = [describe_maps(*each) for each in zip(folders, maps_of_folder, readings, strict=True)]
    settings = {"weights": weights.tolist(), "maps": methods}
    write_json(out / MAPS, {"method": "fuse", "settings": settings, "frames": list(keys)})


def _masks(folder: Path, split: str | None, coding: Coding) -> tuple[dict[str, Path], Reading]:
    """Return a normalised benchmark's or a folder's masks under the keys of the maps, and how they are coded."""
    if not (folder / MANIFEST).is_file():
        if split is not None:
            raise InputError(folder, f"no {MANIFEST} with a split {split}", "a normalised benchmark")
        masks = list_maps(folder)
        return masks, reading_of(masks.values(), folder, coding, what="masks", option="--gt-coding")
    manifest = read_manifest(folder)
    check_salient(folder, manifest)
    chosen = manifest.sequences if split is None else manifest.split(split)
    paths = {f"{one.name}/{frame}": mask_path(folder, one.name, frame) for one in chosen for frame in one.annotated}
    if not paths:
        raise InputError(folder, f"no mask in {split or manifest.name}", "a split with masks")
    return paths, AS_VALUES


def fit_folders(
    folders: Sequence[Path],
    truths: Sequence[Path],
    splits: Sequence[str],
    out: Path,
    codings: Sequence[Coding],
    gt_coding: Coding = "auto",
) -> None:
    """Fit the weights of a combination on annotated frames and write them.

    Args:
        folders: K methods' folders of `{seq}/{frame}.png`, or of `{benchmark}/{seq}/{frame}.png`.
        truths: Normalised benchmarks, or folders of masks.
        splits: One split per benchmark, or none for all their annotated frames.
        out: JSON file of the weights.
        codings: How the maps of each folder are coded.
        gt_coding: How masks are coded that are not of a normalised benchmark.

    Raises:
        InputError: The number of splits does not fit, a split has no mask, or an annotated frame has no map.
    """
    if splits and len(splits) != len(truths):
        raise InputError("--split", f"{len(splits)} splits", f"one for each of the {len(truths)} --gt, or none")
    readings = [reading_of((), folder, coding, whole=folder) for folder, coding in zip(folders, codings, strict=True)]
    normal = NormalEquations.empty(len(folders))
    chosen: Sequence[str | None] = splits or [None] * len(truths)
    for truth, split in zip(truths, chosen, strict=True):
        masks, coding = _masks(truth, split, gt_coding)
        # in a folder of the benchmark's name, if there is one
        maps = [folder / truth.name if (folder / truth.name).is_dir() else folder for folder in folders]
        for key, path in track(masks.items(), f"fit on {truth.name}", len(masks)):
            mask = read_map(path, None, coding) > FOREGROUND_ABOVE
            stack = stack_maps([map_of(folder, key) for folder in maps], (mask.shape[0], mask.shape[1]), readings)
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
