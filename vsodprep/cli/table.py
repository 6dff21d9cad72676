"""`vsodprep table`: merge scores into one table."""

from pathlib import Path

import click

from vsodprep.cli._folder import PATH
from vsodprep.cli._score_options import measures_option


@click.command("table")
@click.argument("scores", nargs=-1, metavar="[LABEL=]SCORES.json...")
@measures_option("max_f", "s_measure", "mae", help="Keys of measures in the score files.")
@click.option("--paper", "papers", multiple=True, help="Add what a paper prints: a model's name, or `all`.")
@click.option("--benchmark", "benchmarks", multiple=True, help="Show only this benchmark.")
@click.option(
    "--format", "form", type=click.Choice(["markdown", "latex", "csv", "html"]), default="markdown", show_default=True
)
@click.option("--digits", type=click.IntRange(1, 9), default=3, show_default=True, help="Decimal places.")
@click.option("--out", type=PATH, help="Write to this file instead of the terminal.")
def command(scores: tuple[str, ...], form: str, digits: int, out: Path | None, **chosen: tuple[str, ...]) -> None:
    """Merge score files, and papers' own numbers, into a table with best and second best marked.

    Files of one label are seeds of one method. Without a label it is told by the path.
    """
    from vsodprep.files import write_text
    from vsodprep.scores.papers import OWN_METHOD
    from vsodprep.scores.read import load_scores
    from vsodprep.scores.table import build_table
    from vsodprep.scores.table_formats import FORMATS

    papers = tuple(OWN_METHOD) if "all" in chosen["papers"] else chosen["papers"]
    if not scores and not papers:
        raise click.UsageError("name score files, or papers with --paper")
    loaded = load_scores(scores)
    table = build_table(
        {each.label: each.files for each in loaded},
        chosen["measures"],
        papers=papers,
        benchmarks=chosen["benchmarks"],
        digits=digits,
    )
    for paper in chosen["papers"]:
        if paper != "all" and not any(row.source.startswith(f"{OWN_METHOD[paper]},") for row in table.rows):
            click.echo(f"{paper}: no number of these measures on these benchmarks by these protocols", err=True)
    unnamed = [each.label for each in loaded if any(values["benchmark"] is None for values in each.files)]
    if papers and unnamed:
        click.echo(f"of no known benchmark (evaluate --benchmark): {', '.join(unnamed)}", err=True)
    text = FORMATS[form](table, digits)
    if out is None:
        click.echo(text, nl=False)
    else:
        write_text(out, text)
