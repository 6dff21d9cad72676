"""One frame: its regions at every level, their features, and the prior that scores make of them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodprep.prior.channels import channels
from vsodprep.prior.classifier import Settings
from vsodprep.prior.contrast import contrasts
from vsodprep.prior.pieces import Pieces
from vsodprep.prior.segmentation import Segmentation, segmentations

AT_ONCE = 4  # frames that a network describes together: a batch of its windows is seldom cut short

Picture = tuple[NDArray[np.uint8], Sequence[Segmentation]]  # with its segmentations
# Describes the regions of pictures by a network: float32 (count, d) of each segmentation of each.
Windows = Callable[[Sequence[Picture]], list[tuple[NDArray[np.float32], ...]]]


class Moving(NamedTuple):
    """A frame that moves.

    Attributes:
        frame: uint8 `(H, W, 3)` RGB.
        flow: float32 `(H, W, 2)` in px.
        drawn: The flow's picture, uint8 `(H, W, 3)` RGB.
    """

    frame: NDArray[np.uint8]
    flow: NDArray[np.float32]
    drawn: NDArray[np.uint8]


class Described(NamedTuple):
    """A frame's regions.

    Attributes:
        levels: One segmentation per level.
        pieces: What they cut the frame into together.
        features: float32 `(regions, d)` of each level.
        size: Height and width of the frame.
    """

    levels: tuple[Segmentation, ...]
    pieces: Pieces
    features: tuple[NDArray[np.float32], ...]
    size: tuple[int, int]


def describe(frames: Iterable[Moving], settings: Settings, windows: Windows | None = None) -> Iterator[Described]:
    """Cut the flow pictures of frames into regions and describe them.

    Args:
        frames: The frames; a network is given a few at once.
        settings: How.
        windows: The network's features, unless `settings.features` is `contrast`.

    Yields:
        Regions and features of each level, at `settings.scale`, of each frame in order.
    """
    given = iter(frames)
    while together := list(islice(given, AT_ONCE if windows else 1)):
        cuts = [_cut(moving, settings) for moving in together]
        pieces = [Pieces.of_levels(levels) for _, levels in cuts]
        described = windows(cuts) if windows else list(map(_contrasts, together, cuts, pieces))
        for moving, (_, levels), cut, features in zip(together, cuts, pieces, described, strict=True):
            yield Described(levels, cut, features, (moving.flow.shape[0], moving.flow.shape[1]))


def _cut(moving: Moving, settings: Settings) -> tuple[NDArray[np.uint8], tuple[Segmentation, ...]]:
    height, width = moving.flow.shape[:2]
    picture = _shrunk(moving.drawn, (max(3, round(width * settings.scale)), max(3, round(height * settings.scale))))
    how: dict[str, Any] = settings.model_dump(include={"scale", "min_regions", "backend"})
    return picture, segmentations(picture, settings.levels, **how)


def _contrasts(moving: Moving, cut: Picture, pieces: Pieces) -> tuple[NDArray[np.float32], ...]:
    picture, levels = cut
    size = picture.shape[1], picture.shape[0]
    given = channels(_shrunk(moving.frame, size), _shrunk(moving.flow, size), picture)
    described = np.stack(list(contrasts(levels, pieces, given).values()), axis=1).astype(np.float32)
    return tuple(np.split(described, np.cumsum([level.regions for level in levels])[:-1]))


def _shrunk(image: NDArray[Any], size: tuple[int, int]) -> NDArray[Any]:
    if image.shape[1::-1] == size:
        return image
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA))


def combine(pieces: Pieces, scores: Sequence[NDArray[np.float32]], size: tuple[int, int]) -> NDArray[np.float32]:
    """Give each pixel the mean over the levels of the score of the region that it lies in (STAN, MSST: Eq. 1).

    Args:
        pieces: What the levels cut the frame into together.
        scores: float32 `(regions,)` of each level.
        size: Height and width of the frame; a smaller map is enlarged bilinearly.

    Returns:
        float32 `(H, W)` in [0, 1].
    """
    total = np.zeros(len(pieces.regions), dtype=np.float32)
    for regions, score in zip(pieces.regions.T, scores, strict=True):
        total += score[regions]
    mean = (total / np.float32(len(scores)))[pieces.labels]
    if mean.shape == size:
        return mean
    return np.asarray(cv2.resize(mean, size[::-1], interpolation=cv2.INTER_LINEAR))
