"""DSMT: DeepSaliency, a multi-task fully convolutional network for salient object detection.

Li, Zhao, Wei, Yang, Wu, Zhuang, Ling, Wang, TIP 2016. "The code" is zlmzju/DeepSaliency, whose prototxt gives the
sizes; the paper's text was not at hand, and what both leave open is an option.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vsodprep.config.networks.dsmt import DSMTOptions
from vsodprep.cues import graph
from vsodprep.models.losses.bce import bce, squared_error
from vsodprep.models.losses.classes import class_cross_entropy
from vsodprep.models.losses.supervision import class_target, target
from vsodprep.models.network import Batch, Network, Outputs, tensors_of
from vsodprep.models.parts.layers import resize
from vsodprep.models.parts.vgg import VGG16

POOLS = (2, 2, 2, 2, 2)
PADDING = 100  # of conv1_1


class Head(nn.Module):
    """Scores of a task, enlarged by a deconvolution: 16 x 16 to 500 x 500."""

    def __init__(self, channels: int, classes: int, deviation: float) -> None:
        super().__init__()
        self.score = nn.Conv2d(channels, classes, 1)
        self.deconv = nn.ConvTranspose2d(classes, classes, 63, stride=31, padding=14, bias=False)
        for layer in (self.score, self.deconv):
            nn.init.normal_(layer.weight, 0, deviation)

    def forward(self, features: Tensor) -> Tensor:
        """Return logits (B, classes, H', W') from (B, C, h, w)."""
        return self.deconv(self.score(features))


class DSMT(Network):
    """A trunk of fifteen convolutions that two tasks share: saliency, and segmentation in training."""

    options: DSMTOptions

    def __init__(self, options: DSMTOptions, width: float = 1.0, pretrained: bool = False) -> None:
        super().__init__(options)
        # 500 -> 698 -> 349 -> 175 -> 88 -> 44 -> 22 -> 16
        self.trunk = VGG16(
            3,
            POOLS,
            last="fcn",
            padding=PADDING,
            fc6_padding=0,
            dropout=options.dropout,
            width=width,
            pretrained=pretrained,
        )
        self.saliency = Head(self.trunk.channels[1], 1, options.deviation)
        if options.classes:
            self.classes = Head(self.trunk.channels[1], options.classes, options.deviation)

    def forward(self, batch: Batch) -> Outputs:
        """Predict the last frame; see `Network.forward`. Of another size than 500 x 500 the map is resized.

        Returns:
            `saliency`; in `aux` `features`, the trunk's, (B, 4096, h, w).
        """
        (frame,) = (clip[:, -1] for clip in tensors_of(batch, "frames"))
        _, features = self.trunk(frame)
        return {"saliency": resize(self.saliency(features), frame.shape[2:]), "aux": {"features": features}}

    def loss(self, outputs: Outputs, batch: Batch, generator: torch.Generator | None = None) -> dict[str, Tensor]:
        """Compare the map with the masks, and the classes with `classes` where the batch has them; see `Network.loss`.

        A batch of the segmentation task has no masks; it leaves the head of the other task untouched.
        """
        truth = target(batch)
        terms = {}
        classes = class_target(batch) if self.options.classes else None
        if classes is not None:
            logits = resize(self.classes(outputs["aux"]["features"]), classes.mask.shape[1:])
            terms["classes"] = classes.average(class_cross_entropy(logits, classes.mask, self.options.reduction))
        if not terms or truth.annotated.any():
            compare = squared_error if self.options.loss == "euclidean" else bce
            terms["final"] = truth.average(compare(outputs["saliency"], truth.mask, self.options.reduction))
        return {"loss": torch.stack(list(terms.values())).sum(), **terms}

    def refine(self, probability: NDArray[np.float32], frame: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Refine a map by two regressions over the graph of its superpixels; see `Network.refine`."""
        return graph.refine(probability, frame)


NETWORK = DSMT
