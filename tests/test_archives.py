"""Archives are read in place, and nothing unsafe in them is ever unpacked."""

import io
import os
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes.archives import make_rar, make_tar, make_zip
from vsodprep.archives import open_delivery, safety
from vsodprep.errors import InputError

FILES = {"top/a.txt": b"first", "top/sub/b.bin": bytes(range(256)) * 40}


MAKERS: dict[str, Callable[[Path, dict[str, bytes]], Path]] = {
    "a.zip": make_zip,
    "a.tar": make_tar,
    "a.tar.gz": make_tar,
    "a.rar": make_rar,
    "zip without its ending": make_zip,
}
EVERY = pytest.mark.parametrize("name", list(MAKERS))


@EVERY
def test_files_are_read(name: str, tmp_path: Path) -> None:
    path = MAKERS[name](tmp_path / name, FILES)
    with open_delivery([path], scratch=tmp_path) as delivery:
        assert delivery.names == tuple(FILES)
        assert {inner: delivery.read(inner) for inner in delivery.names} == FILES
        assert delivery.where("top/a.txt") == f"{path}:top/a.txt"
    assert list(tmp_path.iterdir()) == [path]


def test_folder_is_read_through_links(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.txt").write_bytes(b"first")
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "linked").symlink_to(tmp_path / "real")
    (tmp_path / "given" / "loop").symlink_to(tmp_path / "given")
    with open_delivery([tmp_path / "given"]) as delivery:
        assert delivery.names == ("linked/a.txt",)
        assert delivery.read("linked/a.txt") == b"first"


def test_several_archives_do_not_shadow_one_another(tmp_path: Path) -> None:
    paths = [make_zip(tmp_path / f"{part}.zip", {"x/readme.txt": part.encode()}) for part in ("one", "two")]
    with open_delivery(paths) as delivery:
        assert {delivery.read(name) for name in delivery.names} == {b"one", b"two"}


def test_what_systems_leave_behind_is_not_seen(tmp_path: Path) -> None:
    junk = {"__MACOSX/top/._a.txt": b"", "top/.DS_Store": b"", "top/Thumbs.db": b"", ".git/config": b""}
    with open_delivery([make_zip(tmp_path / "a.zip", FILES | junk)]) as delivery:
        assert delivery.names == tuple(FILES)


@pytest.mark.parametrize(
    "escape", ["../out.txt", "a/../../out.txt", "..\\out.txt", "/etc/out.txt", "C:\\out.txt", "\\out.txt"]
)
@EVERY
def test_names_that_leave_the_folder_are_refused(name: str, escape: str, tmp_path: Path) -> None:
    path = MAKERS[name](tmp_path / name, FILES | {escape: b"x"})
    with pytest.raises(InputError, match=r"leaves the target folder|absolute path"), open_delivery([path], tmp_path):
        pass
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz", "a.rar"])
def test_duplicate_names_are_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if name.endswith(".zip"):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a.txt", b"1")
            archive.writestr("a.txt", b"2")
    elif name.endswith(".rar"):
        one = make_rar(tmp_path / "one.rar", {"a.txt": b"1"}).read_bytes()
        head, tail = one[:20], one[20:-7]
        path.write_bytes(head + tail + tail + one[-7:])
        (tmp_path / "one.rar").unlink()
    else:
        with tarfile.open(path, "w:gz" if name.endswith("gz") else "w") as tar:
            for data in (b"1", b"2"):
                info = tarfile.TarInfo("a.txt")
                info.size = 1
                tar.addfile(info, io.BytesIO(data))
    with pytest.raises(InputError, match="a name that two members have"), open_delivery([path], tmp_path):
        pass


def test_zip_links_are_refused(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", FILES)
    with zipfile.ZipFile(path, "a") as archive:
        info = zipfile.ZipInfo("link")
        info.create_system, info.external_attr = 3, 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(InputError, match="'link': a link"), open_delivery([path]):
        pass


@pytest.mark.parametrize(
    ("kind", "found"), [(tarfile.SYMTYPE, "a link"), (tarfile.LNKTYPE, "a link"), (tarfile.FIFOTYPE, "a special file")]
)
def test_tar_links_and_devices_are_refused(kind: bytes, found: str, tmp_path: Path) -> None:
    path = make_tar(tmp_path / "a.tar", FILES)
    with tarfile.open(path, "a") as archive:
        info = tarfile.TarInfo("odd")
        info.type, info.linkname = kind, "/etc/passwd"
        archive.addfile(info)
    with pytest.raises(InputError, match=f"'odd': {found}"), open_delivery([path], tmp_path):
        pass


def test_rar_links_are_refused(tmp_path: Path) -> None:
    path = make_rar(tmp_path / "a.rar", {"link": b"/etc/passwd"}, attributes=0o120777)
    with pytest.raises(InputError, match="'link': a link"), open_delivery([path], tmp_path):
        pass


def test_bombs_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safety, "ALWAYS_ALLOWED", 1 << 20)
    path = make_zip(tmp_path / "a.zip", {f"{number}": bytes(1 << 20) for number in range(4)})
    with (
        pytest.raises(InputError, match=r"bytes that unpack to 4194304; expected at most 200 times"),
        open_delivery([path]),
    ):
        pass


