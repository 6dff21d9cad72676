"""Human correction efforts: how many clicks does it take to correct a binary map?"""

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodprep.errors import InputError

_RELAX = 5  # pixels at a border that nobody corrects
_TOLERANCE = 2.0  # pixels that a polygon may lie beside the border
_CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))

Mask = NDArray[np.bool_]


def _dilated(mask: Mask) -> Mask:
    return cv2.dilate(mask.view(np.uint8), _CROSS).view(np.bool_)


def _thick(wrong: Mask, core: Mask, within: Mask) -> Mask:
    """Return those of the wrong pixels that are near the core without leaving `within`."""
    near = wrong & core
    for _ in range(_RELAX):
        near = _dilated(near) & within
    return wrong & near


def _skeleton(mask: Mask) -> Mask:
    try:
        from skimage.morphology import skeletonize  # noqa: PLC0415  optional, and slow to import
    except ImportError as error:
        raise InputError("measure hce", "scikit-image is not installed", "pip install scikit-image") from error
    return np.asarray(skeletonize(mask), dtype=np.bool_)


def _effort(wrong: Mask, beside: Mask) -> int:
    """Count the clicks that correct wrong pixels, bool `(H, W)`.

    They are the corners of polygons along the borders to what lies beside, and one for each region without a border.
    """
    contours, _ = cv2.findContours(wrong.view(np.uint8), cv2.RETR_TREE, cv2.CHAIN_APPROX_NONE)
    if not contours:
        return 0
    points = np.concatenate([contour[:, 0] for contour in contours])
    border = _dilated(beside)[points[:, 1], points[:, 0]]
    # A pixel through which a contour passes twice counts once.
    places = points[:, 1].astype(np.int64) * wrong.shape[1] + points[:, 0]
    _, first = np.unique(np.where(border, places, -1), return_index=True)
    kept = np.zeros(len(points), dtype=bool)
    kept[first] = True
    kept &= border
    regions, labels = cv2.connectedComponents(wrong.view(np.uint8), connectivity=8)
    bordered = np.unique(labels[points[kept, 1], points[kept, 0]])
    ends = np.cumsum([len(contour) for contour in contours])[:-1]
    stretches = [
        stretch
        for of_contour in zip(np.split(points, ends), np.split(kept, ends), strict=True)
        for stretch in _stretches(*of_contour)
    ]
    corners = sum(len(cv2.approxPolyDP(stretch, _TOLERANCE, False)) for stretch in stretches)
    return corners + regions - 1 - len(bordered)


def _stretches(points: NDArray[np.int32], kept: Mask) -> list[NDArray[np.int32]]:
    """Return a contour's stretches of kept points; one through its first point is in one piece."""
    ends = np.flatnonzero(np.diff(kept, prepend=False, append=False))
    pieces = [points[start:end] for start, end in zip(ends[::2], ends[1::2], strict=True)]
    if len(pieces) > 1 and np.abs(pieces[0][0] - pieces[-1][-1]).max() == 1:
        first = pieces.pop(0)
        pieces[-1] = np.concatenate([pieces[-1], first[::-1]])  # as the tool joins them
    return [np.ascontiguousarray(piece[:, None]) for piece in pieces]


def human_correction_efforts(predicted: Mask, mask: Mask) -> int:
    """Return the number of clicks that correct a binary map.

    Qin et al., Highly Accurate Dichotomous Image Segmentation, ECCV 2022, Algorithm 1, with gamma = 5 and epsilon = 2;
    agrees with PySODMetrics and its authors' code. Corners of polygons along the borders of what is missed or false by
    more than gamma pixels, and one click for each such region that has no border with what is right.

    Args:
        predicted: bool `(H, W)`.
        mask: bool `(H, W)`.

    Returns:
        0 where there is nothing to correct.
    """
    hit, false, missed = predicted & mask, predicted & ~mask, mask & ~predicted
    core = cv2.erode((predicted | mask).view(np.uint8), _CROSS, iterations=_RELAX).view(np.bool_)
    false = _thick(false, core, ~mask)
    missed = _thick(missed, core, ~predicted) | (_skeleton(mask) & ~hit)
    return _effort(false, hit | missed) + _effort(missed, ~(hit | false | missed))
