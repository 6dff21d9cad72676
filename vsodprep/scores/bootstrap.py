"""How far a score depends on the choice of sequences: bootstrap intervals, and a paired test of two methods."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vsodprep.errors import InputError
from vsodprep.evaluate.measures.f_measure import area_under_curve, f_measure

TELLING = 0.01  # where no p can fall below this, it is said
_ALL_SWAPS = 13  # sequences up to which every exchange of two methods is tried
_OF_CURVE = {f"{what}_{name}": name for name in ("f", "e", "msiou") for what in ("max", "mean")} | {
    "pr_auc": "precision"
}
_PRECISION_RECALL = ("max_f", "mean_f", "adaptive_f", "pr_auc")
_OF_FOREGROUND = (*_PRECISION_RECALL, "si_max_f", "si_mean_f", "si_adaptive_f")
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


def holm(p: Sequence[float]) -> list[float]:
    """Return p-values corrected for their number, in the same order.

    Holm, A Simple Sequentially Rejective Multiple Test Procedure, Scandinavian Journal of Statistics 6, 1979: the
    smallest of n is multiplied by n, the next by n - 1, and so on; none falls below one before it, and none exceeds 1.
    """
    corrected = [1.0] * len(p)
    largest = 0.0
    for place, index in enumerate(sorted(range(len(p)), key=p.__getitem__)):
        largest = max(largest, min((len(p) - place) * p[index], 1.0))
        corrected[index] = largest
    return corrected


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

    def means(self, drawn: Array) -> dict[str, Array]:
        """Return the columns' means with each sequence counted as often as it was drawn.

        Args:
            drawn: float64 `(draws, sequences)`.

        Returns:
            float64 `(draws, ...)` each.
        """
        weights = drawn * self.counts
        weights /= weights.sum(axis=1, keepdims=True)
        return {name: weights @ column for name, column in self.columns.items()}

    def value(self, drawn: Array) -> Array:
        """Return the score, float64 `(draws,)`, with each sequence counted as often as it was drawn; see `means`."""
        return self.score(self.means(drawn))

    def exchanged(self, other: "_Benchmark", swaps: NDArray[np.bool_]) -> Array:
        """Return the score with some sequences' results taken from another method's.

        Args:
            other: The other method on the same sequences.
            swaps: Which sequences are exchanged, bool `(n, sequences)`.

        Returns:
            float64 `(n,)`.
        """
        weights = self.counts / self.counts.sum()
        means = {
            name: weights @ column + (swaps * weights) @ (other.columns[name] - column)
            for name, column in self.columns.items()
        }
        return self.score(means)

    def score(self, means: Mapping[str, Array]) -> Array:
        """Return the score of mean columns."""
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
            f"{key} counts the pixels of all sequences together",
            "a measure that is averaged over sequences, as only those can be resampled",
        )
    needed = [f"{_OF_CURVE[key]}_curve" if key in _OF_CURVE else key]
    if key == "pr_auc" or (needed == ["f_curve"] and settings["f_from"] == "precision-recall"):
        needed = ["precision", "recall"]
    sequences = [scores["sequences"][name] for name in names]
    frames = np.array([float(each["frames"]) for each in sequences])
    if settings["empty_masks"] == "skip" and key in _OF_FOREGROUND:
        frames -= np.array([float(each["empty_masks"]) for each in sequences])
    same = settings["average"] == "sequences" or key.startswith(_BY_SEQUENCE)
    columns = {name: np.array([each[name] for each in sequences], dtype=np.float64) for name in needed}
    return _Benchmark(key, settings, np.ones_like(frames) if same else frames, columns)


def _usable(seeds: Sequence[Scores], key: str, name: str) -> list[str]:
    """Return the names of the sequences that have the measure, which are the same for all seeds."""
    each = [[name for name, of in scores["sequences"].items() if of.get(key) is not None] for scores in seeds]
    if any(names != each[0] for names in each) or any(scores["settings"] != seeds[0]["settings"] for scores in seeds):
        raise InputError(
            name, "seeds that were scored on other sequences or with other settings", "those of the first seed"
        )
    if len(each[0]) < 2:
        count = f"{len(each[0])} sequence{'s' if len(each[0]) != 1 else ''} with {key}"
        raise InputError(name, count, "two or more")
    return each[0]


def _seeds(scores: Scores | Sequence[Scores]) -> tuple[Scores, ...]:
    return (scores,) if isinstance(scores, Mapping) else tuple(scores)


def _mean(values: Sequence[Array]) -> Array:
    return np.mean(np.stack(values), axis=0) if len(values) > 1 else values[0]


def interval(
    scores: Scores | Sequence[Scores], key: str, draws: Draws = USUAL, *, name: str = "score file"
) -> Interval:
    """Return a score with its percentile bootstrap interval over sequences.

    Efron and Tibshirani, An Introduction to the Bootstrap, 1993, Chapter 13. Sequences are drawn with replacement, and
    the score is computed anew from those drawn, by the file's own protocol: max F is the maximum of the mean curve.

    Args:
        scores: What `evaluate_folders` returned, or a score file; or those of several seeds, whose mean is the score.
        key: Key of the measure.
        draws: How sequences are drawn anew.
        name: What to call the file in an error.

    Raises:
        InputError: Fewer than two sequences have the measure, or the protocol pools pixels, or seeds differ in them.
    """
    seeds = _seeds(scores)
    names = _usable(seeds, key, name)
    benchmarks = [_benchmark(each, key, names) for each in seeds]
    drawn, once = draws.counts(len(names)), np.ones((1, len(names)))
    low, high = np.quantile(_mean([each.value(drawn) for each in benchmarks]), draws.bounds)
    return Interval(float(_mean([each.value(once) for each in benchmarks])[0]), float(low), float(high))


def difference(
    first: Scores | Sequence[Scores],
    second: Scores | Sequence[Scores],
    key: str,
    draws: Draws = USUAL,
    *,
    name: str = "second score file",
) -> Difference:
    """Return the difference of two methods on the same sequences, its bootstrap interval and a paired test.

    The interval draws the same sequences for both. The test exchanges the two methods' results in every subset of the
    sequences (beyond 13 sequences, in as many random subsets as there are resamples): its p is the share of exchanges
    that give a difference at least as large, the given assignment included. Seeds are exchanged one by one, in order.

    Args:
        first: Score file of a method, or those of its seeds.
        second: Those of another, of the same benchmark and protocol; as many seeds, or one of either.
        key: Key of the measure.
        draws: How sequences are drawn anew.
        name: What to call the second file in an error.

    Returns:
        First minus second.

    Raises:
        InputError: The files differ in settings, sequences, frames or number of seeds, or as in `interval`.
    """
    ones, twos = _seeds(first), _seeds(second)
    if ones[0]["settings"] != twos[0]["settings"]:
        raise InputError(name, "other settings", "the protocol by which the first method was scored")
    names = _usable(ones, key, "first score file")
    if names != _usable(twos, key, name):
        raise InputError(name, "other sequences", "the sequences on which the first method was scored")
    for sequence in names:
        of_first, *others = (scores["sequences"][sequence]["frames"] for scores in (*ones, *twos))
        for frames in others:
            if frames != of_first:
                found = f"{frames} frames of {sequence}"
                expected = f"{of_first} frames, as for the first method: scores are compared on the same frames"
                raise InputError(name, found, expected)
    if len(ones) != len(twos) and 1 not in (len(ones), len(twos)):
        raise InputError(name, f"{len(twos)} seeds", f"{len(ones)} seeds, as the first method has, or one")
    seeds = max(len(ones), len(twos))
    pairs = [
        (_benchmark(ones[seed % len(ones)], key, names), _benchmark(twos[seed % len(twos)], key, names))
        for seed in range(seeds)
    ]
    drawn, once = draws.counts(len(names)), np.ones((1, len(names)))
    low, high = np.quantile(_mean([one.value(drawn) - two.value(drawn) for one, two in pairs]), draws.bounds)
    value = float(_mean([one.value(once) - two.value(once) for one, two in pairs])[0])
    swaps = _swaps(len(names), draws)
    exchanged = _mean([one.exchanged(two, swaps) - two.exchanged(one, swaps) for one, two in pairs])
    at_least = np.abs(exchanged) >= abs(value) - 1e-12
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
