"""The page's sections about results: one per benchmark and split, with tables, curves, sequences and strips."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path

from markupsafe import Markup
from matplotlib.figure import Figure

from vsodprep.archives import archive_of
from vsodprep.errors import InputError
from vsodprep.evaluate.pictures import open_maps
from vsodprep.figures.compare import f_threshold_of, intervals_of, precision_recall_of, ranking_of
from vsodprep.figures.style import inline_svg
from vsodprep.report.collect import Results
from vsodprep.report.frames import choose, disagreements, frame_errors
from vsodprep.report.maps import MapsOf, maps_in
from vsodprep.report.methods import Comparison, Method
from vsodprep.report.strips import Strip, inputs, side_by_side, strip
from vsodprep.report.tables import Table
from vsodprep.scores.measures import Measure, ordered
from vsodprep.scores.read import CLASS_MEAN, Scores

PART_MEASURES = ("max_f", "s_measure", "mae", "j_mean", "boundary_mean")


@dataclass(frozen=True)
class PartTable:
    """One measure of every part of a benchmark: of its sequences, or of its attributes.

    Attributes:
        measure: The measure.
        part: What a part is.
        methods: Heading of each column.
        rows: Name of the part and one score per method.
    """

    measure: Measure
    part: str
    methods: tuple[str, ...]
    rows: tuple[tuple[str, tuple[float | None, ...]], ...]


@dataclass(frozen=True)
class Gallery:
    """Picture strips under one heading; `run` names the run they are of, and is empty where they are of several."""

    title: str
    run: str
    strips: tuple[Strip, ...]


@dataclass(frozen=True)
class ReportSection:
    """Everything about the results on one split of one benchmark."""

    benchmark: str
    split: str
    tables: tuple[Table, ...]
    curves: tuple[tuple[str, Markup], ...]
    ranking: Markup | None
    intervals: Markup | None
    sequences: tuple[PartTable, ...]
    attributes: tuple[PartTable, ...]
    galleries: tuple[Gallery, ...]


def section(results: Results, tables: list[Table]) -> ReportSection:
    """Make the section of one benchmark and split.

    Args:
        results: The results folder.
        tables: Its tables, one per protocol.
    """
    first = tables[0].comparison
    measures = _present(first)
    return ReportSection(
        first.benchmark,
        first.split,
        tuple(tables),
        _curves(first),
        _ranking(first, measures[0]) if measures else None,
        _intervals(first, measures[0]) if measures else None,
        _part_tables(first, measures, "sequences"),
        _part_tables(first, measures, "attributes"),
        _galleries(results, first),
    )


def _curves(comparison: Comparison) -> tuple[tuple[str, Markup], ...]:
    """Draw precision-recall and F-threshold curves, each with its caption."""
    scores = [method.averaged for method in comparison.methods]
    if not any(each.curve("f_curve") for each in scores):
        return ()
    drawn = []
    for kind, draw, what in (
        ("pr", precision_recall_of, "Precision against recall"),
        ("f", f_threshold_of, "F-measure against threshold"),
    ):
        label = f"{what}, {comparison.benchmark} {comparison.split}, protocol {comparison.protocol}"
        drawn.append((label, _inline(draw(scores, _trivial(comparison)), comparison, kind, label)))
    return tuple(drawn)


def _inline(figure: Figure, comparison: Comparison, kind: str, label: str) -> Markup:
    return Markup(inline_svg(figure, f"{kind}-{comparison.benchmark}-{comparison.split}", label))


def _present(comparison: Comparison) -> list[Measure]:
    """Return those of `PART_MEASURES` that sequences have, in the protocol's order."""
    return [
        measure
        for measure in ordered(comparison.protocol)
        if measure.key in PART_MEASURES
        and any(
            value is not None
            for method in comparison.methods
            for value in method.averaged.parts("sequences", measure.key).values()
        )
    ]


def _ranking(comparison: Comparison, measure: Measure) -> Markup:
    figure = ranking_of([method.averaged for method in comparison.methods], measure.key, _trivial(comparison))
    label = f"{measure.heading} of every sequence of {comparison.benchmark} {comparison.split}"
    return _inline(figure, comparison, "seq", label)


