"""Archives and folders together, as one tree."""

import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from lzma import LZMAError
from pathlib import Path

import rarfile

from vsodprep.archives.folder import FolderTree
from vsodprep.archives.part import PartTree
from vsodprep.archives.rarred import RarTree
from vsodprep.archives.tarred import TarTree, is_tar
from vsodprep.archives.tree import Tree
from vsodprep.archives.zipped import ZipTree
from vsodprep.errors import InputError
from vsodprep.files import is_junk, read_json, visible
from vsodprep.images import IMAGE_SUFFIXES
from vsodprep.markers import SOURCES

ARCHIVE_ENDINGS = (".zip", ".tar", ".tgz", ".tar.gz", ".rar")


class Delivery:
    """What a benchmark is made from.

    Args:
        trees: Archives and folders; where there are several, a file's path begins with its tree's name.
        published: Names under which archives were published, where they are known and may be called otherwise here.

    Attributes:
        names: POSIX paths of all files, sorted, without what operating systems leave behind.
        paths: The archives and folders.
    """

    def __init__(self, trees: Sequence[Tree], published: Mapping[Path, str] | None = None) -> None:
        self._published = dict(published or {})
        self.paths = tuple(tree.path for tree in trees)
        self._files: dict[str, tuple[Tree, str]] = {}
        for number, tree in enumerate(trees):
            prefix = f"{number}-{tree.path.name}/" if len(trees) > 1 else ""
            for name in tree.names:
                if not is_junk(name):
                    self._files[prefix + name] = (tree, name)
        self.names = tuple(sorted(self._files))

    def read(self, name: str) -> bytes:
        """Return a file's bytes; safe to call from several threads."""
        tree, inner = self._files[name]
        return tree.read(inner)

    def where(self, name: str) -> str:
        """Return how to name the file to a person."""
        tree, inner = self._files[name]
        return tree.where(inner)

    def published(self, name: str) -> str:
        """Return the name under which the archive that a file is in was published; its own if that is not known."""
        path = self.origin(name)
        return self._published.get(path, path.name)

    def origin(self, name: str) -> Path:
        """Return the archive or folder that a file is in."""
        return self._files[name][0].path

    def __str__(self) -> str:
        return ", ".join(str(path) for path in self.paths)


def expand(path: Path) -> tuple[Path, ...]:
    """Return the archives in a folder of nothing else, those that a download's `sources.json` names, or the path."""
    return tuple(listed(path)) or _archives_in(path) or (path,)


def listed(path: Path) -> dict[Path, str]:
    """Return the archives that a download's folder or its `sources.json` lists, each with its published name."""
    listing = path / SOURCES if path.is_dir() else path
    if listing.name != SOURCES or not listing.is_file():
        return {}
    expected = "the list that `vsodprep download` writes"
    try:
        return {listing.parent / file["file"]: file["name"] for file in read_json(listing, expected)["files"]}
    except (KeyError, TypeError) as error:
        raise InputError(listing, f"unreadable ({error!r})", expected) from error


def _archives_in(path: Path) -> tuple[Path, ...]:
    """Return the archives in a folder, sorted; none if folders or images beside them are what is meant."""
    here = visible(path) if path.is_dir() else []
    meant = any(one.is_dir() or one.suffix.lower() in IMAGE_SUFFIXES for one in here)
    return () if meant else tuple(filter(is_archive, here))


def is_archive(path: Path) -> bool:
    """Return whether a file is an archive that can be listed."""
    return zipfile.is_zipfile(path) or rarfile.is_rarfile(path) or is_tar(path)


def archive_of(path: Path) -> Path:
    """Return the archive that a path leads into, as `maps.zip/fseg` does; any other path is returned as it is."""
    return next((parent for parent in path.parents if parent.is_file()), path)


def open_tree(path: Path) -> Tree:
    """Open one archive or folder, or a folder inside an archive, such as `maps.zip/fseg`.

    Args:
        path: The archive or folder.

    Raises:
        InputError: It is missing, damaged, no archive, or not safe to unpack.
    """
    archive = archive_of(path)
    whole = _open_whole(archive)
    return whole if archive == path else PartTree(whole, path.relative_to(archive).as_posix())


def _open_whole(path: Path, scratch: Path | None = None) -> Tree:
    if path.is_dir():
        return FolderTree(path)
    if not path.is_file():
        raise InputError(path, "no such file or folder", "an archive, or a folder with its contents")
    scratch = scratch or Path(tempfile.gettempdir())
    try:
        if zipfile.is_zipfile(path):
            return ZipTree(path)
        if rarfile.is_rarfile(path):
            return RarTree(path, scratch)
        if is_tar(path):
            return TarTree(path, scratch)
    except (OSError, EOFError, zlib.error, LZMAError) as error:
        found = error.strerror if isinstance(error, OSError) else None
        raise InputError(path, found or f"a damaged archive ({error})", "a readable archive") from error
    raise InputError(path, "not an archive, or a damaged one", "a whole zip, tar or rar archive")


@contextmanager
def open_delivery(paths: Sequence[Path], scratch: Path | None = None) -> Iterator[Delivery]:
    """Open archives and folders for reading.

    Args:
        paths: Archives, unpacked folders, or a download's folder.
        scratch: Where archives without random access are unpacked; the system's temporary folder if None.

    Yields:
        Their files.

    Raises:
        InputError: One is missing, damaged, no archive, or not safe to unpack.
    """
    with ExitStack() as stack:
        trees: list[Tree] = []
        published: dict[Path, str] = {}
        for given in paths:
            published |= listed(given)
            for path in expand(given):
                tree = _open_whole(path, scratch)
                stack.callback(tree.close)
                trees.append(tree)
        yield Delivery(trees, published)
