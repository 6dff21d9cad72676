"""MSST-ConvLSTM: multi-scale spatiotemporal convolutional LSTM network.

Tang, Zou, Jin, Li, ICMR 2018. Sections and equations named here are the paper's. No code was released; what the paper
leaves open is an option.
"""

from collections.abc import Mapping
from functools import partial

import torch
from torch import Tensor, nn

from vsodprep.config.networks.msst import MSSTOptions
from vsodprep.models.losses.bce import class_balanced_bce
from vsodprep.models.losses.supervision import target
from vsodprep.models.network import Batch, Outputs, last_frames
from vsodprep.models.parts.two_stream import LEVELS, TwoStreamNetwork


class MSST(TwoStreamNetwork):
    """Two streams, two levels each; a ConvLSTM over their maps adds what only several frames tell."""

    options: MSSTOptions

    def __init__(self, options: MSSTOptions, width: float = 1.0, pretrained: bool = False) -> None:
        super().__init__(options, (2, 2, 2, options.pool4_stride, None), width, pretrained)
        self.spatial_fusion = nn.Conv2d(LEVELS, 1, 1)  # W^s of Eq. 5
        if options.temporal:
            self.temporal_fusion = nn.Conv2d(LEVELS, 1, 1)  # W^t of Eq. 5
        if options.convlstm:
            self.add_convlstm(LEVELS * (1 + options.temporal), width)

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

    def loss(self, outputs: Outputs, batch: Batch, generator: torch.Generator | None = None) -> dict[str, Tensor]:
        """Class-balanced cross entropy of the map, and beta times that of the ConvLSTM's; see `Network.loss`."""
        truth = target(batch)
        alpha = None if self.options.alpha == "negatives" else self.options.alpha
        balanced = partial(class_balanced_bce, mask=truth.mask, reduction=self.options.reduction, alpha=alpha)
        terms = {"final": balanced(outputs["saliency"])}
        if self.options.convlstm:
            terms["sequence"] = self.options.beta * balanced(outputs["aux"]["sequence"])
        averaged = {name: truth.average(values) for name, values in terms.items()}
        return {"loss": torch.stack(list(averaged.values())).sum(), **averaged}


NETWORK = MSST
