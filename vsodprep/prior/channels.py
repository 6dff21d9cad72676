"""What region features are statistics of: a stack of channels per frame."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodprep.flow.camera import background_motion

NAMES = (
    "picture_l",
    "picture_a",
    "picture_b",
    "flow_u",
    "flow_v",
    "magnitude",
    "residual",
    "boundary",
    "frame_l",
    "frame_a",
    "frame_b",
)
# Channels that make one vector, whose length is a contrast of its own.
VECTORS = {"picture": slice(0, 3), "flow": slice(3, 5), "frame": slice(8, 11)}
DIRECTIONS = 8  # bins of the histogram of flow directions


class Channels(NamedTuple):
    """A frame's channels.

    Attributes:
        values: float32 `(H, W, 11)`, in the order of `NAMES`, each about 0..1 or -1..1.
        direction: uint8 `(H, W)`, bin of the flow's direction, 0..7.
        strength: float32 `(H, W)`, the pixel's weight in the histogram of directions.
        frame_level: float32 `(2,)`: logarithms of the motion's and the residual motion's strength, in thousandths of
            the diagonal.
    """

    values: NDArray[np.float32]
    direction: NDArray[np.uint8]
    strength: NDArray[np.float32]
    frame_level: NDArray[np.float32]


def channels(frame: NDArray[np.uint8], flow: NDArray[np.float32], picture: NDArray[np.uint8]) -> Channels:
    """Compute a frame's channels.

    Args:
        frame: uint8 `(H, W, 3)` RGB.
        flow: float32 `(H, W, 2)` in px.
        picture: uint8 `(H, W, 3)` RGB, the flow's colour picture.

    Returns:
        The channels. Flow is divided by its 99th percentile length, and the residual, what is left of it without the
        camera's motion, by its own, so that slow and fast videos look alike; `boundary` is the length of the residual's
        gradient.
    """
    diagonal = float(np.hypot(*flow.shape[:2]))
    magnitude = np.linalg.norm(flow, axis=2)
    residual_flow = flow - background_motion(flow)
    residual = np.linalg.norm(residual_flow, axis=2)
    longest, largest = _scale(magnitude, diagonal), _scale(residual, diagonal)
    gradient = [cv2.Scharr(residual_flow, cv2.CV_32F, *order, scale=1 / 32) for order in ((1, 0), (0, 1))]
    boundary = np.sqrt(sum((part**2).sum(axis=2) for part in gradient))
    scalars = (magnitude / longest, residual / largest, np.minimum(boundary / largest * 4, 1))
    values = np.concatenate(
        [
            _lab(picture),
            np.clip(flow / longest, -1, 1),
            np.stack([np.minimum(one, 1) for one in scalars], axis=2),
            _lab(frame),
        ],
        axis=2,
        dtype=np.float32,
    )
    angle = np.arctan2(flow[..., 1], flow[..., 0])
    direction = (np.floor(angle / (2 * np.pi) * DIRECTIONS).astype(np.int32) % DIRECTIONS).astype(np.uint8)
    level = np.log1p(np.array([longest, largest]) / diagonal * 1000)
    return Channels(values, direction, np.minimum(magnitude / longest, 1).astype(np.float32), level.astype(np.float32))


def _scale(length: NDArray[np.floating], diagonal: float) -> float:
    """Return what a length is divided by: its 99th percentile, but never so little that noise would count."""
    return max(float(np.percentile(length, 99)), diagonal * 1e-4)


def _lab(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.asarray(cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2Lab) / 100, dtype=np.float32)
