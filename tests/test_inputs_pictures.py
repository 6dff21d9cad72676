"""Pictures of every kind and what becomes of each: the table of docs/inputs.md, a row a case."""

import io
import os
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from pydantic import ValidationError

from vsodprep import LARGEST_IMAGE
from vsodprep.benchmarks.folders import own_benchmark
from vsodprep.config.normalize import Choice
from vsodprep.config.train import Stage
from vsodprep.errors import InputError
from vsodprep.images import read_frame
from vsodprep.manifest import Manifest, frame_path
from vsodprep.normalize.frames import convert_frame
from vsodprep.normalize.own import normalize_own

Picture = NDArray[np.uint8]
RAMP = np.arange(0, 256, 17, dtype=np.uint8)
COLOURS = np.dstack([*np.meshgrid(RAMP, RAMP), np.full((16, 16), 60, np.uint8)])
GRAY = np.arange(256, dtype=np.uint8).reshape(16, 16)
NOISE = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)


def saved(values: NDArray[np.generic] | Image.Image, kind: str, **options: object) -> bytes:
    image = values if isinstance(values, Image.Image) else Image.fromarray(values)
    stream = io.BytesIO()
    image.save(stream, kind, **options)  # type: ignore[arg-type]
    return stream.getvalue()


def by_opencv(values: NDArray[np.generic], suffix: str) -> bytes:
    return bytes(cv2.imencode(suffix, values)[1].tobytes())


def grey(values: Picture) -> Picture:
    return np.repeat(values[:, :, None], 3, axis=2)


def interlaced(values: Picture) -> bytes:
    """Write gray values as an interlaced PNG, with Adam7's seven passes (PNG specification, section 8.2)."""
    height, width = values.shape
    passes = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
    rows = b"".join(
        b"\0" + row.tobytes() for top, left, down, right in passes for row in values[top::down, left::right] if row.size
    )
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 1)
    return png(head, zlib.compress(rows))


def png(head: bytes, packed: bytes) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


DEEP = COLOURS.astype(np.uint16) * 256 + 128  # of 16 bits the upper 8 stay
CMYK = Image.fromarray(np.full((16, 16, 4), (255, 0, 0, 0), np.uint8), "CMYK")  # cyan

# What a frame of each kind becomes: the data, the pixels, the largest difference, whether the file is kept.
KINDS: dict[str, tuple[bytes, Picture, int, bool]] = {
    "8-bit colour PNG": (saved(COLOURS, "PNG"), COLOURS, 0, True),
    "gray PNG": (saved(GRAY, "PNG"), grey(GRAY), 0, True),
    "interlaced PNG": (interlaced(GRAY), grey(GRAY), 0, True),
    "16-bit PNG": (by_opencv(DEEP[:, :, ::-1], ".png"), COLOURS, 0, False),
    "16-bit gray PNG": (by_opencv(GRAY.astype(np.uint16) * 257, ".png"), grey(GRAY), 0, False),
    "PNG with alpha": (saved(np.dstack([COLOURS, GRAY]), "PNG"), COLOURS, 0, False),
    "palette PNG": (saved(Image.fromarray(GRAY).convert("P"), "PNG"), grey(GRAY), 0, False),
    "1-bit PNG": (
        saved(Image.fromarray(GRAY > 99), "PNG"),
        grey(np.where(GRAY > 99, 255, 0).astype(np.uint8)),
        0,
        False,
    ),
    "JPEG": (saved(grey(GRAY), "JPEG", quality=100), grey(GRAY), 4, True),
    "gray JPEG": (saved(GRAY, "JPEG", quality=100), grey(GRAY), 4, True),
    "progressive JPEG": (saved(grey(GRAY), "JPEG", quality=100, progressive=True), grey(GRAY), 4, True),
    "CMYK JPEG": (saved(CMYK, "JPEG", quality=100), np.full((16, 16, 3), (0, 255, 255), np.uint8), 2, True),
    "CMYK TIFF": (saved(CMYK, "TIFF"), np.full((16, 16, 3), (0, 255, 255), np.uint8), 2, False),
    "TIFF": (saved(COLOURS, "TIFF"), COLOURS, 0, False),
    "16-bit TIFF": (by_opencv(DEEP[:, :, ::-1], ".tif"), COLOURS, 0, False),
    "lossless WebP": (saved(COLOURS, "WEBP", lossless=True), COLOURS, 0, False),
    "BMP": (saved(COLOURS, "BMP"), COLOURS, 0, False),
    "PPM": (saved(COLOURS, "PPM"), COLOURS, 0, False),
    "PGM": (saved(GRAY, "PPM"), grey(GRAY), 0, False),
    "GIF": (saved(GRAY, "GIF"), grey(GRAY), 0, False),
}


