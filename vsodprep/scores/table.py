"""Tables that merge scores of several methods, and what papers print about others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from vsodprep.errors import InputError
from vsodprep.scores.measures import Measure, measure
from vsodprep.scores.papers import OWN_METHOD, Disagreement, PrintedNumber, disagreements, printed_numbers
from vsodprep.scores.read import Scores
from vsodprep.scores.whole import Scope, omissions, scope, size


@dataclass(frozen=True)
class Column:
    """A measure on a benchmark under a protocol; no protocol means as each paper computes it."""

    benchmark: str
    protocol: str
    measure: Measure

    def holds(self, figure: PrintedNumber) -> bool:
        """Return whether a paper's number belongs here: it does where the paper names no protocol, too."""
        return (figure.benchmark, figure.metric) == (self.benchmark, self.measure.key) and (
            "" in (self.protocol, figure.protocol) or figure.protocol == self.protocol
        )


@dataclass(frozen=True)
class Cell:
    """One number.

    Attributes:
        value: The score; None where there is none.
        spread: Standard deviation over seeds, where there are several.
        note: What to know before comparing.
        rank: 1 for the best of its column, 2 for the second best, else 0; equals on the digits shown share a rank.
        scope: What it was scored on; None for a whole published benchmark, as papers score it.
    """

    value: float | None = None
    spread: float | None = None
    note: str = ""
    rank: int = 0
    scope: Scope | None = None


AnyCell = TypeVar("AnyCell", bound=Cell)


