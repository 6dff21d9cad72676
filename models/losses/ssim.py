"""Structural similarity of a map and its mask."""

import torch
import torch.nn.functional as F
from torch import Tensor

WINDOW = 11
SIGMA = 1.5


def ssim_map(a: Tensor, b: Tensor) -> Tensor:
    """Structural similarity at every pixel.

    Wang et al., Image quality assessment: from error visibility to structural similarity, TIP 2004, with an 11x11
    Gaussian window of deviation 1.5, biased moments, zeros beyond the border, C1 = 0.01^2 and C2 = 0.03^2. Away from
    the border it agrees with scikit-image's `structural_similarity(..., gaussian_weights=True, sigma=1.5,
    use_sample_covariance=False, data_range=1)`.

    Args:
        a: (B, 1, H, W), float32 in [0, 1].
        b: (B, 1, H, W), float32 in [0, 1].

    Returns:
        (B, 1, H, W), at most 1.
    """
    offset = torch.arange(WINDOW, dtype=a.dtype, device=a.device) - WINDOW // 2
    window = torch.exp(-(offset**2) / (2 * SIGMA**2))
    window = window / window.sum()
    moments = torch.cat([a, b, a * a, b * b, a * b])
    moments = F.conv2d(moments, window.view(1, 1, -1, 1), padding=(WINDOW // 2, 0))  # the window is separable
    moments = F.conv2d(moments, window.view(1, 1, 1, -1), padding=(0, WINDOW // 2))
    mean_a, mean_b, square_a, square_b, product = moments.chunk(5)
    c1, c2 = 0.01**2, 0.03**2
    luminance = (2 * mean_a * mean_b + c1) / (mean_a**2 + mean_b**2 + c1)
    covariance = product - mean_a * mean_b
    variances = square_a - mean_a**2 + square_b - mean_b**2
    return luminance * (2 * covariance + c2) / (variances + c2)


def ssim_loss(logits: Tensor, mask: Tensor) -> Tensor:
    """One minus the mean structural similarity of each sample.

    Args:
        logits: (B, 1, H, W).
        mask: (B, 1, H, W) in [0, 1].

    Returns:
        (B,), float32.
    """
    with torch.autocast(logits.device.type, enabled=False):  # moments cancel in half precision
        return 1 - ssim_map(logits.float().sigmoid(), mask).flatten(1).mean(1)
