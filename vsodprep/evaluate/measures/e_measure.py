"""Enhanced-alignment measure of thresholded maps."""

import numpy as np
from numpy.typing import NDArray


def e_measure(
    hits: NDArray[np.int64], predicted: NDArray[np.int64], positives: int, pixels: int, epsilon: float
) -> NDArray[np.float64]:
    """Return E at each threshold from counts alone.

    Fan et al., Enhanced-alignment Measure for Binary Foreground Map Evaluation, IJCAI 2018, Eq. 2 to 5; as in
    its code the sum is divided by (pixels - 1), so that a perfect map scores slightly above 1.

    Args:
        hits: Predicted pixels inside the mask, int64 `(n,)`.
        predicted: Predicted pixels, int64 `(n,)`.
        positives: Pixels of the mask.
        pixels: Pixels of the frame; a frame of one pixel is divided by 1.
        epsilon: Added to the denominators.

    Returns:
        float64 `(n,)`. An empty mask gives the share of pixels predicted as background, a full one the share
        predicted as foreground.
    """
    divisor = max(pixels - 1, 1) + epsilon
    if positives == 0:
        return np.asarray((pixels - predicted) / divisor)
    if positives == pixels:
        return np.asarray(predicted / divisor)
    map_mean, mask_mean = predicted / pixels, positives / pixels
    missed = positives - hits
    false = predicted - hits
    total = np.zeros(len(hits))
    # Four kinds of pixels, each with one value of the mean-free map (a) and of the mean-free mask (b).
    for count, a, b in (
        (hits, 1 - map_mean, 1 - mask_mean),
        (false, 1 - map_mean, -mask_mean),
        (missed, -map_mean, 1 - mask_mean),
        (pixels - predicted - missed, -map_mean, -mask_mean),
    ):
        alignment = 2 * (a * b) / (a**2 + b**2 + epsilon)
        total += (alignment + 1) ** 2 / 4 * count
    return total / divisor
