"""Mean, recall and decay of a per-frame measure over a sequence, as DAVIS defines them."""

import numpy as np
from numpy.typing import NDArray

RECALL_ABOVE = 0.5
_BINS = 4


def recall_above(values: NDArray[np.float64]) -> float:
    """Return the share of frames whose value is above 0.5."""
    return float(np.mean(values > RECALL_ABOVE))


def decay(values: NDArray[np.float64]) -> float:
    """Return the mean over a sequence's first quarter minus that over its last.

    Perazzi et al., CVPR 2016, Section 4. Bin edges are rounded half up and belong to both neighbours. They are integers
    of full size here: the Python tools keep them in 8 bits, which wraps in sequences of more than 256 frames.

    Args:
        values: float64 `(frames,)`, at least one.
    """
    edges = np.round(np.linspace(1, len(values), _BINS + 1) + 1e-10).astype(np.int64) - 1
    return float(values[edges[0] : edges[1] + 1].mean() - values[edges[-2] : edges[-1] + 1].mean())
