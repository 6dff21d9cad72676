"""The streams of STAN and MSST: fully convolutional VGG-16s whose branches predict maps from two of their levels."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from vsodprep.models.network import Batch, tensors_of
from vsodprep.models.parts.layers import resize, scaled
from vsodprep.models.parts.vgg import VGG16

LEVELS = 2


class Stream(nn.Module):
    """Predicts one map from the fourth pool and one from the last convolution.

    Args:
        channels_in: Channels of the input.
        pools: Strides of the five pools.
        fc6_dilation: Dilation of fc6.
        dropout: Probability after fc6 and fc7.
        width: Factor on all channel numbers.
        pretrained: Load the ImageNet weights.
    """

    def __init__(
        self,
        channels_in: int,
        pools: Sequence[int | None],
        *,
        fc6_dilation: int,
        dropout: float,
        width: float,
        pretrained: bool,
    ) -> None:
        super().__init__()
        self.fcn = VGG16(
            channels_in, pools, fc6_dilation=fc6_dilation, dropout=dropout, width=width, pretrained=pretrained
        )
        hidden = scaled(128, width)
        self.branches = nn.ModuleList(
            nn.Sequential(nn.Conv2d(number, hidden, 3, padding=1), nn.ReLU(inplace=True), nn.Conv2d(hidden, 1, 1))
            for number in self.fcn.channels
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return logits (B, 2, H, W), after pool 4 and after the last convolution, from (B, channels_in, H, W)."""
        levels = zip(self.branches, self.fcn(x), strict=True)
        return torch.cat([resize(branch(feature), x.shape[2:]) for branch, feature in levels], dim=1)


def both_streams(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Give the temporal stream the weights of the spatial one, where a state dict has a spatial stream only.

    STAN, Section 4.2: both streams start from one still-image network. The temporal stream's first convolution has
    another shape, so that it keeps its Gaussian start.
    """
    spatial, temporal = "streams.spatial.", "streams.temporal."
    if any(name.startswith(temporal) for name in weights):
        return dict(weights)
    copied = {name.replace(spatial, temporal, 1): value for name, value in weights.items() if name.startswith(spatial)}
    return {**weights, **copied}


class TwoStreams(nn.Module):
    """The spatial stream, and beside it the temporal stream where a variant has one; no weights are shared.

    Args:
        pools: Strides of the five pools.
        inputs: `frames`, and what the temporal stream reads where there is one: `prior`, which makes four channels
            with the frame, or `flow`, the flow picture.
        fc6_dilation: Dilation of fc6.
        dropout: Probability after fc6 and fc7.
        width: Factor on all channel numbers.
        pretrained: Load the ImageNet weights.
    """

    def __init__(
        self,
        pools: Sequence[int | None],
        *,
        inputs: tuple[str, ...],
        fc6_dilation: int,
        dropout: float,
        width: float,
        pretrained: bool,
    ) -> None:
        super().__init__()

        def stream(channels_in: int) -> Stream:
            return Stream(
                channels_in, pools, fc6_dilation=fc6_dilation, dropout=dropout, width=width, pretrained=pretrained
            )

        self.inputs = inputs
        self.spatial = stream(3)
        if len(inputs) > 1:
            self.temporal = stream(4 if "prior" in inputs else 3)

    def forward(self, batch: Batch) -> Tensor:
        """Predict the maps of every frame.

        Args:
            batch: With `frames` (B, T, 3, H, W), and `prior` or `flow` for the temporal stream.

        Returns:
            Logits (B, T, 4, H, W): two levels of the spatial stream, two of the temporal one; (B, T, 2, H, W) without.
        """
        frames, *others = tensors_of(batch, *self.inputs)
        b, t = frames.shape[:2]
        maps = [self.spatial(frames.flatten(0, 1))]
        if "prior" in self.inputs:
            others = [torch.cat([frames, *others], dim=2)]
        maps += [self.temporal(clip.flatten(0, 1)) for clip in others]
        return torch.cat(maps, dim=1).unflatten(0, (b, t))
