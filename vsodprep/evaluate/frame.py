"""All measures of one frame."""

from dataclasses import dataclass, field
from functools import cache, partial
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from vsodprep.evaluate.measures import boundary, e_measure, f_measure, jaccard, mae, s_measure, weighted_f
from vsodprep.evaluate.measures.context import context_measure
from vsodprep.evaluate.measures.hce import human_correction_efforts
from vsodprep.evaluate.measures.histogram import JointHistogram, centroid, joint_histogram, value_counts
from vsodprep.evaluate.measures.levels import adaptive_first, at_thresholds, real_values
from vsodprep.evaluate.measures.masks import SharedMask, packed, positives
from vsodprep.evaluate.measures.msiou import edge_cells, msiou, msiou_curve
from vsodprep.evaluate.measures.size_invariant import size_invariant
from vsodprep.evaluate.protocols import Protocol

Family = Literal["mae", "s", "f", "e", "weighted_f", "j", "boundary", "t", "si", "context", "msiou", "hce"]
FAMILIES: tuple[Family, ...] = get_args(Family)
# T and what follows take longer than all these together, or are of other fields' papers.
DEFAULT_FAMILIES: tuple[Family, ...] = FAMILIES[: FAMILIES.index("t")]
Families = tuple[Family, ...]
CURVES = ("precision", "recall", "f", "e", "msiou")
_COUNTED = {"mae", "s", "f", "e"}  # from the joint histogram
NEWER_FAMILIES: tuple[Family, ...] = ("si", "context", "msiou", "hce")  # of which `hce` needs an optional package
OF_PIXELS = ("mae", "f", "e", "j")  # which know no places, so that pixels can be left out


@dataclass
class FrameScores:
    """What one frame contributes.

    Attributes:
        pixels: Number of pixels.
        positives: Pixels of the mask.
        constant: Whether the map has one value only.
        scalars: Scores of this frame by name.
        curves: `precision`, `recall`, `f` and `e` at 256 thresholds from high to low, float64 `(256,)` each; `msiou`
            has one threshold more, which nothing passes.
        hits: Predicted pixels inside the mask at each threshold, int64 `(256,)`, where F was asked for.
        predicted: Predicted pixels at each threshold, int64 `(256,)`, likewise.
    """

    pixels: int
    positives: int
    constant: bool
    scalars: dict[str, float] = field(default_factory=dict)
    curves: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    hits: NDArray[np.int64] | None = None
    predicted: NDArray[np.int64] | None = None


def _score_counts(
    scores: FrameScores, values: NDArray[np.float64], joint: JointHistogram, protocol: Protocol, measures: Families
) -> None:
    """Add all that the histogram tells: MAE, S, F and E."""
    scalars, curves = scores.scalars, scores.curves
    counted = cache(partial(at_thresholds, values, joint.foreground, joint.background, protocol.thresholds))
    if "mae" in measures:
        scalars["mae"] = mae.mean_absolute_error(values, joint.foreground, joint.background)
    if "s" in measures:
        scalars["s_measure"] = s_measure.s_measure(
            values, joint, protocol.s_variance, protocol.epsilon, protocol.s_clamp
        )
    if "f" in measures:
        hits, predicted = counted(strict=False)
        adaptive = f_measure.precision_recall(hits[-1:], predicted[-1:], scores.positives)
        scores.hits, scores.predicted = hits[:-1], predicted[:-1]
        precision, recall = f_measure.precision_recall(hits[:-1], predicted[:-1], scores.positives, protocol.pr_epsilon)
        f = f_measure.f_measure(precision, recall, protocol.beta2, protocol.pr_epsilon)
        curves |= {"precision": precision, "recall": recall, "f": f}
        scalars |= {
            "max_f": float(f.max()),
            "mean_f": float(f.mean()),
            "adaptive_f": float(f_measure.f_measure(*adaptive, protocol.beta2)[0]),
        }
    if "e" in measures:
        e = e_measure.e_measure(
            *counted(strict=protocol.e_comparison == ">"), scores.positives, scores.pixels, protocol.epsilon
        )
        curves["e"] = e[:-1]
        scalars |= {"max_e": float(e[:-1].max()), "mean_e": float(e[:-1].mean()), "adaptive_e": float(e[-1])}


