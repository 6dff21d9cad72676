"""Which files of a folder are those of a normalised benchmark."""

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from vsodprep.errors import InputError
from vsodprep.files import LISTS
from vsodprep.images import IMAGE_SUFFIXES
from vsodprep.manifest import read_manifest
from vsodprep.markers import MANIFEST
from vsodprep.normalize.croissant import CROISSANT, DESCRIPTION

_COPY = f"{LISTS}/{MANIFEST}"
# What lies in a sequence's folders; the exact flow is that of `synth`.
_ENDINGS = {
    "frames": (".jpg", ".png"),
    "masks": (".png",),
    "masks_raw": IMAGE_SUFFIXES,
    "classes": (".png",),
    "flow_gt": (".flo", ".png"),
}


def files_of_benchmark(folder: Path) -> Callable[[str], bool]:
    """Return what tells whether a file is one of a normalised benchmark, by its path below the benchmark's folder.

    The manifest lists them. Snakemake removes it before another is made; its copy in `.vsodprep/` stays.

    Args:
        folder: The folder, whatever it holds.
    """
    described = _is_described(folder / CROISSANT)
    manifests = {}
    for name in (MANIFEST, _COPY):
        with suppress(InputError):
            manifests[name] = read_manifest((folder / name).parent)
    sequences = next((manifest.sequences for manifest in manifests.values()), ())
    frames = {sequence.name: frozenset(sequence.frames) for sequence in sequences}
    masks = {sequence.name: frozenset(sequence.annotated) for sequence in sequences}

    def known(name: str) -> bool:
        if name in manifests or "/" not in name:
            return name in manifests or (name == CROISSANT and described)
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
