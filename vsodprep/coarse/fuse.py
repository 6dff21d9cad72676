"""Weighted linear combination of saliency maps, and the weights that fit masks best (DRFI)."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodprep.config.coarse import check_weights
from vsodprep.errors import InputError

FIT_SIZE = 200  # px; maps and masks are compared at this size, as in DRFI's code
NEGLIGIBLE = 1e-6


def uniform(count: int) -> NDArray[np.float64]:
    """Return equal weights that sum to 1."""
    return np.full(count, 1 / count)


def fuse(maps: NDArray[np.floating], weights: NDArray[np.float64]) -> NDArray[np.float32]:
    """Combine maps linearly.

    Args:
        maps: `(K, H, W)` in [0, 1].
        weights: float64 `(K,)`, not negative, of sum 1.

    Returns:
        float32 `(H, W)` in [0, 1].
    """
    return np.clip(np.tensordot(weights, maps.astype(np.float64), axes=1), 0, 1).astype(np.float32)


@dataclass(frozen=True)
class NormalEquations:
    """What the fit needs to know of the frames seen so far.

    Attributes:
        gram: float64 `(K, K)`, sums over pixels of products of two maps.
        linear: float64 `(K,)`, sums of products of mask and map.
        constant: Sum of squares of the masks.
        frames: Number of frames.
    """

    gram: NDArray[np.float64]
    linear: NDArray[np.float64]
    constant: float = 0.0
    frames: int = 0

    @classmethod
    def empty(cls, count: int) -> "NormalEquations":
        """Return the sums over no frame."""
        return cls(np.zeros((count, count)), np.zeros(count))

    def add(self, maps: NDArray[np.uint8], mask: NDArray[np.uint8]) -> "NormalEquations":
        """Return the sums with one more frame.

        Args:
            maps: uint8 `(K, H, W)`; 0..255 stands for [0, 1].
            mask: uint8 `(H, W)`, 0 or 255; half and more is foreground once resized.
        """
        size = (FIT_SIZE, FIT_SIZE)
        small = [cv2.resize(one, size, interpolation=cv2.INTER_AREA) for one in maps]
        values = np.stack(small).reshape(len(small), -1).astype(np.float64) / 255
        truth = (cv2.resize(mask, size, interpolation=cv2.INTER_AREA).ravel() >= 127.5).astype(np.float64)
        return NormalEquations(
            self.gram + values @ values.T,
            self.linear + values @ truth,
            self.constant + float(truth.sum()),
            self.frames + 1,
        )

    def error(self, weights: NDArray[np.float64]) -> float:
        """Return the mean squared error per pixel of the combination with these weights."""
        total = weights @ self.gram @ weights - 2 * self.linear @ weights + self.constant
        return max(0.0, float(total)) / (self.frames * FIT_SIZE**2)


def fit(normal: NormalEquations) -> NDArray[np.float64]:
    """Fit the weights: least squares on the simplex (DRFI, Jiang et al., IJCV 2017, code's quadratic programme).

    Among weights w of sum 1 the error is wᵀMw, with M of the maps' differences from the mask. With B of BᵀB = M,
    weights u ≥ 0 without that constraint that bring Bu near 0 and the sum of u near 1 are a multiple of the same w.

    Args:
        normal: Sums over the annotated frames.

    Returns:
        float64 `(K,)`, not negative, of sum 1, the exact minimum up to rounding; one of the minima where maps are
        linearly dependent. Weights below 1e-6 are 0.
    """
    from scipy.optimize import nnls  # noqa: PLC0415  takes a second, and labels are made without it

    differences = normal.gram - normal.linear[:, None] - normal.linear + normal.constant
    values, vectors = np.linalg.eigh(differences / max(float(np.abs(normal.gram).max()), 1e-300))
    root = np.sqrt(np.maximum(values, 0))[:, None] * vectors.T
    count = len(normal.linear)
    weights, _ = nnls(np.vstack([root, np.ones(count)]), np.eye(count + 1)[-1])
    weights = np.where(weights < NEGLIGIBLE * weights.sum(), 0.0, weights)
    return np.asarray(weights / weights.sum())


def read_weights(given: str, maps: int) -> tuple[NDArray[np.float64], dict[str, Any] | None]:
    """Return the weights of the combination.

    Args:
        given: `uniform`, numbers with commas between them, or the path of a file that `vsodprep fuse-fit` wrote.
        maps: Number of maps.

    Returns:
        float64 `(maps,)` of sum 1, and what the file says of the fit, if it is one.

    Raises:
        InputError: It is none of the three, the numbers are negative or do not sum to 1, or are too few or many.
    """
    fitted = None
    if given == "uniform":
        return uniform(maps), None
    if Path(given).suffix == ".json":
        try:
            fitted = json.loads(Path(given).read_text(encoding="utf-8"))
            weights = np.array(fitted["weights"], dtype=np.float64).ravel()
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(given, "unreadable", "weights written by vsodprep fuse-fit") from error
    else:
        try:
            weights = np.array([float(part) for part in given.split(",")])
        except ValueError as error:
            raise InputError("weights", repr(given), "uniform, numbers with commas between them, or a file") from error
    check_weights(weights.tolist(), maps, f"weights {given}")
    return weights, fitted
