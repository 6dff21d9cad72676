"""What STAN and MSST share: fully convolutional VGG-16s whose branches predict maps from two of their levels."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import torch
from torch import Tensor, nn

from vsodprep.config.network import TwoStreamOptions
from vsodprep.models.network import Batch, ClipNetwork, Outputs, last_frames, tensors_of
from vsodprep.models.parts.convlstm import ConvLSTM
from vsodprep.models.parts.layers import resize, scaled
from vsodprep.models.parts.vgg import VGG16, from_caffe

LEVELS = 2


class Stream(nn.Module):
    """Predicts one map from the fourth pool and one from the last convolution.

    Args:
        fcn: The network before the branches.
        options: Channels and activation of the branches.
        width: Factor on all channel numbers.
    """

    def __init__(self, fcn: VGG16, options: TwoStreamOptions, width: float) -> None:
        super().__init__()
        self.fcn = fcn
        hidden = scaled(options.branch_channels, width)
        activation = nn.ReLU if options.branch_activation == "relu" else nn.Identity
        self.branches = nn.ModuleList(
            nn.Sequential(nn.Conv2d(number, hidden, 3, padding=1), activation(), nn.Conv2d(hidden, 1, 1))
            for number in fcn.channels
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return logits (B, 2, H, W), after pool 4 and after the last convolution, from (B, channels_in, H, W)."""
        levels = zip(self.branches, self.fcn(x), strict=True)
        return torch.cat([resize(branch(feature), x.shape[2:]) for branch, feature in levels], dim=1)


class TwoStreams(nn.Module):
    """The spatial stream, and beside it the temporal stream where a variant has one; no weights are shared.

    Args:
        fcn: Makes a stream's network before the branches, from the number of its input's channels.
        options: Its `inputs` are `frames`, and what the temporal stream reads where there is one: `prior`, which makes
            four channels with the frame, or `flow`, the flow picture.
        width: Factor on all channel numbers.
    """

    def __init__(self, fcn: Callable[[int], VGG16], options: TwoStreamOptions, width: float) -> None:
        super().__init__()
        self.inputs = options.inputs
        self.spatial = Stream(fcn(3), options, width)
        if len(self.inputs) > 1:
            self.temporal = Stream(fcn(4 if "prior" in self.inputs else 3), options, width)

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


class TwoStreamNetwork(ClipNetwork):
    """Two streams of two levels each, and networks over the maps of a clip.

    Args:
        options: The network's options.
        pools: Strides of the five pools.
        width: Factor on all channel numbers.
        pretrained: Load the ImageNet weights.
    """

    options: TwoStreamOptions

    def __init__(self, options: TwoStreamOptions, pools: Sequence[int | None], width: float, pretrained: bool) -> None:
        super().__init__(options)
        fcn = partial(
            VGG16,
            pools=pools,
            last=options.fcn,
            fc6_dilation=options.fc6_dilation,
            first_deviation=options.first_deviation,
            dropout=options.dropout,
            width=width,
            pretrained=pretrained,
        )
        self.streams = TwoStreams(fcn, options, width)

    def add_convlstm(self, channels: int, width: float) -> None:
        """Add a ConvLSTM over so many maps of a clip, and the projection of its state to one map."""
        hidden = self.options.hidden if self.options.hidden == 1 else scaled(self.options.hidden, width)
        self.convlstm = ConvLSTM(channels, hidden, self.options.convlstm_kernel)
        self.project = nn.Identity() if hidden == 1 else nn.Conv2d(hidden, 1, 1)

    def inherit(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Give the temporal stream the weights of the spatial one, where a state dict has a spatial stream only.

        STAN, Section 4.2: both streams start from one still-image network, DCL's: a checkpoint of ours, or weights with
        Caffe's names. The temporal stream's first convolution keeps its own start, bias included, where it has another
        shape.
        """
        spatial, temporal = "streams.spatial.", "streams.temporal."
        if any(name.startswith(temporal) for name in weights):
            return dict(weights)
        if "conv1_1.weight" in weights:
            weights = {f"{spatial}fcn.{key}": each for key, each in from_caffe(weights).items()}
        if "pixels.fc8.weight" in weights:
            weights = {key.replace("pixels.", spatial, 1): each for key, each in weights.items()}
        copied = {key.replace(spatial, temporal, 1): each for key, each in weights.items() if key.startswith(spatial)}
        if "prior" in self.inputs:
            copied = {key: each for key, each in copied.items() if not key.startswith(f"{temporal}fcn.stages.0.0.")}
        return {**weights, **copied}

    def encode(self, batch: Batch) -> dict[str, Tensor]:
        """Predict every frame's maps; see `ClipNetwork.encode`.

        Returns:
            `maps`, logits (B, T, 4, H, W): the spatial stream's two levels, then the temporal one's; (B, T, 2, H, W)
            without a temporal stream.
        """
        return {"maps": self.streams(batch)}

    def forward(self, batch: Batch) -> Outputs:
        """Predict the last frame of every clip; see `Network.forward`."""
        return super().forward({key: last_frames(batch[key], self.clip_length) for key in self.inputs if key in batch})
