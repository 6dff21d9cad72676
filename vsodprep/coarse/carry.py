"""Carrying a mask along the flow, a frame at a time, to frames that nobody annotated."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vsodprep.flow.quality import inconsistent, inside, positions, sample

_LEAST = 0.5  # share of a pixel that must come from pixels whose value is known


def nearest(annotated: Sequence[int], frames: int) -> tuple[int, ...]:
    """Return each frame's nearest annotated frame; of two that are equally near, the earlier.

    Args:
        annotated: Indices of annotated frames, ascending; at least one.
        frames: Number of frames.
    """
    return tuple(min(annotated, key=lambda one: (abs(one - frame), one)) for frame in range(frames))


def pull(
    values: NDArray[np.float32], flow: NDArray[np.float32], back: NDArray[np.float32] | None = None
) -> NDArray[np.float32]:
    """Fetch each pixel's value from where the flow on its own grid leads.

    Args:
        values: float32 `(H, W)` of the frame where the flow ends; NaN where it is not known.
        flow: float32 `(H, W, 2)` in pixels, from the frame that gets the values to the one that has them.
        back: The flow the other way, if there is one.

    Returns:
        float32 `(H, W)`, bilinear; NaN where the flow leaves the image or leads to values that are not known, and,
        with `back`, where the two flows disagree, as they do where one frame hides what the other shows.
    """
    at = positions(flow)
    known = ~np.isnan(values)
    weight = sample(known.astype(np.float32), at)
    valid = inside(at, values.shape) & (weight >= _LEAST)
    if back is not None:
        valid &= ~inconsistent(flow, back)
    return _divide(sample(np.where(known, values, np.float32(0)), at), weight, valid)


def push(values: NDArray[np.float32], flow: NDArray[np.float32]) -> NDArray[np.float32]:
    """Send each pixel's value to where the flow on its own grid leads.

    Args:
        values: float32 `(H, W)` of the frame where the flow starts; NaN where it is not known.
        flow: float32 `(H, W, 2)` in pixels, from the frame that has the values to the one that gets them.

    Returns:
        float32 `(H, W)`: each value spread bilinearly over four pixels, and the mean of those that meet, whichever
        hides the other. NaN where too few arrive, as where something comes into view.
    """
    height, width = values.shape
    known = ~np.isnan(values)
    at, sent = positions(flow)[known].astype(np.float64), values[known].astype(np.float64)
    corner = np.floor(at).astype(np.int64)
    part = at - corner
    total, weight = np.zeros(height * width), np.zeros(height * width)
    for right, down in ((0, 0), (1, 0), (0, 1), (1, 1)):
        x, y = corner[:, 0] + right, corner[:, 1] + down
        share = np.abs(1 - right - part[:, 0]) * np.abs(1 - down - part[:, 1])
        arrives = (x >= 0) & (y >= 0) & (x < width) & (y < height)
        pixel, share = (y * width + x)[arrives], share[arrives]
        weight += np.bincount(pixel, share, height * width)
        total += np.bincount(pixel, share * sent[arrives], height * width)
    weight = weight.reshape(height, width)
    return _divide(total.reshape(height, width), weight, weight >= _LEAST)


def _divide(total: NDArray, weight: NDArray, valid: NDArray[np.bool_]) -> NDArray[np.float32]:
    values = np.full(total.shape, np.nan, dtype=np.float32)
    values[valid] = np.clip(total[valid] / weight[valid], 0, 1)
    return values
