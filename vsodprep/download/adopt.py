"""Files that a person has put into the folder, whatever they are called."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from vsodprep.archives import is_archive
from vsodprep.download.verify import Expected, fault, is_whole_archive
from vsodprep.markers import SOURCES


def adopt(folder: Path, wanted: Sequence[Expected], others: Collection[str] = ()) -> dict[str, Path]:
    """Find wanted files among those in a folder.

    A file is recognised by its checksum or exact size, under any name. One of which neither is known is recognised by
    its name; if it is the only one wanted, by being the only archive that is nothing else.

    Args:
        folder: The folder, which need not exist.
        wanted: What is looked for.
        others: Names of other files of the benchmark, which are never taken for one that is wanted.

    Returns:
        Name of each file that is here to its path.
    """
    visible = (path for path in folder.glob("[!.]*") if path.is_file() and path.name != SOURCES)
    here = sorted(visible)
    found: dict[str, Path] = {}
    for one in sorted(wanted, key=lambda one: not one.known):  # the certain ones first
        free = [path for path in here if path not in found.values()]
        of_that_name_first = sorted(free, key=lambda path: path.name != one.name)
        match = next((path for path in of_that_name_first if _is(path, one)), None)
        if match is not None:
            found[one.name] = match
    missing = [one for one in wanted if one.name not in found]
    free = [path for path in here if path not in found.values() and path.name not in others]
    archives = [path for path in free if is_archive(path)]
    if len(missing) == 1 and not missing[0].known and len(archives) == 1 and is_whole_archive(archives[0]):
        found[missing[0].name] = archives[0]
    return found


def _is(path: Path, expected: Expected) -> bool:
    if not expected.known and path.name != expected.name:
        return False
    return fault(path, expected) is None


def in_the_way(folder: Path, found: Mapping[str, Path], wanted: Iterable[Expected]) -> dict[str, str]:
    """Return what is wrong with files that have a wanted name and are not what was wanted."""
    return {
        one.name: fault(folder / one.name, one) or "not what is wanted"
        for one in wanted
        if one.name not in found and (folder / one.name).exists()
    }
