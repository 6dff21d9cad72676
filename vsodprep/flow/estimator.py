"""What every flow method offers to the sequence path."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Frame = NDArray[np.uint8]
Field = NDArray[np.float32]


@dataclass(frozen=True)
class Options:
    """How a method is run; one that has no use for an option ignores it.

    Attributes:
        preset: Preset of `dis`.
        weights: Weights of a network: a name that it knows, or a file; its default if None.
        fit: How frames meet a network's size multiple.
        border: With `fit` `crop`, what lies outside the crop.
        iterations: Updates of `raft`; its default if None.
        precision: Arithmetic of a network.
        device: Where a network runs.
        threads: Pairs that `dis` estimates at the same time; torch's threads for a network.
    """

    preset: Literal["ultrafast", "fast", "medium"] = "medium"
    weights: str | None = None
    fit: Literal["pad", "resize", "crop"] = "pad"
    border: Literal["replicate", "zero", "stretch"] = "replicate"
    iterations: int | None = None
    precision: Literal["float32", "float16", "bfloat16"] = "float32"
    device: Literal["cpu", "cuda"] = "cpu"
    threads: int = 1


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
