"""Where networks run."""

from typing import Literal

import torch
from torch import nn

from vsodprep.errors import InputError

Device = Literal["cpu", "cuda"]


def check_device(device: str) -> Device:
    """Return a device that is there.

    Raises:
        InputError: CUDA is asked for and not there.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise InputError("device cuda", "no GPU that torch can use", "--device cpu, or a GPU and its driver")
    return "cuda" if device == "cuda" else "cpu"


def place(network: nn.Module, device: str) -> None:
    """Move a network to its device, channels last, which saves a seventh of a training step on the CPU."""
    network.to(device)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in torch's stubs
