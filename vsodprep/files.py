"""Files and folders that appear under their final name only when they are complete."""

import errno
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from vsodprep.errors import InputError

_TEMPORARY = ".partial-"
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


def _sync(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def _default_mode() -> int:
    """Mode of a new file under the current umask; `mkstemp` would leave 0600."""
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


@contextmanager
def _named(final: Path) -> Iterator[None]:
    """Name the output that cannot be written, not the temporary file beside it."""
    try:
        yield
    except OSError as error:
        raise InputError(final, error.strerror or "cannot be written", "a place that can be written to") from error


@contextmanager
def atomic_path(final: Path, *, sync: bool = True) -> Iterator[Path]:
    """Give a temporary path in the final file's folder, renamed onto the final name on success.

    Args:
        final: The path that the file gets; its folder is made if it is missing.
        sync: Flush to disk before the rename; off only for files whose marker is written later.

    Yields:
        An existing empty file with the same ending; what a killed process left of it is taken up by the next.

    Raises:
        InputError: The final path is a folder, or its folder cannot be made or written to.
    """
    if final.is_dir():
        raise InputError(final, "a folder", "the name of a file to write")
    with _named(final):
        final.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = _claim(final)
    try:
        yield temporary
        temporary.chmod(_default_mode())
        if sync:
            _sync(temporary)
        temporary.replace(final)
    finally:
        temporary.unlink(missing_ok=True)
        os.close(handle)


def _claim(final: Path) -> tuple[int, Path]:
    """Open a file's temporary one, under the same name each time, so that what a killed process left is taken up.

    A lock tells it from what a living process is writing. Beside that one, and where the file system knows no locks,
    the name is random.
    """
    same = final.with_name(f".{final.stem}{_TEMPORARY}0{final.suffix}")
    with suppress(OSError):
        handle = os.open(same, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(handle), same.stat()):  # else it has become the final one meanwhile
                os.ftruncate(handle, 0)
                return handle, same
        except OSError as error:
            if error.errno in _NO_LOCKS:
                same.unlink(missing_ok=True)
        os.close(handle)
    handle, name = tempfile.mkstemp(prefix=f".{final.stem}{_TEMPORARY}", suffix=final.suffix, dir=final.parent)
    return handle, Path(name)


@contextmanager
def atomic_directory(final: Path) -> Iterator[Path]:
    """Give a temporary folder beside the final one, which takes its place on success.

    What a killed process left beside it is removed first; a folder already there under the final
    name is replaced as a whole, so that nothing stale stays in it.

    Args:
        final: The folder's path.

    Yields:
        An empty folder on the same file system.

    Raises:
        InputError: The final path is a file, or its folder cannot be made or written to.
    """
    if final.exists() and not final.is_dir():
        raise InputError(final, "a file", "the name of a folder to write")
    prefix = f".{final.name}{_TEMPORARY}"
    with _named(final):
        final.parent.mkdir(parents=True, exist_ok=True)
        for leftover in final.parent.glob(f"{prefix}*"):
            shutil.rmtree(leftover)
        temporary = Path(tempfile.mkdtemp(prefix=prefix, dir=final.parent))
    try:
        yield temporary
        temporary.chmod(_default_mode() | 0o111)
        if final.exists():
            old = Path(tempfile.mkdtemp(prefix=prefix, dir=final.parent))
            final.replace(old)
            temporary.replace(final)
            shutil.rmtree(old)
        else:
            temporary.replace(final)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write indented JSON with sorted keys atomically.

    Raises:
        ValueError: A number is NaN or infinite, which JSON does not know.
    """
    write_text(path, json.dumps(value, indent=2, sort_keys=True, allow_nan=False, ensure_ascii=False) + "\n")


def sha256(path: Path) -> str:
    """Return a file's SHA-256 as 64 hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def free_bytes(folder: Path) -> int:
    """Return the bytes that can still be written below a folder, which need not exist yet."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free
