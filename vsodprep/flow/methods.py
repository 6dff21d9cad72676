"""Flow methods by name."""

from dataclasses import dataclass
from typing import Literal

from vsodprep.errors import InputError
from vsodprep.flow.dis import Dis, Preset
from vsodprep.flow.estimator import Estimator

METHODS = ("dis", "raft", "flownet2", "ptlflow:NAME")


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

    preset: Preset = "medium"
    weights: str | None = None
    fit: Literal["pad", "resize", "crop"] = "pad"
    border: Literal["replicate", "zero", "stretch"] = "replicate"
    iterations: int | None = None
    precision: Literal["float32", "float16", "bfloat16"] = "float32"
    device: Literal["cpu", "cuda"] = "cpu"
    threads: int = 1


def build_estimator(method: str, options: Options) -> Estimator:
    """Return a flow method, ready to be used on one sequence after another.

    Args:
        method: One of `METHODS`.
        options: How it is run.

    Raises:
        InputError: There is no such method, or its weights are missing or another network's.
    """
    if method == "dis":
        return Dis(options.preset, options.threads)
    raise InputError("flow method", repr(method), f"one of {', '.join(METHODS)}")
