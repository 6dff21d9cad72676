"""The three operations of FlowNet2 that its public code has as CUDA extensions, in plain torch."""

import torch
import torch.nn.functional as F
from torch import Tensor


def correlation(first: Tensor, second: Tensor, displacement: int = 20, stride: int = 2) -> Tensor:
    """Correlate each position of a feature map with its neighbourhood in another (FlowNet, equation 1, patch of one).

    Args:
        first: `(N, C, h, w)`.
        second: `(N, C, h, w)`.
        displacement: Largest shift in either direction.
        stride: Step between shifts.

    Returns:
        `(N, D * D, h, w)` with D = 2 * (displacement // stride) + 1; channel `i * D + j` is the mean over C of the
        product with `second` shifted by row i and column j; zero outside.
    """
    count, channels, height, width = first.shape
    reach = displacement // stride * stride
    steps = 2 * reach // stride + 1
    wide = width + 2 * reach
    near = first.permute(0, 2, 3, 1)
    far = F.pad(second, (reach, reach, reach, reach)).permute(0, 2, 1, 3).contiguous()
    planes = []
    for top in range(0, 2 * reach + 1, stride):
        # All products of two rows, `(N, h, w, w + 2 reach)`; the shifts that are wanted lie along its diagonals.
        products = torch.matmul(near, far[:, top : top + height]).contiguous()
        strides = (height * width * wide, width * wide, stride, wide + 1)
        planes.append(products.as_strided((count, height, steps, width), strides).transpose(1, 2))
    return torch.cat(planes, dim=1) / channels


def resample(image: Tensor, flow: Tensor) -> Tensor:
    """Sample an image bilinearly where a flow leads to; positions outside take the nearest edge.

    Args:
        image: `(N, C, H, W)`.
        flow: `(N, 2, H, W)` in pixels.

    Returns:
        `(N, C, H, W)`: `image` at x + u, y + v.
    """
    height, width = image.shape[2:]
    x = torch.arange(width, device=flow.device, dtype=flow.dtype) + flow[:, 0]
    y = torch.arange(height, device=flow.device, dtype=flow.dtype)[:, None] + flow[:, 1]
    grid = torch.stack([2 * x / max(width - 1, 1) - 1, 2 * y / max(height - 1, 1) - 1], dim=3)
    return F.grid_sample(image, grid, mode="bilinear", padding_mode="border", align_corners=True)


def channel_norm(values: Tensor) -> Tensor:
    """Return the Euclidean length over channels, `(N, C, H, W)` to `(N, 1, H, W)`."""
    return torch.linalg.vector_norm(values, dim=1, keepdim=True)
