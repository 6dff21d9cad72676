"""DS-Net: dynamic spatiotemporal network for video salient object detection.

Su, Wang, Liu, Jing, Yang, arXiv 2012.04886. Sections, equations and tables named here are the paper's; "the code" is
TJUMMG/DS-Net at commit 52a6d69, whose behaviour the variant `code` has.
"""

import math
from collections.abc import Sequence
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vsodprep.config.networks.dsnet import DSNetOptions
from vsodprep.models.losses.bce import bce
from vsodprep.models.losses.supervision import target
from vsodprep.models.network import Batch, Network, Outputs, tensors_of
from vsodprep.models.parts.aspp import ASPP
from vsodprep.models.parts.layers import conv_bn_relu, resize, scaled
from vsodprep.models.parts.resnet import STRIDE_16, ResNet

LEVELS = 5
AGGREGATION_KERNELS = (3, 3, 5, 7, 3)  # Table I, CAA1 to CAA5
LARGEST_LOG = -1e-6  # of a sum of maps, whose cross entropy then stays finite


class Branch(nn.Module):
    """The spatial or the temporal branch: ResNet-34, ASPP, and the head of its coarse map (Section III-A)."""

    def __init__(self, width: float, coarse: bool) -> None:
        super().__init__()
        self.backbone = ResNet("resnet34", STRIDE_16, width)
        channels = scaled(256, width)
        self.channels = (*self.backbone.channels[1:], channels)
        self.aspp = ASPP(self.backbone.channels[-1], channels)
        self.head = None
        if coarse:
            self.head = nn.Sequential(
                *(conv_bn_relu(channels, channels, 3) for _ in range(2)), nn.Conv2d(channels, 1, 1)
            )

    def forward(self, picture: Tensor) -> tuple[list[Tensor], Tensor | None]:
        """Return f1 to f5 at 1/4, 1/8, 1/16, 1/16, 1/16, and the coarse logits (B, 1, h, w) at 1/16."""
        features = self.backbone(picture)[1:]
        features.append(self.aspp(features[-1]))
        return features, None if self.head is None else self.head(features[-1])


class ConcatenatedLevels(nn.ModuleList):
    """f1 to f5, each brought to the same number of channels by a convolution, at the finest one's size."""

    def __init__(self, channels: Sequence[int], hidden: int, options: DSNetOptions) -> None:
        super().__init__(
            conv_bn_relu(number, hidden, kernel, bias=True)
            for number, kernel in zip(channels, options.generator_kernels, strict=True)
        )

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """Return (B, 5 hidden, h, w) from f1 to f5."""
        finest = features[0].shape[2:]
        return torch.cat([resize(level(each), finest) for level, each in zip(self, features, strict=True)], dim=1)


class DynamicWeightGenerator(nn.Module):
    """One number per level, from all levels together (Section III-B); not negative where ReLU comes last."""

    def __init__(self, channels: Sequence[int], width: float, options: DSNetOptions) -> None:
        super().__init__()
        hidden = scaled(64, width)
        self.levels = ConcatenatedLevels(channels, hidden, options)
        plain = options.generator_activation == "none"
        self.reduction: nn.Module = (
            nn.Conv2d(LEVELS * hidden, LEVELS, 3, padding=1)
            if plain
            else conv_bn_relu(LEVELS * hidden, LEVELS, 3, bias=True)
        )

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """Return (B, 5) from f1 to f5."""
        return self.reduction(self.levels(features)).mean(dim=(2, 3))


class SeparateWeights(nn.Module):
    """DWG-SEP of Table IV: one number per level, from that level's mean alone."""

    def __init__(self, channels: Sequence[int], width: float, options: DSNetOptions) -> None:
        super().__init__()
        self.levels = nn.ModuleList(nn.Conv2d(number, 1, 1) for number in channels)

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """Return (B, 5) from f1 to f5."""
        means = (feature.mean(dim=(2, 3), keepdim=True) for feature in features)
        return torch.cat([level(mean) for level, mean in zip(self.levels, means, strict=True)], dim=1).flatten(1)


class FullyConnectedWeights(nn.Module):
    """DWG-FC of Table IV: the levels at the finest one's size, concatenated, their means, a fully connected layer."""

    def __init__(self, channels: Sequence[int], width: float, options: DSNetOptions) -> None:
        super().__init__()
        hidden = scaled(64, width)
        self.levels = ConcatenatedLevels(channels, hidden, options)
        self.connected = nn.Linear(LEVELS * hidden, LEVELS)

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """Return (B, 5) from f1 to f5."""
        return self.connected(self.levels(features).mean(dim=(2, 3)))


