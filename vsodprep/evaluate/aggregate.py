"""From frames to a number: means over frames, sequences or pixels."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodprep.evaluate.frame import CURVES, FrameScores
from vsodprep.evaluate.measures.f_measure import area_under_curve, f_measure, precision_recall
from vsodprep.evaluate.measures.levels import THRESHOLDS
from vsodprep.evaluate.measures.statistics import decay, recall_above
from vsodprep.evaluate.protocols import Protocol

# Names of the scores in a score file that are one number, in the order in which they are shown.
SCALARS = (
    "mae",
    "s_measure",
    *(f"{what}_{name}" for name in ("f", "e") for what in ("max", "mean", "adaptive")),
    "weighted_f",
    *(f"{name}_{what}" for name in ("j", "boundary") for what in ("mean", "recall", "decay")),
    "t_mean",
    "pr_auc",
)
# The same of measures that a score file has only where they were asked for.
NEWER = (
    *("si_mae", "si_max_f", "si_mean_f", "si_adaptive_f", "context"),
    *("msiou", "max_msiou", "mean_msiou", "adaptive_msiou", "hce"),
)
_PLAIN = ("mae", "s_measure", "adaptive_e", "weighted_f")
_OF_FOREGROUND = ("precision", "recall", "f", "adaptive_f", "si_max_f", "si_mean_f", "si_adaptive_f")
_DAVIS = {"j": "j", "boundary": "boundary_f"}
Curve = NDArray[np.float64]


@dataclass
class SequenceTotals:
    """A sequence's frames, summed in order as they come.

    Attributes:
        frames: Ids of the frames.
        scalars: Scores of each frame by name; NaN where a frame has none.
        curves: Sums of the frames' curves by name.
        pixels: Pixels of all frames.
        error: Sum of |p - g| over these pixels.
        positives: Foreground pixels of each frame's mask.
        noticed: What was noticed about maps and masks, counted; keys as in a score file's `inputs`.
        hits: Predicted pixels inside the masks at each threshold, int64 `(256,)`.
        predicted: Predicted pixels at each threshold, int64 `(256,)`.
    """

    frames: list[str] = field(default_factory=list)
    scalars: dict[str, list[float]] = field(default_factory=dict)
    curves: dict[str, Curve] = field(default_factory=dict)
    pixels: int = 0
    error: float = 0.0
    positives: list[int] = field(default_factory=list)
    noticed: Counter[str] = field(default_factory=Counter)
    hits: NDArray[np.int64] = field(default_factory=lambda: np.zeros(THRESHOLDS, dtype=np.int64))
    predicted: NDArray[np.int64] = field(default_factory=lambda: np.zeros(THRESHOLDS, dtype=np.int64))

    def add(self, frame: str, scores: FrameScores, noticed: Mapping[str, int] | None = None) -> None:
        """Add the next frame."""
        self.frames.append(frame)
        for name, value in scores.scalars.items():
            self.scalars.setdefault(name, []).append(value)
        for name, curve in scores.curves.items():
            self.curves[name] = self.curves[name] + curve if name in self.curves else curve.copy()
        self.pixels += scores.pixels
        self.error += scores.scalars.get("mae", 0.0) * scores.pixels
        self.positives.append(scores.positives)
        self.noticed.update(noticed or {})
        if scores.hits is not None and scores.predicted is not None:
            self.hits += scores.hits
            self.predicted += scores.predicted

    def counted(self, name: str, protocol: Protocol) -> int:
        """Return over how many frames a score is averaged."""
        if protocol.empty_masks == "skip" and name in _OF_FOREGROUND:
            return sum(positives > 0 for positives in self.positives)
        return len(self.frames)


def _sum(parts: Sequence[Any]) -> Any:
    """Add numbers or arrays with one rounding at the end, so that their order changes nothing."""
    if len(parts) == 1:
        return parts[0]
    if isinstance(parts[0], np.ndarray):
        return np.array([math.fsum(column) for column in np.array(parts).T.tolist()])
    return math.fsum(parts)


def _mean(parts: Sequence[Any]) -> Any:
    return _sum(parts) / len(parts)


def _average(parts: list[tuple[Any, int]], *, by_sequence: bool) -> Any:
    """Average sums: over sequences of their means, or over all that was summed; None if nothing was."""
    parts = [(total, count) for total, count in parts if count]
    if not parts:
        return None
    if by_sequence:
        return _mean([total / count for total, count in parts])
    return _sum([total for total, _ in parts]) / sum(count for _, count in parts)


def _scalar(name: str, sequences: Iterable[SequenceTotals], protocol: Protocol) -> float | None:
    """Average a score that every frame has."""
    values = []
    for sequence in sequences:
        frames = np.array(sequence.scalars.get(name, ()))
        if sequence.counted(name, protocol) < len(frames):
            frames = frames[np.array(sequence.positives) > 0]
        if len(frames):
            values.append(frames)
    if not values:
        return None
    if protocol.average == "sequences":
        return float(_mean([float(np.mean(frames)) for frames in values]))
    return float(_mean(np.concatenate(values).tolist()))


def _curves(sequences: list[SequenceTotals], protocol: Protocol) -> dict[str, Curve | None]:
    curves = {}
    for name in CURVES:
        parts = [(each.curves[name], each.counted(name, protocol)) for each in sequences if name in each.curves]
        curves[name] = _average(parts, by_sequence=protocol.average == "sequences")
    if protocol.average == "pixels" and curves["f"] is not None:
        curves["precision"], curves["recall"] = precision_recall(
            np.sum([sequence.hits for sequence in sequences], axis=0),
            np.sum([sequence.predicted for sequence in sequences], axis=0),
            sum(sum(sequence.positives) for sequence in sequences),
            protocol.pr_epsilon,
        )
    if protocol.f_from == "precision-recall" and curves["precision"] is not None:
        curves["f"] = f_measure(curves["precision"], curves["recall"], protocol.beta2, protocol.pr_epsilon)
    return curves


def mean_over(parts: Sequence[Mapping[str, Any]]) -> dict[str, float | None]:
    """Return each scalar's mean over parts of a benchmark; None where a part lacks it."""
    values = {
        name: [part[name] for part in parts] for name in (*SCALARS, *NEWER) if all(name in part for part in parts)
    }
    return {name: None if not each or None in each else _mean(each) for name, each in values.items()}


