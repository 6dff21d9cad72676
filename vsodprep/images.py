"""Reading and writing images; arrays are RGB and row-major, whatever the file holds."""

import io
import re
import struct
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodprep import LARGEST_IMAGE
from vsodprep.errors import InputError, reachable
from vsodprep.files import atomic_path, visible
from vsodprep.progress import note, some

IMAGE_SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
MAP_SUFFIXES = (*IMAGE_SUFFIXES, ".npy")
IGNORED = 255  # among class ids: a boundary or an object too hard to tell, which no loss and no score counts
FOREGROUND_ABOVE = 128  # a delivered 128 is background, as in the DAVSOD toolbox and PySODMetrics

_COPY = re.compile(r"(.+?)(?: \(\d+\)| - copy(?: \(\d+\))?| copy(?: \d+)?)", re.IGNORECASE)
_SEVERAL = (b"GIF8", b"II*\0", b"MM\0*", b"RIFF")  # kinds of files that may hold several pictures
_PNG = b"\x89PNG\r\n\x1a\n"
# What Pillow raises of damaged files.
PILLOW_ERRORS = (OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, EOFError, struct.error)
PNG_GRAY, PNG_RGB, PNG_PALETTE = 0, 2, 3  # colour types


def natural_key(name: str) -> tuple[tuple[int, str], ...]:
    """Return a sort key that puts `frame_9` before `frame_10`."""
    parts = [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]
    return (*parts, (-1, name))


def copied(stem: str) -> str | None:
    """Return the stem of which a browser or file manager has made this copy, such as `00003 (1)`; None for others."""
    found = _COPY.fullmatch(stem)
    return found[1] if found else None


def one_each(paths: Iterable[Path], root: Path) -> dict[str, Path]:
    """Return images under their paths below a folder without their endings, in natural order.

    Raises:
        InputError: Two have one name, as a frame and its mask in one folder have; or one is a copy of another.
    """
    found: dict[str, Path] = {}
    keyed = ((path.relative_to(root).with_suffix("").as_posix(), path) for path in paths)
    for key, path in sorted(keyed, key=lambda one: (natural_key(one[0]), one[1].suffix)):
        other = found.setdefault(key, path)
        if other is not path:
            raise InputError(
                path, f"has the name of {other.name}", "one image for each frame, and masks in another folder"
            )
    for key, path in found.items():
        first = copied(path.stem)
        if first is not None and f"{key.removesuffix(path.stem)}{first}" in found:
            raise InputError(path, f"a copy of {first}{path.suffix}", "one image for each frame")
    return found


def list_images(folder: Path) -> tuple[Path, ...]:
    """List a folder's image files in natural order of their names; what else is in it is told.

    Raises:
        InputError: The folder is missing, cannot be read or holds none, or two of one name.
    """
    here = visible(folder)
    paths = [path for path in here if path.suffix.lower() in IMAGE_SUFFIXES and not path.is_dir()]
    if not paths:
        raise InputError(folder, "no image in it", f"files with one of the endings {', '.join(IMAGE_SUFFIXES)}")
    if left := sorted({path.name for path in here} - {path.name for path in paths}):
        note(f"{folder}: not read, as their endings are of no image that is read: {len(left)} ({some(left)})")
    return tuple(one_each(paths, folder).values())


def find_image(folder: Path, key: str, suffixes: Iterable[str] = IMAGE_SUFFIXES) -> Path | None:
    """Return the image of a name without its ending below a folder, None if there is none; capitals are tried too."""
    endings = [ending for each in (".png", *suffixes) for ending in (each, each.upper())]
    return next((path for ending in endings if (path := folder / f"{key}{ending}").is_file()), None)


def gap(stems: Sequence[str]) -> tuple[str, int, int] | None:
    """Return where numbers that end frames' names leave one out.

    Args:
        stems: Names in order.

    Returns:
        The frame before the first gap, the number that follows and the number that is expected; None without a gap, or
        where names are not one word and a number.
    """
    found = [re.fullmatch(r"(.*?)(\d+)", stem) for stem in stems]
    words = {match[1] for match in found if match}
    if len(words) != 1 or None in found:
        return None
    numbers = [int(match[2]) for match in found if match]
    steps = Counter(second - first for first, second in pairwise(numbers))
    usual = steps.most_common(1)[0][0] if steps else 1
    for stem, (first, second) in zip(stems, pairwise(numbers), strict=False):
        if second - first != usual:
            return stem, second, first + usual
    return None


