"""DCL: deep contrast learning for salient object detection.

Li, Yu, CVPR 2016. Its text was not at hand: what is known of it are its abstract, notes of readers, its extension (Li,
Yu, TNNLS 2018) and the size of the released file; what that leaves open is an option.
"""

from functools import partial

import torch
from torch import Tensor, nn

from vsodprep.config.networks.dcl import DCLOptions
from vsodprep.cues.superpixels import MOST
from vsodprep.models.losses.bce import class_balanced_bce
from vsodprep.models.losses.supervision import target
from vsodprep.models.network import Batch, Network, Outputs, tensors_of
from vsodprep.models.parts.layers import resize, scaled
from vsodprep.models.parts.segments import GRID, REGIONS, pool_regions
from vsodprep.models.parts.vgg import STAGES, VGG16

POOLS = (2, 2, 2, 1, 1)
SIDE_STRIDES = (4, 2, 1, 1)  # after the first four pools: all side maps are an eighth of the frame's size
SEGMENT_NEURONS = 300


class MSFCN(nn.Module):
    """The multi-scale fully convolutional network: VGG-16 at stride 8, and branches from its first four pools."""

    def __init__(self, options: DCLOptions, width: float, pretrained: bool) -> None:
        super().__init__()
        self.fcn = VGG16(3, POOLS, last="dcl", dropout=options.dropout, width=width, pretrained=pretrained)
        self.fc8 = nn.Conv2d(self.fcn.channels[1], 1, 1)
        hidden = scaled(options.branch_channels, width)
        self.sides = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(scaled(numbers[-1], width), hidden, 3, stride=stride, padding=1),
                nn.ReLU(inplace=True),
                nn.Conv2d(hidden, hidden, 1),
                nn.ReLU(inplace=True),
                nn.Conv2d(hidden, 1, 1),
            )
            for numbers, stride in zip(STAGES[:4], SIDE_STRIDES, strict=True)
        )
        self.merge = mean_of(len(SIDE_STRIDES) + 1)

    def forward(self, frame: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits (B, 1, h, w) at 1/8, and the features of conv5_3, from (B, 3, H, W)."""
        *pools, conv5, fc7 = self.fcn.levels(frame)
        maps = [side(pool) for side, pool in zip(self.sides, pools, strict=True)]
        return self.merge(torch.cat([*maps, self.fc8(fc7)], dim=1)), conv5


class SegmentStream(nn.Module):
    """Scores each superpixel by features of itself, its neighbourhood and the rest of the image; paints the scores."""

    def __init__(self, channels: int, width: float) -> None:
        super().__init__()
        hidden = scaled(SEGMENT_NEURONS, width)
        self.score = nn.Sequential(
            nn.Linear(REGIONS * GRID**2 * channels, hidden),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, hidden),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, 1),
        )

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        """Return logits (B, 1, H, W) from (B, C, h, w), which get no gradient, and superpixels (B, 1, H, W)."""
        given = features.detach().to(next(self.parameters()).dtype)  # not in half precision
        pooled = torch.stack(
            [pool_regions(each, of[0], MOST) for each, of in zip(given.unbind(), labels.unbind(), strict=True)]
        )
        scores = self.score(pooled)[..., 0]  # (B, superpixels)
        return scores.gather(1, labels.flatten(1)).view(labels.shape)


def mean_of(maps: int) -> nn.Conv2d:
    """Return a 1x1 convolution of maps to one that starts as their mean."""
    layer = nn.Conv2d(maps, 1, 1)
    nn.init.constant_(layer.weight, 1 / maps)
    assert layer.bias is not None
    nn.init.zeros_(layer.bias)
    return layer


class DCL(Network):
    """A stream over pixels and a stream over superpixels, fused."""

    options: DCLOptions

    def __init__(self, options: DCLOptions, width: float = 1.0, pretrained: bool = False) -> None:
        super().__init__(options)
        self.pixels = MSFCN(options, width, pretrained)
        if options.segments:
            self.segments = SegmentStream(self.pixels.fcn.channels[0], width)
            self.fusion = mean_of(2)

    def forward(self, batch: Batch) -> Outputs:
        """Predict the last frame; see `Network.forward`.

        Returns:
            `saliency`; in `aux` the logits `pixels` and `segments` of the two streams, (B, 1, H, W), where it has both.
        """
        frame, *others = (clip[:, -1] for clip in tensors_of(batch, *self.inputs))
        logits, conv5 = self.pixels(frame)  # (B, 1, h, w) and (B, 512, h, w) at 1/8
        pixels = resize(logits, frame.shape[2:])
        if not self.options.segments:
            return {"saliency": pixels, "aux": {}}
        segments = self.segments(conv5, *others)
        maps = torch.cat([pixels, segments], dim=1)
        saliency = self.fusion(maps.sigmoid() if self.options.fuse == "maps" else maps)
        return {"saliency": saliency, "aux": {"pixels": pixels, "segments": segments}}

    def loss(self, outputs: Outputs, batch: Batch, generator: torch.Generator | None = None) -> dict[str, Tensor]:
        """Class-balanced cross entropy of the fused map, and of each stream's; see `Network.loss`."""
        truth = target(batch)
        maps = {"final": outputs["saliency"]}
        if self.options.supervision == "all":
            maps |= outputs["aux"]
        balanced = partial(class_balanced_bce, mask=truth.mask, reduction=self.options.reduction)
        terms = {name: truth.average(balanced(logits)) for name, logits in maps.items()}
        return {"loss": torch.stack(list(terms.values())).sum(), **terms}


NETWORK = DCL
