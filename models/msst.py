"""MSST-ConvLSTM: multi-scale spatiotemporal convolutional LSTM network.

Tang, Zou, Jin, Li, ICMR 2018. Sections and equations named here are the paper's. No code was released; what the paper
leaves open is an option.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from vsodprep.config.networks.msst import MSSTOptions
from vsodprep.models.losses.bce import class_balanced_bce
from vsodprep.models.losses.supervision import target
from vsodprep.models.network import Batch, ClipNetwork, Outputs, last_frames
from vsodprep.models.parts.convlstm import ConvLSTM
from vsodprep.models.parts.layers import scaled
from vsodprep.models.parts.two_stream import LEVELS, TwoStreams, both_streams


class MSST(ClipNetwork):
    """Two streams, two levels each; a ConvLSTM over their maps adds what only several frames tell."""

    options: MSSTOptions

    def __init__(self, options: MSSTOptions, width: float = 1.0, pretrained: bool = False) -> None:
        super().__init__(options)
        self.streams = TwoStreams(
            (2, 2, 2, options.pool4_stride, None),
            inputs=options.inputs,
            fc6_dilation=options.fc6_dilation,
            dropout=options.dropout,
            width=width,
            pretrained=pretrained,
        )
        self.spatial_fusion = nn.Conv2d(LEVELS, 1, 1)  # W^s of Eq. 5
        if options.temporal:
            self.temporal_fusion = nn.Conv2d(LEVELS, 1, 1)  # W^t of Eq. 5
        if options.convlstm:
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


NETWORK = MSST
