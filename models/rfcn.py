"""RFCN: recurrent fully convolutional network for saliency detection.

Wang, Wang, Lu, Zhang, Ruan, ECCV 2016. Its text was not at hand: what is known of it are notes of readers and the size
of the released file; what that leaves open is an option.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vsodprep.config.networks.rfcn import RFCNOptions
from vsodprep.cues import compactness
from vsodprep.images import IGNORED
from vsodprep.models.losses.bce import bce
from vsodprep.models.losses.classes import class_cross_entropy
from vsodprep.models.losses.supervision import class_target, target
from vsodprep.models.network import Batch, Network, Outputs, tensors_of
from vsodprep.models.parts.layers import bilinear_, resize
from vsodprep.models.parts.vgg import VGG16

POOLS = (2, 2, 2, 2, 2)
STRIDE = 32


class Head(nn.Module):
    """Scores of some classes, enlarged to the frame's size by a deconvolution that starts as bilinear."""

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.score = nn.Conv2d(channels, classes, 1)
        self.deconv = nn.ConvTranspose2d(classes, classes, 2 * STRIDE, STRIDE, padding=STRIDE // 2, bias=False)
        bilinear_(self.deconv.weight)

    def forward(self, features: Tensor, size: torch.Size) -> Tensor:
        """Return logits (B, classes, H, W) of a size; what the pools have rounded up is cut off."""
        return self.deconv(self.score(features))[..., : size[0], : size[1]]


class FCN(nn.Module):
    """VGG-16 over frame and prior, and two heads: background and foreground, and the classes of pre-training."""

    def __init__(self, options: RFCNOptions, width: float, pretrained: bool) -> None:
        super().__init__()
        self.trunk = VGG16(
            4,
            POOLS,
            last="fcn",
            first="beside",
            first_deviation=options.prior_deviation,
            dropout=options.dropout,
            width=width,
            pretrained=pretrained,
        )
        self.saliency = Head(self.trunk.channels[1], 2)
        if options.classes:
            self.classes = Head(self.trunk.channels[1], options.classes)


class RFCN(Network):
    """A network that reads, beside the frame, a prior first and then its own foreground."""

    options: RFCNOptions

    def __init__(self, options: RFCNOptions, width: float = 1.0, pretrained: bool = False) -> None:
        super().__init__(options)
        number = 1 if options.weights == "shared" else options.steps
        self.fcns = nn.ModuleList(FCN(options, width, pretrained) for _ in range(number))

    def recur(self, frame: Tensor, prior: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """Go through the steps.

        Args:
            frame: (B, 3, H, W).
            prior: P, (B, 1, H, W) in [0, 1].

        Returns:
            Logits of the foreground against the background, (B, 1, H, W), of each step; and of the classes,
            (B, C, H, W), where the network has them.
        """
        maps, classes = [], []
        for step in range(self.options.steps):
            fcn = self.fcns[step % len(self.fcns)]
            assert isinstance(fcn, FCN)
            _, features = fcn.trunk(torch.cat([frame, prior], dim=1))  # (B, 4096, h, w) at 1/32
            background, foreground = fcn.saliency(features, frame.shape[2:]).split(1, dim=1)
            maps.append(foreground - background)  # whose sigmoid is the softmax of the two
            prior = maps[-1].sigmoid()
            if self.options.classes:
                classes.append(fcn.classes(features, frame.shape[2:]))
        return maps, classes

    def forward(self, batch: Batch) -> Outputs:
        """Predict the last frame; see `Network.forward`. At test time, the maps of several scales are averaged.

        Returns:
            `saliency`; in `aux` `steps`, the logits (B, 1, H, W) of every step, and `classes`, those of the classes; at
            test time neither.
        """
        frame, prior = (clip[:, -1] for clip in tensors_of(batch, *self.inputs))
        if self.training:
            maps, classes = self.recur(frame, prior)
            return {"saliency": maps[-1], "aux": {"steps": maps, "classes": classes}}
        size = frame.shape[2:]
        maps = []
        for scale in self.options.scales:
            sides = [round(side * scale) for side in size]
            maps.append(resize(self.recur(resize(frame, sides), resize(prior, sides))[0][-1], size))
        if len(maps) == 1:
            return {"saliency": maps[0], "aux": {}}
        return {"saliency": torch.stack(maps).sigmoid().mean(0).logit(1e-6), "aux": {}}

    def loss(self, outputs: Outputs, batch: Batch, generator: torch.Generator | None = None) -> dict[str, Tensor]:
        """Cross entropy of every step's map, and in pre-training of its classes; see `Network.loss`.

        Where a network with classes learns from a batch with `classes`, every pixel of an object is foreground.
        """
        truth, classes = target(batch), class_target(batch) if self.options.classes else None
        aux = {"steps": [outputs["saliency"]], "classes": [], **outputs["aux"]}
        losses: dict[str, Tensor] = {}
        if classes is not None:
            foreground = torch.where(classes.mask == IGNORED, classes.mask, classes.mask.clamp(max=1))
            compared = [(f"step{n}", two_channels(logits), foreground) for n, logits in enumerate(aux["steps"], 1)]
            compared += [(f"classes{n}", logits, classes.mask) for n, logits in enumerate(aux["classes"], 1)]
            for name, logits, wanted in compared:
                losses[name] = classes.average(class_cross_entropy(logits, wanted, self.options.reduction))
        if not losses or truth.annotated.any():
            for number, logits in enumerate(aux["steps"], 1):
                of_masks = truth.average(bce(logits, truth.mask, self.options.reduction))
                losses[f"step{number}"] = losses.get(f"step{number}", 0) + of_masks
        return {"loss": torch.stack(list(losses.values())).sum(), **losses}

    def refine(self, probability: NDArray[np.float32], frame: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Weaken a map away from its object, in other colours, and across edges; see `Network.refine`."""
        return compactness.refine(probability, frame, self.options.colour_share)


def two_channels(logits: Tensor) -> Tensor:
    """Return the two channels, (B, 2, H, W), whose softmax is the sigmoid of (B, 1, H, W)."""
    return torch.cat([torch.zeros_like(logits), logits], dim=1)


NETWORK = RFCN
