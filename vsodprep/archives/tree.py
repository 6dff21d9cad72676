"""What every kind of delivery offers: files under POSIX paths, read on demand and from any thread."""

from abc import ABC, abstractmethod
from pathlib import Path

from vsodprep.errors import reachable


def stamp_of(path: Path) -> list[int]:
    """Return a file's size, inode and times.

    Raises:
        InputError: There is none, or it cannot be reached.
    """
    with reachable(path, "a readable file"):
        status = path.stat()
    return [status.st_size, status.st_ino, status.st_mtime_ns, status.st_ctime_ns]


class Tree(ABC):
    """Files that can be listed and read.

    Attributes:
        path: The archive or folder.
        names: POSIX paths of the files.
    """

    path: Path
    names: tuple[str, ...]

    @abstractmethod
    def read(self, name: str) -> bytes:
        """Return a file's bytes; safe to call from several threads.

        Raises:
            InputError: They cannot be read, or fail the archive's own checksum.
        """

    @abstractmethod
    def stamp(self, name: str) -> list[int]:
        """Return numbers that change when the file does, found without reading it."""

    def where(self, name: str) -> str:
        """Return how to name the file to a person."""
        return f"{self.path}:{name}"

    def close(self) -> None:
        """Let go of open files and of what was unpacked."""
        return
