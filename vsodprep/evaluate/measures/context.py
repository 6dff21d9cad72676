"""Context-measure: what is predicted, and what is found, seen through a Gaussian of the mask's own shape."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

_ALPHA = 6.0  # pixels, the Gaussian's deviation along both axes together
_BETA2 = 1.0
_TINY = 2.0**-52


def _covariance(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the covariance of the rows and columns of the mask's pixels, of which there are two or more."""
    per_row, per_column = mask.sum(axis=1), mask.sum(axis=0)
    rows, columns = np.arange(mask.shape[0]), np.arange(mask.shape[1])
    n = int(per_row.sum())
    row, column = int(per_row @ rows) / n, int(per_column @ columns) / n
    both = float((rows - row) @ (mask @ (columns - column)))
    own = float(per_row @ (rows - row) ** 2), float(per_column @ (columns - column) ** 2)
    return np.array([[own[0] or _TINY * (n - 1), both], [both, own[1] or _TINY * (n - 1)]]) / (n - 1)


def context_kernel(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the Gaussian of a mask's shape, brought to the deviation of 6 pixels.

    Args:
        mask: bool `(H, W)`.

    Returns:
        float64, of odd height and width, at most 37 each; its sum is 1. A mask of one pixel, or of pixels on one
        slanted line, has the round Gaussian with a deviation of half a pixel.
    """
    covariance, reach = np.diag([0.25, 0.25]), (1, 1)
    if np.count_nonzero(mask) > 1:
        found = _covariance(mask)
        found *= _ALPHA**2 / np.trace(found)
        if np.linalg.det(found) > _TINY:
            covariance, reach = found, (round(3 * math.sqrt(found[0, 0])), round(3 * math.sqrt(found[1, 1])))
    rows, columns = np.mgrid[-reach[0] : reach[0] + 1, -reach[1] : reach[1] + 1]
    places = np.stack([rows, columns], axis=-1)
    kernel = np.exp(-0.5 * np.einsum("...i,ij,...j->...", places, np.linalg.inv(covariance), places))
    return np.asarray(kernel / kernel.sum())


def context_measure(saliency: NDArray[np.uint8], values: NDArray[np.float64], mask: NDArray[np.bool_]) -> float:
    """Return the Context-measure of a frame.

    Wang et al., Context-measure: Contextualizing Metric for Camouflage, arXiv 2512.07076, 2025, with beta = 1 and alpha
    = 6; agrees with PySODMetrics, which filters the mask in single precision.

    Args:
        saliency: Map, uint8 `(H, W)`.
        values: Real number behind each map value, float64 `(256,)`.
        mask: bool `(H, W)`.

    Returns:
        0 to 1; 0 where the mask is empty, and where nothing is predicted.
    """
    total = float(values @ np.bincount(saliency.ravel(), minlength=256))
    if not mask.any() or total == 0:
        return 0.0
    kernel = context_kernel(mask)
    left, top, width, height = cv2.boundingRect(mask.view(np.uint8))
    down, right = kernel.shape  # twice the kernel's reach, so that the part's own border does not count
    part = (slice(max(top - down, 0), top + height + down), slice(max(left - right, 0), left + width + right))
    inside = mask[part].astype(np.float64)
    predicted = values[saliency[part]]
    relevance = cv2.filter2D(inside, -1, kernel)
    forward = float(np.vdot(relevance, predicted)) / (total + _TINY)
    found = 1 - np.exp(-cv2.filter2D(predicted, -1, kernel)[mask[part]])
    reverse = math.e / (math.e - 1) * float(found.sum()) / (len(found) + _TINY)
    return (1 + _BETA2) * forward * reverse / (_BETA2 * forward + reverse + _TINY)
