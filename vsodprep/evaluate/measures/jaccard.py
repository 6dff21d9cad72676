"""Region similarity J of DAVIS."""

import cv2
import numpy as np
from numpy.typing import NDArray


def jaccard(predicted: NDArray[np.bool_], mask: NDArray[np.bool_]) -> float:
    """Return intersection over union of two masks; 1 where both are empty.

    Perazzi et al., A Benchmark Dataset and Evaluation Methodology for Video Object Segmentation, CVPR 2016,
    Section 4; agrees with davis2017-evaluation.

    Args:
        predicted: bool `(H, W)`.
        mask: bool `(H, W)`.
    """
    one, other = predicted.view(np.uint8), mask.view(np.uint8)
    both = cv2.countNonZero(cv2.bitwise_and(one, other))
    union = cv2.countNonZero(one) + cv2.countNonZero(other) - both
    return both / union if union else 1.0
