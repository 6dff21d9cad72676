"""Binary cross entropy, and squared error, of logits and masks, per sample."""

import torch.nn.functional as F
from torch import Tensor

from vsodprep.config.network import Reduction


def bce(logits: Tensor, mask: Tensor, reduction: Reduction = "mean") -> Tensor:
    """Binary cross entropy of each sample.

    Args:
        logits: (B, 1, H, W).
        mask: (B, 1, H, W) in [0, 1]; soft values are allowed.
        reduction: Over the pixels of a sample: their sum, or their mean.

    Returns:
        (B,), float32.
    """
    pixels = F.binary_cross_entropy_with_logits(logits.float(), mask, reduction="none").flatten(1)
    return pixels.sum(1) if reduction == "sum" else pixels.mean(1)


def squared_error(logits: Tensor, mask: Tensor, reduction: Reduction = "mean") -> Tensor:
    """Half the squared error of each sample's map, as Caffe's Euclidean loss has it.

    Args:
        logits: (B, 1, H, W); the map is their sigmoid.
        mask: (B, 1, H, W) in [0, 1].
        reduction: Over the pixels of a sample: their sum, as in Caffe, or their mean.

    Returns:
        (B,), float32.
    """
    pixels = ((logits.float().sigmoid() - mask) ** 2 / 2).flatten(1)
    return pixels.sum(1) if reduction == "sum" else pixels.mean(1)


def class_balanced_bce(
    logits: Tensor, mask: Tensor, reduction: Reduction = "sum", alpha: float | None = None
) -> Tensor:
    """Cross entropy with weight alpha on positives and 1 - alpha on negatives.

    Xie and Tu, Holistically-nested edge detection, ICCV 2015.

    Args:
        logits: (B, 1, H, W).
        mask: (B, 1, H, W) in [0, 1].
        reduction: Over the pixels of a sample: their sum, or their mean.
        alpha: In [0, 1]; None is the share of negatives in each sample's mask, so that one without a positive gives no
            loss.

    Returns:
        (B,), float32.
    """
    positive = 1 - mask.mean(dim=(1, 2, 3), keepdim=True) if alpha is None else mask.new_full((1, 1, 1, 1), alpha)
    weight = positive * mask + (1 - positive) * (1 - mask)
    pixels = F.binary_cross_entropy_with_logits(logits.float(), mask, weight, reduction="none").flatten(1)
    return pixels.sum(1) if reduction == "sum" else pixels.mean(1)
