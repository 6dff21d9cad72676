"""Cross entropy of the classes of pixels, per sample."""

import torch.nn.functional as F
from torch import Tensor

from vsodprep.config.network import Reduction
from vsodprep.images import IGNORED


def class_cross_entropy(logits: Tensor, classes: Tensor, reduction: Reduction = "mean") -> Tensor:
    """Softmax cross entropy of each sample over the pixels that count.

    Args:
        logits: (B, C, H, W).
        classes: (B, H, W), int64 in 0..C-1, or `IGNORED`.
        reduction: Over the pixels of a sample that count: their sum, or their mean.

    Returns:
        (B,), float32; zero where no pixel counts.
    """
    pixels = F.cross_entropy(logits.float(), classes, ignore_index=IGNORED, reduction="none").flatten(1).sum(1)
    return pixels if reduction == "sum" else pixels / (classes != IGNORED).flatten(1).sum(1).clamp(min=1)
