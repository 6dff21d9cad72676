"""Delivered frames: a JPEG is kept byte for byte, anything else becomes a lossless PNG."""

import io
from typing import NamedTuple

import numpy as np
from PIL import Image

from vsodprep.errors import InputError
from vsodprep.images import PILLOW_ERRORS, PNG_GRAY, PNG_RGB, decode, encode_png, png_header
from vsodprep.normalize.jpeg import END, check_whole, walk

_JPEG = b"\xff\xd8\xff"
_KEPT_PNG = ((8, PNG_GRAY), (8, PNG_RGB))
_ORIENTATION, _UPRIGHT = 0x0112, 1
_EXIF = (b"eXIf", b"EXIF", b"\x01\x12\0\x03", b"\x12\x01\x03\0")  # PNG, WebP, and the tag in a TIFF


class Frame(NamedTuple):
    """A normalised frame.

    Attributes:
        content: The file's content.
        suffix: Its ending, `.jpg` or `.png`.
        size: Height and width in pixels.
        odd: Kind and detail of each issue.
    """

    content: bytes
    suffix: str
    size: tuple[int, int]
    odd: tuple[tuple[str, str], ...] = ()


def convert_frame(data: bytes, where: str, *, upright: bool = False) -> Frame:
    """Turn a delivered frame into a normalised one.

    Args:
        data: The delivered file, of any format that OpenCV reads; its content decides, not its name.
        where: What to name in an error.
        upright: Turn the frame as its EXIF block says; a benchmark's masks are of the frame as it is stored.

    Raises:
        InputError: It is no image, or not a whole one.
    """
    odd: list[tuple[str, str]] = []
    jpeg = walk(data, where) if data[:3] == _JPEG else None
    if jpeg is not None:
        check_whole(data, jpeg, where)
        if not jpeg.ended:
            odd.append(("jpeg-end", "no marker at its end, which was added"))
            data += END
        elif data[jpeg.end :].strip(b"\0"):  # cameras pad their files with zeros
            odd.append(("jpeg-end", f"{len(data) - jpeg.end} bytes after its end"))
    exif = jpeg.exif if jpeg else any(name in data for name in _EXIF)
    orientation = _orientation(data, where) if upright and exif else _UPRIGHT
    if orientation != _UPRIGHT:
        odd.append(("turned", f"stored upright, as its EXIF orientation {orientation} says"))
    elif jpeg is not None:
        return Frame(data, ".jpg", jpeg.size, tuple(odd))
    image = decode(np.frombuffer(data, np.uint8), where, upright=orientation != _UPRIGHT)
    kept = png_header(data) in _KEPT_PNG and orientation == _UPRIGHT
    height, width = image.shape[:2]
    return Frame(data if kept else encode_png(image), ".png", (height, width), tuple(odd))


def _orientation(data: bytes, where: str) -> int:
    try:
        with Image.open(io.BytesIO(data)) as image:
            found = image.getexif().get(_ORIENTATION, _UPRIGHT)
    except (*PILLOW_ERRORS, Image.DecompressionBombError) as error:
        raise InputError(where, f"unreadable image ({error})", "a whole image file") from error
    return found if found in range(1, 9) else _UPRIGHT
