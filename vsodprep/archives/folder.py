"""An unpacked delivery."""

import os
from functools import cached_property
from pathlib import Path
from typing import Any

from vsodprep.archives.tree import Tree, stamp_of
from vsodprep.errors import InputError, reachable
from vsodprep.files import is_junk


class FolderTree(Tree):
    """The files below a folder; links are followed, as it is the user's own."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __getstate__(self) -> dict[str, Any]:  # another process reads by name
        return {"path": self.path}

    @cached_property
    def names(self) -> tuple[str, ...]:  # type: ignore[override]
        """POSIX paths of the files.

        Raises:
            InputError: A folder cannot be read, or a name has a backslash.
        """
        return tuple(_walk(self.path))

    def read(self, name: str) -> bytes:
        """Return a file's bytes."""
        with reachable(self.path / name, "a readable file"):
            return (self.path / name).read_bytes()

    def stamp(self, name: str) -> list[int]:
        """Return the file's size, inode and times."""
        return stamp_of(self.path / name)

    def where(self, name: str) -> str:
        """Return the file's path."""
        return str(self.path / name)


def _unreadable(error: OSError) -> None:
    raise InputError(error.filename, error.strerror or "unreadable", "a folder that can be read") from error


def _walk(root: Path) -> list[str]:
    names: list[str] = []
    for folder, subfolders, files in os.walk(root, followlinks=True, onerror=_unreadable):
        here = Path(folder)
        above = {os.path.realpath(one) for one in (here, *here.parents)}
        # Not into a link back to where we came from; one to a folder beside is read like any other.
        subfolders[:] = [one for one in subfolders if not is_junk(one) and os.path.realpath(here / one) not in above]
        prefix = Path(folder).relative_to(root).as_posix()
        for name in files:
            if "\\" in name:
                remedy = "the archive itself, or one unpacked into folders"
                raise InputError(here / name, "a name with backslashes, in place of folders", remedy)
        names += [name if prefix == "." else f"{prefix}/{name}" for name in files]
    return names