def summarize(sequences: Sequence[SequenceTotals], protocol: Protocol) -> dict[str, Any]:
    """Reduce sequences to the scores of a score file.

    Args:
        sequences: Their totals; one gives that sequence's own scores.
        protocol: Says what is averaged over what.

    Returns:
        `frames`, `empty_masks`, the scalars and the curves by name; None where there is nothing to average.
    """
    scored = [sequence for sequence in sequences if sequence.frames]
    result: dict[str, Any] = dict.fromkeys(SCALARS)
    result["frames"] = sum(len(sequence.frames) for sequence in scored)
    result["empty_masks"] = sum(positives == 0 for sequence in scored for positives in sequence.positives)
    newer = [name for name in NEWER if any(name in sequence.scalars for sequence in sequences)]
    for name in (*_PLAIN, "adaptive_f", *newer):
        result[name] = _scalar(name, scored, protocol)
    if protocol.average == "pixels" and result["mae"] is not None:
        result["mae"] = _sum([sequence.error for sequence in scored]) / sum(sequence.pixels for sequence in scored)
    curves = _curves(scored, protocol)
    for name in ("f", "e", "msiou"):
        curve = curves[name]
        if curve is not None:
            result[f"max_{name}"], result[f"mean_{name}"] = float(curve.max()), float(curve.mean())
    if curves["precision"] is not None and curves["recall"] is not None:
        result["pr_auc"] = area_under_curve(curves["precision"], curves["recall"])
    for name, per_frame in _DAVIS.items():
        values = [np.array(sequence.scalars[per_frame]) for sequence in scored if per_frame in sequence.scalars]
        if values:  # always over sequences, whatever the protocol says of the other measures
            result[f"{name}_mean"] = _mean([float(frames.mean()) for frames in values])
            result[f"{name}_recall"] = _mean([recall_above(frames) for frames in values])
            result[f"{name}_decay"] = _mean([decay(frames) for frames in values])
    stability = [np.array(sequence.scalars["t"]) for sequence in scored if "t" in sequence.scalars]
    stability = [frames[~np.isnan(frames)] for frames in stability]
    if any(map(len, stability)):
        result["t_mean"] = _mean([float(frames.mean()) for frames in stability if len(frames)])
    for name, key in (("precision", "precision"), ("recall", "recall"), ("f", "f_curve"), ("e", "e_curve")):
        curve = curves[name]
        result[key] = None if curve is None else curve.tolist()
    if newer and (curve := curves["msiou"]) is not None:
        result["msiou_curve"] = curve.tolist()
    return result
