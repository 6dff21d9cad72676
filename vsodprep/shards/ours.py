"""Which files of a folder are those of a shard."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from vsodprep.files import LISTS
from vsodprep.shards.layout import CLASSES, COARSE, FLOW, FORMAT, FRAMES, MASKS, PICTURES, PRIOR

_METADATA = "zarr.json"
COPY = f"{LISTS}/shard.json"
_BLOCKS = (FLOW, PICTURES, PRIOR, COARSE)


def files_of_shard(folder: Path) -> Callable[[str], bool]:
    """Return what tells whether a file is one of a shard, by its path below the shard.

    Arrays of any other name than ours, and what is not a key of the Zarr hierarchy, are somebody else's. The root's
    metadata tell which flow, priors and labels were packed. Snakemake removes them before another shard is made; their
    copy in `.vsodprep/` stays.

    Args:
        folder: The folder, whatever it holds.

    Source: Zarr core specification 3.0, sections "Metadata documents" and "Chunk key encodings".
    """

    @cache
    def node(path: str) -> dict[str, Any]:
        try:
            value = json.loads((folder / path).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return value if isinstance(value, dict) and isinstance(value.get("attributes"), dict) else {}

    roots = {name: node(name)["attributes"] for name in (_METADATA, COPY) if node(name)}
    ours = {name: root for name, root in roots.items() if root.get("format") == FORMAT}
    contents = next((root.get("contents") for root in ours.values()), None)

    def packed(kind: str, below: list[str]) -> bool:
        if kind in _BLOCKS and below:
            block, *below = below
            if contents and block not in contents[kind]:
                return False
        return kind in (FRAMES, MASKS, CLASSES, *_BLOCKS) and below in ([], ["offsets"], ["data"])

    def known(name: str) -> bool:
        if name in (_METADATA, COPY):
            return name in ours
        path, _, key = name.rpartition(f"/{_METADATA}" if name.endswith(f"/{_METADATA}") else "/c/")
        array = node(f"{path}/{_METADATA}")
        if not array or (key and not _has_chunk(array, key.split("/"))):
            return False
        sequence, *place = path.split("/")
        return "still" in node(f"{sequence}/{_METADATA}").get("attributes", {}) and (
            not place or packed(place[0], place[1:])
        )

    return known


def _has_chunk(array: dict[str, Any], key: list[str]) -> bool:
    try:
        shape, chunk = array["shape"], array["chunk_grid"]["configuration"]["chunk_shape"]
        counts = [-(-length // step) for length, step in zip(shape, chunk, strict=True)]
    except (KeyError, TypeError, ValueError):
        return False
    return len(key) == len(counts) and all(one.isdecimal() and int(one) < n for one, n in zip(key, counts, strict=True))
