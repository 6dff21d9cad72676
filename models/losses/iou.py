"""Intersection over union of soft maps."""

import torch
from torch import Tensor


def soft_iou(logits: Tensor, mask: Tensor) -> Tensor:
    """Intersection over union of a soft map with its mask: sum(PG) / (sum(P) + sum(G) - sum(PG)).

    Args:
        logits: (B, 1, H, W); P is their sigmoid.
        mask: G, (B, 1, H, W) in [0, 1].

    Returns:
        (B,), float32 in [0, 1].
    """
    p = logits.float().sigmoid().flatten(1)
    g = mask.flatten(1)
    intersection = (p * g).sum(1)
    union = p.sum(1) + g.sum(1) - intersection
    return intersection / union.clamp(min=torch.finfo(torch.float32).tiny)


def true_negative_iou(logits: Tensor, mask: Tensor) -> Tensor:
    """The ratio that Eq. 11 of CAG-DDE prints: TP / (TN + TP + FP), with true negatives where a union has misses.

    Args:
        logits: (B, 1, H, W); P is their sigmoid.
        mask: G, (B, 1, H, W) in [0, 1].

    Returns:
        (B,), float32 in [0, 1].
    """
    p = logits.float().sigmoid().flatten(1)
    g = mask.flatten(1)
    true_positive = (p * g).sum(1)
    false_positive = (p * (1 - g)).sum(1)
    true_negative = ((1 - p) * (1 - g)).sum(1)
    denominator = true_negative + true_positive + false_positive
    return true_positive / denominator.clamp(min=torch.finfo(torch.float32).tiny)
