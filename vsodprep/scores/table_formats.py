"""Tables as Markdown, LaTeX, CSV and HTML."""

import csv
import io
from collections.abc import Callable
from html import escape
from itertools import accumulate, groupby, pairwise

from vsodprep.scores.measures import measure
from vsodprep.scores.papers import OWN_METHOD
from vsodprep.scores.table import Cell, Column, Row, Table

CSV_COLUMNS = ("method", "source", "benchmark", "protocol", "metric", "value", "spread", "rank", "note")


def _number(cell: Cell, digits: int) -> str:
    if cell.value is None:
        return ""
    spread = "" if cell.spread is None else f" ± {cell.spread:.{digits}f}"
    return f"{cell.value:.{digits}f}{spread}"


def _cells(table: Table, row: Row, digits: int, best: str, second: str, raised: str) -> list[str]:
    """Return the numbers of a row, with the marks of best and second best, and of their notes."""
    texts = []
    for cell in row.cells:
        text = ("{}", best, second)[cell.rank].format(_number(cell, digits))
        texts.append(text + raised.format(table.notes.index(cell.note) + 1) if cell.note else text)
    return texts


def _heading(column: Column) -> str:
    return f"{column.measure.heading} {'↓' if column.measure.small else '↑'}"


def _group(column: Column) -> str:
    return f"{column.benchmark} ({column.protocol})" if column.protocol else column.benchmark


def _groups(table: Table) -> list[tuple[str, int]]:
    """Return the benchmarks over the columns, and how many columns each spans."""
    return [(name, len(list(columns))) for name, columns in groupby(map(_group, table.columns))]


def _remarks(table: Table) -> list[str]:
    """Return the notes by number, then where papers disagree."""
    remarks = [f"{number}: {note}" for number, note in enumerate(table.notes, 1)]
    for each in table.disagreements:
        values = ", ".join(f"{value:g} ({OWN_METHOD[paper]})" for paper, value in each.values.items())
        remarks.append(f"papers disagree on {each.method}, {each.benchmark}, {measure(each.metric).heading}: {values}")
    return remarks


def markdown(table: Table, digits: int) -> str:
    """Return a Markdown table; best bold, second best underlined."""
    lines = [
        ["method", "source", *(f"{_group(column)} {_heading(column)}" for column in table.columns)],
        ["---", "---", *("---:" for _ in table.columns)],
    ]
    for row in table.rows:
        cells = _cells(table, row, digits, "**{}**", "<u>{}</u>", "<sup>{}</sup>")
        lines.append([row.method.replace("|", "\\|"), row.source, *cells])
    text = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    remarks = _remarks(table)
    return text + "".join(f"\n{remark}  " for remark in remarks) + ("\n" if remarks else "")


_LATEX = str.maketrans(
    {letter: f"\\{letter}" for letter in "&%$#_{}"}
    | {
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "\\": r"\textbackslash{}",
        "±": r"$\pm$",
        "↑": r"$\uparrow$",
        "↓": r"$\downarrow$",
        "β": r"$\beta$",
        "²": r"$^2$",
    }
)


def latex(table: Table, digits: int) -> str:
    """Return a LaTeX table for the package booktabs; best bold, second best underlined."""
    groups = _groups(table)
    spans = [rf"\multicolumn{{{width}}}{{c}}{{{name.translate(_LATEX)}}}" for name, width in groups]
    ends = accumulate((width for _, width in groups), initial=2)
    rules = [rf"\cmidrule(lr){{{before + 1}-{end}}}" for before, end in pairwise(ends)]
    headings = [_heading(column).translate(_LATEX) for column in table.columns]
    lines = [
        rf"\begin{{tabular}}{{ll{'r' * len(table.columns)}}}",
        r"\toprule",
        " & ".join(["", "", *spans]) + r" \\",
        " ".join(rules),
        " & ".join(["Method", "Source", *headings]) + r" \\",
        r"\midrule",
    ]
    for row in table.rows:
        cells = _cells(table, row, digits, r"\textbf{{{}}}", r"\underline{{{}}}", r"$^{{{}}}$")
        words = [row.method.translate(_LATEX), row.source.translate(_LATEX), *cells]
        lines.append(" & ".join(words).replace("±", r"$\pm$") + r" \\")
    lines += [r"\bottomrule", r"\end{tabular}"]
    lines += [f"% {remark}" for remark in _remarks(table)]
    return "\n".join(lines) + "\n"


def comma_separated(table: Table, digits: int) -> str:
    """Return the long form, a line per number, with all digits whatever is asked for."""
    del digits
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for row in table.rows:
        for column, cell in zip(table.columns, row.cells, strict=True):
            if cell.value is not None:
                where = (column.benchmark, column.protocol, column.measure.key)
                writer.writerow((row.method, row.source, *where, cell.value, cell.spread, cell.rank, cell.note))
    return stream.getvalue()


def html(table: Table, digits: int) -> str:
    """Return an HTML table; best `<strong>`, second best underlined."""
    spans = "".join(f'<th colspan="{width}">{escape(name)}</th>' for name, width in _groups(table))
    headings = "".join(f"<th>{escape(_heading(column))}</th>" for column in table.columns)
    lines = [
        "<table>",
        f'<thead><tr><th rowspan="2">method</th><th rowspan="2">source</th>{spans}</tr>',
        f"<tr>{headings}</tr></thead>",
        "<tbody>",
    ]
    for row in table.rows:
        texts = _cells(table, row, digits, "<strong>{}</strong>", "<u>{}</u>", "<sup>{}</sup>")
        cells = "".join(f"<td>{text}</td>" for text in texts)
        lines.append(f"<tr><th>{escape(row.method)}</th><td>{escape(row.source)}</td>{cells}</tr>")
    lines += ["</tbody>", "</table>", *(f"<p>{escape(remark)}</p>" for remark in _remarks(table))]
    return "\n".join(lines) + "\n"


FORMATS: dict[str, Callable[[Table, int], str]] = {
    "markdown": markdown,
    "latex": latex,
    "csv": comma_separated,
    "html": html,
}
