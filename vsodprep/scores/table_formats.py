"""Tables as Markdown, LaTeX, CSV and HTML."""

import csv
import io
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import accumulate, groupby, pairwise

from vsodprep.scores.table import Cell, Column, Table

CSV_COLUMNS = (
    *("method", "source", "benchmark", "protocol", "metric", "value", "spread", "rank", "note"),
    *("part", "low", "high", "difference", "p", "p_holm"),
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
    """

    groups: Sequence[tuple[str, int]]
    leading: Sequence[str]
    headings: Sequence[str]
    body: Sequence[tuple[Sequence[str], Sequence[str]]]
    right: bool


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
    if transpose:
        seen = [group if place == 0 or group != names[place - 1][0] else "" for place, (group, _) in enumerate(names)]
        titled = any(seen)
        words = [[group, heading] if titled else [heading] for group, (_, heading) in zip(seen, names, strict=True)]
        headings = [row.method + (f" ({row.source})" if row.source else "") for row in table.rows]
        body = list(zip(words, list(zip(*numbers, strict=True)), strict=True))
        return _Grid((), [""] * (2 if titled else 1), [markup.text(each) for each in headings], body, right)
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
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _markdown_text(text: str) -> str:
    return _one_line(text).replace("|", "\\|").replace("*", "\\*").replace("<", "&lt;")


_MARKDOWN = _Markup(_markdown_text, "**{}**", "<u>{}</u>", "<sup>{}</sup>", "{}")


def markdown(table: Table, digits: int, *, transpose: bool = False) -> str:
    """Return a Markdown table; best bold, second best underlined."""
    grid = _grid(table, digits, _MARKDOWN, transpose=transpose)
    over = [name for name, width in grid.groups for _ in range(width)] or [""] * len(grid.headings)
    headings = [f"{group} {heading}".strip() for group, heading in zip(over, grid.headings, strict=True)]
    lines = [
        [*grid.leading, *headings],
        [*("---" for _ in grid.leading), *("---:" if grid.right else "---" for _ in headings)],
    ]
    lines += [[*words, *numbers] for words, numbers in grid.body]
    text = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    remarks = [*(f"{number}: {note}" for number, note in enumerate(table.notes, 1)), *table.remarks]
    return text + "".join(f"\n{_markdown_text(remark)}  " for remark in remarks) + ("\n" if remarks else "")


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
    return _one_line(text).translate(_LATEX_LETTERS)


_LATEX = _Markup(_latex_text, r"\textbf{{{}}}", r"\underline{{{}}}", r"$^{{{}}}$", r"{{\scriptsize {}}}")


def latex(table: Table, digits: int, *, transpose: bool = False) -> str:
    """Return a LaTeX tabular for the package booktabs, notes below it; best bold, second best underlined."""
    grid = _grid(table, digits, _LATEX, transpose=transpose)
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
        if transpose and place and len(words) > 1 and words[0]:
            lines.append(r"\addlinespace")
        lines.append(" & ".join([*words, *numbers]) + r" \\")
    lines.append(r"\bottomrule")
    longest = max(sum(map(len, (*words, *numbers))) for words, numbers in grid.body)
    notes = [(f"$^{{{number}}}$ ", note) for number, note in enumerate(table.notes, 1)]
    for mark, remark in [*notes, *(("", remark) for remark in table.remarks)]:
        for place, line in enumerate(textwrap.wrap(remark, max(_NOTE_WIDTH, longest))):
            text = (mark if place == 0 else "") + _latex_text(line)
            lines.append(rf"\multicolumn{{{width}}}{{l}}{{\footnotesize {text}}} \\")
    return "\n".join([*lines, r"\end{tabular}"]) + "\n"


def comma_separated(table: Table, digits: int, *, transpose: bool = False) -> str:
    """Return the long form, a line per number, with all digits whatever is asked for."""
    del digits, transpose
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for row in table.rows:
        for column, cell in zip(table.columns, row.cells, strict=True):
            if cell.value is not None:
                where = (column.benchmark, column.protocol, column.measure.key)
                number = (cell.value, cell.spread, cell.rank, cell.note)
                low, high = (cell.interval.low, cell.interval.high) if cell.interval else (None, None)
                test = (cell.versus.value, cell.versus.p, cell.p) if cell.versus else (None, None, None)
                writer.writerow((row.method, row.source, *where, *number, column.part, low, high, *test))
    return stream.getvalue()


_HTML = _Markup(escape, "<strong>{}</strong>", "<u>{}</u>", "<sup>{}</sup>", "<small>{}</small>")


def html(table: Table, digits: int, *, transpose: bool = False) -> str:
    """Return an HTML table; best `<strong>`, second best underlined."""
    grid = _grid(table, digits, _HTML, transpose=transpose)
    deep = ' rowspan="2"' if grid.groups else ""
    leading = "".join(f"<th{deep}>{name}</th>" for name in grid.leading)
    headings = "".join(f"<th>{heading}</th>" for heading in grid.headings)
    spans = "".join(f'<th colspan="{width}">{name}</th>' for name, width in grid.groups)
    head = [f"<tr>{leading}{spans}</tr>", f"<tr>{headings}</tr>"] if grid.groups else [f"<tr>{leading}{headings}</tr>"]
    lines = ["<table>", "<thead>", *head, "</thead>", "<tbody>"]
    for words, numbers in grid.body:
        cells = "".join(f"<th>{word}</th>" for word in words) + "".join(f"<td>{number}</td>" for number in numbers)
        lines.append(f"<tr>{cells}</tr>")
    remarks = [*(f"{number}: {note}" for number, note in enumerate(table.notes, 1)), *table.remarks]
    lines += ["</tbody>", "</table>", *(f"<p>{escape(remark)}</p>" for remark in remarks)]
    return "\n".join(lines) + "\n"


FORMATS: dict[str, Callable[..., str]] = {
    "markdown": markdown,
    "latex": latex,
    "csv": comma_separated,
    "html": html,
}
