"""CAG-DDE: confidence-guided adaptive gate and dual differential enhancement.

Chen, Lai, Fang, Tan, Zhang, Zhu, Luo, Gao, ICME 2021. Sections, equations and tables named here are the paper's; "the
code" is sillymistake/CAG-DDE at commit 3b32bdf, whose behaviour the variant `code` has.
"""

from collections.abc import Sequence
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vsodprep.config.networks.cagdde import CAGDDEOptions
from vsodprep.models.losses.bce import bce
from vsodprep.models.losses.iou import soft_iou, true_negative_iou
from vsodprep.models.losses.ssim import ssim_loss
from vsodprep.models.losses.supervision import target
from vsodprep.models.network import Batch, Network, Outputs, tensors_of
from vsodprep.models.parts.aspp import ASPP
from vsodprep.models.parts.layers import conv_bn_relu, resize, scaled
from vsodprep.models.parts.resnet import STRIDE_16, ResNet

LEVELS = 5
REDUCED = (48, 48, 48, 48, 256)  # the code's; the paper has no reduction
DEEPLAB_LEVELS = (1, 4)  # level 2 and level 5


class ConfidenceGate(nn.Module):
    """Predicts a map from a feature, and from both how far the feature can be trusted (CAG, Section 2.1).

    Args:
        channels: Channels of the feature.
        options: Channels of the hidden layers, and whether the score network sees the map or its logit.
    """

    def __init__(self, channels: int, options: CAGDDEOptions) -> None:
        super().__init__()
        hidden = scaled(channels, options.gate_share)
        self.score_input = options.score_input
        self.segmentation = nn.Sequential(
            nn.Conv2d(channels, hidden, 3, padding=1, bias=False),
            nn.ReLU(inplace=True),
            nn.Conv2d(hidden, hidden, 3, padding=1, bias=False),
            nn.ReLU(inplace=True),
            nn.Conv2d(hidden, 1, 1),
        )
        self.score = nn.Sequential(
            nn.Conv2d(channels + 1, channels, 3, padding=1, bias=False),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, hidden, 3, padding=1, bias=False),
            nn.ReLU(inplace=True),
            nn.Conv2d(hidden, 1, 3, padding=1, bias=False),
        )

    def forward(self, feature: Tensor) -> tuple[Tensor, Tensor]:
        """Return the map's logits (B, 1, h, w) and the confidence score (B,) in (0, 1)."""
        logits = self.segmentation(feature)
        seen = logits.sigmoid() if self.score_input == "map" else logits
        score = self.score(torch.cat([feature, seen], dim=1)).mean(dim=(1, 2, 3)).sigmoid()
        return logits, score


class DifferentialEnhancement(nn.Module):
    """Adds to a feature what the other modality has and it lacks: F_e(X, Y) = conv(Y - X) + X, Eq. 7.

    Args:
        channels: Channels of both features.
        activation: What follows the convolution.
    """

    def __init__(self, channels: int, activation: Literal["prelu", "none"]) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.activation = nn.PReLU() if activation == "prelu" else nn.Identity()

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """Return x, (B, C, h, w), enhanced by y."""
        return self.activation(self.conv(y - x)) + x


class Fusion(nn.Module):
    """Joins the features of frame and flow at one level (DDE, Section 2.2, or a row of Table 3)."""

    def __init__(self, channels: int, options: CAGDDEOptions) -> None:
        super().__init__()
        self.kind = options.fusion
        if self.kind == "dde":
            self.enhance_frame = DifferentialEnhancement(channels, options.enhancement_activation)
            self.enhance_flow = DifferentialEnhancement(channels, options.enhancement_activation)
        if self.kind in {"dde", "cat"}:
            self.fusion = nn.Conv2d(2 * channels, channels, 1)

    def forward(self, frame: Tensor, flow: Tensor) -> Tensor:
        """Return (B, C, h, w) from two features of that shape."""
        if self.kind == "add":
            return frame + flow
        if self.kind == "mul":
            return frame * flow
        if self.kind == "dde":
            frame, flow = self.enhance_frame(frame, flow), self.enhance_flow(flow, frame)
        return self.fusion(torch.cat([frame, flow], dim=1))


