"""What a network's modules tell without computing anything: parameters, operations, batch normalisation."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.flop_counter import FlopCounterMode

from vsodprep.config.train import Run
from vsodprep.errors import InputError
from vsodprep.models import build_model
from vsodprep.models.network import Network


@dataclass(frozen=True)
class Size:
    """How large a network is.

    Attributes:
        parameters: Number of its parameters.
        multiply_adds: Multiplications with an addition in one forward pass.
        products: Those of them that are products of features with features, as attention has them.
    """

    parameters: int
    multiply_adds: float
    products: float

    @property
    def printed(self) -> float:
        """Operations as papers of attention modules count them: two a multiply-add of layers, none of products."""
        return 2 * (self.multiply_adds - self.products)


def size_of(network: nn.Module, *inputs: object) -> Size:
    """Count the parameters of a network on the `meta` device, and the operations of one pass over its inputs."""
    counts = count(network, *inputs).get_flop_counts()["Global"]
    products = sum(number for kind, number in counts.items() if "bmm" in str(kind))
    parameters = sum(each.numel() for each in network.parameters())
    return Size(parameters, sum(counts.values()) / 2, products / 2)


def count(network: nn.Module, *inputs: object) -> FlopCounterMode:
    """Return the counts of one pass of a network on the `meta` device over its inputs; two a multiply-add."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(*inputs)
    return counter


def clip(network: Network, size: tuple[int, int]) -> dict[str, torch.Tensor]:
    """Return what a network reads for one map, of height and width `size`, on the `meta` device."""
    shapes = {key: (1, network.clip_length, 3 if key in ("frames", "flow") else 1, *size) for key in network.inputs}
    kinds = {"segments": torch.int64}
    return {key: torch.empty(shape, dtype=kinds.get(key), device="meta") for key, shape in shapes.items()}


def size_of_run(model: str, run: Run) -> tuple[Size, tuple[int, int]]:
    """Return the size of a run's network, and the height and width that it predicts at; a clip counts as a whole.

    Raises:
        InputError: It is of the user's own, and cannot be counted so.
    """
    size = run.reading.size
    with _counting(model):
        network = _built(model, run)
        return size_of(network, clip(network, size)), size


def parameters_of_run(model: str, run: Run) -> int:
    """Return the number of parameters of a run's network.

    Raises:
        InputError: It is of the user's own, and cannot be built without values.
    """
    with _counting(model):
        return sum(each.numel() for each in _built(model, run).parameters())


def depends_on_devices(model: str, run: Run) -> bool:
    """Return whether a run's weights depend on the number of devices that share its batches.

    They do where batch normalisation takes its statistics from a device's share, and not from the whole batch.
    """
    if run.sync_batchnorm:
        return False
    network = build_model(model, run.variant, width=run.width, **run.options).train()
    return any(isinstance(module, _BatchNorm) and module.training for module in network.modules())


def _built(model: str, run: Run) -> Network:
    with torch.device("meta"):
        return build_model(model, run.variant, width=run.width, **run.options).eval()


@contextmanager
def _counting(model: str) -> Iterator[None]:
    try:
        yield
    except (RuntimeError, NotImplementedError, TypeError, ValueError) as error:
        found = f"what torch's meta device cannot count ({error})"
        expected = "a network that reads no values; for a plan, its `operations` and `parameters`"
        raise InputError(f"model {model}", found, expected) from error
