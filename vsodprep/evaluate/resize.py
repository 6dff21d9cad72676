"""Bringing a map of another size to its mask's, in the ways of the tools."""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vsodprep.errors import InputError


def _cubic(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Keys' cubic convolution kernel with a = -0.5."""
    x = np.abs(x)
    near = 1.5 * x**3 - 2.5 * x**2 + 1
    far = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return np.where(x <= 1, near, np.where(x <= 2, far, 0))


@cache
def _cubic_matrix(old: int, new: int) -> NDArray[np.float64]:
    """Return the weights of bicubic interpolation along one axis, float64 `(new, old)`."""
    scale = new / old
    stretch = min(scale, 1.0)  # a smaller image is smoothed first
    centres = (np.arange(new) + 0.5) / scale - 0.5
    taps = int(np.ceil(4 / stretch)) + 2
    left = np.floor(centres - 2 / stretch).astype(np.int64)
    places = left[:, None] + np.arange(taps)
    weights = _cubic((centres[:, None] - places) * stretch)
    weights /= weights.sum(axis=1, keepdims=True)
    mirrored = places % (2 * old)
    mirrored = np.where(mirrored < old, mirrored, 2 * old - 1 - mirrored)
    matrix = np.zeros((new, old))
    np.add.at(matrix, (np.arange(new)[:, None], mirrored), weights)
    return matrix


def _to_bytes(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.asarray(np.clip(np.floor(values + 0.5), 0, 255), dtype=np.uint8)


def bicubic(image: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """Resize as MATLAB's `imresize` does by default: bicubic, smoothed when shrinking, mirrored at the border.

    The axis that shrinks most comes first, and values are rounded to 8 bits after each axis.

    Args:
        image: uint8 `(H, W)`.
        height: New height.
        width: New width.
    """
    vertical, horizontal = _cubic_matrix(image.shape[0], height), _cubic_matrix(image.shape[1], width)
    if height / image.shape[0] <= width / image.shape[1]:
        return _to_bytes(_to_bytes(vertical @ image) @ horizontal.T)
    return _to_bytes(vertical @ _to_bytes(image @ horizontal.T))


def _aligned(image: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """Resize bilinearly with the corner pixels of both grids on top of each other."""
    rows = np.linspace(0, image.shape[0] - 1, height, dtype=np.float32)
    columns = np.linspace(0, image.shape[1] - 1, width, dtype=np.float32)
    x, y = np.meshgrid(columns, rows)
    moved = cv2.remap(image.astype(np.float32), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return _to_bytes(np.asarray(moved, dtype=np.float64))


def resize(image: NDArray[np.uint8], height: int, width: int, how: str, where: object) -> NDArray[np.uint8]:
    """Resize a map to its mask's size.

    Args:
        image: uint8 `(H, W)`.
        height: The mask's height.
        width: The mask's width.
        how: The protocol's `resize`.
        where: What to name in an error.

    Returns:
        uint8 `(height, width)`; the map itself where it has that size.

    Raises:
        InputError: The sizes differ and the protocol refuses that.
    """
    if image.shape == (height, width):
        return image
    if how == "refuse":
        found = f"{image.shape[1]} x {image.shape[0]} pixels"
        raise InputError(str(where), found, f"{width} x {height} as its mask, or a `resize` other than `refuse`")
    if how == "bicubic":
        return bicubic(image, height, width)
    if how == "bilinear-pillow":
        return np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR))
    if how == "bilinear-aligned":
        return _aligned(image, height, width)
    interpolation = cv2.INTER_NEAREST if how == "nearest" else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (width, height), interpolation=interpolation), dtype=np.uint8)
