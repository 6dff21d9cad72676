"""Whether a file is the one that was meant."""

import hashlib
import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from lzma import LZMAError
from pathlib import Path

from vsodprep.archives import ARCHIVE_ENDINGS, is_archive
from vsodprep.benchmarks.benchmark import SourceFile


@dataclass(frozen=True)
class Expected:
    """What is known of a file before it is there.

    Attributes:
        name: File name.
        bytes: Exact size, None if unknown.
        checksums: `md5:...` or `sha256:...`, all of which must hold.
        pinned: Whether the size and the last checksum are from the lock file.
    """

    name: str
    bytes: int | None
    checksums: tuple[str, ...]
    pinned: bool = False

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
    return Expected(file.name, size, (*checksums, f"sha256:{sha256}"), pinned=True)


def fault(path: Path, expected: Expected) -> str | None:
    """Return what is wrong with a whole file, None if it is the one expected.

    Where no checksum is known, it must at least be an archive whose own checksums hold, if its name says that it is
    one: an error page is none.
    """
    size = path.stat().st_size
    by_lock = " by the lock file, whose entry can be deleted to adopt another" if expected.pinned else ""
    if expected.bytes is not None and size != expected.bytes:
        return f"{size} bytes, expected {expected.bytes}{by_lock}"
    for checksum in expected.checksums:
        algorithm, _, wanted = checksum.partition(":")
        with path.open("rb") as stream:
            got = hashlib.file_digest(stream, algorithm).hexdigest()
        if got != wanted:
            return f"{algorithm} {got}, expected {wanted}{by_lock}"
    if not expected.checksums and expected.name.endswith(ARCHIVE_ENDINGS) and not is_whole_archive(path):
        return "not a whole archive"
    return None


def is_whole_archive(path: Path) -> bool:
    """Return whether a file is an archive that can be read to its end; of a rar, whether it can be listed."""
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                return archive.testzip() is None
        if tarfile.is_tarfile(path):
            with tarfile.open(path) as archive_tar:
                return all(True for _ in archive_tar)
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, LZMAError, EOFError, OSError, RuntimeError, ValueError):
        return False
    return is_archive(path)
