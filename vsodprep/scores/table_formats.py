"""Tables as Markdown, LaTeX, CSV, HTML and JSON."""

import csv
import io
import json
import re
import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import accumulate, groupby, pairwise
from typing import Any

from vsodprep.scores.papers import OWN_METHOD, disagreements
from vsodprep.scores.printed import Beside
from vsodprep.scores.table import Cell, Column, Table

CSV_COLUMNS = (
    *("method", "source", "benchmark", "protocol", "metric", "value", "spread", "rank", "note"),
    *("part", "low", "high", "difference", "p", "p_holm"),
)
PRINTED_COLUMNS = (
    *("method", "benchmark", "protocol", "metric", "value"),
    *("paper", "table", "printed_method", "printed", "difference", "note"),
)
_NOTE_WIDTH = 60  # letters of a line under a LaTeX table, at least


@dataclass(frozen=True)
class _Markup:
    """How a format writes: its own form of a text, and the patterns around numbers."""

    text: Callable[[str], str]
    best: str
    second: str
    raised: str
    small: str


@dataclass(frozen=True)
class _Grid:
    """A table as texts in their final markup.

    Attributes:
        groups: What stands over the columns of numbers and how many each spans; empty if there is nothing.
        leading: Headings of the columns of words.
        headings: Headings of the columns of numbers.
        body: Words and numbers of each row.
        right: Whether numbers stand at the right of their columns; with more beside them they do not line up there.
        parted: Whether rows whose first word is not empty begin a part.
        notes: What the raised numbers stand for, in order.
        remarks: What else stands under the table.
    """

    groups: Sequence[tuple[str, int]]
    leading: Sequence[str]
    headings: Sequence[str]
    body: Sequence[tuple[Sequence[str], Sequence[str]]]
    right: bool
    parted: bool
    notes: Sequence[str]
    remarks: Sequence[str]

    @property
    def below(self) -> list[str]:
        """What stands under the table, the notes with their numbers."""
        return [*(f"{number}: {note}" for number, note in enumerate(self.notes, 1)), *self.remarks]


def _number(cell: Cell, note: int, digits: int, markup: _Markup) -> str:
    if cell.value is None:
        return ""
    spread = "" if cell.spread is None else f" ± {cell.spread:.{digits}f}"
    beside = []
    if cell.interval:
        beside.append(f"[{cell.interval.low:.{digits}f}, {cell.interval.high:.{digits}f}]")
    if cell.p is not None:
        beside.append("p < 0.001" if cell.p < 0.001 else f"p = {cell.p:.3f}")
    text = ("{}", markup.best, markup.second)[cell.rank].format(markup.text(f"{cell.value:.{digits}f}{spread}"))
    text += markup.raised.format(note) if note else ""
    return f"{text} {markup.small.format(markup.text(', '.join(beside)))}" if beside else text


def _names(columns: Sequence[Column]) -> list[tuple[str, str]]:
    """Return what stands over each column: the benchmark's title, and the measure; or both, and a part's name.

    The protocol is among them where a measure of a benchmark stands in several columns.
    """
    names = []
    for column in columns:
        measure = f"{column.measure.heading} {'↓' if column.measure.small else '↑'}"
        same = [each for each in columns if (each.benchmark, each.measure) == (column.benchmark, column.measure)]
        if len({each.protocol for each in same}) > 1:
            measure = f"{measure} ({column.protocol})"
        title = column.title
        names.append((f"{title} {measure}".strip(), column.part) if column.by else (title, measure))
    return names