def png_header(data: bytes) -> tuple[int, int] | None:
    """Return bit depth and colour type of a PNG, None if it is no PNG.

    Source: PNG specification, third edition, section 11.2.1 (IHDR).
    """
    return (data[24], data[25]) if data[:8] == _PNG and len(data) > 25 else None


def read_bytes(path: Path, expected: str = "a readable image file") -> NDArray[np.uint8]:
    """Read a file, as uint8 `(n,)`.

    Args:
        path: The file.
        expected: What it has to be, for an error.

    Raises:
        InputError: It is missing or cannot be read.
    """
    with reachable(path, expected):
        return np.fromfile(path, dtype=np.uint8)


def check_one_picture(data: bytes, where: Path | str) -> None:
    """Check that a GIF, TIFF or WebP holds one picture: of several, nobody says which is meant.

    Raises:
        InputError: It holds several.
    """
    if data[:4] not in _SEVERAL:
        return
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415  few frames are of these kinds

    try:
        with Image.open(io.BytesIO(data)) as image:
            count = getattr(image, "n_frames", 1)
    except UnidentifiedImageError:  # OpenCV knows more kinds of TIFF
        return
    except (*PILLOW_ERRORS, Image.DecompressionBombError) as error:
        raise InputError(where, f"unreadable image ({error})", "a whole image file") from error
    if count > 1:
        raise InputError(where, f"{count} pictures in one file", "one file for each picture, or a video file")


def imdecode(data: NDArray[np.uint8], flags: int, where: Path | str) -> NDArray[Any] | None:
    """Decode as `cv2.imdecode` does; None if the bytes are no image.

    Raises:
        InputError: It has more pixels than are decoded, see `vsodprep.LARGEST_IMAGE`.
    """
    import cv2  # noqa: PLC0415  a plan, which asks for names and endings only, does without

    # A file that cannot be decoded is told in one line of our own; OpenCV would print others beside it.
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
    try:
        return cv2.imdecode(data, flags) if data.size else None
    except cv2.error as error:
        if "PIXELS" not in str(error):
            return None
        raise InputError(where, f"more than {LARGEST_IMAGE} pixels", "a smaller image") from error


def decode(
    data: NDArray[np.uint8], where: Path | str, *, gray: bool = False, upright: bool = False
) -> NDArray[np.uint8]:
    """Decode an image file held in memory.

    Args:
        data: The file's bytes, uint8 `(n,)`.
        where: What to name in an error.
        gray: Return one channel.
        upright: Turn it as its EXIF block says.

    Returns:
        uint8 `(H, W, 3)` RGB, or `(H, W)` if `gray`; alpha is dropped and 16-bit values are scaled to 8.

    Raises:
        InputError: The bytes are no image that can be read whole.
    """
    import cv2  # noqa: PLC0415  a plan, which asks for names and endings only, does without

    if bytes(data[:4]) in _SEVERAL:
        check_one_picture(data.tobytes(), where)
    flags = cv2.IMREAD_GRAYSCALE if gray else cv2.IMREAD_COLOR
    # EXIF rotation is ignored: masks carry none, and a turned frame would no longer fit its mask.
    image = imdecode(data, flags if upright else flags | cv2.IMREAD_IGNORE_ORIENTATION, where)
    if image is None:
        raise InputError(where, f"unreadable image ({data.size} bytes)", "a whole JPEG, PNG or BMP file")
    return np.asarray(image if gray else cv2.cvtColor(image, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def read_frame(path: Path) -> NDArray[np.uint8]:
    """Read a frame as uint8 `(H, W, 3)` RGB; gray files are repeated over three channels.

    Raises:
        InputError: The file is missing or no readable image.
    """
    return decode(read_bytes(path), path)


def read_gray(path: Path) -> NDArray[np.uint8]:
    """Read a map or mask as uint8 `(H, W)`.

    Raises:
        InputError: The file is missing or no readable image.
    """
    return decode(read_bytes(path), path, gray=True)


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


def encode_jpeg(image: NDArray[np.uint8], quality: int = 95) -> bytes:
    """Encode RGB `(H, W, 3)` uint8 as a JPEG."""
    import cv2  # noqa: PLC0415

    _, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
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
