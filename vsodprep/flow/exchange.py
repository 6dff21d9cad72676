"""Stored flow to other tools' files and back: `.flo`, KITTI PNG, colour pictures."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import cv2
import h5py
import numpy as np
from numpy.typing import NDArray

from vsodprep import __version__
from vsodprep.config.flow import Dialect, Policy
from vsodprep.errors import InputError
from vsodprep.files import atomic_directory, nothing, sha256
from vsodprep.flow.formats import KnownFlow, read_flo, read_kitti, write_flo, write_kitti
from vsodprep.flow.frames import image_size, read_frames, sequence_name
from vsodprep.flow.pairs import datasets_of, make_pairs, record_of
from vsodprep.flow.picture import Picture, colour
from vsodprep.flow.quality import photometric_error, still_error
from vsodprep.flow.store import FlowFile, write_flow
from vsodprep.images import write_png
from vsodprep.progress import track

Kind = Literal["flo", "kitti", "picture"]

_READERS = {".flo": read_flo, ".png": read_kitti}


def export_flow(
    flow: FlowFile, out: Path, kind: Kind, *, dialect: Dialect | None = None, maximum: float | None = None
) -> int:
    """Write a stored flow as one file per frame, `{frame}.flo` or `{frame}.png`; the folder appears whole.

    Args:
        flow: The stored flow.
        out: Folder to write, new or empty.
        kind: `flo`, `kitti`, or `picture`.
        dialect: Whose pictures; as the flow's block says if None.
        maximum: Length in pixels that gets a full colour in them; as the flow's block says if None.

    Returns:
        Number of files.

    Raises:
        InputError: The folder has something in it.
    """
    block = Picture(**flow.attributes.get("picture", {}))
    dialect, maximum = dialect or block.dialect, maximum or block.maximum
    with atomic_directory(out, nothing) as folder:
        for index in track(flow.frame_indices, f"export to {out.name}", unit="file"):
            values = flow.of_frame(index)
            assert values is not None
            name = flow.frame_id(index)
            if kind == "flo":
                write_flo(folder / f"{name}.flo", values)
            elif kind == "kitti":
                write_kitti(folder / f"{name}.png", values)
            else:
                write_png(folder / f"{name}.png", colour(values, maximum, dialect, block.least_maximum))
    return len(flow.frame_indices)


def import_flow(folder: Path, frames: Sequence[Path], out: Path, policy: Policy) -> dict[str, int]:
    """Store a folder of `.flo` files or KITTI PNGs, one per frame, as `vsodprep flow` would store its own.

    Args:
        folder: Files named after the frame that each flow is shown to.
        frames: Frames of the sequence.
        out: HDF5 file to write.
        policy: Which pairs the files hold; a pair of rest needs no file.

    Returns:
        Numbers of pairs, and of pixels that the files call unknown, which become zero.

    Raises:
        InputError: A file is missing, broken, or of another size than the frames; `both` is asked for.
    """
    if policy.direction == "both":
        raise InputError(folder, "one flow per frame", "direction forward or backward")
    size = image_size(frames[0])
    pairs = make_pairs(len(frames), policy)
    files = {pair.shown: _file_of(folder, frames[pair.shown].stem) for pair in pairs if not pair.rest}
    (name,) = datasets_of(policy)
    unknown = {"pixels": 0}

    @lru_cache(policy.stride + 2)
    def grey(index: int) -> NDArray[np.uint8]:
        _, frame = next(read_frames(frames, [index]))
        return np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), dtype=np.uint8)

    def rows() -> Iterator[Mapping[str, Any]]:
        for pair in pairs:
            if pair.rest:
                yield {name: np.zeros((*size, 2), np.float32), "photometric": 0.0, "still": 0.0}
                continue
            values, known = _read(files[pair.shown], size)
            unknown["pixels"] += int(np.count_nonzero(~known))
            two = grey(pair.source), grey(pair.target)
            yield {name: values, "photometric": photometric_error(*two, values), "still": still_error(*two)}

    digest = hashlib.sha256("".join(sha256(path) for _, path in sorted(files.items())).encode()).hexdigest()
    attributes = {
        "method": "imported",
        "weights_sha256": None,
        "files_sha256": digest,
        "policy": record_of(policy) | {"frames": "all"},
        "picture": asdict(Picture()),
        "versions": {"vsodprep": __version__, "h5py": h5py.__version__, "numpy": np.__version__},
        "unknown": unknown,
    }
    label = f"import of {sequence_name(frames[0].parent)}"
    ids = [frame.stem for frame in frames]
    tracked = track(rows(), label, total=len(pairs), unit="pair")
    write_flow(out, pairs, tracked, size, attributes, datasets=[name], frames=ids)
    return {"pairs": len(pairs), "unknown": unknown["pixels"]}


def _file_of(folder: Path, frame: str) -> Path:
    for suffix in _READERS:
        path = folder / f"{frame}{suffix}"
        if path.is_file():
            return path
    expected = "a file for each frame to which the policy shows a flow"
    raise InputError(folder / f"{frame}.flo", "no such file, nor a .png", expected)


def _read(path: Path, size: tuple[int, int]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    found: KnownFlow = _READERS[path.suffix](path)
    if found.known.shape != size:
        height, width = found.known.shape
        raise InputError(path, f"flow of {height} x {width} pixels", f"{size[0]} x {size[1]}, as the frames have")
    return found
