"""How far a score depends on the choice of sequences: bootstrap intervals, and a paired test of two methods."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vsodprep.errors import InputError
from vsodprep.evaluate.measures.f_measure import area_under_curve, f_measure

_ALL_SWAPS = 13  # sequences up to which every exchange of two methods is tried
_OF_CURVE = {"max_f": "f", "mean_f": "f", "max_e": "e", "mean_e": "e", "pr_auc": "precision"}
_PRECISION_RECALL = ("max_f", "mean_f", "adaptive_f", "pr_auc")
_BY_SEQUENCE = ("j_", "boundary_", "t_")

Scores = Mapping[str, Any]
Array = NDArray[np.float64]


class Draws(NamedTuple):
    """How sequences are drawn anew.

    Attributes:
        level: Share of the resamples inside an interval.
        resamples: Number of draws.
        seed: Seed of the draws.
    """

    level: float = 0.95
    resamples: int = 10_000
    seed: int = 0

    @property
    def bounds(self) -> tuple[float, float]:
        """The shares of the resamples at the ends of an interval."""
        return (1 - self.level) / 2, (1 + self.level) / 2

    def counts(self, sequences: int) -> Array:
        """Return how often each sequence is drawn, float64 `(resamples, sequences)`."""
        generator = np.random.default_rng(self.seed)
        return generator.multinomial(sequences, np.full(sequences, 1 / sequences), self.resamples).astype(np.float64)


USUAL = Draws()


class Interval(NamedTuple):
    """A score and the interval around it."""

    value: float
    low: float
    high: float


class Difference(NamedTuple):
    """The difference of two methods' scores, the interval around it, and how probable one as large is by chance.

    So few sequences can be exchanged in so few ways that p cannot fall below `smallest_p`.
    """

    value: float
    low: float
    high: float
    p: float
    smallest_p: float


@dataclass(frozen=True)
class _Benchmark:
    """A score file's sequences, ready to be reweighted.

    Attributes:
        key: Key of the measure.
        settings: The protocol's.
        counts: How much each sequence weighs, float64 `(sequences,)`.
        columns: What the measure is computed from, float64 `(sequences, ...)` each.
    """

    key: str
    settings: Mapping[str, Any]
    counts: Array
    columns: Mapping[str, Array]

    def exchanged(self, other: "_Benchmark", swaps: NDArray[np.bool_]) -> "_Benchmark":
        """Return a benchmark with some sequences' scores taken from another method's."""
        columns = {
            name: np.where(swaps.reshape(-1, *[1] * (column.ndim - 1)), other.columns[name], column)
            for name, column in self.columns.items()
        }
        return replace(self, columns=columns)

    def value(self, drawn: Array) -> Array:
        """Return the score with each sequence counted as often as it was drawn.

        Args:
            drawn: float64 `(draws, sequences)`.

        Returns:
            float64 `(draws,)`.
        """
        weights = drawn * self.counts
        weights /= weights.sum(axis=1, keepdims=True)
        means = {name: weights @ column for name, column in self.columns.items()}
        if self.key not in _OF_CURVE:
            return means[self.key]
        if self.key == "pr_auc":
            return np.array([area_under_curve(p, r) for p, r in zip(means["precision"], means["recall"], strict=True)])
        if "precision" in means:
            settings = self.settings
            curve = f_measure(means["precision"], means["recall"], settings["beta2"], settings["pr_epsilon"])
        else:
            curve = means[f"{_OF_CURVE[self.key]}_curve"]
        return np.asarray(curve.max(axis=1) if self.key.startswith("max") else curve.mean(axis=1))


def _benchmark(scores: Scores, key: str, names: list[str]) -> _Benchmark:
    """Return some sequences of a score file, in order, with what a measure is computed from."""
    settings = scores["settings"]
    if settings["average"] == "pixels" and key in (*_PRECISION_RECALL, "mae"):
        raise InputError(
            f"protocol {scores['protocol']}",
            f"{key} pools all pixels",
            "a measure that is averaged, because sequences cannot be drawn anew from one count",
        )
    needed = [f"{_OF_CURVE[key]}_curve" if key in _OF_CURVE else key]
    if key == "pr_auc" or (needed == ["f_curve"] and settings["f_from"] == "precision-recall"):
        needed = ["precision", "recall"]
    sequences = [scores["sequences"][name] for name in names]
    frames = np.array([float(each["frames"]) for each in sequences])
    if settings["empty_masks"] == "skip" and key in _PRECISION_RECALL:
        frames -= np.array([float(each["empty_masks"]) for each in sequences])
    same = settings["average"] == "sequences" or key.startswith(_BY_SEQUENCE)
    columns = {name: np.array([each[name] for each in sequences], dtype=np.float64) for name in needed}
    return _Benchmark(key, settings, np.ones_like(frames) if same else frames, columns)


def _usable(scores: Scores, key: str, name: str) -> list[str]:
    """Return the names of the sequences that have the measure."""
    sequences = [sequence for sequence, each in scores["sequences"].items() if each.get(key) is not None]
    if len(sequences) < 2:
        count = f"{len(sequences)} sequence{'s' if len(sequences) != 1 else ''} with {key}"
        raise InputError(name, count, "two or more")
    return sequences


def interval(scores: Scores, key: str, draws: Draws = USUAL, *, name: str = "score file") -> Interval:
    """Return a score with its percentile bootstrap interval over sequences.

    Efron and Tibshirani, An Introduction to the Bootstrap, 1993, Chapter 13. Sequences are drawn with replacement, and
    the score is computed anew from those drawn, by the file's own protocol: max F is the maximum of the mean curve.

    Args:
        scores: What `evaluate_folders` returned, or a score file.
        key: Key of the measure.
        draws: How sequences are drawn anew.
        name: What to call the file in an error.

    Raises:
        InputError: Fewer than two sequences have the measure, or the protocol pools pixels.
    """
    names = _usable(scores, key, name)
    benchmark = _benchmark(scores, key, names)
    low, high = np.quantile(benchmark.value(draws.counts(len(names))), draws.bounds)
    return Interval(float(benchmark.value(np.ones((1, len(names))))[0]), float(low), float(high))


def difference(
    first: Scores, second: Scores, key: str, draws: Draws = USUAL, *, name: str = "second score file"
) -> Difference:
    """Return the difference of two methods on the same sequences, its bootstrap interval and a paired test.

    The interval draws the same sequences for both. The test exchanges the two methods' results in every subset of the
    sequences (beyond 13 sequences, in as many random subsets as there are resamples): its p is the share of exchanges
    that give a difference at least as large, the given assignment included.

    Args:
        first: Score file of a method.
        second: Score file of another, of the same benchmark and protocol.
        key: Key of the measure.
        draws: How sequences are drawn anew.
        name: What to call the second file in an error.

    Returns:
        First minus second.

    Raises:
        InputError: The files differ in settings, sequences or frames, or as in `interval`.
    """
    if first["settings"] != second["settings"]:
        raise InputError(name, "other settings", "the protocol of the first method")
    names = _usable(first, key, "first score file")
    if names != _usable(second, key, name):
        raise InputError(name, "other sequences", "those of the first method")
    for sequence in names:
        of_first, of_second = (scores["sequences"][sequence]["frames"] for scores in (first, second))
        if of_first != of_second:
            found = f"{of_second} frames of {sequence}"
            raise InputError(name, found, f"the {of_first} of the first method: scores are compared on the same frames")
    one, two = _benchmark(first, key, names), _benchmark(second, key, names)
    drawn = draws.counts(len(names))
    low, high = np.quantile(one.value(drawn) - two.value(drawn), draws.bounds)
    once = np.ones((1, len(names)))
    value = float((one.value(once) - two.value(once))[0])
    swaps = _swaps(len(names), draws)
    at_least = [
        abs((one.exchanged(two, swap).value(once) - two.exchanged(one, swap).value(once))[0]) >= abs(value) - 1e-12
        for swap in swaps
    ]
    # All exchanged, the difference is as large: it counts where every exchange is tried.
    smallest = (2 if len(names) <= _ALL_SWAPS else 1) / len(swaps)
    return Difference(value, float(low), float(high), float(np.mean(at_least)), smallest)


def _swaps(sequences: int, draws: Draws) -> NDArray[np.bool_]:
    """Return which sequences are exchanged, bool `(n, sequences)`; the first row exchanges none."""
    if sequences <= _ALL_SWAPS:
        return (np.arange(1 << sequences)[:, None] >> np.arange(sequences) & 1).astype(bool)
    swaps = np.random.default_rng(draws.seed).random((draws.resamples, sequences)) < 0.5
    swaps[0] = False
    return swaps
