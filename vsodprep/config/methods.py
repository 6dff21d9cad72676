"""The methods of optical flow and of saliency by name: what is known of each before it is there.

Fingerprints leave this module out: what a method computes stands in its own, and a new one is news to nobody's results.
"""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from vsodprep.config.models import MODELS

Dialect = Literal["raft", "flownet2"]


class FlowMethod(NamedTuple):
    """A flow method, as far as it is known before it is built: the `build` of `vsodprep/flow/NAME.py` does that.

    Attributes:
        about: What it is, on one line.
        keys: Keys of a block that mean something to it, but not to every method.
        seconds: Processor seconds for a million pixels of flow, and seconds of a card in their place; 0 without one.
        dialect: Whose colour pictures its own tools draw.
        network: Whether torch runs it.
        vectors: Whether it gives vectors; else pictures alone.
    """

    about: str
    keys: tuple[str, ...]
    seconds: Callable[[Any], tuple[float, float]]
    dialect: Dialect = "raft"
    network: bool = True
    vectors: bool = True


_DIS_SECONDS = {"ultrafast": 0.06, "fast": 0.08, "medium": 0.15}
# Seconds of a card are ptlflow's published ones, of an RTX 3090.
FLOW = {
    "dis": FlowMethod(
        "Dense inverse search; needs no weights.",
        ("preset",),
        lambda block: (_DIS_SECONDS[block.preset], 0.0),
        network=False,
    ),
    "raft": FlowMethod("RAFT, large or small.", ("weights", "fit", "iterations", "precision"), lambda _: (35.0, 0.28)),
    "flownet2": FlowMethod("FlowNet2.", ("weights", "fit", "precision"), lambda _: (54.0, 0.43), "flownet2"),
    "ptlflow:NAME": FlowMethod(
        "A network of the ptlflow package, where it is installed.", ("weights", "precision"), lambda _: (35.0, 0.28)
    ),
    "pictures": FlowMethod(
        "Colour pictures of flow that you already have.",
        ("folder",),
        lambda _: (0.06, 0.0),
        network=False,
        vectors=False,
    ),
}


def name_of(method: str) -> str:
    """Return the name of a method's module: `ptlflow` of `ptlflow:NAME`."""
    return method.partition(":")[0]


def flow_method(method: str) -> FlowMethod:
    """Return what is known of a block's method."""
    return next(known for key, known in FLOW.items() if name_of(key) == name_of(method))


class SaliencyMethod(NamedTuple):
    """A method that makes saliency maps: `vsodprep/saliency/NAME.py` does.

    Attributes:
        about: What it is.
        seconds: Processor seconds for a million pixels of frames; of a network none, which the estimate counts.
        keys: Keys of a block that mean something to it; its module then has `build`, which takes the block.
    """

    about: str
    seconds: float = 0.0
    keys: tuple[str, ...] = ()

    @property
    def network(self) -> bool:
        """Whether it is a network, which runs on a device and with several threads."""
        return bool(self.keys)


_ONNX_KEYS = ("weights", "preset", "size", "divide", "mean", "std", "resample", "output", "activation", "stretch")


SALIENCY = {
    "mbd": SaliencyMethod("minimum barrier distance, MB+", 0.16),
    "rbd": SaliencyMethod("robust background detection", 0.55),
    "ft": SaliencyMethod("frequency-tuned", 0.08),
    "onnx": SaliencyMethod("a network as an ONNX file", keys=_ONNX_KEYS),
}
NETWORKS = MODELS  # of vsodprep; from here, a new one is news to nobody's maps
_NETWORK = SaliencyMethod("a network of vsodprep that reads single frames", keys=("checkpoint",))


def saliency_method(method: str) -> SaliencyMethod:
    """Return what is known of a block's method; what is none of `SALIENCY` is the name of a network."""
    return SALIENCY.get(method, _NETWORK)


def saliency_module(method: str) -> str:
    """Return the name of a method's module."""
    return method if method in SALIENCY else "network"
