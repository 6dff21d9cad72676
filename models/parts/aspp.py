"""Atrous spatial pyramid pooling."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from vsodprep.models.parts.layers import conv_bn_relu


class ASPP(nn.Module):
    """Parallel convolutions of several dilations and the image's mean, concatenated and projected.

    Chen et al., Rethinking atrous convolution for semantic image segmentation, 2017. No biases; batch normalisation and
    ReLU after every convolution. In training the pooled branch normalises over the batch alone, which must hold two
    samples at least.

    Args:
        channels_in: Channels of the input.
        channels: Channels of each branch and of the output.
        rates: Dilations; a rate of 1 is a 1x1 convolution, any other a 3x3.
    """

    def __init__(self, channels_in: int, channels: int, rates: Sequence[int] = (1, 6, 12, 18)) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            conv_bn_relu(channels_in, channels, 1 if rate == 1 else 3, dilation=rate) for rate in rates
        )
        self.pool = conv_bn_relu(channels_in, channels, 1)
        self.project = conv_bn_relu(channels * (len(rates) + 1), channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, channels, h, w) from (B, channels_in, h, w)."""
        pooled = self.pool(x.mean(dim=(2, 3), keepdim=True)).expand(-1, -1, *x.shape[2:])
        return self.project(torch.cat([*(branch(x) for branch in self.branches), pooled], dim=1))
