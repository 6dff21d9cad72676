"""Video salient object detection via contrastive features and attention modules.

Chen, Jin, Shen, Yang, WACV 2022. Sections, equations and tables named here are the paper's. No code was released; what
the paper leaves open is an option, and the assembly is the one whose size agrees with the paper's 59.3 M parameters.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from vsodprep.config.networks.contrastive import ContrastiveOptions
from vsodprep.models.losses.bce import bce
from vsodprep.models.losses.info_nce import info_nce, pool_regions
from vsodprep.models.losses.supervision import target
from vsodprep.models.network import Batch, ClipNetwork, Outputs, tensor_of
from vsodprep.models.parts.aspp import ASPP
from vsodprep.models.parts.attention import DynamicDepthwise, Gate, co_attention, self_attention
from vsodprep.models.parts.layers import resize, scaled
from vsodprep.models.parts.resnet import STRIDE_8, ResNet


class Encoder(nn.Module):
    """Fully convolutional DeepLabv3: ResNet-101 at output stride 8 and ASPP (Section 3.5)."""

    def __init__(self, options: ContrastiveOptions, width: float, pretrained: bool) -> None:
        super().__init__()
        self.backbone = ResNet("resnet101", STRIDE_8, width, pretrained, options.zero_init_residual)
        self.channels = scaled(256, width)
        self.aspp = ASPP(self.backbone.channels[-1], self.channels, (1, *options.rates))

    def forward(self, frame: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Return x at 1/8, and the stem at 1/2, stage 1 at 1/4 and stage 2 at 1/8, from (B, 3, H, W)."""
        features = self.backbone(frame)
        return self.aspp(features[-1]), features[:3]


class Contrastive(ClipNetwork):
    """A single-frame network whose features tell foreground from background across a video's frames."""

    options: ContrastiveOptions

    def __init__(self, options: ContrastiveOptions, width: float = 1.0, pretrained: bool = False) -> None:
        super().__init__(options)
        self.encoder = Encoder(options, width, pretrained)
        channels = self.encoder.channels
        stem, stage1, stage2 = self.encoder.backbone.channels[:3]
        if options.self_attention:
            self.dynamic = DynamicDepthwise(channels)
            self.self_gate = Gate(channels)
        if options.co_attention == "cross-level":
            low, stride = (stage1, 2) if options.low_level == "stage1" else (stem, 4)
            self.low_level = nn.Conv2d(low, channels, 3, stride=stride, padding=1)
        if options.co_attention is not None:
            self.affinity = nn.Linear(channels, channels, bias=False)  # W of Eq. 6
            self.co_gate = Gate(channels)
        parts = 1 + options.self_attention + (options.co_attention is not None)
        self.head = nn.Conv2d(parts * channels, 1, 1)
        self.skips = nn.ModuleList(nn.Conv2d(number, 1, 3, padding=1) for number in (stem, stage1, stage2))

    def encode(self, batch: Batch) -> dict[str, Tensor]:
        """Encode every frame; see `ClipNetwork.encode`.

        Returns:
            `x` (B, T, C, h, w) at 1/8, `v` likewise with cross-level co-attention, and the one-channel predictions from
            low-level features: `half`, `quarter` and `eighth` (B, T, 1, ., .).
        """
        frames = tensor_of(batch, "frames")
        b, t = frames.shape[:2]
        x, low = self.encoder(frames.flatten(0, 1))
        features = {"x": x}
        if self.options.co_attention == "cross-level":
            features["v"] = self.low_level(low[1 if self.options.low_level == "stage1" else 0])
        features |= {
            name: skip(feature)
            for name, skip, feature in zip(("half", "quarter", "eighth"), self.skips, low, strict=True)
        }
        size = torch.empty(b, t, 0, *frames.shape[3:], device=frames.device)  # carries H and W, and no data
        return {**{name: value.unflatten(0, (b, t)) for name, value in features.items()}, "size": size}

    def decode(self, features: Mapping[str, Tensor]) -> Outputs:
        """Predict the last frame; see `ClipNetwork.decode`.

        Returns:
            `saliency`; in `aux` `feature`, the input of the last layer (B, C', h, w), with a contrastive loss, and
            `reference`, logits of the first frame, where a pair is trained on.
        """
        saliency, feature = self._predict(features, current=-1)
        aux = {} if self.options.mining is None else {"feature": feature}
        pair = self.options.co_attention == "cross-frame" and features["x"].shape[1] == 2
        if self.training and pair:
            aux["reference"], _ = self._predict(features, current=0)
        return {"saliency": saliency, "aux": aux}

    def forward(self, batch: Batch) -> Outputs:
        """Predict the last frame; see `Network.forward`."""
        if self.options.co_attention != "cross-frame":
            batch = {"frames": tensor_of(batch, "frames")[:, -1:]}
        return super().forward(batch)

    def _predict(self, features: Mapping[str, Tensor], current: int) -> tuple[Tensor, Tensor]:
        frames = features["x"].shape[1]
        x = features["x"][:, current]
        parts = [x]
        if self.options.self_attention:
            parts.append(self.self_gate(self.dynamic(self_attention(x), x) + x))  # z_self, Eq. 5 and 7
        if self.options.co_attention == "cross-level":
            parts.append(self.co_gate(co_attention(features["v"][:, current], x, self.affinity.weight)))  # Eq. 6, 8
        elif self.options.co_attention == "cross-frame":
            others = [index for index in range(frames) if index != current % frames] or [current]
            # A pair has one affinity matrix: its rows are the current frame's positions, its columns the reference's.
            weight = self.affinity.weight if current == -1 else self.affinity.weight.T
            gathered = [co_attention(x, features["x"][:, index], weight) for index in others]
            parts.append(self.co_gate(torch.stack(gathered).mean(0)))
        feature = torch.cat(parts, dim=1)
        logits = self.head(feature)
        sizes = [features["quarter"], features["half"], features["size"]]
        for name, finer in zip(("eighth", "quarter", "half"), sizes, strict=True):
            logits = resize(logits + features[name][:, current], finer.shape[-2:])
        return logits, feature

    def loss(self, outputs: Outputs, batch: Batch, generator: torch.Generator | None = None) -> dict[str, Tensor]:
        """Cross entropy, and the weighted contrastive loss over the frames of each video; see `Network.loss`.

        A still image has no video, and takes no part in the contrastive loss.
        """
        truth = target(batch)
        terms = {"bce": truth.average(bce(outputs["saliency"], truth.mask))}
        if "reference" in outputs["aux"]:
            reference = target(batch, frame=0)
            terms["reference"] = reference.average(bce(outputs["aux"]["reference"], reference.mask))
        if self.options.mining is not None:
            foreground, background = pool_regions(outputs["aux"]["feature"], outputs["saliency"], truth)
            losses, anchors = info_nce(
                foreground,
                background,
                tensor_of(batch, "video").masked_fill(tensor_of(batch, "still"), -1),
                mining=self.options.mining,
                positives=self.options.positives,
                negatives=self.options.negatives,
                temperature=self.options.temperature,
                normalise=self.options.normalise,
                generator=generator,
            )
            average = (losses * truth.weight).sum() / anchors.sum().clamp(min=1)
            terms["contrast"] = self.options.contrast_weight * average
        return {"loss": torch.stack(list(terms.values())).sum(), **terms}


NETWORK = Contrastive
