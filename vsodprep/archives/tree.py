"""What every kind of delivery offers: files under POSIX paths, read on demand and from any thread."""

from abc import ABC, abstractmethod
from pathlib import Path


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

    def where(self, name: str) -> str:
        """Return how to name the file to a person."""
        return f"{self.path}:{name}"

    def close(self) -> None:
        """Let go of open files and of what was unpacked."""
        return
