"""Region similarity J of DAVIS."""

import numpy as np
from numpy.typing import NDArray

from vsodprep.evaluate.measures.masks import count, packed


def jaccard(predicted: NDArray[np.bool_], mask: NDArray[np.bool_]) -> float:
    """Return intersection over union of two masks; 1 where both are empty.

    Perazzi et al., A Benchmark Dataset and Evaluation Methodology for Video Object Segmentation, CVPR 2016,
    Section 4; agrees with davis2017-evaluation.

    Args:
        predicted: bool `(H, W)`.
        mask: bool `(H, W)`.
    """
    return overlap(packed(predicted), packed(mask))


def overlap(predicted: NDArray[np.uint64], mask: NDArray[np.uint64]) -> float:
    """Return what `jaccard` does of two masks as `packed` gives them."""
    both, union = count(predicted & mask), count(predicted | mask)
    return both / union if union else 1.0
