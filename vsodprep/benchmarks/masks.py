"""Reading delivered masks, whatever they are coded as."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vsodprep.errors import InputError
from vsodprep.images import FOREGROUND_ABOVE, PNG_GRAY, PNG_PALETTE, decode, png_header

_DEEP = 16


@dataclass(frozen=True)
class Decoded:
    """A delivered mask, read.

    Attributes:
        mask: bool `(H, W)`.
        two_valued: Whether the delivered file holds 0 and 255 only.
        keepable: Whether the delivered bytes are already what a normalised mask is.
        faint: Whether there are values other than 0, and none of them is foreground.
        odd: Kind and detail of what does not follow the coding, if anything.
    """

    mask: NDArray[np.bool_]
    two_valued: bool
    keepable: bool = False
    faint: bool = False
    odd: tuple[str, str] | None = None


class MaskCoding(Protocol):
    """How a benchmark codes its masks."""

    def read(self, files: Sequence[bytes], where: Sequence[str]) -> Decoded:
        """Read the files that make up one mask.

        Args:
            files: Contents, one file for each object.
            where: What to name in an error.

        Raises:
            InputError: A file is no readable image, or does not follow the coding.
        """


def read_values(data: bytes, where: str) -> NDArray[np.uint8]:
    """Read a mask's values as uint8 `(H, W)`; alpha is dropped, colours become luma, object ids of a palette 255.

    Raises:
        InputError: The file is no readable image.
    """
    header = png_header(data)
    if header and header[1] == PNG_PALETTE:
        return _palette_values(data, where)
    buffer = np.frombuffer(data, np.uint8)
    if header == (8, PNG_GRAY):
        return decode(buffer, where, gray=True)
    if header and header[0] == _DEEP:
        return _deep_values(buffer, where)
    return _gray_values(decode(buffer, where))


def _deep_values(buffer: NDArray[np.uint8], where: str) -> NDArray[np.uint8]:
    """Read 16 bits as 8, in which what is small stays above 0: a mask of 0 and 255 in 16 bits is not an empty one."""
    import cv2  # noqa: PLC0415  a plan does without

    values = _gray_values(decode(buffer, where))
    deep = np.asarray(cv2.imdecode(buffer, cv2.IMREAD_UNCHANGED))
    colours = deep[..., :3] if deep.ndim == 3 else deep[..., np.newaxis]
    return np.maximum(values, colours.any(axis=-1).astype(np.uint8))


def _gray_values(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import cv2  # noqa: PLC0415

    red, green, blue = cv2.split(rgb)
    if np.array_equal(red, green) and np.array_equal(red, blue):
        return np.asarray(red)  # not through luma weights, whose rounding may move a value across the threshold
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def _palette_values(data: bytes, where: str) -> NDArray[np.uint8]:
    from PIL import Image  # noqa: PLC0415

    try:
        with Image.open(io.BytesIO(data)) as image:
            ids = np.asarray(image, dtype=np.uint8)
            palette = np.asarray(image.convert("RGB"), dtype=np.uint8)
            table = np.asarray(image.getpalette(), dtype=np.uint8).reshape(-1, 3)
    except (OSError, SyntaxError, ValueError) as error:
        raise InputError(where, f"unreadable image ({error})", "a whole PNG file") from error
    # A gray palette codes values; a coloured one codes object ids, of which 0 is the background (DAVIS-2017).
    if (palette != palette[..., :1]).any():
        return np.where(ids != 0, np.uint8(255), np.uint8(0))
    values = np.ascontiguousarray(palette[..., 0])
    if (table != table[:, :1]).any() and values.max(initial=0) <= FOREGROUND_ABOVE:  # only ids that are gray by chance
        return np.where(values != 0, np.uint8(255), np.uint8(0))
    return values


def is_two_valued(values: NDArray[np.uint8]) -> bool:
    """Return whether an array holds 0 and 255 only."""
    return bool((values + np.uint8(1)).max(initial=0) <= 1)  # wraps 255 to 0, a third of the time of two comparisons


@dataclass(frozen=True)
class Threshold:
    """Foreground is a value above 128; several files are several objects, united."""

    above: int = FOREGROUND_ABOVE

    def read(self, files: Sequence[bytes], where: Sequence[str]) -> Decoded:
        """Read the files that make up one mask."""
        values = [read_values(data, name) for data, name in zip(files, where, strict=True)]
        for one, name in zip(values, where, strict=True):
            if one.shape != values[0].shape:
                raise InputError(name, _size(one), f"{_size(values[0])} as {where[0]}")
        mask = values[0] > self.above
        for one in values[1:]:
            mask |= one > self.above
        palette = any((png_header(data) or (0, 0))[1] == PNG_PALETTE for data in files)
        two_valued = not palette and all(is_two_valued(one) for one in values)
        keepable = two_valued and len(files) == 1 and png_header(files[0]) == (8, PNG_GRAY)
        return Decoded(mask, two_valued, keepable, faint=not mask.any() and any(one.any() for one in values))


THRESHOLD = Threshold()


def _size(values: NDArray[np.uint8]) -> str:
    return f"{values.shape[1]}x{values.shape[0]} pixels"
