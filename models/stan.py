"""STAN: spatiotemporal attention network for video salient object detection.

Tang et al., the extension of MSST-ConvLSTM (see `msst`). Equations and figures named here are the paper's. No code was
released; what the paper leaves open is an option.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from vsodprep.config.networks.stan import STANOptions
from vsodprep.models.losses.bce import bce
from vsodprep.models.losses.supervision import target
from vsodprep.models.network import Batch, Outputs, last_frames
from vsodprep.models.parts.layers import scaled
from vsodprep.models.parts.two_stream import LEVELS, TwoStreamNetwork

POOLS = (2, 2, 2, 1, 1)


class ClipConvolution(nn.Module):
    """A 3D convolution of a clip to one map, with a 3x3 kernel over `depth` frames; what is left of T is averaged.

    It is written as a 2D convolution over the channels of `depth` frames, which is the same, because modules with 3D
    weights cannot be brought to channels_last.
    """

    def __init__(self, channels: int, depth: int) -> None:
        super().__init__()
        self.depth = depth
        self.conv = nn.Conv2d(depth * channels, 1, 3, padding=1)

    def forward(self, clip: Tensor) -> Tensor:
        """Return (B, 1, H, W) from a clip (B, T, channels, H, W)."""
        starts = range(clip.shape[1] - self.depth + 1)
        maps = [self.conv(clip[:, start : start + self.depth].flatten(1, 2)) for start in starts]
        return torch.stack(maps).mean(0)


class MapAttention(nn.Module):
    """Joins maps by weights that sum to one at every pixel (Eq. 7, Fig. 3)."""

    def __init__(self, maps: int, width: float) -> None:
        super().__init__()
        hidden = scaled(256, width)
        self.weigh = nn.Sequential(
            nn.Conv2d(maps, hidden, 3, padding=1), nn.ReLU(inplace=True), nn.Conv2d(hidden, maps, 1)
        )

    def forward(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """Return the joined map (B, 1, H, W) and the weights, from maps (B, M, H, W)."""
        weights = self.weigh(maps).softmax(dim=1)
        return (weights * maps).sum(dim=1, keepdim=True), weights


class STAN(TwoStreamNetwork):
    """Two streams, two levels each; their fusion, a ConvLSTM and a 3D convolution, joined by attention."""

    options: STANOptions

    def __init__(self, options: STANOptions, width: float = 1.0, pretrained: bool = False) -> None:
        super().__init__(options, POOLS, width, pretrained)
        streams = 1 if options.temporal is None else 2
        self.level_fusion = nn.ModuleList(nn.Conv2d(streams, 1, 1) for _ in range(LEVELS))  # Eq. 5
        if options.convlstm:
            self.add_convlstm(LEVELS * streams, width)
        if options.conv3d:
            self.conv3d = ClipConvolution(LEVELS * streams, options.conv3d_depth)
        if options.combine == "attention":
            self.attention = MapAttention(1 + options.convlstm + options.conv3d, width)

    def decode(self, features: Mapping[str, Tensor]) -> Outputs:
        """Predict the last frame; see `ClipNetwork.decode`.

        Returns:
            `saliency`; in `aux` `maps`, the logits that were joined (B, M, H, W): O_st, O_m, O_c, and with attention
            `weights` of that shape.
        """
        clip = last_frames(features["maps"], self.clip_length)
        by_level = clip[:, -1].unflatten(1, (-1, LEVELS))  # (B, streams, levels, H, W)
        spatiotemporal = [fusion(by_level[:, :, level]) for level, fusion in enumerate(self.level_fusion)]
        maps = [torch.stack(spatiotemporal).sum(0)]  # O_st
        if self.options.convlstm:
            maps.append(self.project(self.convlstm(clip)))  # O_m
        if self.options.conv3d:
            maps.append(self.conv3d(clip))  # O_c
        joined = torch.cat(maps, dim=1)
        if self.options.combine == "sum":
            return {"saliency": joined.sum(1, keepdim=True), "aux": {"maps": joined}}
        saliency, weights = self.attention(joined)
        return {"saliency": saliency, "aux": {"maps": joined, "weights": weights}}

    def loss(self, outputs: Outputs, batch: Batch, generator: torch.Generator | None = None) -> dict[str, Tensor]:
        """Cross entropy of the map, Eq. 6: neither class balance nor an auxiliary term; see `Network.loss`."""
        truth = target(batch)
        final = truth.average(bce(outputs["saliency"], truth.mask, self.options.reduction))
        return {"loss": final, "final": final}

    def insight(self, outputs: Outputs) -> dict[str, Tensor]:
        """Return, per frame, `attention` (B, M): the mean weights of O_st, O_m, O_c; none without attention."""
        if self.options.combine == "sum":
            return {}
        return {"attention": outputs["aux"]["weights"].mean(dim=(2, 3))}


NETWORK = STAN
