"""Files and folders appear whole or not at all."""

import errno
import fcntl
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vsodprep.errors import InputError
from vsodprep.files import atomic_directory, atomic_path, check_replaceable, nothing, scratch_beside, sha256, write_json


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


def test_atomic_path_leaves_the_temporary_file_of_the_next_writer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace, next_one = Path.replace, None

    def then_another_begins(path: Path, target: Path) -> Path:
        nonlocal next_one
        monkeypatch.undo()
        done = replace(path, target)
        next_one = atomic_path(target)
        next_one.__enter__().write_text("second")
        return done

    monkeypatch.setattr(Path, "replace", then_another_begins)
    with atomic_path(tmp_path / "ours") as temporary:
        temporary.write_text("first")
    assert (tmp_path / "ours").read_text() == "first"
    assert next_one is not None
    next_one.__exit__(None, None, None)
    assert (tmp_path / "ours").read_text() == "second"
    assert [path.name for path in tmp_path.iterdir()] == ["ours"]


def test_atomic_path_has_the_mode_of_an_ordinary_new_file(tmp_path: Path) -> None:
    (tmp_path / "ordinary").touch()
    with atomic_path(tmp_path / "ours") as temporary:
        temporary.write_text("whole")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "ordinary").stat().st_mode


def ours(_folder: Path) -> Callable[[str], bool]:
    """What has "ours" in its name."""
    return lambda name: "ours" in name


def test_atomic_directory_replaces_what_was_there(tmp_path: Path) -> None:
    final = tmp_path / "set"
    (final / "below").mkdir(parents=True)
    (final / "below" / "ours.stale").touch()
    with atomic_directory(final, ours) as temporary:
        (temporary / "fresh").touch()
        assert (final / "below" / "ours.stale").exists()
    assert [path.name for path in final.iterdir()] == ["fresh"]
    assert [path.name for path in tmp_path.iterdir()] == ["set"]
    (tmp_path / "ordinary").mkdir()
    assert final.stat().st_mode == (tmp_path / "ordinary").stat().st_mode


def test_atomic_directory_keeps_the_old_folder_when_interrupted(tmp_path: Path) -> None:
    final = tmp_path / "set"
    final.mkdir()
    (final / "ours.old").touch()
    with pytest.raises(InterruptedWriteError), atomic_directory(final, ours) as temporary:
        (temporary / "fresh").touch()
        raise InterruptedWriteError
    assert [path.name for path in final.iterdir()] == ["ours.old"]
    assert [path.name for path in tmp_path.iterdir()] == ["set"]


def link_to(target: Path) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("thesis.tex", Path.touch),
        (".hidden", Path.touch),
        ("below/deep", Path.touch),
        ("ours.pipe", os.mkfifo),
        ("ours.link", link_to(Path("ours"))),
        ("ours.folder", link_to(Path("../elsewhere"))),
        ("ours.broken", link_to(Path("nowhere"))),
    ],
)
def test_a_folder_with_a_stranger_is_not_replaced(tmp_path: Path, name: str, make: Callable[[Path], None]) -> None:
    final = tmp_path / "set"
    for path in (final / "ours", final / "below" / "ours", final / ".DS_Store", tmp_path / "elsewhere" / "thesis.tex"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    make(final / name)
    before = sorted(tmp_path.rglob("*"))
    with (
        pytest.raises(InputError, match=rf"set/{name}: would be deleted with its folder"),
        atomic_directory(final, ours),
    ):
        pytest.fail("it was to be replaced")
    assert sorted(tmp_path.rglob("*")) == before


def test_the_first_of_several_strangers_is_named(tmp_path: Path) -> None:
    for name in ("b/1", "a/2", "a/1", "c"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    with pytest.raises(InputError, match="a/1: would be deleted with its folder"):
        check_replaceable(tmp_path, nothing)


def test_a_stranger_that_comes_while_the_folder_is_made_survives(tmp_path: Path) -> None:
    final = tmp_path / "set"
    with (
        pytest.raises(InputError, match=r"set/thesis\.tex: would be deleted with its folder"),
        atomic_directory(final, ours) as temporary,
    ):
        (temporary / "fresh").touch()
        final.mkdir()
        (final / "thesis.tex").touch()
    assert [path.name for path in final.iterdir()] == ["thesis.tex"]
    assert [path.name for path in tmp_path.iterdir()] == ["set"]


@pytest.mark.parametrize("name", ["home", "home/here", "home/here/now"])
def test_the_current_folder_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (tmp_path / "home" / "here" / "now").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "home" / "here" / "now")
    with (
        pytest.raises(InputError, match="the current folder, or a folder around it"),
        atomic_directory(tmp_path / name, nothing),
    ):
        pytest.fail("it was to be replaced")


@pytest.mark.parametrize("mount", ["/", "/proc", "/dev/shm"])
def test_a_mount_point_is_not_replaced(mount: str) -> None:
    if not os.path.ismount(mount):
        pytest.skip("no mount point here")
    with pytest.raises(InputError, match="a mount point"), atomic_directory(Path(mount), ours):
        pytest.fail("it was to be replaced")


def test_what_a_link_leads_to_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "large disk" / "set").mkdir(parents=True)
    (tmp_path / "large disk" / "set" / "ours").touch()
    (tmp_path / "set").symlink_to(tmp_path / "large disk" / "set")
    with atomic_directory(tmp_path / "set", ours) as temporary:
        (temporary / "fresh").touch()
    assert (tmp_path / "set").is_symlink()
    assert [path.name for path in (tmp_path / "large disk").rglob("*")] == ["set", "fresh"]


