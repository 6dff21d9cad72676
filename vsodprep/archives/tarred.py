"""Tar archives, plain or compressed."""

import tarfile
import zlib
from lzma import LZMAError
from pathlib import Path

from vsodprep.archives.safety import Member, check_members, kind_of
from vsodprep.archives.unpacked import UnpackedTree
from vsodprep.errors import InputError

_DAMAGE = (tarfile.TarError, EOFError, OSError, zlib.error, LZMAError)


class TarTree(UnpackedTree):
    """The files of a tar archive."""

    def __init__(self, path: Path, scratch: Path) -> None:
        try:
            with tarfile.open(path) as tar:
                files = check_members(path, (_member(info) for info in tar))
                # A block of zeros ends an archive; tarfile takes a damaged or missing header for the end, too.
                assert tar.fileobj is not None
                tar.fileobj.seek(tar.offset)
                if tar.fileobj.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
                    raise InputError(path, "a damaged tar archive (no end)", "the whole archive")
        except _DAMAGE as error:
            raise InputError(path, f"a damaged tar archive ({error})", "the whole archive") from error
        super().__init__(path, scratch, files)

    def _unpack(self, target: Path) -> None:
        try:
            with tarfile.open(self.path) as tar:
                tar.extractall(target, filter=self._plain)
        except _DAMAGE as error:
            raise InputError(self.path, f"cannot be unpacked ({error})", "the whole archive") from error

    @staticmethod
    def _plain(info: tarfile.TarInfo, target: str) -> tarfile.TarInfo | None:
        return tarfile.data_filter(info.replace(name=info.name.replace("\\", "/"), deep=False), target)


def is_tar(path: Path) -> bool:
    """Return whether a file begins as a tar archive does; a compressed one that breaks off before that does not."""
    try:
        return tarfile.is_tarfile(path)
    except (EOFError, zlib.error, LZMAError):
        return False


def _member(info: tarfile.TarInfo) -> Member:
    kind = kind_of(folder=info.isdir(), link=info.issym() or info.islnk(), file=info.isreg())
    return Member(info.name, info.size, None, kind)
