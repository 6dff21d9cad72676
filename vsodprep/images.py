"""Reading and writing images; arrays are RGB and row-major, whatever the file holds."""

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vsodprep.errors import InputError
from vsodprep.files import atomic_path

IMAGE_SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
MAP_SUFFIXES = (*IMAGE_SUFFIXES, ".npy")
FOREGROUND_ABOVE = 128  # a delivered 128 is background, as in the DAVSOD toolbox and PySODMetrics

_PNG = b"\x89PNG\r\n\x1a\n"
PNG_GRAY, PNG_RGB, PNG_PALETTE = 0, 2, 3  # colour types


def natural_key(name: str) -> tuple[tuple[int, str], ...]:
    """Return a sort key that puts `frame_9` before `frame_10`."""
    parts = [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]
    return (*parts, (-1, name))


def list_images(folder: Path) -> tuple[Path, ...]:
    """List a folder's image files in natural order of their names.

    Raises:
        InputError: The folder is missing or holds none.
    """
    if not folder.is_dir():
        raise InputError(folder, "no such folder", "a folder of images")
    paths = [path for path in folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES and path.name[0] != "."]
    if not paths:
        raise InputError(folder, "no image in it", f"files with one of the endings {', '.join(IMAGE_SUFFIXES)}")
    return tuple(sorted(paths, key=lambda path: natural_key(path.name)))


def png_header(data: bytes) -> tuple[int, int] | None:
    """Return bit depth and colour type of a PNG, None if it is no PNG.

    Source: PNG specification, third edition, section 11.2.1 (IHDR).
    """
    return (data[24], data[25]) if data[:8] == _PNG and len(data) > 25 else None


def _read_bytes(path: Path) -> NDArray[np.uint8]:
    try:
        return np.fromfile(path, dtype=np.uint8)
    except OSError as error:
        raise InputError(path, error.strerror or "unreadable", "a readable image file") from error


def decode(data: NDArray[np.uint8], where: Path | str, *, gray: bool = False) -> NDArray[np.uint8]:
    """Decode an image file held in memory.

    Args:
        data: The file's bytes, uint8 `(n,)`.
        where: What to name in an error.
        gray: Return one channel.

    Returns:
        uint8 `(H, W, 3)` RGB, or `(H, W)` if `gray`; alpha is dropped and 16-bit values are scaled to 8.

    Raises:
        InputError: The bytes are no image that can be read whole.
    """
    import cv2  # noqa: PLC0415  a plan, which asks for names and endings only, does without

    # A file that cannot be decoded is told in one line of our own; OpenCV would print others beside it.
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
    flags = cv2.IMREAD_GRAYSCALE if gray else cv2.IMREAD_COLOR
    # EXIF rotation is ignored: masks carry none, and a turned frame would no longer fit its mask.
    image = cv2.imdecode(data, flags | cv2.IMREAD_IGNORE_ORIENTATION) if data.size else None
    if image is None:
        raise InputError(where, f"unreadable image ({data.size} bytes)", "a whole JPEG, PNG or BMP file")
    return np.asarray(image if gray else cv2.cvtColor(image, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def read_frame(path: Path) -> NDArray[np.uint8]:
    """Read a frame as uint8 `(H, W, 3)` RGB; gray files are repeated over three channels.

    Raises:
        InputError: The file is missing or no readable image.
    """
    return decode(_read_bytes(path), path)


def read_gray(path: Path) -> NDArray[np.uint8]:
    """Read a map or mask as uint8 `(H, W)`.

    Raises:
        InputError: The file is missing or no readable image.
    """
    return decode(_read_bytes(path), path, gray=True)


def read_mask(path: Path) -> NDArray[np.bool_]:
    """Read a mask as bool `(H, W)`, foreground above 128.

    Raises:
        InputError: The file is missing or no readable image.
    """
    return read_gray(path) > FOREGROUND_ABOVE


def encode_png(image: NDArray[np.uint8]) -> bytes:
    """Encode uint8 `(H, W)` or RGB `(H, W, 3)` as a PNG; settings are fixed, so that equal arrays give equal bytes."""
    import cv2  # noqa: PLC0415

    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR) if image.ndim == 3 else image
    ok, data = cv2.imencode(".png", bgr, [cv2.IMWRITE_PNG_COMPRESSION, 3])
    if not ok:
        raise ValueError(f"cannot encode an array of shape {image.shape} and type {image.dtype}")
    return bytes(data.tobytes())


def write_png(path: Path, image: NDArray[np.uint8], *, sync: bool = False) -> None:
    """Write uint8 `(H, W)` or RGB `(H, W, 3)` as PNG, atomically.

    Args:
        path: Where to.
        image: The array.
        sync: Flush to disk; the stages write a marker file last and flush that one only.
    """
    with atomic_path(path, sync=sync) as temporary:
        temporary.write_bytes(encode_png(image))


def write_mask(path: Path, mask: NDArray[np.bool_]) -> None:
    """Write bool `(H, W)` as an 8-bit PNG of 0 and 255."""
    write_png(path, mask.astype(np.uint8) * 255)
