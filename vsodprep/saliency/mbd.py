"""Minimum barrier saliency, MB+ (Zhang et al., ICCV 2015)."""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodprep.cues.border import content
from vsodprep.cues.color import lab8
from vsodprep.saliency.morphology import smooth

PASSES = 3
LONGEST_SIDE = 300  # px; the authors' setting
BORDER_SHARE = 0.1
COVARIANCE_FLOOR = 50.0  # added to the diagonal, on the 0..255 scale
SMOOTHING = 50.0  # px of structuring element, at the longest side, per root of mean saliency
STEEPNESS = 10.0
SETTINGS = {"passes": PASSES, "longest_side": LONGEST_SIDE, "smoothing": SMOOTHING}


def _skew(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Lay `(C, H, W)` out as `(H + W - 1, C, H)`: one row per anti-diagonal, indexed by the pixel's image row."""
    channels, height, width = image.shape
    skewed = np.zeros((height + width - 1, channels, height), dtype=image.dtype)
    rows = np.arange(height)[:, None]
    skewed[rows + np.arange(width), :, rows] = image.transpose(1, 2, 0)
    return skewed


def _unskew(skewed: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    rows = np.arange(skewed.shape[2])[:, None]
    return np.ascontiguousarray(skewed[rows + np.arange(width), :, rows].transpose(2, 0, 1))


def barrier_distance(image: NDArray[np.float32], passes: int = PASSES) -> NDArray[np.float32]:
    """Approximate each pixel's minimum barrier distance from the image border by raster scans (FastMBD).

    A path's cost is its largest minus its smallest value. A raster scan visits a pixel after the ones above and to
    the left of it, so all pixels of an anti-diagonal can be updated at once with the very same result.

    Args:
        image: float32 `(C, H, W)`; channels are independent of one another.
        passes: Scans, in raster order and inverse raster order by turns.

    Returns:
        float32 `(C, H, W)`: the distances; 0 on the border (Algorithm 1 and Eq. 3).
    """
    _, height, width = image.shape
    values = _skew(image)
    high, low = values.copy(), values.copy()
    inner = np.zeros(image.shape, dtype=np.float32)
    inner[:, 1:-1, 1:-1] = np.inf
    distance = _skew(inner)
    diagonals = range(2, height + width - 3)
    for scan in range(passes):
        step = -1 if scan % 2 else 1
        for diagonal in diagonals[::step]:
            first, last = max(1, diagonal - (width - 2)), min(height - 2, diagonal - 1) + 1
            here = (diagonal, slice(None), slice(first, last))
            for shift in (step, 0):  # the vertical neighbour first, then the horizontal one
                there = (diagonal - step, slice(None), slice(first - shift, last - shift))
                highest = np.maximum(high[there], values[here])
                lowest = np.minimum(low[there], values[here])
                cost = highest - lowest
                nearer = cost < distance[here]
                np.copyto(distance[here], cost, where=nearer)
                np.copyto(high[here], highest, where=nearer)
                np.copyto(low[here], lowest, where=nearer)
    return _unskew(distance, width)


def backgroundness(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """Measure how much each pixel's colour differs from the image's four borders.

    Args:
        picture: float32 `(H, W, C)`, 0..255.

    Returns:
        float32 `(H, W)`: sum over the borders, without the one that differs most, of the Mahalanobis distance from
        the border's colours, each scaled to a maximum of 1 (Eqs. 5 and 6).
    """
    height, width = picture.shape[:2]
    rows, columns = max(1, round(BORDER_SHARE * height)), max(1, round(BORDER_SHARE * width))
    bands = (picture[:rows], picture[-rows:], picture[:, :columns], picture[:, -columns:])
    maps = [_mahalanobis(picture, band.reshape(-1, picture.shape[2])) for band in bands]
    stack = np.stack([one / max(float(one.max()), 1e-12) for one in maps])
    return np.asarray(stack.sum(axis=0) - stack.max(axis=0), dtype=np.float32)


def _mahalanobis(picture: NDArray[np.float32], samples: NDArray[np.float32]) -> NDArray[np.float32]:
    covariance = np.cov(samples.T.astype(np.float64)) + COVARIANCE_FLOOR * np.eye(samples.shape[1])
    # With L Lᵀ the inverse covariance, the distance is the length of (x - mean) L.
    factor = np.linalg.cholesky(np.linalg.inv(covariance)).astype(np.float32)
    offset = (picture - samples.mean(axis=0)) @ factor
    return np.sqrt(np.einsum("ijk,ijk->ij", offset, offset))


def _centre_map(height: int, width: int) -> NDArray[np.float32]:
    rows = np.arange(height)[:, None] - (height - 1) / 2
    columns = np.arange(width) - (width - 1) / 2
    radius = np.hypot(rows, columns)
    return (1 - radius / max(float(radius.max()), 1e-12)).astype(np.float32)


def _scaled(values: NDArray[np.float32]) -> NDArray[np.float32]:
    largest = float(values.max())
    return values / np.float32(largest) if largest > 0 else values


class _Content(NamedTuple):
    """What is worked on of a frame: where in it, and its colours there at the working size."""

    inside: tuple[slice, slice]
    small: NDArray[np.float32]


def _content(frame: NDArray[np.uint8]) -> _Content:
    inside = content(frame)
    picture = frame[inside]
    scale = min(1.0, LONGEST_SIDE / max(picture.shape[:2]))
    size = (max(3, round(picture.shape[1] * scale)), max(3, round(picture.shape[0] * scale)))
    return _Content(inside, lab8(np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)))


def _distances(pictures: Sequence[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
    """Sum barrier distances over channels; pictures of one size go through the scans together."""
    distances: dict[int, NDArray[np.float32]] = {}
    for size in {picture.shape for picture in pictures}:
        chosen = [index for index, picture in enumerate(pictures) if picture.shape == size]
        channels = np.concatenate([pictures[index].transpose(2, 0, 1) for index in chosen])
        summed = barrier_distance(channels).reshape(len(chosen), size[2], *size[:2]).sum(axis=1)
        distances |= dict(zip(chosen, summed, strict=True))
    return [distances[index] for index in range(len(pictures))]


def maps(frames: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
    """Compute MB+ saliency: barrier distance plus border contrast, smoothed, centred, and steepened.

    Args:
        frames: uint8 `(H, W, 3)` RGB; several at once take less time, and each map is the same as alone.

    Returns:
        float32 `(H, W)` in [0, 1] of each; zero everywhere for a frame of one colour.
    """
    contents = [_content(frame) for frame in frames]
    distances = _distances([one.small for one in contents])
    return [_finish(*arguments) for arguments in zip(frames, contents, distances, strict=True)]


def _finish(frame: NDArray[np.uint8], given: _Content, distance: NDArray[np.float32]) -> NDArray[np.float32]:
    saliency = _scaled(_scaled(distance) + _scaled(backgroundness(given.small)))
    side = max(3, int(SMOOTHING * max(saliency.shape) / LONGEST_SIDE * float(saliency.mean()) ** 0.5))
    saliency = smooth(np.round(saliency * 255).astype(np.uint8), side).astype(np.float32)
    saliency = _scaled(saliency * _centre_map(*saliency.shape))
    whole = np.zeros(frame.shape[:2], dtype=np.float32)
    if saliency.any():
        saliency = 1 / (1 + np.exp(-STEEPNESS * (saliency - 0.5)))
        size = frame[given.inside].shape[1::-1]
        whole[given.inside] = cv2.resize(saliency, size, interpolation=cv2.INTER_LINEAR)
    return whole
