"""What region features are statistics of: a stack of channels per frame."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodprep.compiled import compiled
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
    residual_flow = flow - background_motion(flow)
    magnitude, residual = _lengths(flow), _lengths(residual_flow)
    longest, largest = _scale(magnitude, diagonal), _scale(residual, diagonal)
    across, down = (cv2.Scharr(residual_flow, cv2.CV_32F, *order, scale=1 / 32) for order in ((1, 0), (0, 1)))
    motion, camera_free = (flow, magnitude, np.float32(longest)), (residual, across, down, np.float32(largest))
    values = _stacked(_lab(picture), _lab(frame), motion, camera_free)
    turns = np.arctan2(flow[..., 1], flow[..., 0])
    turns /= np.float32(2 * np.pi)
    level = np.log1p(np.array([longest, largest]) / diagonal * 1000)
    # The channel `magnitude` is the weight in the histogram too.
    strength = np.ascontiguousarray(values[..., NAMES.index("magnitude")])
    return Channels(values, _directions(turns, DIRECTIONS), strength, level.astype(np.float32))


@compiled
def _lengths(flow):  # type: ignore[no-untyped-def]
    height, width, _ = flow.shape
    found = np.empty((height, width), np.float32)
    for y in range(height):
        for x in range(width):
            u, v = flow[y, x, 0], flow[y, x, 1]
            found[y, x] = np.sqrt(u * u + v * v)
    return found


@compiled
def _stacked(picture, frame, motion, camera_free):  # type: ignore[no-untyped-def]
    (flow, magnitude, longest), (residual, across, down, largest) = motion, camera_free
    height, width, _ = flow.shape
    one = np.float32(1)
    found = np.empty((height, width, 11), np.float32)
    for y in range(height):
        for x in range(width):
            pixel = found[y, x]  # in the order of NAMES
            for channel in range(3):
                pixel[channel], pixel[8 + channel] = picture[y, x, channel], frame[y, x, channel]
            for channel in range(2):
                pixel[3 + channel] = min(max(flow[y, x, channel] / longest, -one), one)
            pixel[5] = min(magnitude[y, x] / longest, one)
            pixel[6] = min(residual[y, x] / largest, one)
            a, b, c, d = across[y, x, 0], across[y, x, 1], down[y, x, 0], down[y, x, 1]
            slope = np.sqrt((a * a + b * b) + (c * c + d * d))
            pixel[7] = min(slope / largest * np.float32(4), one)
    return found


@compiled
def _directions(turns, bins):  # type: ignore[no-untyped-def]
    height, width = turns.shape
    found = np.empty((height, width), np.uint8)
    for y in range(height):
        for x in range(width):
            found[y, x] = int(np.floor(turns[y, x] * np.float32(bins))) % bins
    return found


def _scale(length: NDArray[np.floating], diagonal: float) -> float:
    """Return what a length is divided by: its 99th percentile, but never so little that noise would count."""
    return max(float(np.percentile(length, 99)), diagonal * 1e-4)


def _lab(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    lab = np.asarray(cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2Lab), dtype=np.float32)
    lab /= 100
    return lab