def _intervals(comparison: Comparison, measure: Measure) -> Markup | None:
    """Draw a measure with intervals over sequences, of each method's first seed; None where it has none."""
    methods = [Scores(method.name, (method.scores[0].values,)) for method in comparison.methods]
    try:
        figure = intervals_of(methods, measure.key, references=_trivial(comparison))
    except InputError:  # a single sequence, or a protocol that pools pixels
        return None
    label = f"{measure.heading} with intervals on {comparison.benchmark} {comparison.split}"
    return _inline(figure, comparison, "ci", label)


def _trivial(comparison: Comparison) -> list[str]:
    return [method.name for method in comparison.methods if method.trivial]


def _part_tables(comparison: Comparison, measures: list[Measure], key: str) -> tuple[PartTable, ...]:
    made = []
    for measure in measures:
        columns = [method.averaged.parts(key, measure.key) for method in comparison.methods]
        names = sorted({name for column in columns for name in column}, key=lambda name: (name == CLASS_MEAN, name))
        rows = tuple((name, tuple(column.get(name) for column in columns)) for name in names)
        if rows:
            made.append(
                PartTable(measure, key.removesuffix("s"), tuple(method.name for method in comparison.methods), rows)
            )
    return tuple(made)


def _galleries(results: Results, comparison: Comparison) -> tuple[Gallery, ...]:
    """Make the strips of every method: its first seed, frames chosen by its first maps."""
    if comparison.benchmark not in results.manifests:
        return ()
    with ExitStack() as stack:
        maps = {method.name: found for method in comparison.methods if (found := _maps(results, method, stack))}
        return (*_together(results, comparison, maps), *_each(results, comparison, maps))


def _each(results: Results, comparison: Comparison, maps: Mapping[str, MapsOf]) -> Iterator[Gallery]:
    """Make a gallery of each method, with all its refinements."""
    for (model, run), group in groupby(comparison.methods, key=lambda method: (method.model, method.run)):
        methods = list(group)
        shown = {caption(method): maps[method.name] for method in methods if method.name in maps}
        if shown:
            errors = frame_errors(methods[0].scores[0].values)
            blocks = inputs(results, model, run)
            strips = tuple(
                strip(results, comparison.benchmark, error, place=place, blocks=blocks, predictions=shown)
                for place, chosen in choose(errors, results.config.report.strips).items()
                for error in chosen
            )
            name = methods[0].unrefined
            yield Gallery(f"{name}: best, median and worst frames", name, strips)


def _together(results: Results, comparison: Comparison, maps: Mapping[str, MapsOf]) -> Iterator[Gallery]:
    """Make a gallery of the frames on which methods differ most, by their first maps; none where fewer than two are."""
    groups = groupby(comparison.methods, key=lambda method: (method.model, method.run))
    methods = [first for _, group in groups if (first := next(group)).name in maps]
    if len(methods) < 2:
        return
    errors = [frame_errors(method.scores[0].values) for method in methods]
    maes = [{(error.sequence, error.frame): error.mae for error in of} for of in errors]
    strips = []
    for key in disagreements(errors, 2 * results.config.report.strips):
        shown = {method.name: (maps[method.name], of[key]) for method, of in zip(methods, maes, strict=True)}
        strips.append(side_by_side(results, comparison.benchmark, *key, shown))
    yield Gallery("Frames on which the methods differ most, each map with its MAE", "", tuple(strips))


def caption(method: Method) -> str:
    """Return what stands under a method's map."""
    if method.compared is not None:
        return "map"
    return "prediction" if method.post == "raw" else f"after CRF {method.post}"


def _maps(results: Results, method: Method, stack: ExitStack) -> MapsOf | None:
    """Return a method's maps of its first seed, open until the stack is closed; None where they are not there."""
    if method.trivial:
        return None
    first = method.scores[0]
    if method.compared is None:
        of = (first.model, first.run, first.seed, first.post, first.benchmark)
        folder = Path(results.paths.predictions(*of)).parent
        return maps_in(folder) if folder.is_dir() else None
    path = results.targets.maps(method.run, first.benchmark, results.paths)
    if path is None or not archive_of(Path(path)).exists():
        return None
    told = first.values["inputs"].get("told", {})
    found = stack.enter_context(open_maps(Path(path), results.folder(first.benchmark), first.split, **told))
    return lambda sequence: partial(found.read, sequence)
