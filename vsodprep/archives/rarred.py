"""Rar archives, as ViSal was first published; unpacking needs a program that the user installs."""

from pathlib import Path

import rarfile

from vsodprep.archives.safety import Member, check_members, kind_of
from vsodprep.archives.unpacked import UnpackedTree
from vsodprep.errors import InputError


class RarTree(UnpackedTree):
    """The files of a rar archive."""

    def __init__(self, path: Path, scratch: Path) -> None:
        try:
            with rarfile.RarFile(path) as rar:
                files = check_members(path, (_member(info) for info in rar.infolist()))
        except rarfile.Error as error:
            raise InputError(path, f"a damaged rar archive ({error})", "the whole archive") from error
        super().__init__(path, scratch, files)

    def _unpack(self, target: Path) -> None:
        try:
            with rarfile.RarFile(self.path) as rar:
                for name, member in self.members.items():
                    # Written here and not by the program, so that what was checked is what is written.
                    (target / name).parent.mkdir(parents=True, exist_ok=True)
                    (target / name).write_bytes(rar.read(member.name))
        except rarfile.RarCannotExec as error:
            raise InputError(
                self.path,
                "a compressed rar archive, and no program is installed that unpacks it",
                "unrar, unar, 7z or bsdtar on PATH",
            ) from error
        except rarfile.Error as error:
            raise InputError(self.path, f"cannot be unpacked ({error})", "the whole archive") from error


def _member(info: rarfile.RarInfo) -> Member:
    kind = kind_of(folder=info.is_dir(), link=info.is_symlink() or info.file_redir is not None)
    return Member(info.filename, info.file_size, info.compress_size, kind, encrypted=info.needs_password())