class Decoder(nn.Module):
    """ASPP on level 5, then from level to level up to the input's size."""

    def __init__(self, channels: Sequence[int], width: float) -> None:
        super().__init__()
        wide = scaled(256, width)
        self.aspp = ASPP(channels[-1], wide)
        self.refine = nn.ModuleList(
            nn.Sequential(conv_bn_relu(wide + number, wide, 3), conv_bn_relu(wide, wide, 3))
            for number in channels[::-1]
        )
        self.predict = nn.Conv2d(wide, 1, 1)
        for module in self.aspp.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight)

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """Return logits (B, 1, h1, w1) at the size of level 1 from the fused levels 1 to 5."""
        x = self.aspp(features[-1])
        for refine, feature in zip(self.refine, features[::-1], strict=True):
            x = refine(torch.cat([resize(x, feature.shape[2:]), feature], dim=1))
        return self.predict(x)


class DeepLabDecoder(nn.Module):
    """ASPP on level 5, joined with level 2 at 1/4: the decoder of the older baseline."""

    def __init__(self, channels: Sequence[int], width: float) -> None:
        super().__init__()
        low, high = channels
        wide, narrow = scaled(256, width), scaled(48, width)
        self.aspp = ASPP(high, wide)
        self.reduction = nn.Sequential(nn.Conv2d(low, narrow, 1, bias=False), nn.BatchNorm2d(narrow))
        self.refine = nn.Sequential(conv_bn_relu(wide + narrow, wide, 3), conv_bn_relu(wide, wide, 3))
        self.predict = nn.Conv2d(wide, 1, 1)

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """Return logits (B, 1, h2, w2) at the size of level 2 from the fused levels 2 and 5."""
        low, high = self.reduction(features[0]), self.aspp(features[1])
        return self.predict(self.refine(torch.cat([resize(high, low.shape[2:]), low], dim=1)))


