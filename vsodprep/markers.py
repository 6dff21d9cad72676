"""The small file that a stage writes last into a folder of many files: with it the folder is whole.

Rules know the folder by this file; the command line takes it for the folder, see `vsodprep.cli._folder`.
"""

import json
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

SOURCES = "sources.json"
MANIFEST = "manifest.json"
MAPS = "maps.json"
RECORD = "record.json"
PROVENANCE = "provenance.json"
SHARD = "zarr.json"
PREDICTIONS = "predictions.json"
PAGE = "index.html"


# Each record of maps and labels has one; other tools write files of these names too.
_KEYS = {"checkpoint_sha256", "crf", "settings", "order"}


def written_here(folders: Iterable[Path], packed: Callable[[Path], bytes | None] = lambda _: None) -> bool:
    """Return whether vsodprep wrote the maps or labels in all of these folders, by the marker there or one above.

    Args:
        folders: The folders, also below an archive.
        packed: From a path below an archive to the file's content, None if there is none.
    """

    @cache
    def marks(marker: Path) -> bool:
        data = packed(marker) or (marker.read_bytes() if marker.is_file() else b"")
        try:
            content = json.loads(data)
        except (ValueError, RecursionError):
            return False
        return isinstance(content, dict) and not _KEYS.isdisjoint(content)

    names = (MAPS, RECORD, PREDICTIONS)
    return all(any(marks(at / name) for at in (one, one.parent) for name in names) for one in folders)
