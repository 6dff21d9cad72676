"""Tar archives, plain or compressed."""

import posixpath
import tarfile
import zlib
from lzma import LZMAError
from pathlib import Path

from vsodprep.archives.safety import Member, check_members
from vsodprep.archives.unpacked import UnpackedTree
from vsodprep.errors import InputError

_DAMAGE = (tarfile.TarError, EOFError, OSError, zlib.error, LZMAError)


class TarTree(UnpackedTree):
    """The files of a tar archive."""

    def __init__(self, path: Path, scratch: Path) -> None:
        try:
            with tarfile.open(path) as tar:
                files = check_members(path, (_member(info) for info in tar))
        except _DAMAGE as error:
            raise InputError(path, f"a damaged tar archive ({error})", "the whole archive") from error
        names = tuple(posixpath.normpath(member.name) for member in files)
        super().__init__(path, scratch, names, sum(member.size for member in files))

    def _unpack(self, target: Path) -> None:
        try:
            with tarfile.open(self.path) as tar:
                tar.extractall(target, filter="data")
        except _DAMAGE as error:
            raise InputError(self.path, f"cannot be unpacked ({error})", "the whole archive") from error


def _member(info: tarfile.TarInfo) -> Member:
    if info.isdir():
        kind = "folder"
    elif info.issym() or info.islnk():
        kind = "link"
    else:
        kind = "file" if info.isreg() else "special file"
    return Member(info.name, info.size, None, kind)
