"""Contrastive loss between the foreground and background regions of a video's frames."""

from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from vsodprep.models.losses.supervision import Target


class PooledRegions(NamedTuple):
    """The foreground or the background of every frame of a batch, one region each.

    Attributes:
        features: (B, C), the feature averaged over the region.
        exists: (B,), bool, whether the frame has a mask and the region any pixel.
        hardness: (B,), mean absolute error of the prediction inside the region.
    """

    features: Tensor
    exists: Tensor
    hardness: Tensor


def pool_regions(feature: Tensor, logits: Tensor, truth: Target) -> tuple[PooledRegions, PooledRegions]:
    """Average a feature over the foreground and over the background of each frame.

    Args:
        feature: (B, C, h, w).
        logits: (B, 1, H, W), the prediction, from which no gradient is taken.
        truth: The masks; a cell of the feature that is partly foreground counts by its share in both regions.

    Returns:
        Foreground and background.
    """
    prediction = logits.detach().float().sigmoid()
    flat = feature.float().flatten(2)
    found = []
    for mask, error in ((truth.mask, 1 - prediction), (1 - truth.mask, prediction)):
        pixels = mask.sum(dim=(1, 2, 3))
        share = F.adaptive_avg_pool2d(mask, (feature.shape[2], feature.shape[3])).flatten(2)
        mean = (flat * share).sum(2) / share.sum(2).clamp(min=1e-6)
        hardness = (error * mask).sum(dim=(1, 2, 3)) / pixels.clamp(min=1e-6)
        found.append(PooledRegions(mean, (pixels > 0) & (truth.annotated > 0), hardness))
    return found[0], found[1]


def _select(candidates: Tensor, scores: Tensor, number: int) -> Tensor:
    """Keep, in each row of a bool matrix, the candidates with the highest scores, `number` at most."""
    ranked = scores.masked_fill(~candidates, -torch.inf)
    best = ranked.topk(min(number, ranked.shape[1]), dim=1).indices
    return torch.zeros_like(candidates).scatter(1, best, True) & candidates


def info_nce(
    foreground: PooledRegions,
    background: PooledRegions,
    video: Tensor,
    *,
    mining: Literal["hard", "random"],
    positives: int,
    negatives: int,
    temperature: float,
    normalise: bool,
    generator: torch.Generator | None = None,
) -> tuple[Tensor, Tensor]:
    """InfoNCE with several positives, Eq. 9 of Chen et al. (WACV 2022), for every frame as an anchor.

    -log(sum_p exp(a.p / tau) / (sum_p exp(a.p / tau) + sum_n exp(a.n / tau))), where the anchor a is a frame's
    foreground, the positives p are foregrounds of other frames of its video, and the negatives n backgrounds of frames
    of its video, its own among them.

    Args:
        foreground: Foreground regions of B frames.
        background: Their background regions.
        video: (B,), which video each frame is from; a negative number leaves the frame out.
        mining: Take the regions that are predicted worst, or random ones.
        positives: Positives of an anchor, at most.
        negatives: Negatives of an anchor, at most.
        temperature: tau.
        normalise: Scale all features to length one, so that the products are cosines.
        generator: Source of the random choice; torch's own if None.

    Returns:
        Losses (B,), zero where the frame is no anchor, and which frames are anchors, bool (B,): those that have at
        least one positive and one negative.
    """
    same = (video[:, None] == video[None, :]) & (video[:, None] >= 0) & foreground.exists[:, None]
    other = ~torch.eye(video.shape[0], dtype=torch.bool, device=video.device)
    scores = [region.hardness.expand_as(same) for region in (foreground, background)]
    if mining == "random":
        # Drawn where the generator lives, so that a seed gives the same choice on any device.
        device = torch.device("cpu") if generator is None else generator.device
        scores = [torch.rand(same.shape, generator=generator, device=device).to(video.device) for _ in scores]
    chosen_p = _select(same & other & foreground.exists[None], scores[0], positives)
    chosen_n = _select(same & background.exists[None], scores[1], negatives)
    anchors = chosen_p.any(1) & chosen_n.any(1)

    features_f, features_b = foreground.features, background.features
    if normalise:
        features_f, features_b = F.normalize(features_f, dim=1), F.normalize(features_b, dim=1)
    logits_p, logits_n = features_f @ features_f.T / temperature, features_f @ features_b.T / temperature
    idle = ~anchors[:, None]  # rows without a loss keep all their terms, so that no infinity meets the gradient
    numerator = logits_p.masked_fill(~(chosen_p | idle), -torch.inf)
    denominator = torch.cat([numerator, logits_n.masked_fill(~(chosen_n | idle), -torch.inf)], dim=1)
    losses = denominator.logsumexp(1) - numerator.logsumexp(1)
    return losses * anchors, anchors
