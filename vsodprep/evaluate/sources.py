"""Where the images of an evaluation lie: a folder or a zip archive."""

import hashlib
import os
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from vsodprep.errors import InputError

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".pgm", ".ppm"})


# What zipfile raises of a damaged file, one with a password and one with an unknown compression.
_UNREADABLE = (KeyError, OSError, EOFError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error)


def _is_image(name: str) -> bool:
    path = PurePosixPath(name)
    # `._x.png` and `__MACOSX` are what macOS leaves in archives.
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in path.parts)
    return path.suffix.lower() in SUFFIXES and not hidden


class FolderImages:
    """The images below a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def names(self) -> list[str]:
        """Return the names of all images, sorted."""
        return sorted(
            name
            for folder, _, files in os.walk(self.root, followlinks=True)
            for file in files
            if _is_image(name := Path(folder, file).relative_to(self.root).as_posix())
        )

    def read(self, name: str) -> bytes:
        """Return a file's bytes."""
        try:
            return (self.root / name).read_bytes()
        except OSError as error:
            raise InputError(self.root / name, error.strerror or "unreadable", "a readable image file") from error

    def stamp(self, name: str) -> list[int]:
        """Return size, inode and times."""
        try:
            status = (self.root / name).stat()
        except OSError as error:
            raise InputError(self.root / name, error.strerror or "unreadable", "a readable image file") from error
        return [status.st_size, status.st_ino, status.st_mtime_ns, status.st_ctime_ns]


class ZipImages:
    """The images in a zip archive; the archive is opened again in each process."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._archive: zipfile.ZipFile | None = None

    def __getstate__(self) -> dict[str, object]:
        return {"root": self.root, "_archive": None}

    def _open(self) -> zipfile.ZipFile:
        if self._archive is None:
            try:
                self._archive = zipfile.ZipFile(self.root)
            except (OSError, zipfile.BadZipFile) as error:
                raise InputError(self.root, "unreadable", "a whole zip archive") from error
        return self._archive

    def names(self) -> list[str]:
        """Return the names of all images, sorted."""
        return sorted(filter(_is_image, self._open().namelist()))

    def read(self, name: str) -> bytes:
        """Return a file's bytes."""
        try:
            return self._open().read(name)
        except _UNREADABLE as error:
            raise InputError(self.root / name, f"unreadable ({error})", "a whole file in the archive") from error

    def stamp(self, name: str) -> list[int]:
        """Return checksum and size from the archive's directory."""
        info = self._open().getinfo(name)
        return [info.CRC, info.file_size]


def open_images(path: Path) -> FolderImages | ZipImages:
    """Return the images of a folder or zip archive.

    Raises:
        InputError: It is neither.
    """
    if path.is_dir():
        return FolderImages(path)
    if path.is_file() and zipfile.is_zipfile(path):
        return ZipImages(path)
    found = "no such file or folder" if not path.exists() else "neither a folder nor a zip archive"
    raise InputError(path, found, "a folder or zip archive of images")


def digest(data: bytes) -> str:
    """Return the SHA-256 of bytes as hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()
