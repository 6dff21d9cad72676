"""Attention between positions: self-attention without projections, co-attention, dynamic filters, gates."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def self_attention(x: Tensor) -> Tensor:
    """Non-local attention without projections, (1/N) x x^T x with x of shape (N, C), N = h w.

    The product is taken as x (x^T x), which is the same and needs N C^2 steps instead of N^2 C.

    Args:
        x: (B, C, h, w).

    Returns:
        (B, C, h, w).
    """
    flat = x.flatten(2)  # (B, C, N)
    gram = flat @ (flat.transpose(1, 2) / flat.shape[2])  # (B, C, C); divided first, so that half precision holds
    return (gram @ flat).reshape(x.shape)


def co_attention(v: Tensor, x: Tensor, weight: Tensor) -> Tensor:
    """Co-attention softmax(v W x^T) x: every position of v gathers what is like it in x.

    Args:
        v: (B, C, h, w).
        x: (B, C, h', w').
        weight: W, (C, C).

    Returns:
        (B, C, h, w); a convex combination of the positions of x at each position of v.
    """
    query = v.flatten(2).transpose(1, 2) @ weight  # (B, N, C)
    key = x.flatten(2).transpose(1, 2)
    gathered = F.scaled_dot_product_attention(query[:, None], key[:, None], key[:, None], scale=1.0)[:, 0]
    return gathered.transpose(1, 2).reshape(v.shape)


class DynamicDepthwise(nn.Module):
    """A depthwise 3x3 convolution whose kernels each sample generates from its own feature, by pooling and a 1x1 layer.

    Jia et al., Dynamic filter networks, NIPS 2016.

    Args:
        channels: Channels of the feature that the kernels come from and of the one that they filter.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.generate = nn.Conv2d(channels, channels * 3 * 3, 1)

    def forward(self, feature: Tensor, source: Tensor) -> Tensor:
        """Filter `feature` with the kernels generated from `source`, both (B, C, h, w)."""
        b, c, h, w = feature.shape
        kernels = self.generate(source.mean(dim=(2, 3), keepdim=True))
        kernels = kernels.reshape(b * c, 1, 3, 3)
        filtered = F.conv2d(feature.reshape(1, b * c, h, w), kernels, padding=1, groups=b * c)
        return filtered.reshape(b, c, h, w)


class Gate(nn.Module):
    """Multiplies a feature by one number in (0, 1) per position, from a 1x1 convolution of it."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, C, h, w) of that shape."""
        return x * torch.sigmoid(self.conv(x))
