"""Features of a network's branches, level by level, of chosen frames."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from vsodprep.figures.grid import GridRow, grid

if TYPE_CHECKING:
    from vsodprep.models.insight import BranchFeatures


def level_features(frames: Mapping[str, Sequence["BranchFeatures"]]) -> Figure:
    """Draw a row per frame and branch: what the branch reads, and its levels, each with its weight.

    Args:
        frames: Per frame, its branches; all have the same number of levels.
    """
    rows = []
    for frame, branches in frames.items():
        for branch in branches:
            size = branch.picture.shape[1], branch.picture.shape[0]
            levels = [
                np.asarray(cv2.resize(coloured(level), size, interpolation=cv2.INTER_NEAREST), dtype=np.uint8)
                for level in branch.levels
            ]
            weights = [f"{weight:.2f}" for weight in branch.weights]
            rows.append(GridRow(f"{frame.rpartition('/')[0]}/{branch.name}", (branch.picture, *levels), ("", *weights)))
    count = max(len(row.pictures) for row in rows) - 1
    return grid(["read", *(f"level {level}" for level in range(1, count + 1))], rows)


def coloured(level: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return float32 `(h, w)`, stretched from its least to its greatest value, in colours: RGB uint8 `(h, w, 3)`."""
    span = float(np.ptp(level)) or 1.0
    grey = np.rint((level - level.min()) / span * 255).astype(np.uint8)
    return np.asarray(cv2.applyColorMap(grey, cv2.COLORMAP_VIRIDIS)[..., ::-1], dtype=np.uint8)
