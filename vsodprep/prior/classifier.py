"""The region classifier, applied with NumPy alone."""

import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodprep.config.prior import Regions
from vsodprep.errors import InputError
from vsodprep.files import atomic_path

FORMAT = 1


class Settings(Regions):
    """How regions are made and described: recorded in the file, so that applying it needs nothing else."""

    weights: str = ""
    """Name of the network's weights, or `file`, or `random`; empty for `contrast`."""
    weights_sha256: str = ""
    """SHA-256 of the network's parameters; empty for `contrast`."""

    @classmethod
    def of(cls, block: Regions) -> "Settings":
        """Return a block's settings, with the default of a network's weights."""
        weights = "" if block.features == "contrast" else block.weights or "IMAGENET1K_V1"
        return cls.model_validate({key: getattr(block, key) for key in Regions.model_fields} | {"weights": weights})


@dataclass(frozen=True)
class Classifier:
    """Fully connected layers with ReLU between them and two outputs, background and foreground.

    Attributes:
        mean: float32 `(d,)`, subtracted from the features.
        deviation: float32 `(d,)`, divides them then.
        weights: float32 `(out, in)` of each layer.
        biases: float32 `(out,)` of each layer.
        settings: How regions are made and described.
        training: What it learned from, as plain JSON values.
    """

    mean: NDArray[np.float32]
    deviation: NDArray[np.float32]
    weights: tuple[NDArray[np.float32], ...]
    biases: tuple[NDArray[np.float32], ...]
    settings: Settings
    training: dict[str, Any]

    @property
    def parameters(self) -> int:
        """Number of trained parameters."""
        return sum(one.size for one in (*self.weights, *self.biases))

    def score(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Score regions.

        Args:
            features: float32 `(n, d)`.

        Returns:
            float32 `(n,)`: probability of foreground.
        """
        # In float64 what differs between BLAS kernels and numbers of threads is far below a step of the stored prior.
        hidden = ((features - self.mean) / self.deviation).astype(np.float64)
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            hidden = np.maximum(hidden @ weight.T + bias, 0)
        logits = hidden @ self.weights[-1].T + self.biases[-1]
        # The softmax of two outputs is the sigmoid of their difference; tanh does not overflow.
        return np.asarray((1 + np.tanh((logits[:, 1] - logits[:, 0]) / 2)) / 2, dtype=np.float32)


def layer_sizes(inputs: int, hidden: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Return inputs and outputs of each layer; the last one has two outputs."""
    sizes = (inputs, *hidden, 2)
    return tuple(pairwise(sizes))


def save(path: Path, classifier: Classifier) -> None:
    """Write a classifier as `.npz`, atomically; equal classifiers give equal bytes."""
    header = {
        "format": FORMAT,
        "settings": classifier.settings.model_dump(mode="json"),
        "training": classifier.training,
    }
    arrays = {"mean": classifier.mean, "deviation": classifier.deviation}
    for index, (weight, bias) in enumerate(zip(classifier.weights, classifier.biases, strict=True)):
        arrays |= {f"weight{index}": weight, f"bias{index}": bias}
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        np.savez(stream, header=np.array(json.dumps(header, sort_keys=True)), **arrays)  # type: ignore[arg-type]


def load(path: Path) -> Classifier:
    """Read a classifier.

    Raises:
        InputError: The file is missing or no classifier.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            header = json.loads(str(file["header"]))
            layers = sum(name.startswith("weight") for name in file.files)
            if not all(np.isfinite(file[name]).all() for name in file.files if name != "header"):
                raise InputError(path, "weights that are not finite", "a classifier whose training did not diverge")
            return Classifier(
                file["mean"],
                file["deviation"],
                tuple(file[f"weight{index}"] for index in range(layers)),
                tuple(file[f"bias{index}"] for index in range(layers)),
                Settings.model_validate(header["settings"]),
                header["training"],
            )
    except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        found = "unreadable" if path.is_file() else "no such file"
        raise InputError(path, found, "a classifier written by vsodprep prior fit") from error