@pytest.mark.parametrize("kind", list(KINDS))
def test_what_a_frame_becomes(kind: str, tmp_path: Path) -> None:
    data, expected, difference, kept = KINDS[kind]
    content, suffix, size, odd = convert_frame(data, "x", upright=True)
    assert ((content == data), suffix, size, odd) == (kept, ".jpg" if "JPEG" in kind else ".png", (16, 16), ())
    for name, file in (("given", data), ("made", content)):
        (tmp_path / name).write_bytes(file)
        found = read_frame(tmp_path / name)
        assert np.abs(found.astype(int) - expected).max() <= difference, name


ORIENTED: dict[int, Callable[[Picture], Picture]] = {
    1: lambda frame: frame,
    2: lambda frame: frame[:, ::-1],
    3: lambda frame: frame[::-1, ::-1],
    4: lambda frame: frame[::-1],
    5: lambda frame: frame.transpose(1, 0, 2),
    6: lambda frame: np.rot90(frame, -1),
    7: lambda frame: frame[::-1, ::-1].transpose(1, 0, 2),
    8: np.rot90,
}


def oriented(values: Picture, kind: str, orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    options: dict[str, object] = {"lossless": True} if kind == "WEBP" else {}
    return saved(values, kind, exif=exif, **options)


def own(folder: Path, out: Path, *allow: str) -> Manifest:
    return normalize_own(own_benchmark("mine"), folder, out, Choice(allow=allow))


@pytest.mark.parametrize("orientation", list(ORIENTED))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_own_frames_are_stored_upright(kind: str, orientation: int, tmp_path: Path) -> None:
    flat = np.kron(NOISE[:6, :9], np.ones((8, 8, 1), np.uint8))  # which JPEG keeps
    path = tmp_path / "mine" / "cat" / "frames" / f"0.{kind.lower()}"
    path.parent.mkdir(parents=True)
    path.write_bytes(oriented(flat, kind, orientation))
    manifest = own(tmp_path / "mine", tmp_path / "out")
    found = read_frame(frame_path(tmp_path / "out", "cat", "0"))
    assert np.abs(found.astype(int) - ORIENTED[orientation](flat)).mean() < 12
    assert (manifest.sequences[0].height, manifest.sequences[0].width) == found.shape[:2]
    expected = [] if orientation == 1 else [("turned", f"stored upright, as its EXIF orientation {orientation} says")]
    assert [(issue.kind, issue.detail) for issue in manifest.issues] == expected
    with Image.open(frame_path(tmp_path / "out", "cat", "0")) as image:
        assert image.getexif().get(0x0112, 1) == 1


def test_a_benchmarks_frames_keep_their_bytes_as_its_masks_fit_them() -> None:
    data = oriented(NOISE, "JPEG", 6)
    assert convert_frame(data, "x") == (data, ".jpg", (48, 64), ())


# JPEG files with something after their end, without it, and with holes.

JPEG = saved(NOISE, "JPEG", quality=90)
OPTIONS = [{}, {"progressive": True}, {"optimize": True}, {"subsampling": 0}, {"restart_marker_rows": 1}]


def test_bytes_after_the_end_are_an_issue() -> None:
    data = JPEG + JPEG  # as of a phone that appends a film or a second picture
    assert convert_frame(data, "x") == (data, ".jpg", (48, 64), (("jpeg-end", f"{len(JPEG)} bytes after its end"),))
    assert convert_frame(JPEG + bytes(99), "x").odd == ()


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("image", ["noise", "black", "gray", "gradient"])
def test_a_whole_jpeg_without_its_last_marker_is_an_issue(image: str, options: dict[str, object]) -> None:
    values = {
        "noise": NOISE,
        "black": np.zeros((99, 120, 3), np.uint8),
        "gray": np.full((99, 120), 128, np.uint8),
        "gradient": np.tile(np.arange(250, dtype=np.uint8), (90, 1)),
    }[image]
    data = saved(values, "JPEG", **options)
    assert convert_frame(data, "x").odd == ()
    content, _, _, odd = convert_frame(data[:-2], "x")
    assert (content, odd) == (data, (("jpeg-end", "no marker at its end, which was added"),))


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("cut", [3, 9, 200, 1500])
def test_a_jpeg_of_which_the_end_is_missing_is_refused(options: dict[str, object], cut: int) -> None:
    data = saved(NOISE, "JPEG", **options)
    with pytest.raises(InputError, match=r"x: .*expected a whole JPEG file"):
        convert_frame(data[:-cut], "x")


@pytest.mark.parametrize("options", [one for one in OPTIONS if "progressive" not in one], ids=str)
@pytest.mark.parametrize("place", ["header", "middle", "end"])
def test_a_jpeg_with_a_hole_is_refused(options: dict[str, object], place: str) -> None:
    data = bytearray(saved(NOISE, "JPEG", quality=90, **options))
    size = len(data)
    start, stop = {"header": (100, 300), "middle": (size * 5 // 8, size * 6 // 8), "end": (size * 7 // 8, size)}[place]
    data[start:stop] = bytes(stop - start)
    with pytest.raises(InputError, match=r"x: .*expected a whole JPEG file"):
        convert_frame(bytes(data), "x")


def bomb() -> bytes:
    """Write 30,000 x 30,000 pixels of black in 109 kB, or so."""
    packer = zlib.compressobj(9)
    rows = bytes(1 + 30000 // 8)
    packed = b"".join(packer.compress(rows) for _ in range(30000)) + packer.flush()
    return png(struct.pack(">IIBBBBB", 30000, 30000, 1, 0, 0, 0, 0), packed)


def test_a_picture_of_too_many_pixels_is_refused(tmp_path: Path) -> None:
    for folder in ("mine/cat/frames", "maps/cat", "masks/cat"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "0.png").write_bytes(bomb())
    assert (tmp_path / "maps/cat/0.png").stat().st_size < 200_000
    environment = {key: value for key, value in os.environ.items() if not key.startswith("OPENCV")}
    for words in (
        "normalize mine mine --folder --out out",
        "saliency ft mine/cat/frames --out out",
        "evaluate --pred maps --gt masks --protocol pysod --jobs 1",
        "fuse maps maps --out out",
    ):
        done = subprocess.run(
            [sys.executable, "-m", "vsodprep", *words.split()],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert done.stderr.splitlines()[-1].endswith(
            f"0.png: more than {LARGEST_IMAGE} pixels; expected a smaller image"
        )


@pytest.mark.parametrize("change", [{"size": (1000000, 1000000)}, {"batch": 100_000_000}, {"batch": 1e8}])
def test_sizes_that_no_machine_holds_are_refused_in_the_plan(change: dict[str, object]) -> None:
    given = {"data": [{"benchmark": "synth", "split": "train"}], "size": (64, 80)}
    Stage.model_validate(given)
    with pytest.raises(ValidationError, match="less than or equal"):
        Stage.model_validate(given | change)
