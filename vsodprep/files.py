"""Files and folders that appear under their final name only when they are complete."""

import errno
import fcntl
import glob
import hashlib
import json
import os
import shutil
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from vsodprep.ending import held
from vsodprep.errors import InputError, reachable

_TEMPORARY = ".partial-"
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_LOCK = ".vsodprep-lock"
LISTS = ".vsodprep"  # below a folder: what of it is ours
_NEW = "a new or empty folder for the output; move or remove what is there"
_JUNK = frozenset({"__MACOSX", "Thumbs.db", "desktop.ini", "lost+found"})
_NOBODYS = (".DS_Store", "Thumbs.db", ".snakemake_timestamp")


def is_junk(name: str) -> bool:
    """Return whether a file is what an operating system leaves behind, or hidden, or in a folder that is."""
    return any(part in _JUNK or part.startswith(".") for part in name.split("/"))


def visible(folder: Path) -> list[Path]:
    """Return what is in a folder, sorted, without junk.

    Raises:
        InputError: The folder is missing or cannot be read.
    """
    try:
        return sorted(path for path in folder.iterdir() if not is_junk(path.name))
    except OSError as error:
        found = error.strerror if folder.is_dir() else "no such folder"
        raise InputError(folder, found or "unreadable", "a folder that can be read") from error


