"""Delivered masks: what is read of the files of one frame."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vsodprep.coding import AS_VALUES, Reading, is_two_valued, kind_of
from vsodprep.errors import InputError
from vsodprep.images import FOREGROUND_ABOVE


@dataclass(frozen=True)
class Decoded:
    """A delivered mask, read.

    Attributes:
        mask: bool `(H, W)`.
        two_valued: Whether the delivered file holds 0 and 255 only.
        keepable: Whether the delivered bytes are already what a normalised mask is.
        faint: Whether there are values other than 0, and none of them is foreground.
        odd: Kind and detail of what does not follow the coding, if anything.
        classes: Where the delivered mask is one of class ids, these, uint8 `(H, W)`; it then has no foreground at all.
    """

    mask: NDArray[np.bool_]
    two_valued: bool
    keepable: bool = False
    faint: bool = False
    odd: tuple[str, str] | None = None
    classes: NDArray[np.uint8] | None = None


class MaskCoding(Protocol):
    """How a benchmark codes its masks, where it is in a way of its own."""

    def read(self, files: Sequence[bytes], where: Sequence[str]) -> Decoded:
        """Read the files that make up one mask.

        Args:
            files: Contents, one file for each object.
            where: What to name in an error.

        Raises:
            InputError: A file is no readable image, or does not follow the coding.
        """


@dataclass(frozen=True)
class Threshold:
    """Foreground is a value above 128; several files are several objects, united."""

    reading: Reading = AS_VALUES

    def read(self, files: Sequence[bytes], where: Sequence[str]) -> Decoded:
        """Read the files that make up one mask."""
        values = [self.reading.decode(data, name).values for data, name in zip(files, where, strict=True)]
        for one, name in zip(values, where, strict=True):
            if one.shape != values[0].shape:
                raise InputError(name, _size(one), f"{_size(values[0])} as {where[0]}")
        mask = np.logical_or.reduce([one > FOREGROUND_ABOVE for one in values])
        kinds = [kind_of(data, name) for data, name in zip(files, where, strict=True)]
        as_they_are = all(
            self.reading.means.get(kind, "values") == "values" and "palette" not in kind for kind in kinds
        )
        two_valued = as_they_are and all(is_two_valued(one) for one in values)
        keepable = two_valued and kinds == ["8-bit gray"] and files[0].startswith(b"\x89PNG")
        return Decoded(mask, two_valued, keepable, faint=not mask.any() and any(one.any() for one in values))


def _size(values: NDArray[np.uint8]) -> str:
    return f"{values.shape[1]}x{values.shape[0]} pixels"
