"""A tiny network whose loss is of a whole batch in every way, for the tests of training in several processes."""

import torch
import torch.nn.functional as F
from torch import nn

from vsodprep.config.network import NetworkOptions, Reduction
from vsodprep.models.losses.bce import bce
from vsodprep.models.losses.info_nce import info_nce, pool_regions
from vsodprep.models.losses.supervision import target
from vsodprep.models.network import Network


class TinyOptions(NetworkOptions):
    reduction: Reduction = "mean"
    contrast: bool = False
    frozen: bool = True

    @property
    def inputs(self):
        return ("frames",)

    @property
    def clip_length(self):
        return 2


class FrozenNorm(nn.BatchNorm2d):
    def train(self, mode=True):
        return super().train(False)


class Tiny(Network):
    """Predicts both frames of a clip, of which the first one need not have a mask."""

    options: TinyOptions

    def __init__(self, options, width, pretrained):
        super().__init__(options)
        norm = FrozenNorm if options.frozen else nn.BatchNorm2d
        self.features = nn.Sequential(nn.Conv2d(3, 8, 5, stride=4, padding=2), norm(8), nn.ReLU())
        self.head = nn.Conv2d(8, 1, 3, padding=1)
        self.unused = nn.Conv2d(8, 1, 1)

    def forward(self, batch):
        maps, features = [], []
        for frame in batch["frames"].unbind(1):
            features.append(self.features(frame))
            maps.append(F.interpolate(self.head(features[-1]), frame.shape[2:]))
        return {"saliency": maps[1], "aux": {"maps": maps, "feature": features[1]}}

    def loss(self, outputs, batch, generator=None):
        terms = {}
        for frame, logits in enumerate(outputs["aux"]["maps"]):
            truth = target(batch, frame)
            terms[f"frame{frame}"] = truth.average(bce(logits, truth.mask, self.options.reduction))
        if self.options.contrast:
            regions = pool_regions(outputs["aux"]["feature"], outputs["saliency"], truth)
            how = {"mining": "random", "positives": 1, "negatives": 2, "temperature": 0.1, "normalise": True}
            losses, anchors = info_nce(*regions, batch["video"], **how, generator=generator)
            terms["contrast"] = losses.sum() / anchors.sum().clamp(min=1)
        return {"loss": torch.stack(list(terms.values())).sum(), **terms}