def _sync(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def _default_mode() -> int:
    """Mode of a new file under the current umask; `mkstemp` would leave 0600."""
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


def real_path(path: Path) -> Path:
    """Return the absolute path that a path leads to, links followed; nothing need be there.

    Raises:
        InputError: It leads to a link that leads to itself.
    """
    real = Path(os.path.realpath(path))  # `Path.resolve` raises RuntimeError
    if real.is_symlink():
        raise InputError(path, "a link that leads to itself", "a link to a file or folder")
    return real


@contextmanager
def _named(final: Path, temporary: Path | None = None) -> Iterator[None]:
    """Name the output that cannot be written, not a temporary file beside it.

    Args:
        final: The output.
        temporary: All that is written meanwhile lies here, and an error about something else is left as it is.
    """
    try:
        yield
    except InputError as error:
        no_room = isinstance(error.__cause__, OSError) and error.__cause__.errno in _NO_ROOM
        if no_room and temporary is not None and Path(error.where).is_relative_to(temporary):
            raise InputError(final, error.found, error.expected) from error.__cause__
        raise
    except OSError as error:
        of_room = error.errno in _NO_ROOM
        if temporary is not None:
            below = error.filename is not None and Path(str(error.filename)).is_relative_to(temporary)
            if not below and (error.filename is not None or not of_room):  # `write` tells no name
                raise
        found = f"{error.strerror}, {free_bytes(final) / 1e6:.1f} MB are free" if of_room else error.strerror
        expected = "room for the whole of it" if of_room else "a place that can be written to"
        raise InputError(final, found or "cannot be written", expected) from error


@contextmanager
def atomic_path(final: Path, *, sync: bool = True) -> Iterator[Path]:
    """Give a temporary path in the final file's folder, renamed onto the final name on success.

    Args:
        final: The path that the file gets; its folder is made if it is missing. A link is followed. What is no
            ordinary file (a device, a pipe, `/dev/stdout`) is written to once all is there, and never replaced.
        sync: Flush to disk before the rename; off only for files whose marker is written later.

    Yields:
        An existing empty file with the same ending; what a killed process left of it is taken up by the next.

    Raises:
        InputError: The final path is a folder, its folder cannot be made or written to, or there is no room.
    """
    if final.is_dir():
        raise InputError(final, "a folder", "the name of a file to write")
    if _is_stream(final):
        with _before_stream(final) as temporary:
            yield temporary
        return
    place = real_path(final)
    with _named(final):
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = _claim(place)
    try:
        with _named(final, temporary):
            yield temporary
            temporary.chmod(_default_mode())
            if sync:
                _sync(temporary)
            temporary.replace(place)
    except BaseException:  # else a file of that name is another process's by now
        temporary.unlink(missing_ok=True)
        raise
    finally:
        os.close(handle)


def _descriptor(path: Path) -> int | None:
    """Return the open file that a name such as `/dev/stdout` stands for."""
    folder, _, name = os.fspath(path).rpartition("/")
    if folder in ("/dev/fd", "/proc/self/fd") and name.isdecimal():
        return int(name)
    return {"/dev/stdout": 1, "/dev/stderr": 2}.get(os.fspath(path))


def _is_stream(final: Path) -> bool:
    return _descriptor(final) is not None or (final.exists() and not final.is_file())


@contextmanager
def _before_stream(final: Path) -> Iterator[Path]:
    """Give a temporary path whose content is written to what is no ordinary file."""
    with tempfile.TemporaryDirectory() as folder:
        temporary = Path(folder) / f"output{final.suffix}"
        temporary.touch()
        yield temporary
        sys.stdout.flush()
        descriptor = _descriptor(final)  # not opened anew: what else is printed there goes on behind
        target = final if descriptor is None else descriptor
        with _named(final), temporary.open("rb") as content, open(target, "wb", closefd=descriptor is None) as stream:
            shutil.copyfileobj(content, stream)


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


Ours = Callable[[Path], Callable[[str], bool]]
"""From a folder to what tells whether a file of it, by its path below the folder, is one that we have written."""


def nothing(_folder: Path) -> Callable[[str], bool]:
    """Call no file ours: for folders that are written for other tools, whose files bear no sign of who wrote them."""
    return lambda _name: False


def check_replaceable(final: Path, ours: Ours) -> None:
    """Check that a folder can be replaced, and that nobody else's file is lost with it.

    Links are never followed and never ours. What the system or Snakemake leaves (`.DS_Store`, `Thumbs.db`,
    `.snakemake_timestamp`) is nobody's.

    Args:
        final: The folder, which need not exist.
        ours: Which of its files are ours.

    Raises:
        InputError: It is a file, a mount point or around the current folder, or holds a file that is not ours.
    """
    if final.exists() and not final.is_dir():
        raise InputError(final, "a file", "the name of a folder to write")
    if not final.is_dir():
        return
    if os.path.ismount(final) or Path.cwd().is_relative_to(real_path(final)):
        where = "a mount point" if os.path.ismount(final) else "the current folder, or a folder around it"
        raise InputError(final, f"{where}, which is never replaced", "a new folder in it")
    known = ours(final)
    with _named(final):
        for name, plain in _files(final):
            if not (plain and (name.rpartition("/")[2] in _NOBODYS or known(name))):
                raise InputError(final / name, "would be deleted with its folder, and vsodprep did not write it", _NEW)


def _files(folder: Path, below: str = "") -> Iterator[tuple[str, bool]]:
    """Yield all that is no folder, in order, and whether it is an ordinary file."""
    with os.scandir(folder / below) as entries:
        here = sorted(entries, key=lambda entry: entry.name)
    for entry in here:
        if entry.is_dir(follow_symlinks=False):
            yield from _files(folder, f"{below}{entry.name}/")
        else:
            yield below + entry.name, entry.is_file(follow_symlinks=False)


@contextmanager
def scratch_beside(final: Path) -> Iterator[Path]:
    """Give a folder on the output's file system that is removed at the end.

    What killed processes have left of theirs is removed first. A folder is in use as long as a process holds the lock
    on a file in it; where the file system knows no locks, nothing of another process is removed.

    Args:
        final: The output.

    Yields:
        A folder with nothing but the lock in it.

    Raises:
        InputError: It cannot be made.
    """
    place = real_path(final)  # `.` has no name
    prefix = f".{place.name}{_TEMPORARY}"
    with _named(final):
        place.parent.mkdir(parents=True, exist_ok=True)
        for leftover in place.parent.glob(f"{glob.escape(prefix)}*"):
            _remove_abandoned(leftover)
    scratch = place.with_name(f"{prefix}{uuid.uuid4().hex}")
    try:
        with _named(final):
            scratch.mkdir(0o700)
        with (scratch / f"{_LOCK}ing").open("w") as stream:
            with suppress(OSError):
                fcntl.flock(stream, fcntl.LOCK_EX)
                Path(stream.name).rename(scratch / _LOCK)  # only now, so that nobody finds it without its lock
            with _named(final, scratch):
                yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _remove_abandoned(leftover: Path) -> None:
    with suppress(OSError):
        with (leftover / _LOCK).open("r+") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(leftover)


@contextmanager
def atomic_directory(final: Path, ours: Ours) -> Iterator[Path]:
    """Give a temporary folder beside the final one, which takes its place on success.

    A folder already there under the final name is replaced as a whole, so that nothing stale stays in it.

    Args:
        final: The folder's path; of a link, what it leads to is replaced.
        ours: Which files of a folder already there are ours; any other stops the replacement, before and after.

    Yields:
        An empty folder on the same file system.

    Raises:
        InputError: The final path is a file, its folder cannot be made or written to, or a file would be lost.
    """
    check_replaceable(final, ours)
    place = real_path(final)
    with scratch_beside(final) as scratch:
        made = scratch / place.name
        made.mkdir()
        yield made
        with held():  # else a signal might find neither the old folder nor the new one in place
            while True:
                try:
                    made.replace(place)
                    return
                except OSError as error:  # it is there, perhaps by another process since the last turn
                    if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                        raise
                check_replaceable(final, ours)
                with suppress(FileNotFoundError):
                    place.replace(tempfile.mkdtemp(dir=scratch))


def written_into(folder: Path, below: str = "") -> set[str]:
    """Return the names of the files in a folder, or in one below it, that earlier runs wrote into it."""
    listing = folder / LISTS / f"{below}.txt"
    return set(listing.read_text(encoding="utf-8").splitlines()) if listing.is_file() else set()


def enter_folder(
    folder: Path, names: Iterable[str], marker: str = "", *, sources: Iterable[Path] = (), sequence: str = ""
) -> None:
    """Begin to write files one by one into a folder, in which other files stay as they are.

    What has been written is listed below `.vsodprep/`, a list for each subfolder; the marker, which Snakemake removes,
    would not do. Where an earlier run wrote some of the same files into a subfolder, those that are not written again
    are of frames that are no more, and are removed.

    Args:
        folder: The folder, which need not exist.
        names: Paths below it of all that is written.
        marker: The file in it that is written last and says that all is there; an earlier one is removed.
        sources: Files that are read meanwhile.
        sequence: Whose frames give the files their names, where the folder is of one sequence.

    Raises:
        InputError: A file of such a name is there that we have not written or that is another sequence's, or what is
            read lies where it is written.
    """
    wanted: dict[str, set[str]] = {"": {marker}} if marker else {}
    for name in names:
        below, _, file = name.rpartition("/")
        wanted.setdefault(below, set()).add(file)
    read = {real_path(parent) for parent in {source.parent for source in sources}}
    lists: dict[Path, set[str]] = {}
    stale: list[Path] = []
    if sequence:
        owners = folder / LISTS / "sequences"
        known = set(owners.read_text(encoding="utf-8").splitlines()) if owners.is_file() else set()
        if known and sequence not in known and written_into(folder) & (wanted[""] - {marker}):
            found = f"files of the same names, of sequence {', '.join(sorted(known))}"
            raise InputError(folder, found, f"a folder of its own for sequence {sequence}, such as {folder / sequence}")
        lists[owners] = known | {sequence}
    for below, ours in wanted.items():
        place, listing, maps = folder / below, folder / LISTS / f"{below}.txt", ours - {marker}
        if maps and real_path(place) in read:
            raise InputError(
                place, "the output would be written to the folder that is read", "another folder for the output"
            )
        before = written_into(folder, below)
        here = {path.name for path in place.iterdir()} if place.is_dir() else set()
        for stranger in sorted(here & ours - before):
            raise InputError(place / stranger, "would be overwritten, and vsodprep did not write it", _NEW)
        gone = before - ours if before & maps else set()
        stale += [place / name for name in sorted(gone & here)]
        lists[listing] = before - gone | ours
    for path in stale:
        path.unlink(missing_ok=True)
    for listing, ours in lists.items():
        write_text(listing, "".join(f"{name}\n" for name in sorted(ours)))
    if marker:
        (folder / marker).unlink(missing_ok=True)


@contextmanager
def alone_in(folder: Path, what: str) -> Iterator[None]:
    """Keep other processes that would do the same out of a folder; where the file system knows no locks, none.

    Args:
        folder: The folder, which need not exist.
        what: What is done, such as `another training`.

    Raises:
        InputError: A process that lives does it already.
    """
    with _named(folder):
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise InputError(folder, f"{what} is at work in it", "another folder, or wait until it ends") from None
        yield
    finally:
        os.close(handle)


def check_overwritable(final: Path, mark: str) -> None:
    """Check that a file of a name that nobody chose, if it is there, is an earlier one of ours.

    Args:
        final: The file.
        mark: What every one of ours has in it.

    Raises:
        InputError: It has not.
    """
    if final.is_file() and mark.encode() not in final.read_bytes():
        raise InputError(final, "would be overwritten, and vsodprep did not write it", _NEW)


def read_text(path: Path, expected: str) -> str:
    """Read UTF-8 text.

    Args:
        path: The file.
        expected: What it has to be, for the error.

    Raises:
        InputError: It is missing, cannot be read, or is no text.
    """
    try:
        with reachable(path, expected):
            return path.read_text(encoding="utf-8")
    except ValueError as error:
        raise InputError(path, f"no text ({error})", expected) from error


def read_json(path: Path, expected: str) -> Any:
    """Read JSON.

    Args:
        path: The file.
        expected: What it has to be, for the error.

    Raises:
        InputError: It is missing, cannot be read, or is no JSON.
    """
    text = read_text(path, expected)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(path, f"no JSON ({error})", expected) from error


def read_object(path: Path, expected: str) -> dict[str, Any]:
    """Read a JSON object.

    Args:
        path: The file.
        expected: What it has to be, for the error.

    Raises:
        InputError: It is missing, cannot be read, or is no JSON object.
    """
    value = read_json(path, expected)
    if not isinstance(value, dict):
        raise InputError(path, f"a {type(value).__name__}", expected)
    return value


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
