"""Folders as people hand them in: everything that is there is read, refused, or counted and named."""

import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.coarse_folders import FRAMES, write_sequence
from tests.video_files import turn
from vsodprep.benchmarks.folders import own_benchmark, safe_name, scan_folder
from vsodprep.cli import cli
from vsodprep.config.normalize import Choice
from vsodprep.config.train import Data, Run, Stage
from vsodprep.errors import InputError
from vsodprep.flow.frames import sequence_frames
from vsodprep.images import IMAGE_SUFFIXES, list_images, read_frame
from vsodprep.manifest import Manifest, frame_path
from vsodprep.models import saved
from vsodprep.normalize.own import normalize_own
from vsodprep.predict.sources import as_shard
from vsodprep.shards import open_shard

SIZE = (12, 16)


def image(value: int) -> np.ndarray:
    values = np.full((*SIZE, 3), 30 + 20 * value, np.uint8)
    values[3:7, value : value + 5] = 200
    return values


def write(path: Path, values: np.ndarray) -> None:
    """Write in the format that the ending tells."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values).convert("L" if path.suffix == ".pgm" or values.ndim == 2 else "RGB").save(path)


def make(folder: Path, *names: str) -> Path:
    for number, name in enumerate(names):
        write(folder / name, image(number))
    return folder


def own(path: Path, out: Path, *allow: str) -> Manifest:
    return normalize_own(own_benchmark("mine"), path, out, Choice(allow=allow))


def told(manifest: Manifest) -> list[tuple[str, str]]:
    return [(issue.kind, issue.where) for issue in manifest.issues]


@pytest.mark.parametrize("suffix", IMAGE_SUFFIXES)
def test_every_ending_is_read_by_every_command(suffix: str, tmp_path: Path) -> None:
    frames = make(tmp_path / "mine" / "cat" / "frames", "0.png", "1.png", "2.png")
    first = frames / f"0{suffix.upper()}"
    if suffix != ".png":
        (frames / "0.png").unlink()
        write(first.with_suffix(suffix), image(0))
        first.with_suffix(suffix).rename(first)
    else:
        (frames / "0.png").rename(first)
    manifest = own(tmp_path / "mine", tmp_path / "out")
    assert (manifest.sequences[0].frames, manifest.issues) == (("0", "1", "2"), ())
    found = read_frame(frame_path(tmp_path / "out", "cat", "0"))
    assert np.abs(found.astype(int) - image(0)).mean() < 6  # lossy formats and palettes
    assert [path.stem for path in sequence_frames(frames)] == ["0", "1", "2"]
    assert scan_folder(tmp_path / "mine")[0].frames == 3


ODD: dict[str, tuple[Callable[[Path], object], list[tuple[str, str]]]] = {
    "a text file": (lambda cat: (cat / "frames" / "list.txt").write_text("x"), [("stray-file", "cat/frames/list.txt")]),
    "a kind that is not read": (
        lambda cat: (cat / "frames" / "3.heic").write_bytes(b"x"),
        [("stray-file", "cat/frames/3.heic")],
    ),
    "hidden files": (lambda cat: [make(cat / "frames", "._0.png", ".3.png"), make(cat / "__MACOSX", "0.png")], []),
    "a folder beside": (
        lambda cat: make(cat / "depth", *(f"{n}.png" for n in "0123")),
        [("stray-file", "cat/depth")],
    ),
    "images beside": (lambda cat: make(cat, "poster.png"), [("stray-file", "cat/poster.png")]),
    "a video inside": (lambda cat: (cat / "clip.mp4").write_bytes(b""), [("stray-file", "cat/clip.mp4")]),
    "a folder inside": (lambda cat: make(cat / "frames" / "old", "0.png"), [("stray-file", "cat/frames/old/0.png")]),
}


@pytest.mark.parametrize("kind", list(ODD))
def test_what_is_not_used_is_named(kind: str, tmp_path: Path) -> None:
    make(tmp_path / "mine" / "cat" / "frames", "0.png", "1.png", "2.png")
    add, expected = ODD[kind]
    add(tmp_path / "mine" / "cat")
    manifest = own(tmp_path / "mine", tmp_path / "out")
    assert manifest.sequences[0].frames == ("0", "1", "2")
    assert told(manifest) == expected


STOPS: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "a gap": (lambda cat: (cat / "frames" / "1.png").unlink(), "frame-gap", "followed by number 2, and not by 1"),
    "a copy": (
        lambda cat: make(cat / "frames", "2 (1).png"),
        "duplicate-file",
        r"another file .*/2 \(1\)\.png",
    ),
    "two of one name": (lambda cat: make(cat / "frames", "2.bmp"), "duplicate-file", "another file of the same name"),
    "masks of another name": (lambda cat: make(cat / "Ground-Truth", "0.png"), "unused-masks", "1 images in a folder"),
    "annotations": (lambda cat: make(cat / "Annotations", "0.png", "1.png"), "unused-masks", "2 images in a folder"),
}


@pytest.mark.parametrize("kind", list(STOPS))
def test_what_may_not_be_meant_stops_unless_allowed(kind: str, tmp_path: Path) -> None:
    make(tmp_path / "mine" / "cat" / "frames", "0.png", "1.png", "2.png", "3.png", "4.png")
    change, issue, message = STOPS[kind]
    change(tmp_path / "mine" / "cat")
    with pytest.raises(InputError, match=message):
        own(tmp_path / "mine", tmp_path / "out")
    manifest = own(tmp_path / "mine", tmp_path / "out", issue)
    assert [one.kind for one in manifest.issues] == [issue]
    assert manifest.sequences[0].frames == tuple(one for one in "01234" if kind != "a gap" or one != "1")


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("cat", "cat"),
        ("café", "café"),
        ("cafe\u0301", "café"),
        ("IMG 0001 (1)", "IMG_0001_1"),
        ("-x", "x"),
        ("my holiday", "my_holiday"),
        ("$(date)", "date"),
        ("a;b", "a_b"),
        ("кошка", "кошка"),
        ("???", "unnamed"),
    ],
)
@pytest.mark.parametrize("video", [False, True])
def test_names_that_commands_cannot_have_become_safe_ones(name: str, safe: str, video: bool, tmp_path: Path) -> None:
    assert (safe_name(name), safe_name(safe)) == (safe, safe)
    if video:
        film(tmp_path / "mine" / f"{name}.avi", 3)
    else:
        make(tmp_path / "mine" / name / "frames", "0.png", "1.png")
        make(tmp_path / "mine" / name / "masks", "0.png")
    assert [one.name for one in scan_folder(tmp_path / "mine")] == [safe]
    manifest = own(tmp_path / "mine", tmp_path / "out", "faint-mask")
    assert [one.name for one in manifest.sequences] == [safe]
    renamed = [(one.where, one.detail) for one in manifest.issues if one.kind == "renamed"]
    assert renamed == ([] if name == safe else [(safe, f"called {name!r} in the folder")])


@pytest.mark.parametrize("other", ["my_clip.avi", "my-clip/../my clip/frames/0.png"])
def test_two_names_that_become_one_are_refused(other: str, tmp_path: Path) -> None:
    make(tmp_path / "mine" / "my_clip" / "frames", "0.png")
    if other.endswith("avi"):
        film(tmp_path / "mine" / "my clip.avi", 2)
    else:
        make(tmp_path / "mine" / "my clip" / "frames", "0.png")
    with pytest.raises(InputError, match=r"which would both be named my_clip|a folder and a video have this name"):
        scan_folder(tmp_path / "mine")


def test_frames_and_masks_of_one_name_in_two_spellings(tmp_path: Path) -> None:
    make(tmp_path / "mine" / "cat" / "frames", "e\u0301 1.png")
    write(tmp_path / "mine" / "cat" / "masks" / "é 1.png", np.eye(*SIZE, dtype=np.uint8) * 255)
    assert own(tmp_path / "mine", tmp_path / "out").sequences[0].annotated == ("é 1",)


def test_a_file_of_several_pictures_is_refused(tmp_path: Path) -> None:
    for suffix in (".gif", ".tif", ".webp"):
        path = tmp_path / f"0{suffix}"
        Image.fromarray(image(0)).save(path, save_all=True, append_images=[Image.fromarray(image(1))])
        with pytest.raises(InputError, match="2 pictures in one file"):
            read_frame(path)


def film(path: Path, count: int, codec: str = "MJPG") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    size = (64, 48)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*codec), 25, size)
    noise = np.random.default_rng(0)
    for number in range(count):
        frame = np.full((size[1], size[0], 3), 20, np.uint8)
        frame[:, : size[0] // 2] = 200 - 5 * number
        frame[:, :8] = noise.integers(0, 256, (size[1], 8, 3))
        writer.write(frame)
    writer.release()
    return path


@pytest.mark.parametrize("names", [("0.png", "0.jpg"), ("0.png", "0 (1).png"), ("0.png", "0 - Copy.png")])
def test_a_folder_of_frames_has_each_frame_once(names: tuple[str, ...], tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has the name of|a copy of"):
        list_images(make(tmp_path, *names))


def test_a_folder_of_frames_tells_what_is_not_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(tmp_path, "0.png", "._1.png", "1.webp")
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "masks").mkdir()
    assert [path.name for path in list_images(tmp_path)] == ["0.png", "1.webp"]
    assert "not read, as their endings are of no image that is read: 2 (masks, notes.txt)\n" in capsys.readouterr().err


# What reads maps: a folder with `.jpg` and others among `.png`.


@pytest.fixture
def maps(tmp_path: Path) -> Path:
    write_sequence(tmp_path, "bear")
    for method, stem, suffix in (("good", FRAMES[0], ".bmp"), ("bad", FRAMES[1], ".tif")):
        path = tmp_path / method / "bear" / f"{stem}.png"
        write(path.with_suffix(suffix), cv2.imread(str(path), cv2.IMREAD_GRAYSCALE))
        path.unlink()
    return tmp_path


def run(*words: object) -> None:
    cli.main([str(word) for word in words], standalone_mode=False)


COMMANDS = {
    "fuse": "fuse {}/good {}/bad --out {}/out",
    "crf": "crf {}/frames/bear {}/good/bear --out {}/out/bear",
    "coarse": "coarse label {}/frames/bear --maps {}/good/bear --maps {}/bad/bear --out {}/out/bear",
}


@pytest.mark.parametrize("command", list(COMMANDS))
def test_maps_of_any_ending_are_used(command: str, maps: Path) -> None:
    run(*COMMANDS[command].replace("{}", str(maps)).split())
    assert sorted(path.stem for path in (maps / "out" / "bear").glob("*.png")) == sorted(FRAMES)


@pytest.mark.parametrize("command", list(COMMANDS))
def test_two_maps_of_one_frame_are_refused(command: str, maps: Path) -> None:
    path = maps / "good" / "bear" / f"{FRAMES[1]}.png"
    shutil.copyfile(path, path.with_suffix(".jpg"))
    with pytest.raises(InputError, match="has the name of"):
        run(*COMMANDS[command].replace("{}", str(maps)).split())


@pytest.mark.parametrize("command", ["fuse", "coarse"])
def test_maps_of_no_frame_are_told(command: str, maps: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copyfile(maps / "bad" / "bear" / f"{FRAMES[0]}.png", maps / "bad" / "bear" / "99.png")
    run(*COMMANDS[command].replace("{}", str(maps)).split())
    assert "1 maps of no frame, not read: " in capsys.readouterr().err


# `predict` on frames.


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    stage = Stage(data=(Data(benchmark="mini", split="train"),), size=(64, 80))
    recipe = Run(width=0.05, pretrained=False, stages=(stage,)).model_dump(mode="json") | {"flow": None}
    path = tmp_path_factory.mktemp("net") / "net.ckpt"
    saved.save(path, {"format": saved.FORMAT, "model": "dsnet", "recipe": recipe, "weights": {}})
    return path


def frames_of(source: Path, checkpoint: Path, out: Path, *allow: str) -> dict[str, tuple[str, ...]]:
    with as_shard(source, checkpoint, out, allow=allow) as shard:
        return {sequence.name: sequence.frames for sequence in open_shard(shard).manifest.sequences}


def test_predict_reads_what_normalize_reads(checkpoint: Path, tmp_path: Path) -> None:
    make(tmp_path / "my cat", "0.png", "1.webp", "._0.png", "2.bmp")
    assert frames_of(tmp_path / "my cat", checkpoint, tmp_path / "out") == {"my_cat": ("0", "1", "2")}


def test_predict_refuses_a_gap_unless_allowed(checkpoint: Path, tmp_path: Path) -> None:
    make(tmp_path / "cat", "0.png", "1.png", "3.png", "4.png")
    with pytest.raises(InputError, match="followed by number 3, and not by 2"):
        frames_of(tmp_path / "cat", checkpoint, tmp_path / "out")
    assert frames_of(tmp_path / "cat", checkpoint, tmp_path / "out", "frame-gap") == {"cat": ("0", "1", "3", "4")}


@pytest.mark.parametrize("name", ["0.jpg", "1 (1).png", "dog/frames/0.png"])
def test_predict_refuses_what_is_not_one_sequence(name: str, checkpoint: Path, tmp_path: Path) -> None:
    make(tmp_path / "cat", "0.png", "1.png", name)
    with pytest.raises(InputError, match=r"has the name of|a copy of|frames beside dog"):
        frames_of(tmp_path / "cat", checkpoint, tmp_path / "out")


# Videos.

VIDEOS = {"a.avi": "MJPG", "a.mp4": "mp4v", "a.mkv": "mp4v", "a.webm": "VP80"}


def damaged(path: Path, start: float, stop: float) -> None:
    data = bytearray(path.read_bytes())
    first, last = int(start * len(data)), int(stop * len(data))
    data[first:last] = bytes([255]) * (last - first)
    path.write_bytes(data)


@pytest.mark.parametrize("name", list(VIDEOS))
def test_a_whole_video_has_no_issue(name: str, tmp_path: Path) -> None:
    film(tmp_path / name, 30, VIDEOS[name])
    manifest = own(tmp_path / name, tmp_path / "out")
    assert (manifest.sequences[0].frames, manifest.issues) == (tuple(f"{n:05d}" for n in range(30)), ())


@pytest.mark.parametrize("name", [name for name in VIDEOS if name != "a.mp4"])  # cut, its index is gone
def test_a_video_that_is_cut_stops_unless_allowed(name: str, checkpoint: Path, tmp_path: Path) -> None:
    path = film(tmp_path / name, 30, VIDEOS[name])
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * 0.6)])
    message = rf"{name}: 1\d frames of 30 that the container tells; expected .*'short-video' among"
    with pytest.raises(InputError, match=message):
        own(path, tmp_path / "out")
    with pytest.raises(InputError, match=message):
        frames_of(path, checkpoint, tmp_path / "out")
    assert frames_of(path, checkpoint, tmp_path / "out", "short-video")
    manifest = own(path, tmp_path / "out", "short-video")
    assert manifest.sequences[0].frames == tuple(f"{n:05d}" for n in range(len(manifest.sequences[0].frames)))
    assert [issue.kind for issue in manifest.issues] == ["short-video"]


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.webm"])
def test_frames_after_damaged_ones_are_read_and_keep_their_numbers(name: str, tmp_path: Path) -> None:
    path = film(tmp_path / name, 30, VIDEOS[name])
    expected = own(path, tmp_path / "whole")
    last = read_frame(frame_path(tmp_path / "whole", "a", "00029"))
    damaged(path, 0.5, 0.58)
    with pytest.raises(InputError, match=r"2\d frames of 30 .*, the first that is missing is 000"):
        own(path, tmp_path / "out")
    manifest = own(path, tmp_path / "out", "short-video")
    frames = manifest.sequences[0].frames
    assert set(frames) < set(expected.sequences[0].frames)
    assert (frames[0], frames[-1]) == ("00000", "00029")
    assert np.abs(read_frame(frame_path(tmp_path / "out", "a", "00029")).astype(int) - last).mean() < 12


def test_a_video_without_its_index_is_refused(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", 30, "mp4v")
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * 0.6)])
    with pytest.raises(InputError, match=r"a\.mp4: no frame that can be decoded"):
        own(path, tmp_path / "out")


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_a_video_is_stored_upright_and_its_rotation_recorded(degrees: int, tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", 4, "mp4v")
    own(path, tmp_path / "plain")
    plain = read_frame(frame_path(tmp_path / "plain", "a", "00002"))
    if degrees:
        turn(path, degrees)
    manifest = own(path, tmp_path / "out")
    found = read_frame(frame_path(tmp_path / "out", "a", "00002"))
    assert np.array_equal(found, np.rot90(plain, -degrees // 90))
    expected = [f"frames turned by {degrees} degrees, as the container says"] if degrees else []
    assert [issue.detail for issue in manifest.issues] == expected


def test_hidden_videos_are_no_sequences(tmp_path: Path) -> None:
    film(tmp_path / "mine" / "a.avi", 3)
    (tmp_path / "mine" / "._a.avi").write_bytes(b"junk")
    assert [one.name for one in scan_folder(tmp_path / "mine")] == ["a"]
    assert own(tmp_path / "mine", tmp_path / "out").issues == ()


def raw(path: Path, kind: str, bits: int, interlacing: str = "p") -> Path:
    """Write three frames without compression, in gray: 16 + 60 n on the left, 200 on the right (YUV4MPEG2)."""
    width, height, depth = 64, 48, np.dtype("u1") if bits == 8 else np.dtype("<u2")
    data = f"YUV4MPEG2 W{width} H{height} F25:1 I{interlacing} A1:1 C{kind}\n".encode()
    for number in range(3):
        luma = np.full((height, width), (16 + 60 * number) << (bits - 8), depth)
        luma[:, width // 2 :] = 200 << (bits - 8)
        luma[1::2, width // 2 :] = 150 << (bits - 8)  # the other field
        chroma = np.full((height // 2, width), 128 << (bits - 8), depth)
        data += b"FRAME\n" + luma.tobytes() + chroma.tobytes()
    path.write_bytes(data)
    return path


def check_frames(manifest: Manifest, out: Path) -> None:
    assert (manifest.sequences[0].frames, manifest.issues) == (("00000", "00001", "00002"), ())
    for number, frame in enumerate(manifest.sequences[0].frames):
        found = read_frame(frame_path(out, "a", frame)).astype(int)
        scale = 255 / 219  # luma 16 is black, 235 white
        assert np.abs(found[:, :30] - 60 * number * scale).max() <= 3
        assert np.abs(found[::2, 34:] - (200 - 16) * scale).max() <= 3
        assert np.abs(found[1::2, 34:] - (150 - 16) * scale).max() <= 3


@pytest.mark.parametrize(("kind", "bits"), [("420jpeg", 8), ("420p10", 10)])
def test_8_and_10_bit_videos(kind: str, bits: int, tmp_path: Path) -> None:
    check_frames(own(raw(tmp_path / "a.avi", kind, bits), tmp_path / "out"), tmp_path / "out")


@pytest.mark.parametrize("order", ["t", "b"], ids=["top field first", "bottom field first"])
def test_an_interlaced_video_is_read_or_refused(order: str, tmp_path: Path) -> None:
    path = raw(tmp_path / "a.avi", "420jpeg", 8, order)
    try:
        manifest = own(path, tmp_path / "out")
    except InputError as error:
        assert "a.avi: all 3 frames are the same, as of an interlaced video" in str(error)
        assert [one.kind for one in own(path, tmp_path / "out", "same-frames").issues] == ["same-frames"]
    else:
        check_frames(manifest, tmp_path / "out")


def test_frames_that_repeat_are_told(tmp_path: Path) -> None:
    path = raw(tmp_path / "a.avi", "420jpeg", 8)
    data = path.read_bytes()
    first = data[: data.index(b"FRAME")]
    frames = [b"FRAME" + one for one in data[len(first) :].split(b"FRAME")[1:]]
    path.write_bytes(first + frames[0] + frames[0] + frames[1])
    assert [(one.kind, one.detail) for one in own(path, tmp_path / "out").issues] == [
        ("repeated-frames", "1 of 3 frames are the same as the one before")
    ]


def test_16_bit_gray_video(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    depth = [cv2.VIDEOWRITER_PROP_DEPTH, cv2.CV_16U, cv2.VIDEOWRITER_PROP_IS_COLOR, 0]
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter_fourcc(*"FFV1"), 25, (64, 48), depth)
    for value in (0, 20000, 65535):
        writer.write(np.full((48, 64), value, np.uint16))
    writer.release()
    own(path, tmp_path / "out")
    found = [int(read_frame(frame_path(tmp_path / "out", "a", f"{number:05d}"))[5, 5, 1]) for number in range(3)]
    assert found == pytest.approx([0, 20000 / 257, 255], abs=1)
