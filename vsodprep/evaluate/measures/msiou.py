"""Multiscale intersection over union: how many cells of a grid that a mask's edge crosses does the map's edge cross?"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

_SCALES = 10  # cells of 1, 2, 4, ... 512 pixels
_LARGEST_HALF = 65_504
Cells = NDArray[np.uint8]


def edge_cells(binary: NDArray[np.bool_]) -> list[Cells]:
    """Return the edge of a binary image at ten scales.

    Args:
        binary: bool `(H, W)`.

    Returns:
        0 or 1 for each pixel where the Sobel filter answers, for each square of 2 x 2 pixels with such a one, and so
        on, uint8. The squares are counted from the lower right.
    """
    image = binary.view(np.uint8)
    across, down = (cv2.Sobel(image, cv2.CV_16S, x, 1 - x, borderType=cv2.BORDER_CONSTANT) for x in (1, 0))
    cells = ((across != 0) | (down != 0)).view(np.uint8)
    found = [cells]
    for _ in range(_SCALES - 1):
        height, width = cells.shape
        cells = np.pad(cells, ((height % 2, 0), (width % 2, 0)))
        rows = cells[::2] | cells[1::2]
        cells = rows[:, ::2] | rows[:, 1::2]
        found.append(cells)
    return found


def _and_one(cells: int) -> float:
    """Return a number of cells and one more; the tool adds in half precision, and so does this as far as that goes."""
    return float(np.float16(cells) + np.float16(1)) if cells < _LARGEST_HALF else cells + 1.0


def msiou(predicted: Sequence[Cells], wanted: Sequence[Cells]) -> float:
    """Return the multiscale IoU of two binary images by their edges.

    Ahmadzadeh et al., Multiscale IOU: A Metric for Evaluation of Salient Object Detection with Fine Structures, ICIP
    2021; agrees with PySODMetrics, whose denominator is the mask's cells alone, as in the paper's own code.

    Args:
        predicted: What `edge_cells` returns of the map.
        wanted: The same of the mask.

    Returns:
        0 to about 1: the area under the share of the mask's cells that are hit, over the ten scales.
    """
    shares = [
        (cv2.countNonZero(of_map & of_mask) + 1) / _and_one(cv2.countNonZero(of_mask))
        for of_map, of_mask in zip(predicted, wanted, strict=True)
    ]
    return float(np.trapezoid(shares, dx=1 / (_SCALES - 1)))


def msiou_curve(levels: NDArray[np.uint8], wanted: Sequence[Cells]) -> NDArray[np.float64]:
    """Return the multiscale IoU of a map at each threshold.

    Args:
        levels: The stretched map, uint8 `(H, W)`.
        wanted: What `edge_cells` returns of the mask.

    Returns:
        float64 `(257,)`, thresholds from 256, which nothing passes, to 0.
    """
    curve = np.empty(257)
    present = set((np.flatnonzero(np.bincount(levels.ravel(), minlength=256))).tolist())
    for threshold in range(256, -1, -1):
        # Between two values that occur, all thresholds give the same image.
        if threshold in (0, 256) or threshold in present:
            found = msiou(edge_cells(levels >= threshold), wanted)
        curve[256 - threshold] = found
    return curve
