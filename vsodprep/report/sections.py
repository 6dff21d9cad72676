"""The page's sections about results: one per benchmark and split, with tables, curves, sequences and strips."""

from dataclasses import dataclass, field
from pathlib import Path

from markupsafe import Markup

from vsodprep.figures.curves import Line, f_threshold, precision_recall
from vsodprep.figures.sequences import ranking
from vsodprep.figures.style import inline_svg
from vsodprep.report.collect import Results
from vsodprep.report.frames import choose, frame_errors
from vsodprep.report.measures import MEASURES, Measure
from vsodprep.report.methods import Comparison, method_name
from vsodprep.report.strips import Strip, inputs, strip
from vsodprep.report.tables import Table

SEQUENCE_MEASURES = ("max_f", "s_measure", "mae", "j_mean", "boundary_mean")


@dataclass(frozen=True)
class SequenceTable:
    """Scores of every sequence, one table per measure.

    Attributes:
        measure: The measure.
        methods: Heading of each column.
        rows: Sequence name and one score per method.
    """

    measure: Measure
    methods: tuple[str, ...]
    rows: tuple[tuple[str, tuple[float | None, ...]], ...]


@dataclass(frozen=True)
class Gallery:
    """The picture strips of one run."""

    name: str
    strips: tuple[Strip, ...]


@dataclass(frozen=True)
class Section:
    """Everything about the results on one split of one benchmark."""

    benchmark: str
    split: str
    tables: tuple[Table, ...]
    curves: tuple[tuple[str, Markup], ...] = ()
    ranking: Markup | None = None
    sequences: tuple[SequenceTable, ...] = ()
    galleries: tuple[Gallery, ...] = field(default=())

    @property
    def anchor(self) -> str:
        """Its id in the page."""
        return f"results-{self.benchmark}-{self.split}"


def section(results: Results, tables: list[Table]) -> Section:
    """Make the section of one benchmark and split.

    Args:
        results: The results folder.
        tables: Its tables, one per protocol.
    """
    first = tables[0].comparison
    return Section(
        first.benchmark,
        first.split,
        tuple(tables),
        _curves([table.comparison for table in tables]),
        _ranking(first),
        _sequence_tables(first),
        _galleries(results, first.benchmark, first.split),
    )


def _curves(comparisons: list[Comparison]) -> tuple[tuple[str, Markup], ...]:
    """Draw precision-recall and F-threshold curves under every protocol that has them."""
    drawn = []
    for comparison in comparisons:
        pairs, falls = [], []
        for method in comparison.methods:
            recall, precision, curve = method.curve("recall"), method.curve("precision"), method.curve("f_curve")
            if recall and precision:
                pairs.append(Line(method.name, recall, precision, method.trivial))
            if curve:
                thresholds = [float(value) for value in range(len(curve) - 1, -1, -1)]
                falls.append(Line(method.name, thresholds, curve, method.trivial))
        prefix = f"{comparison.benchmark}-{comparison.split}-{comparison.protocol}"
        what = f"{comparison.benchmark} {comparison.split}, protocol {comparison.protocol}"
        if pairs:
            label = f"Precision against recall, {what}"
            drawn.append((label, Markup(inline_svg(precision_recall(pairs), f"pr-{prefix}", label))))
        if falls:
            label = f"F-measure against threshold, {what}"
            drawn.append((label, Markup(inline_svg(f_threshold(falls), f"f-{prefix}", label))))
    return tuple(drawn)


def _present(comparison: Comparison) -> list[Measure]:
    """Return the measures that sequences have, in the order of `SEQUENCE_MEASURES`."""
    known = {measure.key: measure for measure in MEASURES}
    return [
        known[key]
        for key in SEQUENCE_MEASURES
        if any(value is not None for method in comparison.methods for value in method.sequences(key).values())
    ]


def _ranking(comparison: Comparison) -> Markup | None:
    present = _present(comparison)
    if not present:
        return None
    measure = present[0]
    scores = {method.name: method.sequences(measure.key) for method in comparison.methods}
    references = [method.name for method in comparison.methods if method.trivial]
    figure = ranking(scores, measure.title, ascending=measure.small, references=references)
    label = f"{measure.heading} of every sequence of {comparison.benchmark} {comparison.split}"
    return Markup(inline_svg(figure, f"seq-{comparison.benchmark}-{comparison.split}", label))


def _sequence_tables(comparison: Comparison) -> tuple[SequenceTable, ...]:
    made = []
    for measure in _present(comparison):
        columns = [method.sequences(measure.key) for method in comparison.methods]
        names = sorted({name for column in columns for name in column})
        rows = tuple((name, tuple(column.get(name) for column in columns)) for name in names)
        made.append(SequenceTable(measure, tuple(method.name for method in comparison.methods), rows))
    return tuple(made)


def _galleries(results: Results, benchmark: str, split: str) -> tuple[Gallery, ...]:
    """Make the strips of every run tested on the split: its first seed, frames chosen by its first maps."""
    if benchmark not in results.manifests:
        return ()
    made = []
    for model, runs in results.config.runs.items():
        for name, run in runs.items():
            posts = [
                post for test in run.test if (test.benchmark, test.split) == (benchmark, split) for post in test.post
            ]
            folders: dict[str, Path] = {}
            for post in dict.fromkeys(posts):
                marker = Path(results.paths.predictions(model, name, run.seeds[0], post, benchmark))
                if marker.parent.is_dir():
                    folders["prediction" if post == "raw" else f"+ CRF {post}"] = marker.parent
            if not folders:
                continue
            errors = frame_errors(
                next(iter(folders.values())), results.folder(benchmark), results.manifests[benchmark], split
            )
            blocks = inputs(results, model, name)
            strips = tuple(
                strip(results, benchmark, error, place=place, blocks=blocks, predictions=folders)
                for place, chosen in choose(errors, results.config.report.strips).items()
                for error in chosen
            )
            made.append(Gallery(method_name(model, name, "raw"), strips))
    return tuple(made)