def _grid(table: Table, digits: int, markup: _Markup, *, transpose: bool) -> _Grid:
    numbers = [
        [_number(cell, table.notes.index(cell.note) + 1 if cell.note else 0, digits, markup) for cell in row.cells]
        for row in table.rows
    ]
    names = [(markup.text(group), markup.text(heading)) for group, heading in _names(table.columns)]
    sources = any(row.source for row in table.rows)
    right = not any(cell.interval or cell.versus for row in table.rows for cell in row.cells)
    notes = (table.notes, table.remarks)
    if transpose:
        seen = [group if place == 0 or group != names[place - 1][0] else "" for place, (group, _) in enumerate(names)]
        titled = any(seen)
        words = [[group, heading] if titled else [heading] for group, (_, heading) in zip(seen, names, strict=True)]
        headings = [row.method + (f" ({row.source})" if row.source else "") for row in table.rows]
        body = list(zip(words, list(zip(*numbers, strict=True)), strict=True))
        return _Grid((), [""] * (1 + titled), [markup.text(each) for each in headings], body, right, titled, *notes)
    groups = [(name, len(list(columns))) for name, columns in groupby(name for name, _ in names)]
    return _Grid(
        groups if any(name for name, _ in groups) else (),
        ["method", "source"] if sources else ["method"],
        [heading for _, heading in names],
        [
            ([markup.text(row.method), markup.text(row.source)] if sources else [markup.text(row.method)], cells)
            for row, cells in zip(table.rows, numbers, strict=True)
        ],
        right,
        False,
        *notes,
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _markdown_text(text: str) -> str:
    return _one_line(text).replace("|", "\\|").replace("*", "\\*").replace("<", "&lt;")


_MARKDOWN = _Markup(_markdown_text, "**{}**", "<u>{}</u>", "<sup>{}</sup>", "{}")


def _markdown(grid: _Grid) -> str:
    over = [name for name, width in grid.groups for _ in range(width)] or [""] * len(grid.headings)
    headings = [f"{group} {heading}".strip() for group, heading in zip(over, grid.headings, strict=True)]
    lines = [
        [*grid.leading, *headings],
        [*("---" for _ in grid.leading), *("---:" if grid.right else "---" for _ in headings)],
    ]
    lines += [[*words, *numbers] for words, numbers in grid.body]
    text = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    return text + "".join(f"\n{_markdown_text(each)}  " for each in grid.below) + ("\n" if grid.below else "")


_LATEX_LETTERS = str.maketrans(
    {letter: f"\\{letter}" for letter in "&%$#_{}"}
    | {
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "\\": r"\textbackslash{}",
        "<": "$<$",
        ">": "$>$",
        "|": r"\textbar{}",
        '"': "''",
        "`": "{`}",
        "[": "{[}",  # after \\ or a rule, a bracket or an asterisk would be taken for an argument
        "*": "{*}",
        "±": r"$\pm$",
        "−": "$-$",
        "Δ": r"$\Delta$",
        "α": r"$\alpha$",
        "β": r"$\beta$",
        "²": r"$^2$",
        "↑": r"$\uparrow$",
        "↓": r"$\downarrow$",
    }
)


def _latex_text(text: str) -> str:
    # Two hyphens in a row would become a dash.
    return re.sub("-(?=-)", "-{}", _one_line(text).translate(_LATEX_LETTERS))


_LATEX = _Markup(_latex_text, r"\textbf{{{}}}", r"\underline{{{}}}", r"$^{{{}}}$", r"{{\scriptsize {}}}")


def _latex(grid: _Grid) -> str:
    before, width = len(grid.leading), len(grid.leading) + len(grid.headings)
    aligned = "l" * before + ("r" if grid.right else "l") * len(grid.headings)
    lines = [r"% needs \usepackage{booktabs}", rf"\begin{{tabular}}{{{aligned}}}", r"\toprule"]
    if grid.groups:
        spans = [rf"\multicolumn{{{columns}}}{{c}}{{{name}}}" for name, columns in grid.groups]
        ends = accumulate((columns for _, columns in grid.groups), initial=before)
        named = zip(grid.groups, pairwise(ends), strict=True)
        rules = [rf"\cmidrule(lr){{{left + 1}-{right}}}" for (name, _), (left, right) in named if name]
        lines += [" & ".join([*("" for _ in grid.leading), *spans]) + r" \\", " ".join(rules)]
    lines += [" & ".join([*grid.leading, *grid.headings]) + r" \\", r"\midrule"]
    for place, (words, numbers) in enumerate(grid.body):
        if grid.parted and place and words[0]:
            lines.append(r"\addlinespace")
        lines.append(" & ".join([*words, *numbers]) + r" \\")
    lines.append(r"\bottomrule")
    longest = max(sum(map(len, (*words, *numbers))) for words, numbers in grid.body)
    notes = [(f"$^{{{number}}}$ ", note) for number, note in enumerate(grid.notes, 1)]
    for mark, remark in [*notes, *(("", remark) for remark in grid.remarks)]:
        for place, line in enumerate(textwrap.wrap(remark, max(_NOTE_WIDTH, longest))):
            text = (mark if place == 0 else "") + _latex_text(line)
            lines.append(rf"\multicolumn{{{width}}}{{l}}{{\footnotesize {text}}} \\")
    return "\n".join([*lines, r"\end{tabular}"]) + "\n"


_HTML = _Markup(escape, "<strong>{}</strong>", "<u>{}</u>", "<sup>{}</sup>", "<small>{}</small>")


def _html(grid: _Grid) -> str:
    deep = ' rowspan="2"' if grid.groups else ""
    leading = "".join(f"<th{deep}>{name}</th>" for name in grid.leading)
    headings = "".join(f"<th>{heading}</th>" for heading in grid.headings)
    spans = "".join(f'<th colspan="{width}">{name}</th>' for name, width in grid.groups)
    head = [f"<tr>{leading}{spans}</tr>", f"<tr>{headings}</tr>"] if grid.groups else [f"<tr>{leading}{headings}</tr>"]
    lines = ["<table>", "<thead>", *head, "</thead>", "<tbody>"]
    for words, numbers in grid.body:
        cells = "".join(f"<th>{word}</th>" for word in words) + "".join(f"<td>{number}</td>" for number in numbers)
        lines.append(f"<tr>{cells}</tr>")
    return "\n".join([*lines, "</tbody>", "</table>", *(f"<p>{escape(each)}</p>" for each in grid.below)]) + "\n"


def _csv(columns: Sequence[str], lines: Iterable[Sequence[Any]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(lines)
    return stream.getvalue()


def _json(columns: Sequence[str], lines: Iterable[Sequence[Any]]) -> str:
    return json.dumps([dict(zip(columns, line, strict=True)) for line in lines], indent=2, ensure_ascii=False) + "\n"


_PLAIN = {"csv": _csv, "json": _json}
_WRITERS = {"markdown": (_MARKDOWN, _markdown), "latex": (_LATEX, _latex), "html": (_HTML, _html)}
FORMATS = (*_WRITERS, *_PLAIN)


def written(table: Table, form: str, digits: int = 3, *, transpose: bool = False) -> str:
    """Return a table as text; best bold, second best underlined.

    Args:
        table: The table.
        form: `markdown`, `latex` (a tabular for the package booktabs, its notes below it), `html`, or `csv` and
            `json`: a line or an object per number, with all digits whatever is asked for.
        digits: Decimal places.
        transpose: Methods along the top.
    """
    if form not in _PLAIN:
        markup, write = _WRITERS[form]
        return write(_grid(table, digits, markup, transpose=transpose))
    lines: list[tuple[Any, ...]] = []
    for row in table.rows:
        for column, cell in zip(table.columns, row.cells, strict=True):
            if cell.value is not None:
                where = (column.benchmark, column.protocol, column.measure.key)
                number = (cell.value, cell.spread, cell.rank, cell.note)
                low, high = (cell.interval.low, cell.interval.high) if cell.interval else (None, None)
                test = (cell.versus.value, cell.versus.p, cell.p) if cell.versus else (None, None, None)
                lines.append((row.method, row.source, *where, *number, column.part, low, high, *test))
    return _PLAIN[form](CSV_COLUMNS, lines)


def written_printed(found: Sequence[Beside], form: str, digits: int = 3) -> str:
    """Return scores beside what papers print as text: a row for each score, and two columns for each paper.

    Args:
        found: The pairs; what keeps one from being compared stands in the place of the difference, as a note.
        form: As in `written`; `csv` has a line per pair, `json` an object.
        digits: Decimal places.
    """
    if form in _PLAIN:
        return _PLAIN[form](PRINTED_COLUMNS, map(_line, found))
    markup, write = _WRITERS[form]
    papers = list(dict.fromkeys(each.number.paper for each in found))
    notes = list(dict.fromkeys(filter(None, map(_note, found))))
    rows: dict[tuple[str, Column], dict[str, Beside]] = {}
    for each in found:
        rows.setdefault((each.method, each.column), {})[each.number.paper] = each
    names = _names(list(dict.fromkeys(each.column for each in found)))
    headings = dict(zip(dict.fromkeys(each.column for each in found), names, strict=True))
    body = []
    for (method, column), beside in rows.items():
        numbers = [f"{next(iter(beside.values())).scored:.{digits}f}"]
        for paper in papers:
            numbers += _pair(beside.get(paper), notes, digits, markup)
        body.append(([markup.text(method), markup.text(" ".join(headings[column]).strip())], numbers))
    groups = [("", 1), *((markup.text(OWN_METHOD[paper]), 2) for paper in papers)]
    both = [markup.text(name) for _ in papers for name in ("printed", "difference")]
    remarks = ["difference: scored minus printed, where the two can be compared"]
    remarks += [each.sentence for each in disagreements(each.number for each in found)]
    grid = _Grid(groups, ["method", "measure"], ["scored", *both], body, True, False, notes, remarks)
    return write(grid)


def _note(pair: Beside) -> str:
    return "; ".join((*pair.reasons, *pair.remarks))


def _pair(pair: Beside | None, notes: list[str], digits: int, markup: _Markup) -> list[str]:
    """Return a printed number, with the mark of its note, and the difference."""
    if pair is None:
        return ["", ""]
    mark = markup.raised.format(notes.index(_note(pair)) + 1) if _note(pair) else ""
    difference = "" if pair.difference is None else markup.text(f"{pair.difference:+.{digits}f}")
    return [f"{pair.number.value:.{digits}f}{mark}", difference]


def _line(pair: Beside) -> tuple[Any, ...]:
    number, column = pair.number, pair.column
    where = (pair.method, column.benchmark, column.protocol, column.measure.key, pair.scored)
    return (*where, number.paper, number.table, number.method, number.value, pair.difference, _note(pair))
