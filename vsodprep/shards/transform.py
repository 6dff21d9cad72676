"""Resizing, normalising and random changes of samples; every draw is a pure function of its seed."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodprep.config.train import Augment, Shares

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
GREY = (0.299, 0.587, 0.114)  # of red, green and blue, ITU-R BT.601

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


class Recolouring(NamedTuple):
    """Factors on the brightness, contrast and saturation of a frame."""

    brightness: float
    contrast: float
    saturation: float

    def paint(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return an image `(H, W, 3)`, RGB, in other colours; contrast is about its mean grey, cut off at 0 and 255."""
        image = np.ascontiguousarray(image)
        mean = float(np.dot(cv2.mean(image)[:3], GREY))
        mixed = self.saturation * np.eye(3) + (1 - self.saturation) * np.tile(GREY, (3, 1))
        offset = np.full((3, 1), self.brightness * (1 - self.contrast) * mean)
        whole = np.hstack([self.brightness * self.contrast * mixed, offset])
        return np.asarray(cv2.transform(image, whole), dtype=np.uint8)


class DrawnChange(NamedTuple):
    """What happens to a sample: `flip` and `window` to all of its arrays, `recolouring` to its frames."""

    flip: bool = False
    window: Window | None = None
    recolouring: Recolouring | None = None


def draw_change(augment: Augment, seed: tuple[int, ...]) -> DrawnChange:
    """Draw the random changes of a sample.

    Args:
        augment: Their probabilities and ranges.
        seed: Seed, step and place in the batch; equal seeds draw equally.
    """
    rng = np.random.default_rng(seed)
    flip, top, left, size, *colours = rng.random(7)
    least, most = augment.crop if isinstance(augment.crop, Shares) else (augment.crop, augment.crop)
    share = least + float(size) * (most - least)
    return DrawnChange(
        flip=bool(flip < augment.flip),
        window=Window(float(top), float(left), share) if share < 1 else None,
        recolouring=Recolouring(*(1 + augment.colour * float(2 * each - 1) for each in colours))
        if augment.colour
        else None,
    )


def draw_size(size: tuple[int, int], scales: tuple[float, ...], seed: tuple[int, ...]) -> tuple[int, int]:
    """Draw the input size of a batch: height and width times one of the scales, in whole pixels."""
    scale = scales[0] if len(scales) == 1 else scales[int(np.random.default_rng(seed).integers(len(scales)))]
    return round(size[0] * scale), round(size[1] * scale)


def normalisation_tables(mean: Sequence[float], std: Sequence[float]) -> NDArray[np.float32]:
    """Return (x / 255 - mean) / std of every 8-bit value x, float32 `(channels, 256, 1)`.

    Looking a value up costs a third of computing it.

    Args:
        mean: Mean of each channel in [0, 1].
        std: Standard deviation of each channel.
    """
    values = np.arange(256).reshape(1, 256, 1) / 255
    return ((values - np.reshape(mean, (-1, 1, 1))) / np.reshape(std, (-1, 1, 1))).astype(np.float32)


def resize(image: NDArray[np.uint8], size: tuple[int, int], method: Resize = "pillow") -> NDArray[np.uint8]:
    """Resize an image bilinearly.

    Args:
        image: uint8 `(H, W)` or `(H, W, 3)`.
        size: Height and width in pixels.
        method: `pillow` widens the kernel when it reduces, as the loaders of DS-Net and CAG-DDE do (computed by torch,
            in a fifth of Pillow's time, to within one grey level); `opencv` always mixes four pixels.

    Returns:
        uint8, of the given size.
    """
    if image.shape[:2] == size:
        return image
    if method == "opencv":
        if image.flags.c_contiguous or image.ndim == 2:
            return np.asarray(cv2.resize(image, size[::-1], interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
        resized = np.empty((image.shape[2], *size), np.uint8)  # planes, as a shard has pictures; turning takes longer
        for channel, plane in enumerate(np.moveaxis(image, -1, 0)):
            cv2.resize(plane, size[::-1], dst=resized[channel], interpolation=cv2.INTER_LINEAR)
        return np.moveaxis(resized, 0, -1)
    import torch  # noqa: PLC0415  (takes seconds, and packing seldom resizes)

    if image.ndim == 3 and image.shape[2] > 1 and image.strides[-1] != 1:
        image = cv2.merge(list(np.moveaxis(image, -1, 0)))
    # A batch of one whose strides tell that channels come last: torch then returns them so, without a copy to planes.
    batch = torch.from_numpy(np.require(np.atleast_3d(image), requirements=["C", "W"]))[None].permute(0, 3, 1, 2)
    small = torch.nn.functional.interpolate(batch, size=size, mode="bilinear", antialias=True)
    return small[0].permute(1, 2, 0).reshape(*size, *image.shape[2:]).numpy()


def resize_mask(mask: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Resize a mask, uint8 `(H, W)`, to the nearest pixel."""
    if mask.shape == size:
        return mask
    return np.asarray(cv2.resize(mask, size[::-1], interpolation=cv2.INTER_NEAREST), dtype=np.uint8)
