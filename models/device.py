"""Where networks run."""

import sys

import torch
from torch import nn

from vsodprep.config.device import Device
from vsodprep.errors import InputError
from vsodprep.models.parts.layers import LEAST_CHANNELS


def check_device(device: str) -> Device:
    """Return a device that is there.

    Raises:
        InputError: CUDA is asked for and not there.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise InputError("device cuda", "no GPU that torch can use", "--device cpu, or a GPU and its driver")
    return "cuda" if device == "cuda" else "cpu"


def place(network: nn.Module, device: str) -> None:
    """Move a network to its device, channels last, which saves up to a fifth of a training step on the CPU.

    A network with a layer whose gradient torch computes wrongly in that layout (see `LEAST_CHANNELS`) stays as it is on
    the CPU, and a line on stderr says so.
    """
    network.to(device)
    convolutions = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    fewest = min((one.in_channels for one in convolutions if one.kernel_size == (1, 1) != one.stride), default=64)
    if device == "cpu" and fewest < LEAST_CHANNELS:
        said = f"not channels last: torch cannot train a strided 1x1 convolution of {fewest} channels in that layout"
        print(said, file=sys.stderr, flush=True)
        return
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in torch's stubs
