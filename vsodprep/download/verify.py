"""Whether a file is the one that was meant."""

import hashlib
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import rarfile

from vsodprep.benchmarks.benchmark import SourceFile

_ARCHIVE_ENDINGS = (".zip", ".tar", ".tgz", ".tar.gz", ".rar")


@dataclass(frozen=True)
class Expected:
    """What is known of a file before it is there.

    Attributes:
        name: File name.
        bytes: Exact size, None if unknown.
        checksums: `md5:...` or `sha256:...`, all of which must hold.
    """

    name: str
    bytes: int | None
    checksums: tuple[str, ...]

    @property
    def known(self) -> bool:
        """Whether anything is known by which a file can be told, whatever it is called."""
        return bool(self.checksums) or self.bytes is not None


def expected_of(file: SourceFile, pinned: tuple[str, int] | None) -> Expected:
    """Join what the registry and the lock file know of a file.

    Args:
        file: The registry's entry.
        pinned: SHA-256 and size from the lock file, None if it has none.
    """
    checksums = (file.checksum,) if file.checksum else ()
    if pinned is None:
        return Expected(file.name, file.bytes, checksums)
    sha256, size = pinned
    return Expected(file.name, size, (*checksums, f"sha256:{sha256}"))


def fault(path: Path, expected: Expected) -> str | None:
    """Return what is wrong with a whole file, None if it is the one expected.

    Where nothing is known of it, it must at least be an archive if its name says so: an error page is none.
    """
    size = path.stat().st_size
    if expected.bytes is not None and size != expected.bytes:
        return f"{size} bytes, expected {expected.bytes}"
    for checksum in expected.checksums:
        algorithm, _, wanted = checksum.partition(":")
        with path.open("rb") as stream:
            got = hashlib.file_digest(stream, algorithm).hexdigest()
        if got != wanted:
            return f"{algorithm} {got}, expected {wanted}"
    if not expected.checksums and expected.name.endswith(_ARCHIVE_ENDINGS) and not is_archive(path):
        return "not a whole archive"
    return None


def is_archive(path: Path) -> bool:
    """Return whether a file is an archive that can be listed."""
    return zipfile.is_zipfile(path) or rarfile.is_rarfile(path) or tarfile.is_tarfile(path)
