"""Archives without random access: unpacked to a scratch folder when the first file is read."""

import shutil
import tempfile
from abc import abstractmethod
from pathlib import Path
from threading import Lock

from vsodprep.archives.tree import Tree
from vsodprep.errors import InputError
from vsodprep.files import free_bytes


class UnpackedTree(Tree):
    """The files of an archive that is unpacked as a whole.

    Args:
        path: The archive.
        scratch: Folder in which a temporary folder is made.
        names: Its files.
        total: Their size in bytes.
    """

    def __init__(self, path: Path, scratch: Path, names: tuple[str, ...], total: int) -> None:
        self.path = path
        self.names = names
        self._scratch = scratch
        self._total = total
        self._folder: Path | None = None
        self._lock = Lock()

    @abstractmethod
    def _unpack(self, target: Path) -> None:
        """Unpack all files below an empty folder."""

    def read(self, name: str) -> bytes:
        """Return a file's bytes."""
        with self._lock:
            if self._folder is None:
                free = free_bytes(self._scratch)
                if free < self._total:
                    raise InputError(self._scratch, f"{free} bytes free", f"{self._total} to unpack {self.path}")
                self._folder = Path(tempfile.mkdtemp(prefix=f".{self.path.name}-", dir=self._scratch))
                self._unpack(self._folder)
        return (self._folder / name).read_bytes()

    def close(self) -> None:
        """Remove what was unpacked."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