class CAGDDE(Network):
    """One encoder for frame and flow picture; gated, fused by differences, and decoded level by level."""

    options: CAGDDEOptions

    def __init__(self, options: CAGDDEOptions, width: float = 1.0, pretrained: bool = False) -> None:
        super().__init__(options)
        self.encoder = ResNet("resnet101", STRIDE_16, width, pretrained)
        channels = self.encoder.channels
        if options.reduced:
            reduced = tuple(scaled(number, width) for number in REDUCED)
            self.reductions = nn.ModuleList(
                nn.Sequential(nn.Conv2d(wide, narrow, 1, bias=False), nn.BatchNorm2d(narrow))
                for wide, narrow in zip(channels, reduced, strict=True)
            )
            for module in self.reductions.modules():
                if isinstance(module, nn.Conv2d):
                    nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            channels = reduced
        self.levels = DEEPLAB_LEVELS if options.decoder == "deeplab" else range(LEVELS)
        channels = tuple(channels[level] for level in self.levels)
        if options.gate:
            self.gates = nn.ModuleList(ConfidenceGate(number, options) for number in channels)
        self.fusions = nn.ModuleList(Fusion(number, options) for number in channels)
        decoder = DeepLabDecoder if options.decoder == "deeplab" else Decoder
        self.decoder = decoder(channels, width)
        if options.freeze_affine:
            for module in self.encoder.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.requires_grad_(False)  # statistics go on following the batches

    def encode(self, pictures: Tensor) -> list[Tensor]:
        """Return, of levels 1 to 5 (1/2, 1/4, 1/8, 1/16, 1/16), those decoded, of pictures (B, 3, H, W)."""
        features = self.encoder(pictures)
        if self.options.reduced:
            features = [reduction(x) for reduction, x in zip(self.reductions, features, strict=True)]
        return [features[level] for level in self.levels]

    def encode_both(self, frame: Tensor, flow: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """Return the levels of frames and of flow pictures."""
        if self.options.statistics == "separate":
            return self.encode(frame), self.encode(flow)
        halves = [level.chunk(2) for level in self.encode(torch.cat([frame, flow]))]
        return [half[0] for half in halves], [half[1] for half in halves]

    def gate(self, features: Sequence[Tensor]) -> tuple[list[Tensor], list[Tensor], Tensor]:
        """Return the features times their scores, the logits of the maps, and the scores (B, 5)."""
        pairs = [gate(feature) for gate, feature in zip(self.gates, features, strict=True)]
        scores = torch.stack([score for _, score in pairs], dim=1)
        gated = [feature * score.reshape(-1, 1, 1, 1) for feature, (_, score) in zip(features, pairs, strict=True)]
        return gated, [logits for logits, _ in pairs], scores

    def forward(self, batch: Batch) -> Outputs:
        """Predict the last frame; see `Network.forward`.

        Returns:
            `saliency`; with gates, in `aux` the logits `frame_maps` and `flow_maps` of levels 1 to 5, and `scores`
            (B, 2, 5), of frame and flow.
        """
        picture, flow_picture = (clip[:, -1] for clip in tensors_of(batch, "frames", "flow"))
        frame, flow = self.encode_both(picture, flow_picture)  # per level (B, C, h, w), C 48 or 256
        aux: dict[str, Any] = {}
        if self.options.gate:
            frame, aux["frame_maps"], frame_scores = self.gate(frame)
            flow, aux["flow_maps"], flow_scores = self.gate(flow)
            aux["scores"] = torch.stack([frame_scores, flow_scores], dim=1)
        fused = [fusion(x, y) for fusion, x, y in zip(self.fusions, frame, flow, strict=True)]
        logits = self.decoder(fused)  # (B, 1, H / 2, W / 2)
        return {"saliency": resize(logits, picture.shape[2:]), "aux": aux}

    def loss(self, outputs: Outputs, batch: Batch, generator: torch.Generator | None = None) -> dict[str, Tensor]:
        """BCE, SSIM and IoU of the final map; BCE of every level's map and L1 of its score; see `Network.loss`."""
        truth = target(batch)
        final = outputs["saliency"]
        iou = soft_iou if self.options.iou == "union" else true_negative_iou
        terms = {
            "bce": bce(final, truth.mask),
            "ssim": ssim_loss(final, truth.mask),
            "iou": 1 - iou(final, truth.mask),
        }
        if self.options.gate:
            segmentation, score = [], []
            for maps, scores in zip(("frame_maps", "flow_maps"), outputs["aux"]["scores"].unbind(1), strict=True):
                for logits, confidence in zip(outputs["aux"][maps], scores.unbind(1), strict=True):
                    mask = F.interpolate(truth.mask, logits.shape[2:], mode="nearest")
                    segmentation.append(bce(logits, mask))
                    accuracy = soft_iou(logits.detach() if self.options.detach_iou else logits, mask)
                    score.append((confidence.float() - accuracy).abs())
            terms |= {"segmentation": torch.stack(segmentation).sum(0), "score": torch.stack(score).sum(0)}
        averaged = {name: truth.average(values) for name, values in terms.items()}
        return {"loss": torch.stack(list(averaged.values())).sum(), **averaged}

    def insight(self, outputs: Outputs) -> dict[str, Tensor]:
        """Return, per frame, `score_frame` and `score_flow`, (B, 5), level 1 first; none without gates."""
        if not self.options.gate:
            return {}
        frame, flow = outputs["aux"]["scores"].unbind(1)
        return {"score_frame": frame, "score_flow": flow}


NETWORK = CAGDDE
