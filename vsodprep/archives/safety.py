"""What an archive must not hold."""

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from vsodprep.errors import InputError

MEBIBYTE = 1 << 20
# No file of any benchmark comes near either bound: a 1080p bitmap is 6 MiB, and label images shrink to a fortieth.
LARGEST_MEMBER = 512 * MEBIBYTE
LARGEST_RATIO = 200
ALWAYS_ALLOWED = 256 * MEBIBYTE


@dataclass(frozen=True)
class Member:
    """An entry of an archive, as its directory describes it.

    Attributes:
        name: The path as stored.
        size: Unpacked size in bytes.
        packed: Packed size in bytes, where the format tells.
        kind: What the entry is.
        encrypted: Whether a password is needed to read it.
    """

    name: str
    size: int
    packed: int | None = None
    kind: str = "file"
    encrypted: bool = False


def kind_of(*, folder: bool, link: bool, file: bool = True) -> str:
    """Return what an entry is, the first that holds; a `special file` is a device or a pipe."""
    return "folder" if folder else "link" if link else "file" if file else "special file"


def check_members(archive: Path, members: Iterable[Member]) -> dict[str, Member]:
    """Return the files among the members by their POSIX paths, after all of them have been found harmless.

    A path is without `./` and `//`, and has slashes where Windows wrote backslashes.

    Args:
        archive: The archive, named in errors.
        members: Every entry of it, folders included.

    Raises:
        InputError: A member escapes the target folder, has an absolute path, is a link or a device, or has the name
            of another, or needs a password; or unpacking would fill the disk.
    """
    files: dict[str, Member] = {}
    for member in members:
        name = member.name.replace("\\", "/")
        where = f"{archive}:{member.name!r}"
        if name.startswith("/") or name[1:2] == ":":
            raise InputError(where, "an absolute path", "paths relative to the archive")
        if ".." in name.split("/"):
            raise InputError(where, "a path that leaves the target folder", "paths without '..'")
        if "\0" in name or not name:
            raise InputError(where, "an empty name, or a name with a NUL character", "a name that a file can have")
        if member.kind == "folder" or name.endswith("/"):
            continue
        if member.kind != "file":
            raise InputError(where, f"a {member.kind}", "files and folders only")
        if member.encrypted:
            raise InputError(where, "encrypted", "an archive without a password")
        plain = posixpath.normpath(name)  # ./a and a are one
        if plain in files:
            raise InputError(where, "a name that two members have", "a name of its own for each member")
        if member.size > LARGEST_MEMBER:
            raise InputError(where, f"{member.size} bytes unpacked", f"at most {LARGEST_MEMBER}")
        files[plain] = member
    _check_total(archive, list(files.values()))
    return files


def _check_total(archive: Path, files: list[Member]) -> None:
    bytes_here = archive.stat().st_size
    total = sum(member.size for member in files)
    if total > max(ALWAYS_ALLOWED, LARGEST_RATIO * bytes_here):
        raise InputError(
            archive, f"{bytes_here} bytes that unpack to {total}", f"at most {LARGEST_RATIO} times its size"
        )
    packed = sum(member.packed or 0 for member in files)
    if packed > bytes_here:
        raise InputError(archive, "a damaged archive: its members overlap, or its end is missing", "the whole archive")
