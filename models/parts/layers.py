"""The smallest shared parts: scaled channel numbers, convolution blocks, bilinear resizing."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# Of fewer input channels oneDNN 3.12 (torch 2.14) computes the weights' gradient of a strided 1x1 convolution wrongly,
# or crashes, in channels last on a processor with AVX2 and no AVX-512: github.com/uxlfoundation/oneDNN/issues/6035
LEAST_CHANNELS = 8


def scaled(channels: int, width: float) -> int:
    """Return a channel number at a width: unchanged at 1, below it the nearest multiple of 8, and at least 8."""
    return channels if width == 1 else LEAST_CHANNELS * max(1, int(channels * width / LEAST_CHANNELS + 0.5))


def conv_bn_relu(
    channels_in: int, channels_out: int, kernel: int, *, dilation: int = 1, bias: bool = False
) -> nn.Sequential:
    """Return a convolution of stride 1 that keeps the size, batch normalisation, and ReLU."""
    padding = dilation * (kernel // 2)
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, kernel, padding=padding, dilation=dilation, bias=bias),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(inplace=True),
    )


def bilinear_(weight: Tensor) -> None:
    """Fill the weights of a deconvolution so that it enlarges each channel bilinearly (Long et al., CVPR 2015).

    Args:
        weight: (C, C, K, K), for a stride of K / 2; changed in place.
    """
    side = weight.shape[-1]
    ramp = 1 - (torch.arange(side) + 0.5 - side / 2).abs() / (side / 2)
    with torch.no_grad():
        weight.zero_()
        for channel in range(len(weight)):
            weight[channel, channel] = torch.outer(ramp, ramp)


def resize(x: Tensor, size: Sequence[int]) -> Tensor:
    """Resize bilinearly with aligned corners, as all networks do.

    Args:
        x: (B, C, h, w).
        size: Height and width wanted.

    Returns:
        (B, C, H, W).
    """
    return F.interpolate(x, size=list(size), mode="bilinear", align_corners=True)
