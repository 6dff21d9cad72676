"""Every container gives what the folder gives, to every command that reads one; what is none is refused in a line."""

import os
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.evaluate_cases import figures, write_tree
from tests.fakes.archives import make_rar, make_tar, make_zip
from vsodprep.archives import open_tree
from vsodprep.benchmarks.folders import own_benchmark
from vsodprep.config.normalize import Choice
from vsodprep.errors import InputError
from vsodprep.evaluate import evaluate_folders
from vsodprep.images import write_png
from vsodprep.manifest import Manifest
from vsodprep.normalize.own import normalize_own

Files = dict[str, bytes]
LENGTHS = {"drift": 5, "hide": 4}


def backslashes(path: Path, files: Files) -> Path:
    """As .NET before 4.6.1 and some Windows programs write it, entries of folders included."""
    names = {f"top\\{name}".replace("/", "\\"): data for name, data in files.items()}
    folders = {f"top\\{name.rpartition('/')[0]}\\".replace("/", "\\"): b"" for name in files}
    return make_zip(path, folders | names)


def zip64(path: Path, files: Files) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            with archive.open(name, "w", force_zip64=True) as stream:
                stream.write(data)
    return path


def by_macos(path: Path, files: Files) -> Path:
    junk = {}
    for name in files:
        folder, _, file = name.rpartition("/")
        junk |= {
            f"__MACOSX/up/{folder}/._{file}": b"junk",
            f"up/{folder}/._{file}": b"junk",
            f"up/{folder}/.DS_Store": b"",
        }
    return make_zip(path, {f"up/{name}": data for name, data in files.items()} | junk)


def nested(path: Path, files: Files) -> Path:
    return make_zip(path, {f"./release/v1//final/{name}": data for name, data in files.items()})


CONTAINERS: dict[str, Callable[[Path, Files], Path]] = {
    "plain.zip": make_zip,
    "backslashes.zip": backslashes,
    "zip64.zip": zip64,
    "macos.zip": by_macos,
    "nested.zip": nested,
    "plain.tar": make_tar,
    "backslashes.tar": lambda path, files: make_tar(
        path, {name.replace("/", "\\"): data for name, data in files.items()}
    ),
    "plain.tar.gz": make_tar,
    "plain.rar": make_rar,
    "no ending": make_zip,
}
EVERY = pytest.mark.parametrize("name", list(CONTAINERS))


def files_of(folder: Path) -> Files:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.png"))}


@EVERY
def test_maps_and_masks_in_any_container_score_the_same(name: str, tmp_path: Path) -> None:
    jobs = 2 if name in ("backslashes.zip", "plain.tar") else 1
    maps, masks = write_tree(tmp_path, {"drift": 12, "hide": 4})
    expected = figures(evaluate_folders(maps, masks))
    given = CONTAINERS[name](tmp_path / name, files_of(maps))
    (tmp_path / "gt").mkdir()
    truth = CONTAINERS[name](tmp_path / "gt" / name, files_of(masks))
    for pred, gt in ((given, masks), (maps, truth), (given, truth)):
        assert figures(evaluate_folders(pred, gt, jobs=jobs)) == expected
    scores = evaluate_folders(given, truth, jobs=jobs, cache_folder=tmp_path / "cache")
    assert list(scores["sequences"]) == ["drift", "hide"]
    assert scores["inputs"]["extra"] == []
    assert evaluate_folders(given, truth, cache_folder=tmp_path / "cache") == scores


def own(path: Path, out: Path, **choice: object) -> Manifest:
    return normalize_own(own_benchmark("mine"), path, out, Choice.model_validate(choice))


@EVERY
def test_own_frames_and_masks_in_any_container_normalise_the_same(name: str, tmp_path: Path) -> None:
    for sequence in LENGTHS:
        for frame in range(3):
            values = np.full((8, 10, 3), 40 * frame, np.uint8)
            write_png(tmp_path / "own" / sequence / "frames" / f"{frame}.png", values)
            write_png(tmp_path / "own" / sequence / "masks" / f"{frame}.png", np.eye(8, 10, dtype=np.uint8) * 255)
    expected = own(tmp_path / "own", tmp_path / "a")
    found = own(CONTAINERS[name](tmp_path / name, files_of(tmp_path / "own")), tmp_path / "b")
    assert (found.sequences, found.issues, found.extra) == (expected.sequences, expected.issues, expected.extra)


def encrypted(path: Path, files: Files) -> Path:
    """A zip whose first member says that it needs a password, in both of its headers."""
    data = bytearray(make_zip(path, files).read_bytes())
    for header, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(header) + place] |= 1
    path.write_bytes(data)
    return path


def cut(make: Callable[[Path, Files], Path], share: float) -> Callable[[Path, Files], Path]:
    def cut_short(path: Path, files: Files) -> Path:
        data = make(path, files).read_bytes()
        path.write_bytes(data[: int(len(data) * share)])
        return path

    return cut_short


def at_member(path: Path, after: bytes = b"") -> Path:
    """Cut a tar where its third member begins, and put something else there."""
    with tarfile.open(path) as tar:
        start = tar.getmembers()[2].offset
    path.write_bytes(path.read_bytes()[:start] + after)
    return path


