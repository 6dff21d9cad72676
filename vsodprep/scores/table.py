"""Tables that merge scores of several methods, and what papers print about others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

from vsodprep import benchmarks as registry
from vsodprep.errors import InputError, check_known, expected_one
from vsodprep.scores.bootstrap import TELLING, Difference, Draws, Interval, difference, holm, interval
from vsodprep.scores.measures import Measure, measure
from vsodprep.scores.papers import OWN_METHOD, PrintedNumber, disagreements, printed_numbers
from vsodprep.scores.read import CLASS_MEAN, Scores, parts_of
from vsodprep.scores.whole import Scope, omissions, scope, size

By = Literal["attribute", "sequence"]
RANK = "rank"
MEAN_RANK = Measure("mean_rank", "mean rank", True, "mean of the ranks in all columns")
_UNNAMED = "-"  # benchmark of a score file that names none

Files = Sequence[Mapping[str, Any]]


def title_of(benchmark: str | None) -> str:
    """Return the title of a benchmark as tables and figures show it; empty where there is none to tell."""
    if benchmark not in registry.known():
        return "" if benchmark in (_UNNAMED, None) else benchmark
    return registry.get(benchmark, None).title.partition(",")[0]


@dataclass(frozen=True)
class Column:
    """A measure on a benchmark, or on a part of it, under a protocol; no protocol means as each paper computes it.

    Attributes:
        benchmark: Benchmark name; empty for the mean rank.
        protocol: Name of the protocol.
        measure: The measure.
        part: An attribute or a sequence of the benchmark; empty for all of it.
        by: What the part is.
    """

    benchmark: str
    protocol: str
    measure: Measure
    part: str = ""
    by: By | None = None

    @property
    def title(self) -> str:
        """The benchmark's title; empty where there is none to tell."""
        return title_of(self.benchmark)

    def holds(self, number: PrintedNumber) -> bool:
        """Return whether a paper's number belongs here: it does where the paper names no protocol, too."""
        return (number.benchmark, number.metric) == (self.benchmark, self.measure.key) and (
            "" in (self.protocol, number.protocol) or number.protocol == self.protocol
        )

    def of(self, files: Files) -> list[dict[str, Any]]:
        """Return those score files of a method that belong here, each reduced to the column's part of the benchmark."""
        here = [each for each in files if scored_as(each) == (self.benchmark, self.protocol)]
        return [part for each in here if (part := self._part(each)) is not None]

    def _part(self, values: Mapping[str, Any]) -> dict[str, Any] | None:
        if self.by is None:
            return dict(values)
        known = parts_of(values, f"{self.by}s").get(self.part)
        if known is None:
            return None
        names = known.get("sequences", ()) if self.by == "attribute" else [self.part]
        sequences = {name: values["sequences"][name] for name in names}
        return {**known, **{key: values[key] for key in ("benchmark", "protocol", "settings")}, "sequences": sequences}


@dataclass(frozen=True)
class Cell:
    """One number.

    Attributes:
        value: The score; None where there is none.
        spread: Standard deviation over seeds, where there are several.
        note: What to know before comparing.
        rank: 1 for the best of its column, 2 for the second best, else 0; equals on the digits shown share a rank.
        scope: What it was scored on; None for a whole published benchmark, as papers score it.
        interval: Bootstrap interval over sequences, where it was asked for.
        versus: Difference to the method that the others are tested against, where that was asked for.
        p: The difference's p, corrected for the number of tests in the table.
    """

    value: float | None = None
    spread: float | None = None
    note: str = ""
    rank: int = 0
    scope: Scope | None = None
    interval: Interval | None = None
    versus: Difference | None = None
    p: float | None = None


AnyCell = TypeVar("AnyCell", bound=Cell)


@dataclass(frozen=True)
class Row:
    """A method; `source` is where a paper prints it, empty for scores of our own."""

    method: str
    source: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """Rows and columns, and what has to be said under them.

    Attributes:
        columns: The columns, those of a benchmark beside one another.
        rows: A row per method.
        remarks: How the numbers were made, and where the papers among the rows contradict one another.
    """

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    remarks: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """The notes of all cells, each once, in order."""
        return tuple(dict.fromkeys(cell.note for row in self.rows for cell in row.cells if cell.note))


