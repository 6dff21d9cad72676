"""Precision, recall and F-measure of thresholded maps."""

import numpy as np
from numpy.typing import NDArray


def precision_recall(
    hits: NDArray[np.int64], predicted: NDArray[np.int64], positives: int, epsilon: float = 0.0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return precision and recall at each threshold.

    Where nothing is predicted, and where the mask is empty, there is no overlap, and both are 0.

    Args:
        hits: Predicted pixels inside the mask, int64 `(n,)`.
        predicted: Predicted pixels, int64 `(n,)`.
        positives: Pixels of the mask.
        epsilon: Added to the denominator of precision.

    Returns:
        Precision and recall, float64 `(n,)` each.
    """
    return hits / (np.maximum(predicted, 1) + epsilon), hits / max(positives, 1)


def f_measure(
    precision: NDArray[np.float64], recall: NDArray[np.float64], beta2: float, epsilon: float = 0.0
) -> NDArray[np.float64]:
    """Return F = (1 + beta2) P R / (beta2 P + R), and 0 where P R = 0.

    Achanta et al., Frequency-tuned Salient Region Detection, CVPR 2009, Eq. 6, with beta2 = 0.3.

    Args:
        precision: float64 `(n,)`.
        recall: float64 `(n,)`.
        beta2: Weight of precision.
        epsilon: Added to the denominator.
    """
    numerator = (1 + beta2) * precision * recall
    return np.asarray(numerator / np.where(numerator == 0, 1, beta2 * precision + recall + epsilon))


def area_under_curve(precision: NDArray[np.float64], recall: NDArray[np.float64]) -> float:
    """Return the area under a precision-recall curve.

    Trapezoids over recall between neighbouring thresholds; from recall 0 to the first threshold's the first
    precision is held.

    Args:
        precision: float64 `(n,)`, thresholds from high to low.
        recall: float64 `(n,)`, rising.
    """
    steps = np.diff(recall, prepend=0)
    heights = (precision + np.concatenate([precision[:1], precision[:-1]])) / 2
    return float(steps @ heights)