GENERATORS = {
    "dwg": DynamicWeightGenerator,
    "separate": SeparateWeights,
    "fully-connected": FullyConnectedWeights,
}


def suppress(weights: Tensor, tau: float | None) -> Tensor:
    """Set a weight to zero where the other branch's exceeds it by more than tau, Eq. 3.

    Args:
        weights: (B, 2, 5): branch (spatial, temporal) and level.
        tau: The threshold; None suppresses nothing.

    Returns:
        (B, 2, 5); no gradient passes through a suppressed weight.
    """
    if tau is None:
        return weights
    lead = weights.flip(1) - weights
    return torch.where(lead > tau, torch.zeros_like(weights), weights)


def fuse_coarse(spatial: Tensor, temporal: Tensor, share: Tensor | None, fuse: Literal["maps", "logits"]) -> Tensor:
    """Fuse the coarse maps of the two branches, Eq. 6; or add them up, M-AGGS of Table VI.

    Args:
        spatial: Logits (B, 1, H, W).
        temporal: Logits (B, 1, H, W).
        share: (B, 2), eps_s and eps_t, which sum to one; None adds without weights.
        fuse: Whether maps (sigmoids) or logits are added up; a sum of maps is cut off just below one.

    Returns:
        Logits (B, 1, H, W) of the fused map.
    """
    if share is None:
        if fuse == "logits":
            return spatial + temporal
        added = torch.logaddexp(F.logsigmoid(spatial), F.logsigmoid(temporal)).clamp(max=LARGEST_LOG)
        return added - (-added.expm1()).log()
    eps_s, eps_t = share.reshape(-1, 2, 1, 1, 1).unbind(1)
    if fuse == "logits":
        return eps_s * spatial + eps_t * temporal
    log_s, log_t = eps_s.log(), eps_t.log()
    foreground = torch.logaddexp(log_s + F.logsigmoid(spatial), log_t + F.logsigmoid(temporal))
    background = torch.logaddexp(log_s + F.logsigmoid(-spatial), log_t + F.logsigmoid(-temporal))
    return foreground - background


class Aggregation(nn.Module):
    """Aggregates the levels in turn: T(.) of each is three convolutions and a resizing (Section III-C, Table I)."""

    def __init__(self, channels: Sequence[int], channels_out: int, direction: str) -> None:
        super().__init__()
        self.order = range(LEVELS) if direction == "bottom-up" else range(LEVELS)[::-1]
        blocks = []
        for here, following in zip(self.order, [*self.order[1:], None], strict=True):
            inner, kernel = channels[here], AGGREGATION_KERNELS[here]
            outer = channels_out if following is None else channels[following]
            blocks.append(
                nn.Sequential(
                    conv_bn_relu(inner, inner, kernel, bias=True),
                    conv_bn_relu(inner, inner, kernel, bias=True),
                    conv_bn_relu(inner, outer, kernel, bias=True),
                )
            )
        self.blocks = nn.ModuleList(blocks)

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """Return the last level's aggregate, (B, channels_out, h, w), from the five weighted features."""
        first, *others = self.order
        aggregate = self.blocks[0](features[first])
        for block, level in zip(list(self.blocks)[1:], others, strict=True):
            aggregate = block(resize(aggregate, features[level].shape[2:]) + features[level])
        return aggregate