def build_table(
    methods: Mapping[str, Files],
    metrics: Sequence[str],
    *,
    papers: Sequence[str] = (),
    benchmarks: Sequence[str] = (),
    protocols: Sequence[str] = (),
    by: By | None = None,
    only: Sequence[str] = (),
    sort: str | None = None,
    mean_rank: bool = False,
    intervals: bool = False,
    versus: str | None = None,
    draws: Draws | None = None,
    digits: int = 3,
) -> Table:
    """Merge scores and papers' numbers into one table.

    Args:
        methods: Score files of each method; several on one benchmark and protocol are its seeds.
        metrics: Keys of the measures that become columns.
        papers: Model names of the papers whose numbers become rows, each paper's of its own.
        benchmarks: Benchmarks to show; all that the scores are of, or the papers if there are no scores.
        protocols: Protocols to show, likewise.
        by: A column for each attribute or sequence instead of one for the benchmark.
        only: Methods to show, in this order; all if empty.
        sort: Key of the measure by whose first column the rows are ordered, best first, or `rank`: by the mean rank.
        mean_rank: Add the mean rank of each method that has a number in every column.
        intervals: Add a bootstrap interval to each of our own scores.
        versus: A method of our own against which every other one is tested, sequence by sequence.
        draws: How sequences are drawn anew for the two.
        digits: Decimal places that are shown, on which ranks are decided.

    Returns:
        A row per method, ours first, then paper by paper, unless told otherwise; columns without a number are left out.

    Raises:
        InputError: No such measure, paper or method, or nothing to show.
    """
    check_known("papers", papers, OWN_METHOD, "paper")
    printed = [
        each for each in printed_numbers() if each.paper in papers and each.variant == "full" and each.metric in metrics
    ]
    columns = _columns(methods, [measure(key) for key in metrics], printed, by)
    columns = [
        each
        for each in columns
        if (not benchmarks or each.benchmark in benchmarks) and (not protocols or each.protocol in protocols)
    ]
    rows = [Row(name, "", tuple(_own(column, files) for column in columns)) for name, files in methods.items()]
    columns, rows = _filled(columns, _chosen([*rows, *_printed_rows(columns, printed)], only))
    rows = _apart(rows)
    remarks = _protocols(columns) + _parts(columns, methods)
    draws = draws or Draws()
    if intervals:
        rows = [_with_intervals(row, columns, methods, draws) for row in rows]
        remarks.append(f"in brackets: {100 * draws.level:g} % bootstrap interval over sequences")
    if versus is not None:
        rows, remark = _tested(rows, columns, methods, versus, draws)
        remarks.append(remark)
    if mean_rank or sort == RANK:
        columns, rows, remark = _with_mean_rank(columns, rows, digits)
        remarks.append(remark)
    rows = _sorted(columns, rows, sort) if sort else rows
    marked = ranked([row.cells for row in rows], [column.measure for column in columns], digits)
    rows = [replace(row, cells=cells) for row, cells in zip(rows, marked, strict=True)]
    shown = [number for number in printed if any(column.holds(number) for column in columns)]
    remarks += [each.sentence for each in disagreements(shown)]
    return Table(tuple(columns), tuple(rows), tuple(remarks))


def scored_as(values: Mapping[str, Any]) -> tuple[str, str]:
    """Return the benchmark and the protocol of a score file, as a column has them."""
    return str(values["benchmark"] or _UNNAMED), str(values["protocol"])


def _columns(
    methods: Mapping[str, Files], measures: Sequence[Measure], printed: Sequence[PrintedNumber], by: By | None
) -> list[Column]:
    files = [each for of in methods.values() for each in of]
    places = [scored_as(each) for each in files] or [(number.benchmark, "") for number in printed]
    order = list(dict.fromkeys(benchmark for benchmark, _ in places))
    places = sorted(dict.fromkeys(places), key=lambda place: order.index(place[0]))  # a benchmark's side by side
    if by is None:
        return [Column(*place, each) for place in places for each in measures]
    parts = {
        place: dict.fromkeys(name for each in files if scored_as(each) == place for name in parts_of(each, f"{by}s"))
        for place in places
    }
    if not any(parts.values()):
        raise InputError("--by", f"none of the score files has {by}s", "scores of a benchmark that has them")
    return [Column(*place, each, part, by) for place in places for each in measures for part in parts[place]]


