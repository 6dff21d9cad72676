"""An unpacked delivery."""

import os
from pathlib import Path

from vsodprep.archives.tree import Tree
from vsodprep.errors import InputError


class FolderTree(Tree):
    """The files below a folder; links are followed, as it is the user's own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.names = tuple(_walk(path))

    def read(self, name: str) -> bytes:
        """Return a file's bytes."""
        try:
            return (self.path / name).read_bytes()
        except OSError as error:
            raise InputError(self.path / name, error.strerror or "unreadable", "a readable file") from error

    def where(self, name: str) -> str:
        """Return the file's path."""
        return str(self.path / name)


def _walk(root: Path) -> list[str]:
    names: list[str] = []
    for folder, subfolders, files in os.walk(root, followlinks=True):
        here = Path(folder)
        above = {os.path.realpath(one) for one in (here, *here.parents)}
        # Not into a link back to where we came from; one to a folder beside is read like any other.
        subfolders[:] = [name for name in subfolders if os.path.realpath(here / name) not in above]
        prefix = Path(folder).relative_to(root).as_posix()
        names += [name if prefix == "." else f"{prefix}/{name}" for name in files]
    return names
