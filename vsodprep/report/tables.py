"""Results as rows: the long table of `results.csv`, and one table per benchmark and protocol for the page."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, replace

from vsodprep.report.methods import Comparison, Method
from vsodprep.report.paper import printed
from vsodprep.scores.measures import Measure, ordered
from vsodprep.scores.papers import OWN_METHOD, PrintedNumber, disagreements, numbers_of
from vsodprep.scores.printed import beside_printed
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
class PaperLine:
    """What one paper prints about a row's method.

    Attributes:
        paper: Whose paper; empty for the method's own.
        numbers: One per column.
        differences: Score minus number, where the two can be compared.
        reasons: What keeps some from being compared.
        remarks: What else to know before comparing.
    """

    paper: str
    numbers: tuple[float | None, ...]
    differences: tuple[float | None, ...]
    reasons: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def compared(self) -> bool:
        """Whether there is any difference."""
        return any(each is not None for each in self.differences)


@dataclass(frozen=True)
class Row:
    """One method of a table, or one of its seeds.

    Attributes:
        method: The method.
        seed: A seed, or `mean` over several.
        cells: One per column.
        seeds: The single seeds, where there are several.
        printed: What papers print about it.
    """

    method: Method
    seed: str
    cells: tuple[Cell, ...]
    seeds: tuple["Row", ...] = ()
    printed: tuple[PaperLine, ...] = ()


@dataclass(frozen=True)
class Table:
    """Scores on one benchmark under one protocol."""

    comparison: Comparison
    measures: tuple[Measure, ...]
    rows: tuple[Row, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """What to know about the numbers that papers print about methods of `methods:`."""
        lines = [(row, line) for row in self.rows if row.method.compared for line in row.printed]
        said = [
            f"{row.method.name} in the paper of {line.paper}: {text}"
            for row, line in lines
            for text in (*(line.reasons if line.compared else ()), *line.remarks)
        ]
        found = [number for row in self.rows for number in _printed_numbers(row.method, self.comparison.benchmark)]
        shown = {measure.key for measure in self.measures}
        contrary = disagreements(number for number in found if number.metric in shown)
        return tuple(dict.fromkeys([*said, *(each.sentence for each in contrary)]))


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
    if method.compared is not None:
        papers = _of_papers(comparison, method, measures)
        cells = tuple(_beside(cell, papers, place) for place, cell in enumerate(cells))
        return Row(method, str(method.scores[0].seed), cells, printed=papers)
    own = tuple(cell.paper for cell in cells), tuple(cell.delta for cell in cells)
    printed_own = (
        (PaperLine("", *own, _unlike(comparison, method)),) if any(each is not None for each in own[0]) else ()
    )
    if len(method.scores) == 1:
        return Row(method, str(method.scores[0].seed), cells, printed=printed_own)
    single = [replace(method, scores=(score,)) for score in method.scores]
    return Row(method, MEAN, cells, tuple(_row(comparison, seed, measures) for seed in single), printed_own)


def _unlike(comparison: Comparison, method: Method) -> tuple[str, ...]:
    """Say why a row is not to be compared with what a paper prints."""
    training = ("not the paper’s training",) if method.departures else ()
    return (*training, *(("not the papers’ benchmark",) if comparison.omissions else ()))


def _printed_numbers(method: Method, benchmark: str) -> list[PrintedNumber]:
    """Return what the chosen papers print about a method of `methods:` on a benchmark."""
    if method.compared is None:
        return []
    known = numbers_of(method.name, method.run)
    papers = known if method.compared.printed is None else method.compared.printed
    return [number for paper in papers for number in known.get(paper, ()) if number.benchmark == benchmark]


def _of_papers(comparison: Comparison, method: Method, measures: tuple[Measure, ...]) -> tuple[PaperLine, ...]:
    """Return what each of the chosen papers prints about a method of `methods:`."""
    numbers, unlike = _printed_numbers(method, comparison.benchmark), _unlike(comparison, method)
    files, keys = [score.values for score in method.scores], [measure.key for measure in measures]
    lines = []
    for paper in dict.fromkeys(number.paper for number in numbers):
        found = beside_printed(method.name, files, keys, name=numbers[0].method, papers=(paper,))
        known = {beside.column.measure.key: beside for beside in found}
        shown = [known.get(key) for key in keys]
        values = tuple(None if beside is None else beside.number.value for beside in shown)
        differences = tuple(None if beside is None or unlike else beside.difference for beside in shown)
        reasons = unlike or tuple(dict.fromkeys(text for beside in found for text in beside.reasons))
        remarks = tuple(dict.fromkeys(text for beside in found for text in beside.remarks))
        lines += [PaperLine(OWN_METHOD[paper], values, differences, reasons, remarks)] if found else []
    return tuple(lines)


def _beside(cell: Cell, papers: tuple[PaperLine, ...], place: int) -> Cell:
    """Return a cell with the first number that any paper prints for it."""
    first = next((line for line in papers if line.numbers[place] is not None), None)
    return cell if first is None else replace(cell, paper=first.numbers[place], delta=first.differences[place])


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
