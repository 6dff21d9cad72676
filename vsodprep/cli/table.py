"""`vsodprep table`: merge scores into one table."""

from pathlib import Path
from typing import Any

import click

from vsodprep.cli._folder import PATH
from vsodprep.cli._score_options import bootstrap_options, measures_option


@click.command("table")
@click.argument("scores", nargs=-1, metavar="[LABEL=]SCORES.json|DIR...")
@measures_option("max_f", "s_measure", "mae", help="Keys of measures in the score files.")
@click.option("--paper", "papers", multiple=True, help="Add what a paper prints: a model's name, or `all`.")
@click.option("--benchmark", "benchmarks", multiple=True, help="Show only this benchmark.")
@click.option("--protocol", "protocols", multiple=True, help="Show only scores by this protocol.")
@click.option("--by", type=click.Choice(["attribute", "sequence"]), help="A column for each, not for the benchmark.")
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
@click.option("--transpose", is_flag=True, help="Methods along the top.")
@click.option(
    "--format", "form", type=click.Choice(["markdown", "latex", "csv", "html"]), default="markdown", show_default=True
)
@click.option("--digits", type=click.IntRange(1, 9), default=3, show_default=True, help="Decimal places.")
@click.option("--out", type=PATH, help="Write to this file instead of the terminal.")
def command(
    scores: tuple[str, ...],
    measures: tuple[str, ...],
    papers: tuple[str, ...],
    form: str,
    out: Path | None,
    transpose: bool,
    digits: int,
    level: float,
    resamples: int,
    seed: int,
    **chosen: Any,
) -> None:
    """Merge score files, and papers' own numbers, into a table with best and second best marked.

    Of a folder all score files are taken. Files of one label are seeds of one method. Without a label it is told by the
    path.
    """
    from vsodprep.files import write_text
    from vsodprep.scores.bootstrap import Draws
    from vsodprep.scores.papers import OWN_METHOD
    from vsodprep.scores.read import load_scores
    from vsodprep.scores.table import build_table
    from vsodprep.scores.table_formats import FORMATS

    named = tuple(OWN_METHOD) if "all" in papers else papers
    if not scores and not named:
        raise click.UsageError("name score files, or papers with --paper")
    if chosen["by"] and named:
        raise click.UsageError(f"--by {chosen['by']} goes without --paper: papers print numbers of whole benchmarks")
    if chosen["by"] == "sequence" and (chosen["intervals"] or chosen["versus"]):
        raise click.UsageError(
            "--interval and --versus draw sequences anew; with --by sequence there is one in each column"
        )
    loaded = load_scores(scores)
    table = build_table(
        {each.label: each.files for each in loaded},
        measures,
        papers=named,
        draws=Draws(level, resamples, seed),
        digits=digits,
        **chosen,
    )
    for paper in papers:
        if paper != "all" and not any(row.source.startswith(f"{OWN_METHOD[paper]},") for row in table.rows):
            click.echo(f"{paper}: no number of these measures on these benchmarks by these protocols", err=True)
    unnamed = [each.label for each in loaded if any(values["benchmark"] is None for values in each.files)]
    if named and unnamed:
        click.echo(f"of no known benchmark (evaluate --benchmark): {', '.join(unnamed)}", err=True)
    text = FORMATS[form](table, digits, transpose=transpose)
    if out is None:
        click.echo(text, nl=False)
    else:
        write_text(out, text)
