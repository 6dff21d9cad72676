"""The HDF5 file that holds a sequence's motion prior."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from vsodprep.errors import reading
from vsodprep.hdf5 import attributes_of, opened, set_attributes, writing

EXPECTED = "a file written by vsodprep prior apply"


def write_prior(
    path: Path, prior: NDArray[np.uint8], frames: Sequence[str], attributes: Mapping[str, Any], **extra: NDArray[Any]
) -> None:
    """Write a sequence's motion prior, atomically; equal arguments give equal bytes.

    Args:
        path: HDF5 file.
        prior: uint8 `(frames, H, W)`; 0..255 stands for [0, 1].
        frames: Frame ids, one per prior.
        attributes: What made it; mappings and lists are stored as JSON.
        extra: Further datasets.

    Raises:
        ValueError: The numbers of priors and frames differ.
    """
    if len(prior) != len(frames):
        raise ValueError(f"{len(prior)} priors for {len(frames)} frames")
    with writing(path) as (file, _):
        # maxshape: a chunk may be larger than an empty dataset only if that can grow.
        file.create_dataset(
            "prior",
            data=prior,
            maxshape=(None, *prior.shape[1:]),
            chunks=(1, *prior.shape[1:]),
            compression=1,
        )
        file["frames"] = np.array([frame.encode() for frame in frames], dtype=np.bytes_)
        for name, values in sorted(extra.items()):
            file[name] = values
        set_attributes(file, attributes)


class PriorFile:
    """A sequence's motion prior, read a frame at a time.

    Attributes:
        frames: Ids of the frames that have one.
        shape: Number of frames, height and width.
        attributes: What made it, as HDF5 stores it.
    """

    def __init__(self, file: h5py.File) -> None:
        self._prior = file["prior"]
        self.frames: tuple[str, ...] = tuple(frame.decode() for frame in file["frames"][:])
        self.shape: tuple[int, ...] = self._prior.shape
        self.attributes: dict[str, Any] = attributes_of(file)

    def of_frame(self, frame: str) -> NDArray[np.uint8] | None:
        """Return a frame's prior, uint8 `(H, W)`, 0..255 for [0, 1]; None where it has none."""
        if frame not in self.frames:
            return None
        with reading(self._prior.file.filename, EXPECTED):
            return np.asarray(self._prior[self.frames.index(frame)], dtype=np.uint8)


def open_prior(path: Path) -> AbstractContextManager[PriorFile]:
    """Open a sequence's motion prior.

    Raises:
        InputError: The file is missing or holds none.
    """
    return opened(path, PriorFile, ("prior", "frames"), EXPECTED)
