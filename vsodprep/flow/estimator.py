"""What every flow method offers to the sequence path."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Frame = NDArray[np.uint8]
Field = NDArray[np.float32]


class Estimator(Protocol):
    """A flow method: frames are encoded once each, pairs of encoded frames give flows."""

    @property
    def record(self) -> dict[str, Any]:
        """What the stored file says about the method: its name, options, weights, their sha256, and versions."""

    def batch(self, size: tuple[int, int]) -> int:
        """Return how many pairs of frames of this height and width are best estimated together."""

    def encode(self, frames: Sequence[Frame], sources: Sequence[bool]) -> list[Any]:
        """Turn frames into what `estimate` takes.

        Args:
            frames: uint8 `(H, W, 3)` RGB, all of one size.
            sources: Whether each frame is where a flow starts; RAFT computes context features for those only.
        """

    def estimate(self, pairs: Sequence[tuple[Any, Any]]) -> list[Field]:
        """Return the flow from the first to the second of each pair, float32 `(H, W, 2)` in pixels, (u, v)."""
