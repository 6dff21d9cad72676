"""Archives without random access: unpacked to a scratch folder when the first file is read."""

import shutil
import tempfile
import weakref
from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any

from vsodprep.archives.safety import Member
from vsodprep.archives.tree import Tree, stamp_of
from vsodprep.errors import InputError
from vsodprep.files import free_bytes


class UnpackedTree(Tree):
    """The files of an archive that is unpacked as a whole.

    Args:
        path: The archive.
        scratch: Folder in which a temporary folder is made.
        members: Its files by their POSIX paths.
    """

    def __init__(self, path: Path, scratch: Path, members: Mapping[str, Member]) -> None:
        self.path = path
        self.names = tuple(members)
        self.members = members
        self._scratch = scratch
        self._folder: Path | None = None
        self._removed: weakref.finalize[..., UnpackedTree] | None = None
        self._lock = Lock()

    def __getstate__(self) -> dict[str, Any]:  # another process reads what this one has unpacked
        return {**self.__dict__, "_folder": self._unpacked(), "_lock": None, "_removed": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__ = {**state, "_lock": Lock()}

    @abstractmethod
    def _unpack(self, target: Path) -> None:
        """Unpack all files below an empty folder."""

    def read(self, name: str) -> bytes:
        """Return a file's bytes."""
        return (self._unpacked() / name).read_bytes()

    def stamp(self, name: str) -> list[int]:
        """Return the archive's size and times, and the file's size."""
        return [*stamp_of(self.path), self.members[name].size]

    def _unpacked(self) -> Path:
        with self._lock:
            if self._folder is None:
                free, total = free_bytes(self._scratch), sum(member.size for member in self.members.values())
                if free < total:
                    raise InputError(self._scratch, f"{free} bytes free", f"{total} to unpack {self.path}")
                folder = Path(tempfile.mkdtemp(prefix=f".{self.path.name}-", dir=self._scratch))
                self._removed = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
                self._unpack(folder)
                self._folder = folder
            return self._folder

    def close(self) -> None:
        """Remove what was unpacked."""
        if self._removed is not None:
            self._removed()
            self._folder = None
