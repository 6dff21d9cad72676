"""RAFT's recurrent unit with the work that is the same in every update done once."""

from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor


class GRUGate(NamedTuple):
    """A convolution of (state, context, motion) whose context part is already computed.

    Attributes:
        weight: Its weights for state and motion.
        known: What context and bias contribute.
        padding: Its padding.
    """

    weight: Tensor
    known: Tensor
    padding: tuple[int, int]

    def __call__(self, inputs: Tensor) -> Tensor:
        """Return the convolution's result for state and motion, stacked."""
        return F.conv2d(inputs, self.weight, padding=self.padding) + self.known


class ConvGRU(NamedTuple):
    """A convolutional GRU (equation 4) over one context; its two sigmoid gates are one convolution."""

    gates: GRUGate
    candidate: GRUGate

    def __call__(self, state: Tensor, motion: Tensor) -> Tensor:
        """Return the next state."""
        z, r = torch.sigmoid(self.gates(torch.cat([state, motion], 1))).chunk(2, dim=1)
        q = torch.tanh(self.candidate(torch.cat([r * state, motion], 1)))
        return torch.lerp(state, q, z)


def units(block: Any, context: Tensor) -> list[ConvGRU]:
    """Return a torchvision recurrent block's GRUs with the context's share of their convolutions computed.

    A convolution is linear in its input channels, so the part that reads the context, which no update changes, is
    taken out of the loop: about a fifth of the work of an update.

    Args:
        block: torchvision's `RecurrentBlock`.
        context: `(N, C, h, w)`.
    """
    cells = [block.convgru1] + ([block.convgru2] if isinstance(block.convgru2, torch.nn.Module) else [])
    gates = [_gate([cell.convz, cell.convr], block.hidden_size, context) for cell in cells]
    candidates = [_gate([cell.convq], block.hidden_size, context) for cell in cells]
    return [ConvGRU(*parts) for parts in zip(gates, candidates, strict=True)]


def _gate(convolutions: list[Any], hidden: int, context: Tensor) -> GRUGate:
    weight = torch.cat([convolution.weight for convolution in convolutions])
    bias = torch.cat([convolution.bias for convolution in convolutions])
    padding = convolutions[0].padding
    end = hidden + context.shape[1]
    known = F.conv2d(context, weight[:, hidden:end], bias, padding=padding)
    return GRUGate(torch.cat([weight[:, :hidden], weight[:, end:]], dim=1), known, padding)
