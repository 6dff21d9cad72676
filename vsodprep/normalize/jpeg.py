"""JPEG files: whether they are whole, by their markers."""

import io
import re
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vsodprep.errors import InputError
from vsodprep.images import PILLOW_ERRORS, imdecode

END = b"\xff\xd9"
_MARKER = re.compile(rb"\xff+([\x01-\xcf\xd8-\xfe])")  # in coded data 00 is a stuffed byte, D0 to D7 are restarts
_START_OF_SCAN, _APP1 = 0xDA, 0xE1
_STRAY = 10  # bytes in which the next marker must be; decoders skip a few that are none
_ZEROS = bytes(32)
_OTHER_BITS = (b"\x55", b"\xaa")
_WHOLE = "a whole JPEG file"


class Jpeg(NamedTuple):
    """What a JPEG's markers say.

    Attributes:
        size: Height and width in pixels.
        start: Where the coded data of its first scan begins.
        last: Where that of its last scan begins.
        end: Where its picture ends, the last marker included if it has one.
        ended: Whether it has one.
        exif: Whether it has an EXIF block.
    """

    size: tuple[int, int]
    start: int
    last: int
    end: int
    ended: bool
    exif: bool


def walk(data: bytes, where: str) -> Jpeg:
    """Walk a JPEG's markers from its first to the end of its picture.

    Raises:
        InputError: There is no marker where one must be, or no frame header.

    Source: ITU-T T.81, sections B.1.1 and B.2.
    """
    size: tuple[int, int] | None = None
    position, start, last, exif = 2, 0, 0, False
    while start == 0 or position < len(data):
        found = _MARKER.search(data, position, position + _STRAY)
        if found is None:
            raise InputError(where, f"unreadable image (a hole at byte {position})", _WHOLE)
        marker, position = found[1][0], found.end()
        if marker == END[1]:
            break
        if marker == 0x01:
            continue
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            size = int.from_bytes(data[position + 3 : position + 5]), int.from_bytes(data[position + 5 : position + 7])
        exif = exif or (marker == _APP1 and data[position + 2 : position + 6] == b"Exif")
        position += int.from_bytes(data[position : position + 2])
        if marker == _START_OF_SCAN:
            start, last = start or position, position
            following = _MARKER.search(data, position)
            position = following.start() if following else len(data)
    if size is None or start == 0:
        raise InputError(where, "unreadable image (a JPEG without a frame header)", _WHOLE)
    return Jpeg(size, start, last, position, data[position - 2 : position] == END, exif)


def check_whole(data: bytes, jpeg: Jpeg, where: str) -> None:
    """Check that nothing of a JPEG's picture is missing, as far as its data tells.

    A hole of zeros, or an end that is missing, is decoded without an error. But then the data's last bits belong to no
    pixel, or pixels to no bits: other bits at the end change nothing, or other bits after it change something.

    Raises:
        InputError: Something is missing, or it is no picture that can be decoded.
    """
    picture = data[: jpeg.end - 2 * jpeg.ended]
    # Every bit of the file is parsed, but only an eighth of each side is reconstructed: a third of the time.
    flags = cv2.IMREAD_REDUCED_GRAYSCALE_8 | cv2.IMREAD_IGNORE_ORIENTATION
    if jpeg.ended and imdecode(np.frombuffer(data, np.uint8), flags, where) is None:
        raise InputError(where, f"unreadable image ({len(data)} bytes)", _WHOLE)
    if jpeg.ended and picture.find(_ZEROS, jpeg.start) < 0:
        return
    if not jpeg.ended and picture.endswith(_ZEROS):
        raise InputError(where, "unreadable image (it ends in zeros)", _WHOLE)
    plain, last = _decode(picture), min(8, len(picture) - jpeg.last)
    if plain is None:
        raise InputError(where, f"unreadable image ({len(data)} bytes)", _WHOLE)

    def same(changed: bytes) -> bool:
        other = _decode(changed)
        return other is not None and np.array_equal(plain, other)

    needed = not all(same(picture + bits * 64) for bits in _OTHER_BITS)
    unused = all(same(picture[: len(picture) - last] + bits * last) for bits in _OTHER_BITS)
    flat = bool((plain[-16:] == plain[-1, -1]).all())  # what has one code only is the same for all bits
    if needed or (unused and not flat):
        raise InputError(where, "unreadable image (a part of it is missing)", _WHOLE)


def _decode(picture: bytes) -> NDArray[np.uint8] | None:
    """Decode with Pillow, whose libjpeg prints nothing where data is missing."""
    try:
        return np.asarray(Image.open(io.BytesIO(picture + END)))
    except (*PILLOW_ERRORS, Image.DecompressionBombError):
        return None
