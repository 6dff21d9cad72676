"""What a network reads beside a frame and is computed of that frame alone, as it is read."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from vsodprep.config.network import DERIVED

AIM = 250  # superpixels of a frame


def segments(frame: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Return the superpixels of a frame, uint16 `(H, W)` of labels below `cues.superpixels.MOST`."""
    from vsodprep.cues.superpixels import MOST, superpixels  # noqa: PLC0415  takes a second, and few networks need it

    return superpixels(frame, AIM, MOST).astype(np.uint16)


def contrast(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the contrast prior of a frame, uint8 `(H, W)`."""
    from vsodprep.cues.contrast import contrast_prior  # noqa: PLC0415  takes a second, and few networks need it

    return np.rint(contrast_prior(frame) * 255).astype(np.uint8)


MAKE: Mapping[str, Callable[[NDArray[np.uint8]], NDArray[np.uint8] | NDArray[np.uint16]]] = dict(
    zip(DERIVED, (segments, contrast), strict=True)
)