@dataclass(frozen=True)
class Row:
    """A method; `source` is where a paper prints it, empty for scores of our own."""

    method: str
    source: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """Rows and columns, and where the papers among the rows contradict one another."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    disagreements: tuple[Disagreement, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """The notes of all cells, each once, in order."""
        return tuple(dict.fromkeys(cell.note for row in self.rows for cell in row.cells if cell.note))


def build_table(
    methods: Mapping[str, Sequence[Mapping[str, Any]]],
    metrics: Sequence[str],
    *,
    papers: Sequence[str] = (),
    benchmarks: Sequence[str] = (),
    digits: int = 3,
) -> Table:
    """Merge scores and papers' numbers into one table.

    Args:
        methods: Score files of each method; several on one benchmark and protocol are its seeds.
        metrics: Keys of the measures that become columns.
        papers: Model names of the papers whose numbers become rows, each paper's of its own.
        benchmarks: Benchmarks to show; all that the scores are of, or the papers if there are no scores.
        digits: Decimal places that are shown, on which ranks are decided.

    Returns:
        A row per method, ours first, then paper by paper; columns without a number are left out.

    Raises:
        InputError: No such measure or paper, or nothing to show.
    """
    for paper in papers:
        if paper not in OWN_METHOD:
            raise InputError("papers", f"no paper {paper!r}", f"one of {', '.join(OWN_METHOD)}")
    printed = [
        each for each in printed_numbers() if each.paper in papers and each.variant == "full" and each.metric in metrics
    ]
    columns = _columns(methods, [measure(key) for key in metrics], printed, benchmarks)
    rows = [Row(name, "", tuple(_own(column, files) for column in columns)) for name, files in methods.items()]
    rows += _printed_rows(columns, printed)
    rows = [row for row in rows if any(cell.value is not None for cell in row.cells)]
    used = [any(row.cells[place].value is not None for row in rows) for place in range(len(columns))]
    if not any(used):
        raise InputError("table", "no number to show", "score files or papers that have these measures and benchmarks")
    columns = [column for column, keep in zip(columns, used, strict=True) if keep]
    rows = [replace(row, cells=tuple(cell for cell, keep in zip(row.cells, used, strict=True) if keep)) for row in rows]
    shown = [figure for figure in printed if any(column.holds(figure) for column in columns)]
    rows = _apart(rows)
    marked = ranked([row.cells for row in rows], [column.measure for column in columns], digits)
    rows = [replace(row, cells=cells) for row, cells in zip(rows, marked, strict=True)]
    return Table(tuple(columns), tuple(rows), disagreements(shown))


def _columns(
    methods: Mapping[str, Sequence[Mapping[str, Any]]],
    measures: Sequence[Measure],
    printed: Sequence[PrintedNumber],
    benchmarks: Sequence[str],
) -> list[Column]:
    places = [(str(each["benchmark"] or "-"), str(each["protocol"])) for files in methods.values() for each in files]
    if not places:
        places = [(figure.benchmark, "") for figure in printed]
    chosen = [place for place in dict.fromkeys(places) if not benchmarks or place[0] in benchmarks]
    return [Column(*place, each) for place in chosen for each in measures]


def _own(column: Column, files: Sequence[Mapping[str, Any]]) -> Cell:
    """Return the mean over the seeds of a method."""
    here = (column.benchmark, column.protocol)
    seeds = Scores("", tuple(dict(each) for each in files if (str(each["benchmark"] or "-"), each["protocol"]) == here))
    key = column.measure.key
    note = "; ".join(omissions(*seeds.files))
    return Cell(seeds.scalar(key), seeds.spread(key), note=note, scope=scope(seeds.files))


def _apart(rows: Sequence[Row]) -> list[Row]:
    """Note where a number is of other sequences or frames than those that are ranked in its column."""
    leading = [_leading(column) for column in zip(*(row.cells for row in rows), strict=True)]

    def noted(cell: Cell, leading: Scope | None) -> Cell:
        if cell.value is None or cell.note or cell.scope is None or leading is None or cell.scope == leading:
            return cell
        return replace(cell, note=f"not ranked: {size(cell.scope)}, beside {size(leading)}")

    return [replace(row, cells=tuple(map(noted, row.cells, leading))) for row in rows]


def _leading(cells: Sequence[Cell]) -> Scope | None:
    """Return the scope that is ranked: the whole benchmark if any number is of it, else the one of most frames."""
    scopes = [cell.scope for cell in cells if cell.value is not None]
    known = [each for each in scopes if each is not None]
    return None if len(known) < len(scopes) or not known else max(known, key=lambda of: sum(n for _, n in of))


def _printed_rows(columns: Sequence[Column], printed: Sequence[PrintedNumber]) -> list[Row]:
    rows: dict[tuple[str, str], list[PrintedNumber]] = {}
    for figure in printed:
        rows.setdefault((figure.paper, figure.method), []).append(figure)
    made = []
    for (paper, method), found in rows.items():
        used: list[str] = []
        cells = []
        for column in columns:
            here = next((each for each in found if column.holds(each)), None)
            cells.append(Cell(here.value, note=here.note) if here else Cell())
            used += [here.table] if here else []
        made.append(Row(method, f"{OWN_METHOD[paper]}, {', '.join(dict.fromkeys(used))}", tuple(cells)))
    return made


def ranked(
    rows: Sequence[Sequence[AnyCell]], measures: Sequence[Measure], digits: int = 3
) -> list[tuple[AnyCell, ...]]:
    """Mark best and second best of every column, on the digits that are shown; a number alone is not marked.

    Only numbers of the same sequences and frames are ranked: those of the whole benchmark if there are any, else those
    of most frames.

    Args:
        rows: The cells of each row.
        measures: The measure of each column.
        digits: Decimal places.
    """
    columns: list[list[AnyCell]] = []
    for place, of in enumerate(measures):
        cells = [row[place] for row in rows]
        leading = _leading(cells)
        shown = [None if each.value is None or each.scope != leading else round(each.value, digits) for each in cells]
        known = [value for value in shown if value is not None]
        best = sorted(set(known), reverse=not of.small)[:2] if of.ranked and len(known) > 1 else []
        ranks = [1 + best.index(value) if value in best else 0 for value in shown]
        columns.append([replace(cell, rank=rank) for cell, rank in zip(cells, ranks, strict=True)])
    return list(zip(*columns, strict=True)) if columns else [() for _ in rows]
