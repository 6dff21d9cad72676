"""Flow files of other tools: Middlebury's `.flo` and KITTI's 16-bit PNG."""

from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodprep.errors import InputError
from vsodprep.files import atomic_path
from vsodprep.images import imdecode, read_bytes

_UNKNOWN_ABOVE = 1e9 * 0.999  # Middlebury's code writes 1e9 where no flow is known, and reads what is about as large so
_MAGIC = 202021.25  # "PIEH" read as a little-endian float
_LARGEST_SIDE = 99_999  # as in Middlebury's reader: a larger one comes from the wrong byte order


class KnownFlow(NamedTuple):
    """A flow, and where it is known.

    Attributes:
        flow: float32 `(H, W, 2)` in pixels, (u, v); zero where it is not known.
        known: bool `(H, W)`.
    """

    flow: NDArray[np.float32]
    known: NDArray[np.bool_]


def read_flo(path: Path) -> KnownFlow:
    """Read a Middlebury `.flo` file, see `decode_flo`."""
    return decode_flo(read_bytes(path, "a .flo file").tobytes(), path)


def decode_flo(data: bytes, path: Path | str) -> KnownFlow:
    """Decode a Middlebury `.flo` file.

    Args:
        data: Little-endian float32 202021.25, int32 width and height, then (u, v) row by row in float32.
        path: What to name in an error.

    Raises:
        InputError: It begins otherwise, has another length than its size asks for, or holds values that are NaN or
            infinite.
    """
    if len(data) < 12 or np.frombuffer(data, "<f4", 1)[0] != _MAGIC:
        raise InputError(path, f"begins with {data[:4]!r}", "b'PIEH', the mark of a .flo file")
    width, height = (int(side) for side in np.frombuffer(data, "<i4", 2, 4))
    if not (0 < width <= _LARGEST_SIDE and 0 < height <= _LARGEST_SIDE):
        raise InputError(path, f"size {height} x {width}", f"sides from 1 to {_LARGEST_SIDE}")
    expected = 12 + 8 * height * width
    if len(data) != expected:
        raise InputError(path, f"{len(data)} bytes", f"{expected} for its size of {height} x {width}")
    flow = np.frombuffer(data, "<f4", offset=12).reshape(height, width, 2).astype(np.float32)
    if not np.isfinite(flow).all():
        kind = "NaN" if np.isnan(flow).any() else "infinite"
        raise InputError(path, f"{kind} values", "finite values; unknown flow is written as 1e9 or more")
    known = np.asarray((np.abs(flow) < _UNKNOWN_ABOVE).all(axis=2))
    flow[~known] = 0
    return KnownFlow(flow, known)


def write_flo(path: Path, flow: NDArray[np.float32]) -> None:
    """Write a Middlebury `.flo` file, atomically.

    Args:
        path: Where to.
        flow: float32 `(H, W, 2)` in pixels, (u, v).

    Raises:
        ValueError: The flow is not finite, or has another shape.
    """
    if flow.ndim != 3 or flow.shape[2] != 2 or not np.isfinite(flow).all():
        raise ValueError(f"flow of shape {flow.shape}, expected (H, W, 2) and finite")
    height, width = flow.shape[:2]
    header = np.array([_MAGIC], "<f4").tobytes() + np.array([width, height], "<i4").tobytes()
    with atomic_path(path) as temporary:
        temporary.write_bytes(header + flow.astype("<f4").tobytes())


def read_kitti(path: Path) -> KnownFlow:
    """Read a KITTI flow PNG, see `decode_kitti`."""
    return decode_kitti(read_bytes(path, "a KITTI flow PNG").tobytes(), path)


def decode_kitti(data: bytes, path: Path | str) -> KnownFlow:
    """Decode a KITTI flow PNG: 16 bits, R = 64 u + 32768, G = 64 v + 32768, B nonzero where the flow is known.

    Raises:
        InputError: It is no 16-bit PNG of three channels.
    """
    image = imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED, path)
    if image is None or image.dtype != np.uint16 or image.ndim != 3 or image.shape[2] != 3:
        found = "unreadable" if image is None else f"an image of {image.dtype} and shape {image.shape}"
        raise InputError(path, found, "a PNG of 16 bits and three channels, as KITTI has it")
    known = image[..., 0] > 0  # OpenCV hands over BGR
    flow = (image[..., :0:-1].astype(np.float32) - np.float32(32768)) / np.float32(64)
    flow[~known] = 0
    return KnownFlow(flow, known)


def write_kitti(path: Path, flow: NDArray[np.float32]) -> int:
    """Write a KITTI flow PNG, atomically; all flow is known, and rounded to 1/64 px.

    Args:
        path: Where to.
        flow: float32 `(H, W, 2)` in pixels, (u, v).

    Returns:
        Number of values beyond the format's range of -512 to 511.98 px, which are clipped.

    Raises:
        ValueError: The flow is not finite, or has another shape.
    """
    if flow.ndim != 3 or flow.shape[2] != 2 or not np.isfinite(flow).all():
        raise ValueError(f"flow of shape {flow.shape}, expected (H, W, 2) and finite")
    steps = np.rint(flow.astype(np.float64) * 64) + 32768
    image = np.dstack([np.ones(flow.shape[:2]), np.clip(steps, 0, 65535)[..., ::-1]]).astype(np.uint16)
    ok, data = cv2.imencode(".png", image)
    if not ok:
        raise ValueError(f"cannot encode a flow of shape {flow.shape}")
    with atomic_path(path) as temporary:
        temporary.write_bytes(data.tobytes())
    return int(np.count_nonzero((steps < 0) | (steps > 65535)))