def _score_newer(
    scores: FrameScores,
    saliency: NDArray[np.uint8],
    values: NDArray[np.float64],
    mask: NDArray[np.bool_],
    protocol: Protocol,
    measures: set[Family],
) -> None:
    """Add measures of image segmentation that came after those that papers on video saliency print."""
    scalars = scores.scalars
    half = saliency >= int(np.searchsorted(values, 0.5, side="right"))  # above one half of the stretched map
    if "si" in measures:
        scalars |= size_invariant(saliency, values, mask, protocol.thresholds, protocol.beta2, protocol.pr_epsilon)
    if "context" in measures:
        scalars["context"] = context_measure(saliency, values, mask)
    if "msiou" in measures:
        wanted = edge_cells(mask)
        adaptive = int(adaptive_first(values, value_counts(saliency))[0])
        scores.curves["msiou"] = curve = msiou_curve((values * 255).astype(np.uint8)[saliency], wanted)
        scalars |= {
            "msiou": msiou(edge_cells(half), wanted),
            "max_msiou": float(curve.max()),
            "mean_msiou": float(curve.mean()),
            "adaptive_msiou": msiou(edge_cells(saliency >= adaptive), wanted),
        }
    if "hce" in measures:
        scalars["hce"] = float(human_correction_efforts(half, mask))


def score_frame(
    saliency: NDArray[np.uint8],
    mask: NDArray[np.bool_] | SharedMask,
    protocol: Protocol,
    measures: Families = DEFAULT_FAMILIES,
    *,
    compiled: bool = False,
) -> FrameScores:
    """Score a saliency map against a mask of the same size.

    Args:
        saliency: uint8 `(H, W)`.
        mask: bool `(H, W)`; a `SharedMask` where other maps are scored against it too.
        protocol: The choices.
        measures: What to compute; T, which takes two frames, is not computed here.
        compiled: Measure distances for weighted F by a loop that Numba compiles: the same, and faster once loaded.

    Returns:
        The frame's scores; names as in a score file, where a frame has such a score.
    """
    saliency = np.ascontiguousarray(saliency)
    shared = mask if isinstance(mask, SharedMask) else SharedMask(mask)
    mask = shared.pixels
    lowest, highest = int(saliency.min()), int(saliency.max())
    values = real_values(lowest, highest, protocol.normalize)
    scores = FrameScores(mask.size, shared.derived(positives), lowest == highest)
    if _COUNTED & set(measures):
        four = "s" in measures and scores.positives
        cut = s_measure.quadrant_cut(*shared.derived(centroid), protocol.centroid) if four else None
        _score_counts(scores, values, joint_histogram(saliency, mask, cut), protocol, measures)
    if "weighted_f" in measures:
        around = shared.derived(weighted_f.Surroundings, compiled)
        scores.scalars["weighted_f"] = weighted_f.weighted_f(saliency, values, around, protocol.weighted_epsilon)
    if newer := set(measures) & {*NEWER_FAMILIES}:
        _score_newer(scores, saliency, values, mask, protocol, newer)
    if {"j", "boundary"} & set(measures):
        binary = packed(saliency >= protocol.binary_from)
        if "j" in measures:
            scores.scalars["j"] = jaccard.overlap(binary, shared.derived(packed))
        if "boundary" in measures:
            wanted = shared.derived(boundary.boundary_of, mask.shape[1], protocol.boundary_tolerance, of=packed)
            scores.scalars["boundary_f"] = boundary.matched_f(binary, wanted)
    return scores
