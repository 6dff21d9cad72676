"""Archives that were fetched here, which may be removed again; a person's own may not."""

from pathlib import Path

from vsodprep.archives.delivery import listed
from vsodprep.markers import SOURCES


def _mark_of(path: Path) -> Path:
    return path.with_name(f".{path.name}.fetched")


def _version(path: Path) -> str:
    return str(path.stat().st_mtime_ns)


def mark_fetched(path: Path) -> None:
    """Note beside a file that it was fetched, and is no file that a person has put there."""
    _mark_of(path).write_text(_version(path))


def linked(source: Path) -> bool:
    """Return whether a download lies behind a link, so that another project may read its archives.

    Args:
        source: The download's folder, or the `sources.json` in it.
    """
    folder = source.parent if source.name == SOURCES else source
    return folder.is_symlink() or folder.parent.is_symlink()


def remove_fetched(source: Path) -> tuple[Path, ...]:
    """Remove the archives of a download that were fetched, and the list of its files.

    The list goes first: where this is interrupted, the next download makes it anew.

    Args:
        source: A download's folder, or the `sources.json` in it; of anything else nothing is removed, nor through a
            link.

    Returns:
        The removed archives.

    Raises:
        InputError: The list is unreadable.
    """
    if linked(source):
        return ()
    paths = (path for path in listed(source) if path.is_file() and _mark_of(path).is_file())
    fetched = tuple(path for path in paths if _mark_of(path).read_text() == _version(path))
    if fetched:
        (source / SOURCES if source.is_dir() else source).unlink()
    for path in fetched:
        path.unlink()
        _mark_of(path).unlink()
    return fetched
