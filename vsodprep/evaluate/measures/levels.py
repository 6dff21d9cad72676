"""The 256 values that a map can take, as real numbers, and the thresholds that they are compared with."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

THRESHOLDS = 256


def real_values(lowest: int, highest: int, normalize: str) -> NDArray[np.float64]:
    """Return the real number behind each map value of a frame.

    Args:
        lowest: The frame's lowest map value, 0 to 255.
        highest: Its highest.
        normalize: The protocol's `normalize`; the two ways of stretching differ in the last bit, which a threshold
            can see.

    Returns:
        float64 `(256,)`; only entries from `lowest` to `highest` are meaningful.
    """
    values = np.arange(256) / 255
    if normalize == "none" or highest == lowest:
        return values
    above, span = values - values[lowest], values[highest] - values[lowest]
    return np.asarray(np.clip(above * (1 / span) if normalize == "gain" else above / span, 0, 1))


@cache
def _thresholds(rule: str) -> NDArray[np.float64]:
    steps = np.arange(THRESHOLDS)
    falling = 1 + steps * (-1 / 255)  # Octave: base + i * increment
    if rule == "colon":
        return np.maximum(falling, 0)
    rising = (255 - steps) * (1 / 255)
    return np.where(steps < THRESHOLDS // 2, falling, rising)  # MATLAB fills a colon range from both ends


def first_values(values: NDArray[np.float64], rule: str, strict: bool = False) -> NDArray[np.int64]:
    """Return for each threshold the smallest map value that passes it.

    Args:
        values: Real number behind each map value, rising, float64 `(256,)`.
        rule: The protocol's `thresholds`.
        strict: Compare with > instead of >=.

    Returns:
        int64 `(256,)`, thresholds from high to low; 256 where no value passes.
    """
    if rule in ("levels", "bins255"):
        levels = (values * 255).astype(np.uint8)  # truncated, as PySODMetrics does
        wanted = np.arange(THRESHOLDS)[::-1]
        if rule == "bins255":
            wanted = np.minimum(wanted, THRESHOLDS - 2)
        return np.searchsorted(levels, wanted, side="right" if strict else "left")
    return np.searchsorted(values, _thresholds(rule), side="right" if strict else "left")


def counts_from(counts: NDArray[np.int64], first: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count the pixels whose map value is at least `first`.

    Args:
        counts: Pixels per map value, int64 `(256,)`.
        first: int64 `(n,)`, 0 to 256.

    Returns:
        int64 `(n,)`.
    """
    at_least = np.zeros(257, dtype=np.int64)
    at_least[:256] = np.cumsum(counts[::-1])[::-1]
    return at_least[first]


def adaptive_first(values: NDArray[np.float64], counts: NDArray[np.int64], strict: bool = False) -> NDArray[np.int64]:
    """Return the smallest map value that passes the adaptive threshold, twice the map's mean and at most 1.

    Args:
        values: Real number behind each map value, rising, float64 `(256,)`.
        counts: Pixels per map value, int64 `(256,)`.
        strict: Compare with > instead of >=.

    Returns:
        int64 `(1,)`.
    """
    threshold = min(2 * mean(values, counts), 1.0)
    return np.searchsorted(values, [threshold], side="right" if strict else "left")


def at_thresholds(
    values: NDArray[np.float64],
    foreground: NDArray[np.int64],
    background: NDArray[np.int64],
    rule: str,
    *,
    strict: bool = False,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return hits and predicted pixels at the 256 thresholds and, last, at the adaptive one.

    Args:
        values: Real number behind each map value, rising, float64 `(256,)`.
        foreground: Pixels of each map value inside the mask, int64 `(256,)`.
        background: The same outside it.
        rule: The protocol's `thresholds`.
        strict: Compare with > instead of >=.

    Returns:
        int64 `(257,)` each.
    """
    present = foreground + background
    first = np.append(first_values(values, rule, strict), adaptive_first(values, present, strict))
    return counts_from(foreground, first), counts_from(present, first)


def mean(values: NDArray[np.float64], counts: NDArray[np.int64]) -> float:
    """Return the mean of `values` weighted by `counts`; exact where one value occurs alone."""
    occurring = np.flatnonzero(counts)
    if len(occurring) == 1:
        return float(values[occurring[0]])
    return float(values @ counts) / int(counts.sum())
