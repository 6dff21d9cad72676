"""The small file that a stage writes last into a folder of many files: with it the folder is whole.

Rules know the folder by this file; the command line takes it for the folder, see `vsodprep.cli._folder`.
"""

from collections.abc import Collection, Iterable
from pathlib import Path

SOURCES = "sources.json"
MANIFEST = "manifest.json"
MAPS = "maps.json"
RECORD = "record.json"
PROVENANCE = "provenance.json"
SHARD = "zarr.json"
PREDICTIONS = "predictions.json"
PAGE = "index.html"


def written_here(folders: Iterable[Path], packed: Collection[Path] = ()) -> bool:
    """Return whether vsodprep wrote the maps or labels in all of these folders, by the marker there or one above.

    Args:
        folders: The folders, also below an archive.
        packed: The files of an archive, below its path.
    """
    names = (MAPS, RECORD, PREDICTIONS)
    markers = ([at / name for at in (one, one.parent) for name in names] for one in folders)
    return all(any(marker in packed or marker.is_file() for marker in each) for each in markers)