REFUSED = {
    "encrypted": ("x.zip", encrypted, r"x\.zip:'drift/00000\.png': encrypted; expected an archive without a password"),
    "cut zip": ("x.zip", cut(make_zip, 0.9), "not an archive, or a damaged one"),
    "cut tar": ("x.tar", cut(make_tar, 0.51), "a damaged tar archive|cannot be unpacked"),
    "cut tar at a member's end": ("x.tar", lambda path, files: at_member(make_tar(path, files)), "no end"),
    "tar with a damaged header": ("x.tar", lambda path, files: at_member(make_tar(path, files), b"x" * 512), "no end"),
    "cut tar.gz": ("x.tar.gz", cut(make_tar, 0.9), "a damaged tar archive"),
    "a gzip's header alone": ("x.tar.gz", cut(make_tar, 0.002), "not an archive|damaged archive"),
    "no archive": ("x.zip", lambda path, files: path.write_bytes(b"<html>") and path, "not an archive"),
    "a name that leaves": (
        "x.zip",
        lambda path, files: make_zip(path, files | {"..\\up.png": b""}),
        "leaves the target",
    ),
    "one name twice": (
        "x.zip",
        lambda path, files: make_zip(path, files | {"drift\\00000.png": b""}),
        "two members have",
    ),
}


@pytest.mark.parametrize("kind", list(REFUSED))
def test_what_cannot_be_read_whole_is_refused_in_a_line(kind: str, tmp_path: Path) -> None:
    name, make, message = REFUSED[kind]
    maps, masks = write_tree(tmp_path, LENGTHS)
    archive = make(tmp_path / name, files_of(maps))
    for pred, gt in ((archive, masks), (maps, archive)):
        with pytest.raises(InputError, match=message) as error:
            evaluate_folders(pred, gt)
        assert "\n" not in str(error.value)
    with pytest.raises(InputError, match=message):
        own(archive, tmp_path / "out")


def test_an_archive_unpacked_without_its_folders_is_refused(tmp_path: Path) -> None:
    maps, masks = write_tree(tmp_path, LENGTHS)
    flat = tmp_path / "flat"
    flat.mkdir()
    for name, data in files_of(maps).items():
        (flat / name.replace("/", "\\")).write_bytes(data)
    for pred, gt in ((flat, masks), (maps, flat)):
        with pytest.raises(InputError, match=r"a name with backslashes"):
            evaluate_folders(pred, gt)
    with pytest.raises(InputError, match=r"a name with backslashes"):
        own(flat, tmp_path / "out")


def test_maps_of_several_folders_are_not_one_sequence(tmp_path: Path) -> None:
    maps, masks = write_tree(tmp_path, {"drift": 5, "hide": 5})
    only = tmp_path / "only"
    only.mkdir()
    for number, path in enumerate(sorted((masks / "hide").iterdir())):
        path.rename(only / f"{number}.png")
    with pytest.raises(InputError, match=r"images in 2 folders \(drift, hide, ...\), none of them only"):
        evaluate_folders(maps, only)


def test_masks_that_are_taken_for_one_sequence_are_told(tmp_path: Path) -> None:
    maps, masks = write_tree(tmp_path, {"drift": 5})
    flat = tmp_path / "flat"
    (masks / "drift").rename(flat)
    assert evaluate_folders(maps, flat)["inputs"]["one_sequence"] == "flat"
    write_tree(tmp_path / "two", LENGTHS)
    assert "one_sequence" not in evaluate_folders(tmp_path / "two" / "maps", tmp_path / "two" / "masks")["inputs"]


@pytest.mark.parametrize("hidden", [False, True])
def test_a_folder_that_cannot_be_read_is_an_error_unless_it_is_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, hidden: bool
) -> None:
    maps, masks = write_tree(tmp_path, LENGTHS)
    expected = figures(evaluate_folders(maps, masks))
    shut = maps / (".Trash" if hidden else "hide")
    shut.mkdir(exist_ok=True)
    scan = os.scandir

    def scandir(path: str) -> object:
        if Path(path) == shut:
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", scandir)
    if hidden:
        assert figures(evaluate_folders(maps, masks)) == expected
    else:
        with pytest.raises(InputError, match=r"maps/hide: Permission denied; expected a folder that can be read"):
            evaluate_folders(maps, masks)
        with pytest.raises(InputError, match=r"maps/hide: Permission denied"):
            own(maps, tmp_path / "out")


def test_what_was_unpacked_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    maps, masks = write_tree(tmp_path, LENGTHS)
    archive = make_tar(tmp_path / "maps.tar", files_of(maps))
    evaluate_folders(archive, masks)
    assert list((tmp_path / "scratch").iterdir()) == []
    tree = open_tree(archive)
    assert cv2.imdecode(np.frombuffer(tree.read("hide/00000.png"), np.uint8), cv2.IMREAD_UNCHANGED).shape == (30, 40)
    assert len(list((tmp_path / "scratch").iterdir())) == 1
    del tree
    assert list((tmp_path / "scratch").iterdir()) == []


def test_images_beside_an_archive_are_not_passed_over(tmp_path: Path) -> None:
    maps, masks = write_tree(tmp_path, {"drift": 5})
    make_zip(masks / "drift" / "old.zip", {"x.png": b""})
    assert evaluate_folders(maps, masks / "drift")["frames"] == 3
