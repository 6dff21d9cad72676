"""Mean absolute error between a map and its mask."""

import numpy as np
from numpy.typing import NDArray


def mean_absolute_error(
    values: NDArray[np.float64], foreground: NDArray[np.int64], background: NDArray[np.int64]
) -> float:
    """Return the mean of |p - g| over a frame's pixels, 0 to 1.

    Perazzi et al., Saliency Filters, CVPR 2012, Eq. 9.

    Args:
        values: Real number behind each map value, float64 `(256,)`.
        foreground: Pixels of each value inside the mask, int64 `(256,)`.
        background: The same outside it.
    """
    return float((1 - values) @ foreground + values @ background) / int(foreground.sum() + background.sum())