def test_huge_member_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safety, "LARGEST_MEMBER", 1000)
    with (
        pytest.raises(InputError, match=r"b\.bin'?: 10240 bytes unpacked"),
        open_delivery([make_zip(tmp_path / "a.zip", FILES)]),
    ):
        pass


def test_overlapping_members_are_refused(tmp_path: Path) -> None:
    """One stretch of packed data under many names unpacks to far more than the archive holds."""
    data = os.urandom(50_000)
    path = make_zip(tmp_path / "a.zip", {f"{number}": data if number == 0 else b"x" for number in range(4)})
    raw = bytearray(path.read_bytes())
    start = raw.index(b"PK\x01\x02")
    first = raw[start + 16 : start + 28]  # CRC and sizes of the large member
    position = start
    while (position := raw.find(b"PK\x01\x02", position + 1)) > 0:
        raw[position + 16 : position + 28] = first
    path.write_bytes(raw)
    with pytest.raises(InputError, match="its members overlap"), open_delivery([path]):
        pass


def test_compressed_rar_without_a_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import rarfile

    def no_program(*_: object, **__: object) -> None:
        raise rarfile.RarCannotExec

    monkeypatch.setattr(rarfile, "tool_setup", no_program)
    path = make_rar(tmp_path / "DataViSal.rar", {"a.txt": b"packed"}, method=0x33)
    with (
        open_delivery([path], tmp_path) as delivery,
        pytest.raises(InputError, match="no program is installed that unpacks it; expected unrar, unar, 7z or bsdtar"),
    ):
        delivery.read("a.txt")
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("cut", [0.3, 0.45])
@EVERY
def test_truncated_archive_is_refused(name: str, cut: float, tmp_path: Path) -> None:
    path = MAKERS[name](tmp_path / name, FILES)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * cut)])
    with (
        pytest.raises(InputError, match=r"not an archive|damaged|cannot be unpacked"),
        open_delivery([path], tmp_path) as delivery,
    ):
        for inner in FILES:
            if inner in delivery.names:
                delivery.read(inner)
        assert set(delivery.names) == set(FILES), "a file was lost without a word"
    assert list(tmp_path.iterdir()) == [path]


def test_flipped_byte_is_seen(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", FILES)
    raw = bytearray(path.read_bytes())
    raw[raw.index(b"a.txt") + len("a.txt") + 1] ^= 0xFF
    path.write_bytes(raw)
    with open_delivery([path]) as delivery, pytest.raises(InputError, match=r"a\.zip:top/a\.txt: damaged"):
        delivery.read("top/a.txt")


def test_missing_archive(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file or folder"), open_delivery([tmp_path / "none.zip"]):
        pass


def test_links_to_folders_beside_are_followed_and_links_back_are_not(tmp_path: Path) -> None:
    folder = tmp_path / "given"
    (folder / "a").mkdir(parents=True)
    (folder / "a" / "1.txt").write_text("1")
    (folder / "b").symlink_to("a")
    (folder / "a" / "up").symlink_to("..")
    with open_delivery([folder]) as delivery:
        assert delivery.names == ("a/1.txt", "b/1.txt")


def test_hidden_folders_are_not_seen(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "a.zip", {"./x/1.txt": b"1", ".mine.partial-abc/x/1.txt": b"2", "x/.git/1": b"3"})
    with open_delivery([archive]) as delivery:
        assert delivery.names == ("x/1.txt",)


@pytest.mark.parametrize("make", [make_zip, make_tar], ids=["zip", "tar"])
def test_one_name_in_two_spellings_is_refused(make: Callable[[Path, dict[str, bytes]], Path], tmp_path: Path) -> None:
    archive = make(tmp_path / "a.archive", {"x/1.txt": b"1", "./x//1.txt": b"2"})
    with pytest.raises(InputError, match="a name that two members have"), open_delivery([archive]):
        pass


@pytest.mark.parametrize("text", ["no JSON", "{}", '{"files": [{"file": "a.zip"}]}'])
def test_list_of_a_download_that_is_none(text: str, tmp_path: Path) -> None:
    (tmp_path / "sources.json").write_text(text)
    with pytest.raises(InputError, match=r"sources\.json: (unreadable|no JSON)"), open_delivery([tmp_path]):
        pass
