"""Carrying a mask along the flow, a frame at a time, to frames that nobody annotated.

Where one thing hides another, a flow of one direction leads several pixels to one and does not tell which of them is in
front: none of them is known from there on. Flows in both directions do tell, because that of the hidden one does not
lead back.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vsodprep.flow.quality import inconsistent, inside, positions, sample

_LEAST = 0.5  # share of a pixel that must come from pixels whose value is known
_MOST = 1.5  # pixels that may meet in one; a scene that shrinks by a tenth makes 1.2 of 1


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
        values: float32 `(H, W)` in [0, 1] of the frame where the flow ends; NaN where it is not known.
        flow: float32 `(H, W, 2)` in pixels, from the frame that gets the values to the one that has them.
        back: The flow the other way, if there is one.

    Returns:
        float32 `(H, W)`, bilinear. NaN where the flow leaves the image or leads to values that are not known, and where
        it disagrees with `back` or, without it, meets that of other pixels.
    """
    at = positions(flow)
    known = (~np.isnan(values)).astype(np.float32)
    weight = sample(known, at)
    hidden = sample(_meeting(at), at) > _MOST if back is None else inconsistent(flow, back)
    total = sample(np.where(known, values, np.float32(0)), at)
    return _divide(total, weight, inside(at, values.shape) & (weight >= _LEAST) & ~hidden)


def push(values: NDArray[np.float32], flow: NDArray[np.float32]) -> NDArray[np.float32]:
    """Send each pixel's value to where the flow on its own grid leads.

    Args:
        values: float32 `(H, W)` in [0, 1] of the frame where the flow starts; NaN where it is not known.
        flow: float32 `(H, W, 2)` in pixels, from the frame that has the values to the one that gets them.

    Returns:
        float32 `(H, W)`, each value spread bilinearly over four pixels. NaN where too little arrives that is known, as
        where something comes into view, and where pixels meet.
    """
    at = positions(flow)
    known = (~np.isnan(values)).astype(np.float32)
    weight = _spread(at, known)
    total = _spread(at, np.where(known, values, np.float32(0)))
    return _divide(total, weight, (weight >= _LEAST) & (_meeting(at) <= _MOST))


def _meeting(at: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how many pixels end in each, float32 `(H, W)`."""
    return _spread(at, np.ones(at.shape[:2], dtype=np.float32))


def _spread(at: NDArray[np.float32], values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Add each value to the four pixels around its position, float32 `(H, W)`; the adjoint of bilinear sampling."""
    height, width = values.shape
    corner = np.floor(at).astype(np.int64)
    part = at - corner
    total = np.zeros(height * width)
    for right, down in ((0, 0), (1, 0), (0, 1), (1, 1)):
        x, y = corner[..., 0] + right, corner[..., 1] + down
        weight = np.abs(1 - right - part[..., 0]) * np.abs(1 - down - part[..., 1])
        arrives = (x >= 0) & (y >= 0) & (x < width) & (y < height)
        total += np.bincount((y * width + x)[arrives], (weight * values)[arrives], height * width)
    return total.reshape(height, width).astype(np.float32)


def _divide(total: NDArray[np.float32], weight: NDArray[np.float32], valid: NDArray[np.bool_]) -> NDArray[np.float32]:
    values = np.full(total.shape, np.nan, dtype=np.float32)
    values[valid] = np.clip(total[valid] / weight[valid], 0, 1)
    return values
