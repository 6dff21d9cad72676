"""The user's own folders and videos."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from tests.fakes.fake import blob, encoded, gray, picture
from vsodprep.benchmarks.folders import own_benchmark, scan_folder
from vsodprep.benchmarks.layout import check_name
from vsodprep.cli import cli
from vsodprep.config.normalize import Choice
from vsodprep.errors import InputError
from vsodprep.manifest import Manifest, frame_path, read_manifest
from vsodprep.normalize.own import normalize_own


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """`cat` has frames 9 to 11 and one mask, `clip.avi` is a video of seven frames."""
    frames, masks = tmp_path / "mine" / "cat" / "frames", tmp_path / "mine" / "cat" / "masks"
    frames.mkdir(parents=True)
    masks.mkdir()
    for number in (9, 10, 11):
        (frames / f"f{number}.jpg").write_bytes(picture(number))
    (masks / "f10.png").write_bytes(encoded(gray(blob(1)), ".png"))
    writer = cv2.VideoWriter(str(tmp_path / "mine" / "clip.avi"), cv2.VideoWriter_fourcc(*"MJPG"), 10, (64, 48))
    for number in range(7):
        writer.write(np.full((48, 64, 3), 30 * number, np.uint8))
    writer.release()
    return tmp_path / "mine"


def own(path: Path, out: Path, options: Choice | None = None, jobs: int = 1) -> Manifest:
    return normalize_own(own_benchmark("mine"), path, out, options or Choice(), jobs)


def test_frames_and_videos(folder: Path, tmp_path: Path) -> None:
    manifest = own(folder, tmp_path / "out")
    cat, clip = manifest.sequences
    assert (cat.frames, cat.annotated, cat.splits) == (("f9", "f10", "f11"), ("f10",), ("all",))
    assert (clip.name, clip.frames, clip.annotated) == ("clip", tuple(f"{n:05d}" for n in range(7)), ())
    assert (clip.height, clip.width) == (48, 64)
    assert manifest.issues == ()
    assert [source.file for source in manifest.sources] == ["mine"]
    for number, frame in enumerate(clip.frames):
        with Image.open(frame_path(tmp_path / "out", "clip", frame)) as image:
            assert image.format == "PNG"
            assert abs(np.asarray(image).mean() - 30 * number) < 4
    with Image.open(tmp_path / "out" / "cat" / "masks" / "f10.png") as image:
        assert np.array_equal(np.asarray(image), gray(blob(1)))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "out"]


@pytest.mark.parametrize(
    ("masks", "detail"),
    [
        (range(3), "masks of the first 3 of 9 frames alone, 00000 to 00002; masks numbered anew look so"),
        (range(0, 9, 4), None),
        (range(1), None),
        (range(1, 4), None),
        (range(8), None),
        (range(9), None),
    ],
    ids=["numbered anew", "every fourth", "the first", "from the second", "all but one", "all"],
)
def test_masks_of_the_first_frames_alone(masks: range, detail: str | None, tmp_path: Path) -> None:
    for kind, numbers in (("frames", range(9)), ("masks", masks)):
        (tmp_path / "mine" / "fox" / kind).mkdir(parents=True)
        for number in numbers:
            data = picture(number, ".png") if kind == "frames" else encoded(gray(blob(number)), ".png")
            (tmp_path / "mine" / "fox" / kind / f"{number:05d}.png").write_bytes(data)
    words = ["normalize", "mine", str(tmp_path / "mine"), "--folder", "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0, done.output
    issues = read_manifest(tmp_path / "out").issues
    assert [(one.kind, one.detail) for one in issues] == ([("leading-masks", detail)] if detail else [])
    assert (detail or "masks: values (8-bit gray)") in done.output
    some = ", ".join(f"{number:05d}" for number in masks[:5]) + (", ..." if len(masks) > 5 else "")
    line = f"fox: {len(masks)} of 9 frames have masks: {some}"
    assert (line in done.output) == (len(masks) < 9)


def test_masks_beside_a_video(folder: Path, tmp_path: Path) -> None:
    masks = folder / "clip" / "masks"
    masks.mkdir(parents=True)
    (masks / "00003.png").write_bytes(encoded(np.kron(np.eye(2), np.full((24, 32), 255)).astype(np.uint8), ".png"))
    manifest = own(folder, tmp_path / "out")
    assert manifest.sequence("clip").annotated == ("00003",)


def test_one_video_file(folder: Path, tmp_path: Path) -> None:
    manifest = own(folder / "clip.avi", tmp_path / "out")
    assert [sequence.name for sequence in manifest.sequences] == ["clip"]


def test_same_manifest_on_one_and_eight_jobs(folder: Path, tmp_path: Path) -> None:
    assert own(folder, tmp_path / "one") == own(folder, tmp_path / "eight", jobs=8)


def test_splits_of_ones_own(folder: Path, tmp_path: Path) -> None:
    manifest = own(folder, tmp_path / "out", Choice(splits={"test": ("clip",)}))
    assert [sequence.name for sequence in manifest.split("test")] == ["clip"]
    assert len(manifest.split("all")) == 2


def test_scan_tells_what_is_there_without_decoding(folder: Path) -> None:
    cat, clip = scan_folder(folder)
    assert (cat.name, cat.frames, cat.annotated) == ("cat", 3, 1)
    assert (clip.name, clip.frames) == ("clip", None)


def test_folder_with_nothing_in_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no sequence in it; expected SEQUENCE/frames"):
        scan_folder(tmp_path)
    with pytest.raises(InputError, match="no such file or folder"):
        scan_folder(tmp_path / "none")


@pytest.mark.parametrize("name", ["my holiday", "$(date)", "a;b", "-x", ".."])
def test_names_that_commands_cannot_have(name: str) -> None:
    with pytest.raises(InputError, match="a name with characters that are not safe in paths and commands"):
        check_name(name)


def test_folder_and_video_of_one_name(folder: Path) -> None:
    (folder / "clip" / "frames").mkdir(parents=True)
    (folder / "clip" / "frames" / "0.jpg").write_bytes(picture(0))
    with pytest.raises(InputError, match="a folder and a video have this name"):
        scan_folder(folder)


def test_broken_video(folder: Path, tmp_path: Path) -> None:
    (folder / "bad.mp4").write_bytes(b"no video")
    with pytest.raises(InputError, match=r"bad\.mp4: no frame that can be decoded"):
        own(folder, tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine"]


def test_frames_of_two_sizes(folder: Path, tmp_path: Path) -> None:
    (folder / "cat" / "frames" / "f11.jpg").write_bytes(encoded(np.zeros((10, 12, 3), np.uint8), ".jpg"))
    with pytest.raises(InputError, match="cat/f11: frames of"):
        own(folder, tmp_path / "out")
    manifest = own(folder, tmp_path / "out", Choice(allow=("frame-size",)))
    assert manifest.sequence("cat").sizes == ((18, 24), (18, 24), (10, 12))


def test_files_of_other_kinds_are_told(folder: Path, tmp_path: Path) -> None:
    sequence = next(folder.glob("*/frames"))
    (sequence / "99.psd").write_bytes(b"8BPS")
    manifest = normalize_own(own_benchmark("mine"), folder, tmp_path / "out", Choice())
    (issue,) = [issue for issue in manifest.issues if issue.kind == "stray-file"]
    assert issue.where.endswith(f"{sequence.parent.name}/frames/99.psd")


def test_two_sequences_of_one_name(tmp_path: Path) -> None:
    for place, number in (("x", 1), ("y", 2)):
        (tmp_path / "own" / place / "a" / "frames").mkdir(parents=True)
        (tmp_path / "own" / place / "a" / "frames" / f"{number}.jpg").write_bytes(picture(number))
    with pytest.raises(InputError, match=r"y/a/frames/2\.jpg: a second sequence named a"):
        normalize_own(own_benchmark("mine"), tmp_path / "own", tmp_path / "out", Choice())


def test_two_videos_of_one_name(folder: Path) -> None:
    video = next(path for path in folder.iterdir() if path.is_file())
    (folder / f"{video.stem}.mkv").write_bytes(video.read_bytes())
    with pytest.raises(InputError, match="a second video of this name"):
        scan_folder(folder)


def test_what_a_killed_run_left_is_cleared_away(folder: Path, tmp_path: Path) -> None:
    place = tmp_path / "normalized"
    for leftover in (".mine.partial-1", ".mine.partial-2", ".mine-too.partial-3"):
        (place / leftover / "beach").mkdir(parents=True)
        (place / leftover / ".vsodprep-lock").touch()  # and no process holds it
    normalize_own(own_benchmark("mine"), folder, place / "mine", Choice())
    assert sorted(path.name for path in place.iterdir()) == [".mine-too.partial-3", "mine"]
