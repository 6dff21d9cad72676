"""Which pixels a loss compares, and the average over a batch in which some frames have no mask."""

from typing import NamedTuple

from torch import Tensor

from vsodprep.images import IGNORED
from vsodprep.models.network import Batch, tensor_of


class Target(NamedTuple):
    """The masks of one frame of every clip.

    Attributes:
        mask: (B, 1, H, W), float32 in [0, 1].
        annotated: (B,), float32, 1 where there is a mask.
        weight: (B,), float32, the weight of a coarse label; 1 for a mask drawn by hand.
    """

    mask: Tensor
    annotated: Tensor
    weight: Tensor

    def average(self, values: Tensor) -> Tensor:
        """Average a loss over the samples that have a mask.

        Args:
            values: (B,), one loss per sample.

        Returns:
            Scalar: the weighted sum divided by the number of samples with a mask; zero if there is none.
        """
        return (values * self.annotated * self.weight).sum() / self.annotated.sum().clamp(min=1)


def target(batch: Batch, frame: int = -1) -> Target:
    """Take the masks of one frame of every clip.

    Args:
        batch: With `masks`, `annotated` and `weight`.
        frame: Index of the frame in its clip.
    """
    return Target(
        mask=tensor_of(batch, "masks")[:, frame].float(),
        annotated=tensor_of(batch, "annotated")[:, frame].float(),
        weight=tensor_of(batch, "weight")[:, frame].float(),
    )


def class_target(batch: Batch, frame: int = -1) -> Target | None:
    """Take the classes of one frame of every clip; None where no pixel of the batch has one that counts.

    Args:
        batch: With `classes` and `weight`; it may lack the former.
        frame: Index of the frame in its clip.

    Returns:
        With `mask` as (B, H, W), int64; a sample of which no pixel counts is not annotated.
    """
    if "classes" not in batch:
        return None
    classes = tensor_of(batch, "classes")[:, frame]
    annotated = (classes != IGNORED).flatten(1).any(1)
    if not annotated.any():
        return None
    return Target(classes, annotated.float(), tensor_of(batch, "weight")[:, frame].float())
