"""Figures of score files: curves, rankings, ablations, sweeps."""

import math
import textwrap
from collections.abc import Collection, Iterable, Sequence

from matplotlib.figure import Figure

from vsodprep.errors import InputError, VsodprepError, expected_one
from vsodprep.figures.bars import Bars, ablation
from vsodprep.figures.curves import Curve, f_threshold, precision_recall
from vsodprep.figures.intervals import intervals
from vsodprep.figures.sequences import ranking
from vsodprep.figures.sweep import sweep
from vsodprep.scores.bootstrap import USUAL, Draws, Interval, difference, holm, interval
from vsodprep.scores.measures import Measure, measure
from vsodprep.scores.papers import OWN_METHOD, PrintedNumber, own_printed_numbers
from vsodprep.scores.read import Scores
from vsodprep.scores.table import title_of


def precision_recall_of(scores: Sequence[Scores], references: Collection[str] = ()) -> Figure:
    """Plot the precision-recall curves of score files.

    Args:
        scores: The methods; one without curves is left out.
        references: Labels of methods that are only to compare with.

    Raises:
        VsodprepError: None of them has curves, or a reference is none of them.
    """
    grey = _known(references, scores)
    lines, points = [], []
    for each in scores:
        recall, precision = each.curve("recall"), each.curve("precision")
        # Two-valued maps give one point at every threshold but 0, at which all is foreground.
        if len(set(zip(recall, precision, strict=True))) == 2 and recall[0] != recall[-1]:
            recall, precision = recall[:1], precision[:1]
            points.append(f"{each.label}: two-valued maps, which have a point and no curve")
        lines.append(Curve(each.label, recall, precision, each.label in grey))
    return _noted(precision_recall(_drawn(lines)), scores, points)


def f_threshold_of(scores: Sequence[Scores], references: Collection[str] = ()) -> Figure:
    """Plot the F-measure of score files against the threshold; see `precision_recall_of`."""
    lines = []
    grey = _known(references, scores)
    for each in scores:
        curve = each.curve("f_curve")
        lines.append(Curve(each.label, list(range(len(curve) - 1, -1, -1)), curve, each.label in grey))
    beta2 = scores[0].files[0].get("settings", {}).get("beta2", 0.3)
    return _noted(f_threshold(_drawn(lines), beta2), scores)


def _noted(figure: Figure, scores: Sequence[Scores], caveats: Iterable[str] = ()) -> Figure:
    """Say below a figure on what and how was scored, which methods not on the whole benchmark, and more caveats."""
    apart = [f"{each.label}: {'; '.join(each.omissions)}" for each in scores if each.omissions]
    if len(apart) == len(scores) and len({each.omissions for each in scores}) == 1:
        apart = [f"every method: {'; '.join(scores[0].omissions)}"]
    width, height = figure.get_size_inches()
    lines = [line for note in (scored_on(scores), *apart, *caveats) for line in textwrap.wrap(note, int(16 * width))]
    if lines:
        figure.set_figheight(height + 0.15 * len(lines))
        figure.supxlabel("\n".join(lines), x=0.01, ha="left", fontsize=7)
    return figure


def scored_on(scores: Sequence[Scores]) -> str:
    """Return the benchmarks and protocols of score files in words."""
    files = [values for each in scores for values in each.files]
    titles = filter(None, dict.fromkeys(title_of(values.get("benchmark")) for values in files))
    protocols = dict.fromkeys(f"protocol {values['protocol']}" for values in files if "protocol" in values)
    return ", ".join((*titles, *protocols))


def _known(references: Collection[str], scores: Sequence[Scores]) -> Collection[str]:
    """Return labels of methods that are only to compare with, if all are labels of methods."""
    labels = [each.label for each in scores]
    if unknown := sorted(set(references) - set(labels)):
        raise InputError("--reference", f"no method {unknown[0]!r}", expected_one(unknown[0], labels))
    return references


def _scored(key: str, scores: Sequence[Scores]) -> Measure:
    """Return a measure that at least one score file has."""
    if all(values.get(key) is None for each in scores for values in each.files):
        measure(key)
        raise InputError("measure", f"no {key} in any of the score files", "a measure that the score files have")
    return measure(key)


def _drawn(lines: Sequence[Curve]) -> list[Curve]:
    drawn = [line for line in lines if any(value is not None for value in line.y)]
    if not drawn:
        raise VsodprepError("none of the score files has curves; evaluate with the measure f")
    return drawn


def ranking_of(scores: Sequence[Scores], key: str, references: Collection[str] = ()) -> Figure:
    """Rank the sequences of a benchmark by the first method's score.

    Args:
        scores: The methods.
        key: Key of the measure.
        references: Labels of methods that are only to compare with.

    Raises:
        InputError: No such measure or reference, or no file has the measure.
    """
    of = _scored(key, scores)
    values = {each.label: each.parts("sequences", key) for each in scores}
    grey = _known(references, scores)
    shown = [label for label in values if label in grey]
    return _noted(ranking(values, of.title, ascending=of.small, references=shown), scores)


