"""MSST-ConvLSTM: multi-scale spatiotemporal convolutional LSTM network.

Tang, Zou, Jin, Li, ICMR 2018. Sections and equations named here are the paper's. No code was released; what the paper
leaves open is an option.
"""

from collections.abc import Mapping
from typing import Any, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from vsodprep.models.losses.bce import Reduction, class_balanced_bce
from vsodprep.models.losses.supervision import target
from vsodprep.models.network import Batch, ClipNetwork, Definition, Options, Outputs, last_frames
from vsodprep.models.parts.convlstm import ConvLSTM
from vsodprep.models.parts.layers import scaled
from vsodprep.models.parts.two_stream import LEVELS, TwoStreams, both_streams

CLIP_LENGTH = 4


class MSSTOptions(Options):
    """Options of MSST; where the paper is silent, the choice is named."""

    temporal: bool = True
    """Temporal stream (off: OS)."""
    convlstm: bool = True
    """ConvLSTM over the clip (off: OS, ST)."""
    hidden: int = Field(default=32, ge=1)
    """Channels of the ConvLSTM's state, brought to one map by a 1x1 convolution; with 1 the state is the map."""
    pool4_stride: Literal[1, 2] = 1
    """Stride of the fourth pool: 1 for output stride 8, 2 for output stride 16; the fifth pool is removed."""
    fc6_dilation: int = Field(default=12, ge=1)
    """Dilation of fc6: 12 as in DeepLab-LargeFOV, or 4."""
    dropout: float = Field(default=0.5, ge=0, lt=1)
    """Dropout after fc6 and fc7, as in DeepLab-LargeFOV."""
    beta: float = Field(default=0.1, ge=0)
    """Weight of the auxiliary loss on the ConvLSTM's map."""
    reduction: Reduction = "sum"
    """Cross entropy over the pixels of a sample: their sum, or their mean."""


VARIANTS: dict[str, dict[str, Any]] = {
    "full": {},
    "OS": {"temporal": False, "convlstm": False},
    "ST": {"convlstm": False},
    "hidden-1": {"hidden": 1},
}


class MSST(ClipNetwork):
    """Two streams, two levels each; a ConvLSTM over their maps adds what only several frames tell."""

    options: MSSTOptions

    def __init__(self, options: MSSTOptions, width: float = 1.0, pretrained: bool = False) -> None:
        super().__init__()
        self.options = options
        self.streams = TwoStreams(
            (2, 2, 2, options.pool4_stride, None),
            temporal="prior" if options.temporal else None,
            fc6_dilation=options.fc6_dilation,
            dropout=options.dropout,
            width=width,
            pretrained=pretrained,
        )
        self.inputs = self.streams.inputs
        self.spatial_fusion = nn.Conv2d(LEVELS, 1, 1)  # W^s of Eq. 5
        if options.temporal:
            self.temporal_fusion = nn.Conv2d(LEVELS, 1, 1)  # W^t of Eq. 5
        if options.convlstm:
            self.clip_length = CLIP_LENGTH
            hidden = options.hidden if options.hidden == 1 else scaled(options.hidden, width)
            self.convlstm = ConvLSTM(LEVELS * (1 + options.temporal), hidden)
            self.project = nn.Identity() if hidden == 1 else nn.Conv2d(hidden, 1, 1)

    def inherit(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Start both streams from a network of one stream; see `Network.inherit`."""
        return both_streams(weights)

    def encode(self, batch: Batch) -> dict[str, Tensor]:
        """Predict every frame's maps; see `ClipNetwork.encode`.

        Returns:
            `maps`, logits (B, T, 4, H, W): X^s, then X^t, two levels each; without a temporal stream (B, T, 2, H, W).
        """
        return {"maps": self.streams(batch)}

    def decode(self, features: Mapping[str, Tensor]) -> Outputs:
        """Predict the last frame, Eq. 5: S = W^s * X^s + W^t * X^t + O^T; see `ClipNetwork.decode`.

        Returns:
            `saliency`; in `aux` `sequence`, O^T (B, 1, H, W), with a ConvLSTM.
        """
        clip = last_frames(features["maps"], self.clip_length)
        last = clip[:, -1]
        saliency = self.spatial_fusion(last[:, :LEVELS])
        if self.options.temporal:
            saliency = saliency + self.temporal_fusion(last[:, LEVELS:])
        aux = {}
        if self.options.convlstm:
            aux["sequence"] = self.project(self.convlstm(clip))
            saliency = saliency + aux["sequence"]
        return {"saliency": saliency, "aux": aux}

    def forward(self, batch: Batch) -> Outputs:
        """Predict the last frame of every clip; see `Network.forward`."""
        return super().forward({key: last_frames(batch[key], self.clip_length) for key in self.inputs if key in batch})

    def loss(self, outputs: Outputs, batch: Batch, generator: torch.Generator | None = None) -> dict[str, Tensor]:
        """Class-balanced cross entropy of the map, and beta times that of the ConvLSTM's; see `Network.loss`."""
        truth = target(batch)
        terms = {"final": class_balanced_bce(outputs["saliency"], truth.mask, self.options.reduction)}
        if self.options.convlstm:
            sequence = class_balanced_bce(outputs["aux"]["sequence"], truth.mask, self.options.reduction)
            terms["sequence"] = self.options.beta * sequence
        averaged = {name: truth.average(values) for name, values in terms.items()}
        return {"loss": torch.stack(list(averaged.values())).sum(), **averaged}


DEFINITION = Definition(MSST, MSSTOptions, VARIANTS)
