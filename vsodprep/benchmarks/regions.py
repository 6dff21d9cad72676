"""FBMS's region files: which value of a label image is which region, and which frames have one."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from vsodprep.benchmarks.masks import Decoded
from vsodprep.errors import InputError
from vsodprep.images import decode

BACKGROUND = 0  # the region that is no object
_GRAY_TO_RGB = 0x010101


@dataclass(frozen=True)
class RegionFile:
    """A `Def.dat` file.

    Attributes:
        scales: Value of each region: above 255 it is a colour, red << 16 | green << 8 | blue; else a gray value.
        ambiguous: RegionMasks whose confusion with the background costs less than full.
        frames: Number of frames of the sequence.
        labelled: Of each frame with a label image its place in the sequence, from 0, the file name of the label image,
            and that of the frame, as the file has it (its ending is that of another format).
        promised: Number of labelled frames that the file announces.
    """

    scales: tuple[int, ...]
    ambiguous: tuple[int, ...]
    frames: int
    labelled: tuple[tuple[int, str, str], ...]
    promised: int


def parse_regions(text: str, where: str) -> RegionFile:
    """Read a `Def.dat` file.

    Args:
        text: Its content.
        where: What to name in an error.

    Raises:
        InputError: It does not have that form.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    values: dict[str, list[str]] = {}
    matrix: list[list[float]] = []
    try:
        for key, value in pairwise(lines):
            if key.startswith("Scale of region"):
                values.setdefault("Scale", []).append(value)
            elif key.endswith(":") and not key.startswith("Confusion"):
                values.setdefault(key.removesuffix(":"), []).append(value)
        start = next(number for number, line in enumerate(lines) if line.startswith("Confusion"))
        scales = tuple(map(int, values["Scale"]))
        matrix = [[float(number) for number in line.split()] for line in lines[start + 1 : start + 1 + len(scales)]]
        frames = zip(values["Frame number"], values["File name"], values["Input file name"], strict=True)
        return RegionFile(
            scales,
            tuple(region for region in range(1, len(scales)) if matrix[region][BACKGROUND] < 1),
            int(values["Total number of frames in this shot"][0]),
            tuple((int(number), mask, frame) for number, mask, frame in frames),
            int(values["Total number of labeled frames for this shot"][0]),
        )
    except (KeyError, ValueError, IndexError, StopIteration) as error:
        raise InputError(where, f"unreadable ({error!r})", "a region file as FBMS-59 has them") from error


@dataclass(frozen=True)
class RegionMasks:
    """Foreground is every region but the background, ambiguous ones included."""

    scales: tuple[int, ...]

    def read(self, files: Sequence[bytes], where: Sequence[str]) -> Decoded:
        """Read one label image."""
        (data,), (name,) = files, where
        labels = read_labels(data, name)
        known = set(self.scales) | {scale * _GRAY_TO_RGB for scale in self.scales if scale <= 255}
        background = {self.scales[BACKGROUND]}
        if self.scales[BACKGROUND] <= 255:
            background.add(self.scales[BACKGROUND] * _GRAY_TO_RGB)
        mask = ~np.isin(labels, list(background))
        strange = labels[~np.isin(labels, list(known))]
        odd = None
        if strange.size:
            odd = ("unknown-region", f"{strange.size} pixels of values that no region has, the first is {strange[0]}")
        return Decoded(mask, two_valued=False, odd=odd)


def read_labels(data: bytes, where: str) -> NDArray[np.uint32]:
    """Read a label image as uint32 `(H, W)` of red << 16 | green << 8 | blue; gray values are repeated.

    Raises:
        InputError: The file is no readable image.
    """
    rgb = decode(np.frombuffer(data, np.uint8), where).astype(np.uint32)
    return np.asarray(rgb[..., 0] << 16 | rgb[..., 1] << 8 | rgb[..., 2])