def ablation_of(
    scores: Sequence[Scores], keys: Sequence[str], full: str | None = None, paper: str | None = None
) -> Figure:
    """Draw variants as bars, a row of panels per benchmark.

    Args:
        scores: One per variant, labelled with its name; files of one variant may be of several benchmarks.
        keys: Keys of the measures.
        full: Label of the variant that the others are compared with.
        paper: Model whose paper's ablation tables are set beside it, by variant and benchmark.

    Raises:
        InputError: No such measure, variant or paper, or no file has the measure.
    """
    if full is not None and full not in [each.label for each in scores]:
        raise InputError("--full", f"no variant {full!r}", expected_one(full, (each.label for each in scores)))
    if paper is not None and paper not in OWN_METHOD:
        raise InputError("--paper", f"no paper {paper!r}", expected_one(paper, OWN_METHOD))
    measures = [_scored(key, scores) for key in keys]
    benchmarks = {}
    caveats: dict[str, None] = {}
    for benchmark in _benchmarks(scores):
        here = _on(benchmark, scores)
        values = {each.label: {of.heading: each.scalar(of.key) for of in measures} for each in here}
        numbers = {label: _printed(paper, label, benchmark, measures) if paper else () for label in values}
        printed = paper and {
            label: {of.heading: next((each.value for each in found if each.metric == of.key), None) for of in measures}
            for label, found in numbers.items()
        }
        caveats |= {f"in the paper: {each.note}": None for found in numbers.values() for each in found if each.note}
        whole = [each for each in here if not each.omissions]
        apart = [each.label for each in here if each.omissions] if whole or paper else []
        benchmarks[benchmark] = Bars(values, printed or None, apart)
    return _noted(ablation(benchmarks, {of.heading: of.small for of in measures}, full=full), scores, caveats)


def _benchmarks(scores: Sequence[Scores]) -> list[str]:
    """Return the benchmarks that score files are of."""
    return list(dict.fromkeys(str(values.get("benchmark")) for each in scores for values in each.files))


def _on(benchmark: str, scores: Sequence[Scores]) -> list[Scores]:
    """Return what methods scored on one benchmark; one that has no file of it has no score."""
    files = [tuple(v for v in each.files if str(v.get("benchmark")) == benchmark) for each in scores]
    return [Scores(each.label, of, each.omissions) for each, of in zip(scores, files, strict=True)]


def _printed(paper: str, variant: str, benchmark: str, measures: Sequence[Measure]) -> tuple[PrintedNumber, ...]:
    """Return what a paper prints about a variant of its own method; the last of a measure first."""
    keys = {of.key for of in measures}
    return tuple(each for each in own_printed_numbers(paper, variant, benchmark)[::-1] if each.metric in keys)


def sweep_of(scores: Sequence[Scores], parameter: str, keys: Sequence[str]) -> Figure:
    """Draw scores against a parameter, a line per benchmark.

    Args:
        scores: Labelled with the parameter's value; files of one value may be of several benchmarks.
        parameter: Its name.
        keys: Keys of the measures.

    Raises:
        InputError: A label is no number, no such measure, or no file has it.
    """
    by_value = sorted(scores, key=lambda each: _parameter(each.label))
    measures = [_scored(key, scores) for key in keys]
    values = [float(each.label) for each in by_value]
    lines: dict[str, dict[str, list[float | None]]] = {name: {} for name in _benchmarks(by_value)}
    for name, line in lines.items():
        for of in measures:
            line[of.heading] = [each.scalar(of.key) for each in _on(name, by_value)]
    return _noted(sweep(parameter, values, lines, {of.heading: of.small for of in measures}), scores)


def _parameter(label: str) -> float:
    """Return the parameter's value that a label of a sweep is."""
    try:
        value = float(label)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError("sweep", f"label {label!r}", "labels that are the parameter's values: 0.6=SCORES.json")
    return value


def intervals_of(
    scores: Sequence[Scores],
    key: str,
    *,
    against: str | None = None,
    references: Collection[str] = (),
    draws: Draws = USUAL,
) -> Figure:
    """Draw scores with bootstrap intervals over sequences, or differences from one method with theirs.

    Args:
        scores: The methods; several files of one are its seeds, whose mean is the score.
        key: Key of the measure.
        against: Label of the method that is subtracted from every other one; None for the scores themselves.
        references: Labels of methods that are only to compare with.
        draws: How sequences are drawn anew.

    Raises:
        InputError: No such measure, method or reference, or files that cannot be resampled.
    """
    of = measure(key)
    grey = _known(references, scores)
    files = {each.label: each.files for each in scores}
    if against is not None and against not in files:
        raise InputError("--against", f"no method {against!r}", expected_one(against, files))
    share = f"{100 * draws.level:g} % interval over sequences"
    if against is None:
        found = {label: interval(values, key, draws, name=label) for label, values in files.items()}
        return _noted(intervals(found, f"{of.heading}, {share}", references=grey), scores)
    tests = {
        label: difference(values, files[against], key, draws, name=f"{label} against {against}")
        for label, values in files.items()
        if label != against
    }
    corrected = holm([each.p for each in tests.values()])
    differences = {
        f"{label} (p = {p:.3f})": Interval(each.value, each.low, each.high)
        for (label, each), p in zip(tests.items(), corrected, strict=True)
    }
    many = [f"p is corrected for {len(tests)} tests by Holm's method"] if len(tests) > 1 else []
    return _noted(intervals(differences, f"{of.heading} minus that of {against}, {share}", zero=True), scores, many)
