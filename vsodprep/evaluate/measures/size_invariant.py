"""Size-invariant F-measure and MAE: every object of a mask counts alike, however large it is."""

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodprep.evaluate.measures.f_measure import f_measure, precision_recall
from vsodprep.evaluate.measures.histogram import value_counts
from vsodprep.evaluate.measures.levels import at_thresholds
from vsodprep.evaluate.measures.mae import mean_absolute_error

_SMALLEST = 50  # pixels; what is smaller counts only where nothing is larger
Box = tuple[slice, slice]
Counts = NDArray[np.int64]


def object_boxes(mask: NDArray[np.bool_]) -> list[Box]:
    """Return the bounding boxes of a mask's objects: its 4-connected parts of at least 50 pixels.

    Where all are smaller, the largest one counts, and every other one of its size.

    Args:
        mask: bool `(H, W)`.

    Returns:
        Rows and columns of each; they may overlap.
    """
    _, _, parts, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=4)
    parts = parts[1:]  # the first is the background
    areas = parts[:, cv2.CC_STAT_AREA]
    counted = parts[areas >= min(_SMALLEST, areas.max(initial=0))]
    return [(slice(top, top + height), slice(left, left + width)) for left, top, width, height, _ in counted.tolist()]


def _counts(saliency: NDArray[np.uint8], mask: NDArray[np.bool_]) -> tuple[Counts, Counts]:
    """Count the pixels of each map value inside the mask and outside it, int64 `(256,)` each."""
    saliency, inside = np.ascontiguousarray(saliency), np.ascontiguousarray(mask).view(np.uint8)
    foreground = value_counts(saliency, inside)
    return foreground, value_counts(saliency) - foreground


def size_invariant(
    saliency: NDArray[np.uint8],
    values: NDArray[np.float64],
    mask: NDArray[np.bool_],
    thresholds: str,
    beta2: float,
    epsilon: float,
) -> dict[str, float]:
    """Return the size-invariant scores of a frame.

    Li et al., Size-invariance Matters: Rethinking Metrics and Losses for Imbalanced Multi-object Salient Object
    Detection, ICML 2024; agrees with PySODMetrics. F is computed of each object's bounding box, with nothing predicted
    outside it, and averaged over the objects. The absolute error is averaged over the boxes and what is outside them
    all, which weighs as much as it is larger than they are together.

    Args:
        saliency: Map, uint8 `(H, W)`.
        values: Real number behind each map value, float64 `(256,)`.
        mask: bool `(H, W)`.
        thresholds: The protocol's `thresholds`.
        beta2: Weight of precision in F.
        epsilon: Added to the denominators of F.

    Returns:
        `si_mae`, and the means over the objects of the largest, mean and adaptive F: `si_max_f`, `si_mean_f`,
        `si_adaptive_f`. The whole frame of a mask without objects is one box.
    """
    boxes = object_boxes(mask) or [(slice(None), slice(None))]
    errors, scores = [], []
    outside = np.ones(mask.shape, dtype=np.uint8)
    for box in boxes:
        outside[box] = 0
        foreground, background = _counts(saliency[box], mask[box])
        errors.append(mean_absolute_error(values, foreground, background))
        background[0] += mask.size - mask[box].size  # behind the value 0 is the number 0
        hits, predicted = at_thresholds(values, foreground, background, thresholds)
        positives = int(foreground.sum())
        curve = f_measure(*precision_recall(hits[:-1], predicted[:-1], positives, epsilon), beta2, epsilon)
        (adaptive,) = f_measure(*precision_recall(hits[-1:], predicted[-1:], positives), beta2)
        scores.append((float(curve.max()), float(curve.mean()), float(adaptive)))
    area = cv2.countNonZero(outside)
    weight = area / (mask.size - area)
    error = sum(errors)
    if area:
        inside = outside & mask.view(np.uint8)
        foreground = value_counts(saliency, inside)
        error += weight * mean_absolute_error(values, foreground, value_counts(saliency, outside) - foreground)
    best, mean, adaptive = np.mean(scores, axis=0).tolist()
    return {
        "si_mae": error / (len(boxes) + weight),
        "si_max_f": best,
        "si_mean_f": mean,
        "si_adaptive_f": adaptive,
    }
