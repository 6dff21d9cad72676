"""`vsodprep table`: merge scores into one table."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vsodprep.cli._folder import PATH
from vsodprep.cli._names import benchmark_names, model_names, protocol_names
from vsodprep.cli._score_options import bootstrap_options, measures_option

if TYPE_CHECKING:
    from vsodprep.scores.printed import Beside
    from vsodprep.scores.read import Scores
    from vsodprep.scores.table import Table


@click.command("table")
@click.argument("scores", nargs=-1, metavar="[LABEL=]SCORES.json|DIR...")
@measures_option("max_f", "s_measure", "mae", help="Keys of measures in the score files.")
@click.option(
    "--paper",
    "papers",
    multiple=True,
    shell_complete=model_names,
    help="Add what a paper prints: a model's name, or `all`.",
)
@click.option(
    "--benchmark", "benchmarks", multiple=True, shell_complete=benchmark_names, help="Show only this benchmark."
)
@click.option(
    "--protocol", "protocols", multiple=True, shell_complete=protocol_names, help="Show only scores by this protocol."
)
@click.option(
    "--by",
    type=click.Choice(["attribute", "sequence"]),
    help="Show a column for each attribute or sequence instead of the benchmark.",
)
@click.option("--only", multiple=True, metavar="LABEL", help="Show only this method; several in the order given.")
@click.option(
    "--sort", metavar="MEASURE|rank", help="Best first by the first column of a measure, or by the mean rank."
)
@click.option("--mean-rank", is_flag=True, help="Add the mean rank over all columns.")
@click.option("--interval", "intervals", is_flag=True, help="Add bootstrap intervals over sequences.")
@click.option(
    "--versus", metavar="LABEL", help="Add p of paired tests against this method, corrected for their number (Holm)."
)
@bootstrap_options
@click.option("--printed", is_flag=True, help="Show each score beside what papers print about a method of that name.")
@click.option(
    "--printed-as", multiple=True, metavar="LABEL=NAME", help="Like --printed, for a label that papers call NAME."
)
@click.option("--transpose", is_flag=True, help="Methods along the top.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["markdown", "latex", "csv", "html", "json"]),
    default="markdown",
    show_default=True,
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--digits", type=click.IntRange(1, 9), default=3, show_default=True, help="Decimal places.")
@click.option("--out", type=PATH, help="Write to this file instead of the terminal.")
def command(
    scores: tuple[str, ...],
    form: str,
    as_json: bool,
    digits: int,
    out: Path | None,
    printed: bool,
    printed_as: tuple[str, ...],
    **chosen: Any,
) -> None:
    """Merge score files, and papers' own numbers, into a table with best and second best marked.

    From a folder, all score files are taken. Files of one label are seeds of one method; without a label, the path
    gives it.
    """
    from vsodprep.files import write_text
    from vsodprep.scores.papers import OWN_METHOD
    from vsodprep.scores.read import load_scores
    from vsodprep.scores.table_formats import written, written_printed

    form = "json" if as_json else form
    beside = printed or bool(printed_as)
    if not scores and (beside or not chosen["papers"]):
        raise click.UsageError("name score files, or papers with --paper")
    if beside and (asked := [option for option, key in _OF_A_TABLE.items() if chosen[key]]):
        raise click.UsageError(f"--printed cannot be combined with {asked[0]}")
    named = tuple(OWN_METHOD) if "all" in chosen["papers"] else chosen["papers"]
    loaded = load_scores(scores)
    if beside:
        text = written_printed(_printed(loaded, printed_as, named, chosen), form, digits)
    else:
        text = written(_table(loaded, named, digits, chosen), form, digits, transpose=chosen["transpose"])
    if out is None:
        click.echo(text, nl=False)
    else:
        write_text(out, text)


# Options that only the table of methods has.
_OF_A_TABLE = {
    "--by": "by",
    "--sort": "sort",
    "--mean-rank": "mean_rank",
    "--interval": "intervals",
    "--versus": "versus",
    "--transpose": "transpose",
}


def _table(loaded: "list[Scores]", papers: tuple[str, ...], digits: int, chosen: dict[str, Any]) -> "Table":
    """Build the table, and say of which papers there is nothing in it."""
    from vsodprep.scores.bootstrap import Draws
    from vsodprep.scores.papers import OWN_METHOD
    from vsodprep.scores.table import build_table

    if chosen["by"] and papers:
        raise click.UsageError(
            f"--by {chosen['by']} cannot be combined with --paper: papers print numbers of whole benchmarks only"
        )
    if chosen["by"] == "sequence" and (chosen["intervals"] or chosen["versus"]):
        raise click.UsageError(
            "--by sequence cannot be combined with --interval or --versus, which resample the sequences"
        )
    options = {key: value for key, value in chosen.items() if key not in _ELSEWHERE}
    table = build_table(
        {each.label: each.files for each in loaded},
        chosen["measures"],
        papers=papers,
        draws=Draws(*(chosen[name] for name in Draws._fields)),
        digits=digits,
        **options,
    )
    for paper in chosen["papers"]:
        if paper != "all" and not any(row.source.startswith(f"{OWN_METHOD[paper]},") for row in table.rows):
            click.echo(f"{paper}: no number of these measures on these benchmarks by these protocols", err=True)
    unnamed = [each.label for each in loaded if any(values["benchmark"] is None for values in each.files)]
    if papers and unnamed:
        click.echo(f"of no known benchmark (evaluate --benchmark): {', '.join(unnamed)}", err=True)
    return table


_ELSEWHERE = ("measures", "papers", "level", "resamples", "seed", "transpose")


def _printed(
    loaded: "list[Scores]", printed_as: tuple[str, ...], papers: tuple[str, ...], chosen: dict[str, Any]
) -> "list[Beside]":
    """Set scores beside what papers print, and say of which methods none prints anything."""
    from vsodprep.errors import InputError, check_known, meant
    from vsodprep.scores.papers import OWN_METHOD, printed_numbers, same_method
    from vsodprep.scores.printed import beside_printed

    labels = [each.label for each in loaded]
    names = dict(pair.split("=", 1) for pair in printed_as if "=" in pair)
    if len(names) < len(printed_as):
        raise click.UsageError("--printed-as takes LABEL=NAME, once for each label")
    check_known("--printed-as", names, labels, "scores of")
    for name in names.values():
        if not any(same_method(name, each.method) for each in printed_numbers()):
            expected = f"the name of a method in papers.csv{meant(name, {each.method for each in printed_numbers()})}"
            raise InputError("--printed-as", f"no method {name!r} in any paper", expected)
    check_known("papers", papers, OWN_METHOD, "paper")
    check_known("--only", chosen["only"], labels, "method")
    found: list[Beside] = []
    for each in loaded:
        if chosen["only"] and each.label not in chosen["only"]:
            continue
        files = [
            values
            for values in each.files
            if values["benchmark"] in (chosen["benchmarks"] or (values["benchmark"],))
            and values["protocol"] in (chosen["protocols"] or (values["protocol"],))
        ]
        beside = beside_printed(each.label, files, chosen["measures"], name=names.get(each.label), papers=papers)
        if not beside:
            click.echo(f"{each.label}: no paper prints these measures of it on these benchmarks", err=True)
        found += beside
    if not found:
        raise InputError(
            "table",
            "no method of the table is in a printed table",
            "methods under the names that papers use, or --printed-as",
        )
    return found