def _own(column: Column, files: Files) -> Cell:
    """Return the mean over the seeds of a method."""
    seeds = Scores("", tuple(column.of(files)))
    key = column.measure.key
    note = "; ".join(omissions(*replace(column, by=None).of(files)))
    return Cell(seeds.scalar(key), seeds.spread(key), note=note, scope=scope(seeds.files))


def _chosen(rows: Sequence[Row], only: Sequence[str]) -> list[Row]:
    check_known("--only", only, dict.fromkeys(row.method for row in rows), "method")
    return [row for name in dict.fromkeys(only) for row in rows if row.method == name] if only else list(rows)


def _filled(columns: Sequence[Column], rows: Sequence[Row]) -> tuple[list[Column], list[Row]]:
    """Leave out rows and columns without a number."""
    rows = [row for row in rows if any(cell.value is not None for cell in row.cells)]
    used = [any(row.cells[place].value is not None for row in rows) for place in range(len(columns))]
    if not any(used):
        raise InputError("table", "no number to show", "score files or papers that have these measures and benchmarks")
    kept = [replace(row, cells=tuple(cell for cell, keep in zip(row.cells, used, strict=True) if keep)) for row in rows]
    return [column for column, keep in zip(columns, used, strict=True) if keep], kept


def _protocols(columns: Sequence[Column]) -> list[str]:
    """Say by which protocols the columns are scored."""
    found: dict[str, dict[str, None]] = {}
    for column in columns:
        if column.protocol:
            found.setdefault(column.protocol, {})[column.measure.heading] = None
    if len(found) == 1:
        return [f"scored by the protocol {next(iter(found))}"]
    return [f"scored by the protocol {name}: {', '.join(headings)}" for name, headings in found.items()]


def _parts(columns: Sequence[Column], methods: Mapping[str, Files]) -> list[str]:
    """Say how many sequences have each attribute."""
    counts: dict[str, dict[str, int]] = {}
    for column in columns:
        if column.by == "attribute" and column.part != CLASS_MEAN:
            found = [len(each["sequences"]) for files in methods.values() for each in column.of(files)]
            counts.setdefault(column.title, {})[column.part] = max(found)
    return [
        f"sequences of {title or 'the benchmark'} with each attribute: "
        + ", ".join(f"{name} {count}" for name, count in known.items())
        for title, known in counts.items()
    ]


def _noted(cell: Cell, note: str) -> Cell:
    return replace(cell, note="; ".join(filter(None, (cell.note, note))))


def _drawn(column: Column, files: Files) -> list[dict[str, Any]]:
    """Return the score files that belong to a column whose sequences can be drawn anew."""
    if column.part == CLASS_MEAN:
        raise InputError(column.part, "a mean over classes, not over sequences", "a class, or the whole benchmark")
    return column.of(files)


def _with_intervals(row: Row, columns: Sequence[Column], methods: Mapping[str, Files], draws: Draws) -> Row:
    """Add intervals to our own scores; where there can be none, note why."""

    def measured(cell: Cell, column: Column) -> Cell:
        if row.source or cell.value is None:
            return cell
        try:
            return replace(cell, interval=interval(_drawn(column, methods[row.method]), column.measure.key, draws))
        except InputError as error:
            return _noted(cell, f"no interval: {error.found}")

    return replace(row, cells=tuple(map(measured, row.cells, columns)))


