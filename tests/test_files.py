"""Files and folders appear whole or not at all."""

import errno
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vsodprep.errors import InputError
from vsodprep.files import atomic_directory, atomic_path, sha256, write_json


class InterruptedWriteError(Exception):
    """Stands in for anything that ends a write early."""


def test_atomic_path_keeps_the_old_file_when_interrupted(tmp_path: Path) -> None:
    final = tmp_path / "map.png"
    final.write_text("old")
    with pytest.raises(InterruptedWriteError), atomic_path(final) as temporary:
        temporary.write_text("half")
        raise InterruptedWriteError
    assert final.read_text() == "old"
    assert list(tmp_path.iterdir()) == [final]


def test_atomic_path_has_the_mode_of_an_ordinary_new_file(tmp_path: Path) -> None:
    (tmp_path / "ordinary").touch()
    with atomic_path(tmp_path / "ours") as temporary:
        temporary.write_text("whole")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "ordinary").stat().st_mode


def test_atomic_directory_replaces_what_was_there(tmp_path: Path) -> None:
    final = tmp_path / "set"
    final.mkdir()
    (final / "stale").touch()
    (tmp_path / ".set.partial-killed").mkdir()
    with atomic_directory(final) as temporary:
        (temporary / "fresh").touch()
        assert (final / "stale").exists()
    assert [path.name for path in final.iterdir()] == ["fresh"]
    assert [path.name for path in tmp_path.iterdir()] == ["set"]
    assert stat.S_IMODE(final.stat().st_mode) & 0o100


def test_atomic_directory_keeps_the_old_folder_when_interrupted(tmp_path: Path) -> None:
    final = tmp_path / "set"
    final.mkdir()
    (final / "old").touch()
    with pytest.raises(InterruptedWriteError), atomic_directory(final) as temporary:
        (temporary / "fresh").touch()
        raise InterruptedWriteError
    assert [path.name for path in final.iterdir()] == ["old"]
    assert [path.name for path in tmp_path.iterdir()] == ["set"]


def test_write_json_refuses_nan(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(tmp_path / "scores.json", {"mae": float("nan")})
    assert list(tmp_path.iterdir()) == []


def test_sha256_of_known_text(tmp_path: Path) -> None:
    (tmp_path / "abc").write_text("abc")
    assert sha256(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.parametrize("write", [atomic_path, atomic_directory])
def test_a_place_that_cannot_be_written_to_is_named(tmp_path: Path, write: Callable[[Path], Any]) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="file/below"), write(tmp_path / "file" / "below"):
        pass


def test_a_file_does_not_replace_a_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a folder; expected the name of a file"), atomic_path(tmp_path):
        pass


def test_a_folder_does_not_replace_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept")
    with pytest.raises(InputError, match="a file; expected the name of a folder"), atomic_directory(tmp_path / "file"):
        pass
    assert (tmp_path / "file").read_text() == "kept"


KILLED_WHILE_WRITING = """
import os, pathlib, sys
from vsodprep.files import atomic_path
with atomic_path(pathlib.Path(sys.argv[1])) as temporary:
    temporary.write_text("half, and longer")
    os.kill(os.getpid(), 9)
"""


def test_what_a_killed_process_left_of_a_file_is_taken_up(tmp_path: Path) -> None:
    final = tmp_path / "map.png"
    subprocess.run([sys.executable, "-c", KILLED_WHILE_WRITING, str(final)], check=False)
    assert not final.exists()
    assert len(list(tmp_path.iterdir())) == 1
    with atomic_path(final) as temporary:
        assert temporary.read_bytes() == b""
        temporary.write_text("whole")
    assert final.read_text() == "whole"
    assert list(tmp_path.iterdir()) == [final]


def test_two_writers_of_one_file_do_not_share_a_temporary_one(tmp_path: Path) -> None:
    final = tmp_path / "map.png"
    with atomic_path(final) as first, atomic_path(final) as second:
        assert first != second
        first.write_text("first")
        second.write_text("second, and longer")
    assert final.read_text() == "first"
    assert list(tmp_path.iterdir()) == [final]


def test_a_file_system_without_locks_is_written_to_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_lock(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", no_lock)
    with atomic_path(tmp_path / "map.png") as temporary:
        assert list(tmp_path.iterdir()) == [temporary]
        temporary.write_text("whole")
    assert [path.name for path in tmp_path.iterdir()] == ["map.png"]
