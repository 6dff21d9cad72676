"""Any network of the ptlflow package, where that is installed (it wants an environment of its own)."""

import importlib.metadata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from vsodprep.config.flow import Method
from vsodprep.errors import InputError
from vsodprep.files import sha256
from vsodprep.flow.fit import Fit
from vsodprep.flow.network import NetworkEstimator
from vsodprep.weights import cache


class PtlFlow(nn.Module):
    """A ptlflow model behind the interface of `FlowNetwork`; it pads its input itself.

    Args:
        model: The model; takes `images`, BGR in 0..1, `(N, 2, 3, H, W)`, and returns `flows`, `(N, 1, 2, H, W)`.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def encode(self, frames: Tensor, sources: Sequence[bool]) -> list[Tensor]:
        """See `FlowNetwork`; nothing is shared between pairs."""
        return list((frames.flip(1) / 255).split(1))

    def flow(self, pairs: Sequence[tuple[Tensor, Tensor]]) -> Tensor:
        """See `FlowNetwork`."""
        images = torch.cat([torch.stack(pair, dim=1) for pair in pairs])
        flows: Tensor = self.model({"images": images})["flows"][:, 0]
        return flows

    def memory(self, size: tuple[int, int]) -> int:
        """See `FlowNetwork`: unknown, so as much as the hungriest network of the package (12 GB at 500 x 1000)."""
        return 24_000 * size[0] * size[1]


def load_ptlflow(name: str, weights: str | None = None) -> tuple[PtlFlow, dict[str, Any]]:
    """Return a ptlflow network with weights, and a record of them.

    Args:
        name: Its name in that package, such as `raft_small`.
        weights: Name of weights that the package knows for it, or a file; `things` if None.

    Raises:
        InputError: The package is not installed, or does not know the network or the weights.
    """
    method = f"ptlflow:{name}"
    try:
        import ptlflow  # noqa: PLC0415 - optional
    except ImportError as error:
        expected = "pip install ptlflow, in an environment of its own (it pins another OpenCV)"
        raise InputError(method, "the package ptlflow is not installed", expected) from error
    chosen = weights or "things"
    try:
        model = ptlflow.get_model(name, ckpt_path=chosen)
    except (ValueError, KeyError, OSError, SystemExit) as error:  # its argument parser exits on a wrong name
        raise InputError(method, f"no weights {chosen!r} ({error})", "a name that ptlflow lists, or a file") from error
    known = getattr(type(model), "pretrained_checkpoints", {})
    path = Path(chosen) if Path(chosen).is_file() else cache() / str(known.get(chosen, "")).rsplit("/", 1)[-1]
    versions = {"torch": torch.__version__, "ptlflow": importlib.metadata.version("ptlflow")}
    return PtlFlow(model), {
        "method": method,
        "weights": path.name if path.is_file() else chosen,
        "weights_sha256": sha256(path) if path.is_file() else None,
        "versions": versions,
    }


def build(method: Method, device: str, threads: int) -> NetworkEstimator:
    """See `build_estimator`."""
    network, record = load_ptlflow(method.method.removeprefix("ptlflow:"), method.weights)
    return NetworkEstimator(network, Fit(1, 1), record, method.precision, device, threads)