def test_what_a_killed_process_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    program = f"""
import os, signal
from pathlib import Path
from vsodprep.files import atomic_directory, nothing
with atomic_directory(Path({str(tmp_path / "[set]")!r}), nothing) as folder:
    (folder / "half").touch()
    os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -signal.SIGKILL
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".[set].partial-")
    mine = tmp_path / ".[set].partial-copy of mine"
    mine.mkdir()
    (tmp_path / ".[set].partial-notes.txt").touch()
    (tmp_path / ".[set].partial-link").symlink_to(mine)
    with atomic_directory(tmp_path / "[set]", nothing):
        assert not left.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".[set].partial-copy of mine",
        ".[set].partial-link",
        ".[set].partial-notes.txt",
        "[set]",
    ]


def test_scratch_of_the_current_folder_lies_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with scratch_beside(Path()) as scratch:
        assert scratch.parent == tmp_path
        assert scratch.name.startswith(".here.partial-")
    assert [path.name for path in tmp_path.iterdir()] == ["here"]


def test_two_that_write_one_folder_leave_each_other_alone(tmp_path: Path) -> None:
    with atomic_directory(tmp_path / "set", ours) as first:
        (first / "ours.first").touch()
        with atomic_directory(tmp_path / "set", ours) as second:
            (second / "ours.second").touch()
        assert [path.name for path in (tmp_path / "set").iterdir()] == ["ours.second"]
    assert [path.name for path in (tmp_path / "set").iterdir()] == ["ours.first"]
    assert [path.name for path in tmp_path.iterdir()] == ["set"]


def test_where_there_are_no_locks_nothing_of_another_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with atomic_directory(tmp_path / "set", ours) as first, atomic_directory(tmp_path / "set", ours) as second:
        assert first.exists()
        assert second.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["set"]


def test_write_json_refuses_nan(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(tmp_path / "scores.json", {"mae": float("nan")})
    assert list(tmp_path.iterdir()) == []


def test_sha256_of_known_text(tmp_path: Path) -> None:
    (tmp_path / "abc").write_text("abc")
    assert sha256(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def replaced(final: Path) -> Any:
    return atomic_directory(final, ours)


@pytest.mark.parametrize("write", [atomic_path, replaced])
def test_a_place_that_cannot_be_written_to_is_named(tmp_path: Path, write: Callable[[Path], Any]) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="file/below"), write(tmp_path / "file" / "below"):
        pass


def test_a_file_does_not_replace_a_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a folder; expected the name of a file"), atomic_path(tmp_path):
        pass


def test_a_folder_does_not_replace_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept")
    with pytest.raises(InputError, match="a file; expected the name of a folder"), replaced(tmp_path / "file"):
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


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link.json").symlink_to("real/scores.json")
    write_json(tmp_path / "link.json", 1)
    write_json(tmp_path / "link.json", 2)
    assert (tmp_path / "link.json").readlink() == Path("real/scores.json")
    assert (tmp_path / "real" / "scores.json").read_text() == "2\n"
    assert len(list((tmp_path / "real").iterdir())) == 1


@pytest.mark.parametrize(
    "write",
    [lambda path: write_json(path, 1), lambda path: atomic_directory(path, nothing).__enter__()],
    ids=["file", "folder"],
)
def test_a_link_to_itself_is_named(tmp_path: Path, write: Callable[[Path], Any]) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(InputError, match=r"/a: a link that leads to itself"):
        write(tmp_path / "a")


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE, text=True)
    write_json(pipe, {"mae": 0.5})
    assert reader.communicate(timeout=60)[0] == '{\n  "mae": 0.5\n}\n'
    assert pipe.is_fifo()


def test_a_device_without_room_is_named_and_stays() -> None:
    with pytest.raises(InputError, match="/dev/full: No space left on device"):
        write_json(Path("/dev/full"), {})
    assert Path("/dev/full").is_char_device()


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_standard_output_is_written_to_where_it_stands(tmp_path: Path, name: str) -> None:
    """Also where it is a file: what is printed before and after stays."""
    program = f"""
from pathlib import Path
from vsodprep.files import write_text
print("before")
write_text(Path({name!r}), "written\\n")
print("after")
"""
    with (tmp_path / "out.txt").open("w") as stream:
        subprocess.run([sys.executable, "-c", program], stdout=stream, check=True, timeout=60)
    assert (tmp_path / "out.txt").read_text() == "before\nwritten\nafter\n"


def test_a_folder_that_is_removed_meanwhile_is_named(tmp_path: Path) -> None:
    named = pytest.raises(InputError, match=r"out/map.png: No such file or directory")
    with named, atomic_path(tmp_path / "out" / "map.png"):
        shutil.rmtree(tmp_path / "out")


def test_what_cannot_be_read_meanwhile_keeps_its_own_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="missing"), atomic_path(tmp_path / "map.png"):
        (tmp_path / "missing").read_bytes()
