"""Weighted F-measure."""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodprep.evaluate.measures.histogram import value_counts
from vsodprep.evaluate.measures.masks import bounding_box

_RADIUS = 3  # of the 7 x 7 Gaussian
_SIGMA = 5.0
_NEAR = 4  # rows or columns: a pixel in reach has one of the foreground within 3 * sqrt(2) pixels
_NONE = 1 << 15  # instead of a code: no pixel of the foreground so near
_HALVING = 5.0  # pixels over which the importance of a false positive halves the way to 2
_FAR = 255  # pixels, where the importance is 2 - 4e-16; its square is the largest that 16 bits hold
_STRIP = 32  # rows


@cache
def _kernel() -> NDArray[np.float64]:
    weights = np.exp(-(np.arange(-_RADIUS, _RADIUS + 1) ** 2) / (2 * _SIGMA**2))
    return np.asarray(weights / weights.sum())


@cache
def _importance() -> NDArray[np.float64]:
    """Return a background pixel's importance, 1 to 2, by its squared distance from the mask, float64 `(65536,)`."""
    squares = np.minimum(np.arange(1 << 16), _FAR * _FAR)
    return np.asarray(2 - np.exp2(-np.sqrt(squares) / _HALVING))


def _nearest(inside: NDArray[np.uint8]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Find the nearest foreground pixel of each background pixel in the kernel's reach of the foreground.

    Of equally near pixels SciPy's distance transform takes the leftmost, then the uppermost. So each offset has a code
    that is the smaller the nearer: its squared length, column and row. It is the sum of one code for the row and one
    for the column, so that the smallest is found along one axis after the other.

    Args:
        inside: Mask, uint8 `(H, W)`, 0 and 1.

    Returns:
        Positions of the background pixels and of the nearest to each in the flattened image, int64 `(n,)` each.
    """
    height, width = inside.shape
    code = np.full((height + 2 * _NEAR, width + 2 * _NEAR), _NONE, dtype=np.uint16)
    code[_NEAR:-_NEAR, _NEAR:-_NEAR] -= inside * np.uint16(_NONE)
    for unit in (1, 16):  # along the columns, then along the rows
        length = len(code) - 2 * _NEAR
        found = np.full_like(code[:length], _NONE)
        there = np.empty_like(found)
        for offset in range(-_NEAR, _NEAR + 1):
            own = np.uint16(offset**2 * 256 + (offset + _NEAR) * unit)
            np.add(code[_NEAR + offset : _NEAR + offset + length], own, out=there)
            np.minimum(found, there, out=found)
        code = found.T
    places = np.flatnonzero((code >= 256) & (code < _NONE))
    codes = code.ravel()[places].astype(np.intp)
    return places, places + (codes % 16 - _NEAR) * width + codes // 16 % 16 - _NEAR


class Surroundings:
    """A mask with what weighted F needs of it and not of the map.

    Attributes:
        mask: The mask, bool `(H, W)`.
        part: The part of the frame that holds it and what the kernel reaches from it.
        inside: The mask in this part.
        places: Positions in the flattened part that take the error of another pixel.
        nearest: Positions of these other pixels.
        compiled: See `score_frame`.
    """

    def __init__(self, mask: NDArray[np.bool_], compiled: bool = False) -> None:
        self.mask = mask
        self.compiled = compiled
        self.part = bounding_box(mask, _RADIUS)
        self.inside = np.ascontiguousarray(mask[self.part])
        self.places, self.nearest = _nearest(self.inside.view(np.uint8))
        self._over = self.part
        self._squares: NDArray[np.uint16] | None = None

    def squares(self, part: tuple[slice, slice]) -> NDArray[np.uint16]:
        """Return the squared distances from the mask of the pixels of a part of the frame that holds the whole mask."""
        if self._squares is None:
            self._over = part
        elif any(want.start < have.start or want.stop > have.stop for want, have in zip(part, self._over, strict=True)):
            self._over = slice(0, self.mask.shape[0]), slice(0, self.mask.shape[1])  # the next map may need yet more
            self._squares = None
        if self._squares is None:
            self._squares = _squares_around(self.mask[self._over], self.compiled)
        (top, left), (rows, columns) = (each.start for each in self._over), part
        return self._squares[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]


def _squares_around(mask: NDArray[np.bool_], compiled: bool) -> NDArray[np.uint16]:
    """Return the squared distance of each pixel from the mask, uint16 `(H, W)`, and 65535 where it is larger."""
    inside = mask.view(np.uint8)
    if compiled:
        from vsodprep.evaluate.measures.distance import squared_distances  # noqa: PLC0415  loads Numba

        return squared_distances(np.ascontiguousarray(inside))
    distance = cv2.distanceTransform(1 - inside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    # The transform took the root of integers.
    return np.asarray(cv2.multiply(distance, distance, dtype=cv2.CV_16U), dtype=np.uint16)


def _foreground_error(saliency: NDArray[np.uint8], values: NDArray[np.float64], mask: Surroundings) -> float:
    """Return the sum over the foreground of the smaller of a pixel's own error and that of its neighbourhood."""
    own = np.asarray(cv2.LUT(saliency[mask.part], 1 - values[None]), dtype=np.float64)
    spread = own.copy()
    spread.ravel()[mask.places] = own.ravel()[mask.nearest]
    around = cv2.sepFilter2D(spread, cv2.CV_64F, _kernel(), _kernel(), borderType=cv2.BORDER_CONSTANT)
    return float(np.minimum(own, around)[mask.inside].sum())


def _background_error(saliency: NDArray[np.uint8], values: NDArray[np.float64], mask: Surroundings) -> float:
    """Return the sum over the background of a pixel's error times its importance, 1 to 2 with the distance."""
    lowest = int(np.searchsorted(values, 0.0, side="right"))  # pixels of value 0 are no error
    part = bounding_box((saliency >= lowest) | mask.mask)
    squares, within = mask.squares(part), saliency[part]
    total = 0.0
    for start in range(0, len(within), _STRIP):  # in pieces that stay in the processor's cache
        rows = slice(start, start + _STRIP)
        importance = np.take(_importance(), squares[rows], mode="clip")
        total += float(np.vdot(importance, cv2.LUT(within[rows], values[None])))
    # The foreground stood at distance 0, where the importance is 1.
    return total - float(values @ value_counts(saliency[mask.part], mask.inside.view(np.uint8)))


def weighted_f(
    saliency: NDArray[np.uint8], values: NDArray[np.float64], mask: Surroundings, epsilon: float = 2.0**-52
) -> float:
    """Return the weighted F-measure of a frame, with beta = 1.

    Margolin et al., How to Evaluate Foreground Maps?, CVPR 2014, Eq. 9 to 13; agrees with PySODMetrics.

    Args:
        saliency: Map, uint8 `(H, W)`.
        values: Real number behind each map value, float64 `(256,)`.
        mask: The mask and its surroundings.
        epsilon: Added to the denominators.

    Returns:
        0 to 1; 0 where the mask is empty.
    """
    positives = cv2.countNonZero(mask.inside.view(np.uint8))
    if positives == 0:
        return 0.0
    missed = _foreground_error(saliency, values, mask)
    # A full mask has no background, and the distance transform no pixel to start from.
    false = _background_error(saliency, values, mask) if positives < mask.mask.size else 0.0
    hits = positives - missed
    recall = 1 - missed / positives
    precision = hits / (hits + false + epsilon)
    return 2 * recall * precision / (recall + precision + epsilon)
