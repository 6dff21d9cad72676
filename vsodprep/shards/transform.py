"""Resizing, normalising and random changes of samples; every draw is a pure function of its seed."""

from typing import Any, Literal, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vsodprep.config.train import Augment

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

Resize = Literal["pillow", "opencv"]


class Window(NamedTuple):
    """Part of an image that is kept, as shares of its height and width."""

    top: float
    left: float
    share: float

    def cut(self, image: NDArray[Any]) -> NDArray[Any]:
        """Return the window's pixels of an image `(H, W, ...)`."""
        height, width = image.shape[:2]
        rows, columns = max(1, round(self.share * height)), max(1, round(self.share * width))
        top, left = round(self.top * (height - rows)), round(self.left * (width - columns))
        return image[top : top + rows, left : left + columns]


class Change(NamedTuple):
    """What happens to all arrays of one sample."""

    flip: bool = False
    window: Window | None = None


def draw_change(augment: Augment, seed: tuple[int, ...]) -> Change:
    """Draw the random changes of a sample.

    Args:
        augment: Their probabilities and ranges.
        seed: Seed, step and place in the batch; equal seeds draw equally.
    """
    rng = np.random.default_rng(seed)
    flip, top, left = rng.random(3)
    window = Window(float(top), float(left), augment.crop) if augment.crop < 1 else None
    return Change(flip=bool(flip < augment.flip), window=window)


def draw_size(size: tuple[int, int], scales: tuple[float, ...], seed: tuple[int, ...]) -> tuple[int, int]:
    """Draw the input size of a batch: height and width times one of the scales, in whole pixels."""
    scale = scales[0] if len(scales) == 1 else scales[int(np.random.default_rng(seed).integers(len(scales)))]
    return round(size[0] * scale), round(size[1] * scale)


def resize(image: NDArray[np.uint8], size: tuple[int, int], method: Resize = "pillow") -> NDArray[np.uint8]:
    """Resize an image bilinearly.

    Args:
        image: uint8 `(H, W)` or `(H, W, 3)`.
        size: Height and width in pixels.
        method: `pillow` widens the kernel when it reduces, as the loaders of DS-Net and CAG-DDE do; `opencv` always
            mixes four pixels and is three times as fast.
    """
    if image.shape[:2] == size:
        return image
    if method == "opencv":
        return np.asarray(cv2.resize(image, size[::-1], interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
    return np.asarray(Image.fromarray(image).resize(size[::-1], Image.Resampling.BILINEAR))


def resize_mask(mask: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Resize a mask, uint8 `(H, W)`, to the nearest pixel."""
    if mask.shape == size:
        return mask
    return np.asarray(cv2.resize(mask, size[::-1], interpolation=cv2.INTER_NEAREST), dtype=np.uint8)
