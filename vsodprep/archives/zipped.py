"""Zip archives, read in place."""

import stat
import zipfile
import zlib
from lzma import LZMAError
from pathlib import Path

from vsodprep.archives.safety import Member, check_members, kind_of
from vsodprep.archives.tree import Tree
from vsodprep.errors import InputError, reachable


class ZipTree(Tree):
    """The files of a zip archive."""

    def __init__(self, path: Path) -> None:
        self.path = path
        # Given an open file, ZipFile shares it among threads behind a lock and never closes it early.
        with reachable(path, "a readable archive"):
            self._stream = path.open("rb")
        try:
            self._zip = zipfile.ZipFile(self._stream)
            infos = {info.orig_filename: info for info in self._zip.infolist()}
            files = check_members(self.path, map(_member, self._zip.infolist()))
        except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            self._stream.close()
            raise InputError(self.path, f"a damaged zip archive ({error})", "the whole archive") from error
        except InputError:
            self._stream.close()
            raise
        self._infos = {name: infos[member.name] for name, member in files.items()}
        self.names = tuple(self._infos)

    def __reduce__(self) -> tuple[type["ZipTree"], tuple[Path]]:  # another process opens it again
        return ZipTree, (self.path,)

    def read(self, name: str) -> bytes:
        """Return a member's bytes, checked against its CRC."""
        try:
            return self._zip.read(self._infos[name])
        except (zipfile.BadZipFile, zlib.error, LZMAError, EOFError, OSError, ValueError) as error:
            raise InputError(self.where(name), f"damaged ({error})", "the whole archive; fetch it again") from error
        except (RuntimeError, NotImplementedError) as error:  # a password, or a method that zipfile does not know
            raise InputError(self.where(name), f"unreadable ({error})", "a plain zip archive") from error

    def stamp(self, name: str) -> list[int]:
        """Return the member's checksum and size."""
        info = self._infos[name]
        return [info.CRC, info.file_size]

    def close(self) -> None:
        """Close the archive."""
        self._zip.close()
        self._stream.close()


def _member(info: zipfile.ZipInfo) -> Member:
    made_on_unix = info.create_system == 3
    mode = info.external_attr >> 16 if made_on_unix else 0
    plain = stat.S_IFMT(mode) in (0, stat.S_IFREG)
    kind = kind_of(folder=info.orig_filename.endswith("/"), link=stat.S_ISLNK(mode), file=plain)
    # orig_filename: ZipFile itself cuts a name at a NUL.
    return Member(info.orig_filename, info.file_size, info.compress_size, kind, encrypted=bool(info.flag_bits & 1))
