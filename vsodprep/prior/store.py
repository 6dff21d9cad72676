"""The HDF5 file that holds a sequence's motion prior."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from vsodprep.errors import InputError
from vsodprep.files import atomic_path


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
    # Not locked twice: the temporary file is already.
    with atomic_path(path) as temporary, h5py.File(temporary, "w", libver=("v110", "v110"), locking=False) as file:
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
        for key, value in sorted(attributes.items()):
            file.attrs[key] = json.dumps(value, sort_keys=True) if isinstance(value, (Mapping, list)) else value


def read_prior(path: Path) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """Read a sequence's motion prior.

    Returns:
        uint8 `(frames, H, W)`, 0..255 for [0, 1], and the frame ids.

    Raises:
        InputError: The file is missing or holds none.
    """
    try:
        with h5py.File(path, "r") as file:
            return file["prior"][:], tuple(frame.decode() for frame in file["frames"][:])
    except (OSError, KeyError) as error:
        found = "no motion prior in it" if path.is_file() else "no such file"
        raise InputError(path, found, "a file written by vsodprep prior apply") from error
