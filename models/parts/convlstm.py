"""Convolutional LSTM over the frames of a clip."""

import torch
from torch import Tensor, nn


class ConvLSTM(nn.Module):
    """Reads a clip and returns the hidden state after its last frame.

    Shi et al., Convolutional LSTM network, NIPS 2015, without peepholes, as STAN writes it in Eq. 4. Input, forget and
    output gate are sigmoids, the candidate is a tanh; the state starts at zero.

    Args:
        channels: Channels of a frame.
        hidden: Channels of the state.
        kernel: Side of the convolution's kernel, odd.
    """

    def __init__(self, channels: int, hidden: int, kernel: int = 3) -> None:
        super().__init__()
        self.hidden = hidden
        # One convolution for all four gates, in the order input, forget, output, candidate.
        self.gates = nn.Conv2d(channels + hidden, 4 * hidden, kernel, padding=kernel // 2)

    def forward(self, clip: Tensor) -> Tensor:
        """Return (B, hidden, H, W) from a clip (B, T, channels, H, W)."""
        state = clip.new_zeros(clip.shape[0], self.hidden, *clip.shape[3:])
        cell = state
        for frame in clip.unbind(1):
            gates = self.gates(torch.cat([frame, state], dim=1))
            first, candidate = gates.split([3 * self.hidden, self.hidden], dim=1)
            enter, keep, leave = first.sigmoid().chunk(3, dim=1)
            cell = keep * cell + enter * candidate.tanh()
            state = leave * cell.tanh()
        return state