class DSNet(Network):
    """Dynamic spatiotemporal network: dynamic weights decide, per level, how much each branch contributes."""

    options: DSNetOptions

    def __init__(self, options: DSNetOptions, width: float = 1.0, pretrained: bool = False) -> None:
        super().__init__(options)
        self.coarse = options.attention or options.supervision == "all"
        self.spatial = Branch(width, self.coarse)
        self.temporal = Branch(width, self.coarse)
        channels = self.spatial.channels
        if options.generator is not None:
            generator = GENERATORS[options.generator]
            self.spatial_weights = generator(channels, width, options)
            self.temporal_weights = generator(channels, width, options)
        final = scaled(64, width)
        self.aggregation = Aggregation(channels, final, options.direction)
        self.head = nn.Sequential(
            conv_bn_relu(final, final, 3, bias=True),
            conv_bn_relu(final, final, 3, bias=True),
            nn.Conv2d(final, 1, 3, padding=1),
        )
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.normal_(module.weight, 0, 0.01)
        if options.base_rate is not None:
            logit = math.log(options.base_rate / (1 - options.base_rate))
            for head in (self.spatial.head, self.temporal.head, self.head):
                if head is not None:
                    nn.init.constant_(head[-1].get_parameter("bias"), logit)
        if pretrained:
            self.spatial.backbone.load_imagenet("resnet34")
            self.temporal.backbone.load_imagenet("resnet34")

    def weights(self, spatial: Sequence[Tensor], temporal: Sequence[Tensor]) -> Tensor:
        """Return v, (B, 2, 5): the branches' weights of every level, Eq. 2, before any is suppressed."""
        if self.options.generator is None:
            return spatial[0].new_ones(spatial[0].shape[0], 2, LEVELS)
        temporal_input = list(temporal)
        if self.options.temporal_level2 == "spatial":
            temporal_input[1] = spatial[1]
        raw = torch.stack([self.spatial_weights(spatial), self.temporal_weights(temporal_input)], dim=1)
        return raw.softmax(dim=1) if self.options.softmax else raw

    def shares(self, weights: Tensor) -> Tensor | None:
        """Return eps_s and eps_t of Eq. 6, (B, 2), from weights (B, 2, 5); None where maps are added without any."""
        if self.options.fusion == "sum":
            return None
        if self.options.fusion == "equal":
            return torch.full_like(weights[:, :, 0], 0.5)
        sums = weights.sum(dim=2).clamp(min=1e-6)  # raw weights of a branch may all be zero, or negative
        return sums / sums.sum(dim=1, keepdim=True)

    def forward(self, batch: Batch) -> Outputs:
        """Predict the last frame; see `Network.forward`.

        Returns:
            `saliency`; in `aux` the logits `spatial`, `temporal` and `coarse` (fused), each (B, 1, H, W), where the
            variant has them, and `weights` (B, 2, 5), v of Eq. 2.
        """
        frame, flow = (clip[:, -1] for clip in tensors_of(batch, "frames", "flow"))
        spatial, spatial_coarse = self.spatial(frame)  # f1 to f5, (B, C, h, w) at 1/4 ... 1/16; (B, 1, h, w) at 1/16
        temporal, temporal_coarse = self.temporal(flow)
        size = frame.shape[2:]

        weights = self.weights(spatial, temporal)  # v, (B, 2, 5)
        kept = suppress(weights, self.options.tau)  # u, (B, 2, 5), Eq. 3
        aux = {"weights": weights}
        if spatial_coarse is not None and temporal_coarse is not None:
            aux["spatial"] = resize(spatial_coarse, size)
            aux["temporal"] = resize(temporal_coarse, size)
            share = self.shares(weights if self.options.shares == "v" else kept)
            aux["coarse"] = fuse_coarse(aux["spatial"], aux["temporal"], share, self.options.fuse)

        kept_s, kept_t = kept[..., None, None, None].unbind(1)  # (B, 5, 1, 1, 1)
        levels = zip(kept_s.unbind(1), spatial, kept_t.unbind(1), temporal, strict=True)
        final = self.aggregation([v_s * f_s + v_t * f_t for v_s, f_s, v_t, f_t in levels])  # Eq. 4; at 1/4
        if self.options.final_scale != 1:
            final = resize(final, [self.options.final_scale * side for side in final.shape[2:]])
        if self.options.attention:
            final = final * resize(aux["coarse"].sigmoid(), final.shape[2:]) + final  # Eq. 7
        return {"saliency": resize(self.head(final), size), "aux": aux}

    def loss(self, outputs: Outputs, batch: Batch, generator: torch.Generator | None = None) -> dict[str, Tensor]:
        """Cross entropy of the final, the fused and the two coarse maps, Eq. 8 and 9; see `Network.loss`.

        The code also divides by the ten batches whose gradients it adds up; here the trainer does.
        """
        truth = target(batch)
        maps = {"final": outputs["saliency"]}
        if self.options.supervision == "all":
            maps |= {name: outputs["aux"][name] for name in ("coarse", "spatial", "temporal")}
        terms = {name: truth.average(bce(logits, truth.mask, self.options.reduction)) for name, logits in maps.items()}
        return {"loss": torch.stack(list(terms.values())).sum(), **terms}

    def insight(self, outputs: Outputs) -> dict[str, Tensor]:
        """Return, per frame, `weight_spatial` and `weight_temporal`, (B, 5): v of Eq. 2, level 1 first."""
        spatial, temporal = outputs["aux"]["weights"].unbind(1)
        return {"weight_spatial": spatial, "weight_temporal": temporal}


NETWORK = DSNet