def _tested(
    rows: Sequence[Row], columns: Sequence[Column], methods: Mapping[str, Files], versus: str, draws: Draws
) -> tuple[list[Row], str]:
    """Test each of our own rows against one of them; say how."""
    check_known("--versus", [versus], methods, "scores of")

    def tested(row: Row, cell: Cell, column: Column) -> Cell:
        key, others = column.measure.key, column.of(methods[versus])
        if row.source or row.method == versus or cell.value is None or not others:
            return cell
        try:
            return replace(cell, versus=difference(_drawn(column, methods[row.method]), others, key, draws))
        except InputError as error:
            return _noted(cell, f"no test: {error.found}")

    made = [
        replace(row, cells=tuple(tested(row, *each) for each in zip(row.cells, columns, strict=True))) for row in rows
    ]
    tests = [cell.versus for row in made for cell in row.cells if cell.versus]
    if not tests:
        raise InputError(
            "--versus",
            f"no other method was scored on the sequences of {versus!r}",
            "two methods with scores of the same sequences",
        )
    corrected = iter(holm([each.p for each in tests]))
    made = [
        replace(row, cells=tuple(replace(each, p=next(corrected)) if each.versus else each for each in row.cells))
        for row in made
    ]
    smallest = min(each.smallest_p for each in tests) * len(tests)
    several = len(tests) > 1
    remark = f"p: paired test against {versus} that exchanges the two methods sequence by sequence"
    if several:
        remark += f", corrected for the {len(tests)} tests of the table by Holm's method"
    if smallest > TELLING:
        why = "so few sequences and so many tests" if several else "so few sequences"
        remark += f"; with {why} none can fall below {min(smallest, 1):g}"
    return made, remark


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
    for number in printed:
        rows.setdefault((number.paper, number.method), []).append(number)
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


def _with_mean_rank(columns: Sequence[Column], rows: Sequence[Row], digits: int) -> tuple[list[Column], list[Row], str]:
    """Add a column with the mean of each row's places among those that have a comparable number in every column."""
    places = [place for place, column in enumerate(columns) if column.measure.ranked]
    leading = [_leading([row.cells[place] for row in rows]) for place in range(len(columns))]
    gaps = [
        [place for place in places if row.cells[place].value is None or row.cells[place].scope != leading[place]]
        for row in rows
    ]
    whole = [number for number, missing in enumerate(gaps) if not missing]
    if len(whole) < 2 or not places:
        expected = "fewer columns (--measure, --benchmark, --protocol) or other rows (--only)"
        raise InputError(
            "mean rank", f"rows with a comparable number in every column: {len(whole)}", f"two or more: {expected}"
        )
    sums = dict.fromkeys(whole, 0.0)
    for place in places:
        sign = 1 if columns[place].measure.small else -1
        shown = {number: sign * round(rows[number].cells[place].value or 0.0, digits) for number in whole}
        for number, value in shown.items():
            better = sum(other < value for other in shown.values())
            equal = sum(other == value for other in shown.values())
            sums[number] += better + (equal + 1) / 2
    ranks = [Cell(sums[number] / len(places)) if number in sums else Cell() for number in range(len(rows))]
    made = [replace(row, cells=(*row.cells, rank)) for row, rank in zip(rows, ranks, strict=True)]
    remark = (
        f"mean rank: over {len(places)} column{'s' if len(places) > 1 else ''}, "
        f"among the {len(whole)} rows with a comparable number in each; equals take the mean of their places"
    )
    return [*columns, Column("", "", MEAN_RANK)], made, remark


def _sorted(columns: Sequence[Column], rows: Sequence[Row], key: str) -> list[Row]:
    """Order rows by a column, best first; those without a comparable number come last."""
    wanted = MEAN_RANK.key if key == RANK else key
    place = next((place for place, column in enumerate(columns) if column.measure.key == wanted), None)
    if place is None:
        known = dict.fromkeys(column.measure.key for column in columns if column.benchmark)
        raise InputError("--sort", f"no column of {key!r}", expected_one(key, (*known, RANK)))
    leading = _leading([row.cells[place] for row in rows])
    sign = 1 if columns[place].measure.small else -1

    def order(row: Row) -> tuple[bool, bool, float]:
        cell = row.cells[place]
        return cell.value is None, cell.scope != leading, sign * (cell.value or 0.0)

    return sorted(rows, key=order)


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
