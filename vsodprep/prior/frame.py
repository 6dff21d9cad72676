"""One frame: its regions at every level, their features, and the prior that scores make of them."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodprep.prior.channels import channels
from vsodprep.prior.classifier import Settings
from vsodprep.prior.contrast import Stack, contrast
from vsodprep.prior.segmentation import Segmentation, segmentations

# Describes the regions of a picture by a network: (picture, segmentations) to float32 (count, d) of each.
Windows = Callable[[NDArray[np.uint8], Sequence[Segmentation]], list[NDArray[np.float32]]]


class Described(NamedTuple):
    """A frame's regions.

    Attributes:
        levels: One segmentation per level.
        features: float32 `(regions, d)` of each.
    """

    levels: tuple[Segmentation, ...]
    features: tuple[NDArray[np.float32], ...]


def describe(
    frame: NDArray[np.uint8],
    flow: NDArray[np.float32],
    drawn: NDArray[np.uint8],
    settings: Settings,
    windows: Windows | None = None,
) -> Described:
    """Cut a frame's flow picture into regions and describe them.

    Args:
        frame: uint8 `(H, W, 3)` RGB.
        flow: float32 `(H, W, 2)` in px.
        drawn: The flow's picture, uint8 `(H, W, 3)` RGB.
        settings: How.
        windows: The network's features, unless `settings.features` is `contrast`.

    Returns:
        Regions and features of each level, at `settings.scale`.
    """
    height, width = flow.shape[:2]
    size = (max(3, round(width * settings.scale)), max(3, round(height * settings.scale)))
    picture = _shrunk(drawn, size)
    how: dict[str, Any] = settings.model_dump(include={"scale", "min_regions", "backend"})
    levels = segmentations(picture, settings.levels, **how)
    if windows is not None:
        return Described(levels, tuple(windows(picture, levels)))
    given = Stack.of(channels(_shrunk(frame, size), _shrunk(flow, size), picture))
    named = (contrast(level.labels, level.regions, given) for level in levels)
    return Described(levels, tuple(np.stack(list(each.values()), axis=1).astype(np.float32) for each in named))


def _shrunk(image: NDArray[Any], size: tuple[int, int]) -> NDArray[Any]:
    if image.shape[1::-1] == size:
        return image
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA))


def combine(
    levels: Sequence[Segmentation], scores: Sequence[NDArray[np.float32]], size: tuple[int, int]
) -> NDArray[np.float32]:
    """Give each pixel the mean over the levels of the score of the region that it lies in (STAN, MSST: Eq. 1).

    Args:
        levels: Segmentations.
        scores: float32 `(regions,)` of each.
        size: Height and width of the frame; a smaller map is enlarged bilinearly.

    Returns:
        float32 `(H, W)` in [0, 1].
    """
    total = np.zeros(levels[0].labels.shape, dtype=np.float32)
    for level, score in zip(levels, scores, strict=True):
        total += score[level.labels]
    mean = total / np.float32(len(levels))
    if mean.shape == size:
        return mean
    return np.asarray(cv2.resize(mean, size[::-1], interpolation=cv2.INTER_LINEAR))
