"""Results as rows: the long table of `results.csv`, and one table per benchmark and protocol for the page."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, replace

from vsodprep.report.methods import Comparison, Method
from vsodprep.report.paper import printed
from vsodprep.scores.measures import Measure, ordered
from vsodprep.scores.table import Cell as Number
from vsodprep.scores.table import ranked

COLUMNS = ("model", "run", "post", "seed", "benchmark", "protocol", "metric", "value", "paper_value", "delta")
MEAN = "mean"


@dataclass(frozen=True)
class Cell(Number):
    """One number of a table.

    Attributes:
        paper: What the paper prints.
        delta: Score minus paper, where the run is the paper's training.
    """

    paper: float | None = None
    delta: float | None = None


@dataclass(frozen=True)
class Row:
    """One method of a table, or one of its seeds.

    Attributes:
        method: The method.
        seed: A seed, or `mean` over several.
        cells: One per column.
        seeds: The single seeds, where there are several.
    """

    method: Method
    seed: str
    cells: tuple[Cell, ...]
    seeds: tuple["Row", ...] = ()


@dataclass(frozen=True)
class Table:
    """Scores on one benchmark under one protocol."""

    comparison: Comparison
    measures: tuple[Measure, ...]
    rows: tuple[Row, ...]


def table(comparison: Comparison) -> Table:
    """Return the table of one comparison: a row per method, a column per measure that any of them has."""
    scores = [score for method in comparison.methods for score in method.scores]
    measures = tuple(
        m for m in ordered(comparison.protocol) if any(score.values.get(m.key) is not None for score in scores)
    )
    rows = [_row(comparison, method, measures) for method in comparison.methods]
    marked = ranked([row.cells for row in rows], measures)
    return Table(comparison, measures, tuple(replace(row, cells=of) for row, of in zip(rows, marked, strict=True)))


def _row(comparison: Comparison, method: Method, measures: tuple[Measure, ...]) -> Row:
    """Return a method's row: its one seed, or the mean over its seeds with these below it."""
    cells = tuple(_cell(comparison, method, measure) for measure in measures)
    if len(method.scores) == 1:
        return Row(method, str(method.scores[0].seed), cells)
    single = [replace(method, scores=(score,)) for score in method.scores]
    return Row(method, MEAN, cells, tuple(_row(comparison, seed, measures) for seed in single))


def _cell(comparison: Comparison, method: Method, measure: Measure) -> Cell:
    value, spread = method.averaged.scalar(measure.key), method.averaged.spread(measure.key)
    if method.config is None:
        return Cell(value, spread)
    paper = printed(
        method.model,
        method.config.row,
        method.post,
        benchmark=comparison.benchmark,
        protocol=comparison.protocol,
        metric=measure.key,
    )
    comparable = not method.departures and not comparison.omissions
    delta = value - paper.value if comparable and value is not None and paper is not None else None
    return Cell(value, spread, paper=paper.value if paper else None, delta=delta)


def results_csv(tables: Iterable[Table]) -> str:
    """Return the tables in the long form of `results.csv`.

    Numbers have as many digits as the score files give; a method with several seeds has one more line per
    measure, whose seed is `mean`. `paper_value` and `delta` are empty where the paper prints nothing, `delta`
    also where the training was not the paper's.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for made in tables:
        where = (made.comparison.benchmark, made.comparison.protocol)
        for row in made.rows:
            for line in (*row.seeds, row):
                who = (line.method.model, line.method.run, line.method.post, line.seed)
                for measure, cell in zip(made.measures, line.cells, strict=True):
                    if cell.value is not None:
                        numbers = (cell.value, cell.paper, None if cell.delta is None else round(cell.delta, 12))
                        texts = ["" if number is None else repr(number) for number in numbers]
                        writer.writerow([*who, *where, measure.key, *texts])
    return stream.getvalue()
