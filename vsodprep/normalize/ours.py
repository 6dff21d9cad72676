"""Which files of a folder are those of a normalised benchmark."""

import json
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from vsodprep.errors import InputError
from vsodprep.images import IMAGE_SUFFIXES
from vsodprep.manifest import read_manifest
from vsodprep.markers import MANIFEST
from vsodprep.normalize.croissant import CROISSANT, DESCRIPTION

# What lies in a sequence's folders; the exact flow is that of `synth`.
_ENDINGS = {"frames": (".jpg", ".png"), "masks": (".png",), "masks_raw": IMAGE_SUFFIXES, "flow_gt": (".flo", ".png")}


def files_of_benchmark(folder: Path) -> Callable[[str], bool]:
    """Return what tells whether a file is one of a normalised benchmark, by its path below the benchmark's folder.

    The manifest lists them. Snakemake removes it before another is made; then `croissant.json` says whose the folder
    is, and the frames that lie there are taken for those that were listed.

    Args:
        folder: The folder, whatever it holds.
    """
    described = _is_described(folder / CROISSANT)
    frames: Mapping[str, Collection[str]] = {}
    masks = frames
    listed = True
    try:
        sequences = read_manifest(folder).sequences
        frames = {sequence.name: frozenset(sequence.frames) for sequence in sequences}
        masks = {sequence.name: frozenset(sequence.annotated) for sequence in sequences}
    except InputError:
        listed = False
        if described:
            frames = masks = {
                path.parent.name: {frame.stem for frame in path.iterdir() if not frame.name.startswith(".")}
                for path in folder.glob("*/frames/")
            }

    def known(name: str) -> bool:
        if "/" not in name:
            return (name == MANIFEST and listed) or (name == CROISSANT and described)
        sequence, kind, file = ("", *name.rsplit("/", 2))[-3:]
        stem, dot, ending = file.rpartition(".")
        ids = (masks if kind.startswith("masks") else frames).get(sequence, ())
        # Of several delivered masks of a frame each has a number.
        return dot + ending in _ENDINGS.get(kind, ()) and (
            stem in ids or (kind == "masks_raw" and stem.rpartition(".")[0] in ids)
        )

    return known


def _is_described(path: Path) -> bool:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(value, dict) and str(value.get("description", "")).endswith(DESCRIPTION)
