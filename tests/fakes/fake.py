"""What a miniature delivery is, how it is written, and how it is broken on purpose."""

import io
import zipfile
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vsodprep.benchmarks import get
from vsodprep.benchmarks.benchmark import Benchmark

HEIGHT, WIDTH = 18, 24
Mask = NDArray[np.bool_]


@dataclass
class Fake:
    """A miniature delivery, and what must come of it.

    Attributes:
        name: The benchmark's name.
        archives: Archive's file name to its members.
        truth: `(sequence, frame)` of every annotated frame to its mask.
        frames: Sequence to frame ids in order.
        raw: `(sequence, frame)` of masks whose delivered file is to be kept.
        notes: Kinds of issue that are to be told of.
        a_frame: A member that is a frame.
        a_mask: A member that is the whole mask of a frame.
        original: Sequence to original stems, for repacks.
        layout: The layout that is to be recognised.
        flow: `(sequence, frame)` to the flow picture that is delivered with it.
    """

    name: str
    archives: dict[str, dict[str, bytes]]
    truth: dict[tuple[str, str], Mask]
    frames: dict[str, tuple[str, ...]]
    raw: set[tuple[str, str]] = field(default_factory=set)
    notes: set[str] = field(default_factory=set)
    a_frame: str = ""
    a_mask: str = ""
    original: dict[str, tuple[str, ...]] = field(default_factory=dict)
    layout: str = "official"
    flow: dict[tuple[str, str], bytes] = field(default_factory=dict)

    def put(self, path: str, data: bytes) -> None:
        """Put a member into the archive that has it, or into the first."""
        members = next((members for members in self.archives.values() if path in members), None)
        (next(iter(self.archives.values())) if members is None else members)[path] = data

    def drop(self, path: str) -> None:
        """Remove a member."""
        for members in self.archives.values():
            members.pop(path, None)

    def zipped(self, folder: Path) -> list[Path]:
        """Write the archives."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, members in self.archives.items():
            with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
                for path, data in members.items():
                    archive.writestr(path, data)
        return [folder / name for name in self.archives]

    def unpacked(self, folder: Path) -> list[Path]:
        """Write the files as an unpacked delivery."""
        for members in self.archives.values():
            for path, data in members.items():
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(data)
        return [folder]

    @property
    def benchmark(self) -> Benchmark:
        """The benchmark as if it had no sequences but these."""
        whole = get(self.name, lock=Path("no.lock"))
        listed = {one for split in whole.splits.values() for one in split.sequences or ()}
        splits = {}
        for name, split in whole.splits.items():
            here = None if split.sequences is None else tuple(one for one in split.sequences if one in self.frames)
            splits[name] = replace(split, sequences=here)
            if listed >= set(self.frames):  # nothing that the lists do not know
                splits[name] = replace(split, sequences=here or (), unnamed=0)
        annotated = {name: sum(sequence == name for sequence, _ in self.truth) for name in self.frames}
        return replace(
            whole,
            splits=splits,
            frames={name: len(frames) for name, frames in self.frames.items()},
            annotated=annotated,
            stems={name: frames for name, frames in self.frames.items() if name in whole.stems},
        )


def picture(seed: int, suffix: str = ".jpg") -> bytes:
    """Return an encoded frame."""
    values = np.random.default_rng(seed).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    return encoded(values, suffix)


def blob(seed: int) -> Mask:
    """Return a mask with some foreground and some background."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    row, column = 4 + seed % 9, 5 + seed % 13
    return np.asarray((rows - row) ** 2 + (columns - column) ** 2 < 9 + seed % 5)


def gray(mask: Mask) -> NDArray[np.uint8]:
    """Return a mask as 0 and 255."""
    return mask.astype(np.uint8) * 255


def soft(mask: Mask) -> NDArray[np.uint8]:
    """Return a mask whose two sides have several values each: background up to 128, foreground from 129."""
    values = np.where(mask, 255, 0).astype(np.uint8)
    inside, outside = np.argwhere(mask), np.argwhere(~mask)
    values[tuple(inside[0])], values[tuple(inside[-1])] = 129, 200
    values[tuple(outside[0])], values[tuple(outside[-1])] = 128, 40
    return values


def rgb(values: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return gray values in three channels."""
    return np.dstack([values] * 3)


def encoded(values: NDArray[np.uint8], suffix: str, mode: str | None = None) -> bytes:
    """Return an array as an image file."""
    image = Image.fromarray(values) if mode is None else Image.fromarray(values).convert(mode)
    stream = io.BytesIO()
    formats = {".jpg": "JPEG", ".png": "PNG", ".bmp": "BMP", ".pgm": "PPM", ".ppm": "PPM"}
    image.save(stream, formats[suffix], **({"quality": 95} if suffix == ".jpg" else {}))
    return stream.getvalue()


def paletted(ids: NDArray[np.uint8]) -> bytes:
    """Return object ids as a PNG with DAVIS-2017's palette (0 black, 1 red, 2 green, 3 yellow, 255 void)."""
    image = Image.fromarray(ids, "P")
    image.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0, 128, 128, 0, *[224, 224, 192] * 252])
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()
