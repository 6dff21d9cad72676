"""How good a flow looks without ground truth: what it does to the frames, and whether it leads back."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

_EVERY = 4  # pixels between two samples on either axis of the summary that is stored with a flow


def grey(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a frame `(H, W, 3)` RGB in grey, uint8 `(H, W)`."""
    return np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def sample(image: NDArray, at: NDArray[np.float32], border: int = cv2.BORDER_REPLICATE) -> NDArray:
    """Sample an image bilinearly.

    Args:
        image: `(H, W)` or `(H, W, C)`.
        at: Positions in pixels, float32 `(h, w, 2)`, (x, y).
        border: OpenCV's rule outside the image.
    """
    # OpenCV's stubs do not know that the second map is None where the first has two channels.
    return np.asarray(cv2.remap(image, at, None, cv2.INTER_LINEAR, borderMode=border))  # type: ignore[call-overload]


def positions(flow: NDArray[np.float32], every: int = 1) -> NDArray[np.float32]:
    """Return where a flow leads to, float32 `(h, w, 2)` (x, y) in pixels, for every n-th row and column."""
    height, width = flow.shape[:2]
    x, y = np.meshgrid(np.arange(0, width, every, dtype=np.float32), np.arange(0, height, every, dtype=np.float32))
    return flow[::every, ::every] + np.dstack([x, y])


def warp(image: NDArray[np.uint8], flow: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Bring the frame where a flow ends onto the grid where it starts.

    Args:
        image: The second frame, uint8 `(H, W)` or `(H, W, 3)`.
        flow: float32 `(H, W, 2)` from the first to the second frame, in pixels.

    Returns:
        uint8 like `image`; equal to the first frame where the flow is right and nothing is hidden.
    """
    return sample(image, positions(flow))


def photometric_error(
    first: NDArray[np.uint8], second: NDArray[np.uint8], flow: NDArray[np.float32], every: int = _EVERY
) -> float:
    """Return the mean absolute grey difference of the first frame and the warped second, inside the image.

    Args:
        first: Grey frame where the flow starts, uint8 `(H, W)`.
        second: Grey frame where it ends, uint8 `(H, W)`.
        flow: float32 `(H, W, 2)` in pixels.
        every: Only every n-th row and column is looked at.

    Returns:
        Grey levels, 0 to 255; NaN if every pixel leaves the image.
    """
    at = positions(flow, every)
    difference = cv2.absdiff(np.ascontiguousarray(first[::every, ::every]), sample(second, at))
    stays = inside(at, first.shape[:2])
    return float(difference[stays].mean()) if stays.any() else math.nan


def still_error(first: NDArray[np.uint8], second: NDArray[np.uint8], every: int = _EVERY) -> float:
    """Return the mean absolute grey difference of two frames without any flow; arguments as `photometric_error`."""
    samples = [np.ascontiguousarray(frame[::every, ::every]) for frame in (first, second)]
    return float(cv2.absdiff(*samples).mean())


def inconsistency(forward: NDArray[np.float32], backward: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how far from its start the forward flow followed by the backward flow ends.

    Args:
        forward: float32 `(H, W, 2)`, from the first to the second frame, in pixels.
        backward: float32 `(H, W, 2)`, from the second to the first.

    Returns:
        float32 `(H, W)` in pixels; NaN where the forward flow leaves the image.
    """
    at = positions(forward)
    back = sample(backward, at)
    length = np.linalg.norm(forward + back, axis=2)
    length[~inside(at, forward.shape[:2])] = np.nan
    return np.asarray(length, dtype=np.float32)


def inconsistent_share(forward: NDArray[np.float32], backward: NDArray[np.float32], every: int = _EVERY) -> float:
    """Return the share of pixels whose forward and backward flow disagree, of those that stay inside the image.

    They disagree where |f + b|² ≥ 0.01 (|f|² + |b|²) + 0.5 (Sundaram et al., ECCV 2010, equation 5).

    Args:
        forward: float32 `(H, W, 2)`, from the first to the second frame, in pixels.
        backward: float32 `(H, W, 2)`, from the second to the first.
        every: Only every n-th row and column is looked at.

    Returns:
        Share from 0 to 1; NaN if every pixel leaves the image.
    """
    stays = inside(positions(forward, every), forward.shape[:2])
    return float(inconsistent(forward, backward, every)[stays].mean()) if stays.any() else math.nan


def inconsistent(forward: NDArray[np.float32], backward: NDArray[np.float32], every: int = 1) -> NDArray[np.bool_]:
    """Return where forward and backward flow disagree, bool `(h, w)`; arguments as `inconsistent_share`.

    Where the forward flow leaves the image, it is held against the backward flow at the border.
    """
    start, back = forward[::every, ::every], sample(backward, positions(forward, every))
    apart = np.square(start + back).sum(axis=2)
    allowed = 0.01 * (np.square(start).sum(axis=2) + np.square(back).sum(axis=2)) + 0.5
    return np.asarray(apart >= allowed)


def inside(at: NDArray[np.float32], size: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return which positions, float32 `(h, w, 2)` (x, y), lie inside an image of height and width `size`."""
    height, width = size
    x, y = at[..., 0], at[..., 1]
    return np.asarray((x >= 0) & (y >= 0) & (x <= width - 1) & (y <= height - 1))
