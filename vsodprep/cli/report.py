"""`vsodprep report`."""

from pathlib import Path

import click

from vsodprep.cli._folder import PATH, Folder
from vsodprep.config import parse
from vsodprep.files import read_object
from vsodprep.markers import PAGE


@click.command()
@click.option("--config", "config_path", required=True, type=PATH, help="Configuration as JSON.")
@click.option("--results", required=True, type=PATH, help="Folder of results.")
@click.option("--out", required=True, type=Folder(PAGE), help="Folder for index.html and results.csv.")
def command(config_path: Path, results: Path, out: Path) -> None:
    """Make the HTML report, and results.csv beside it."""
    from vsodprep.report.page import write_report

    value = read_object(config_path, "a configuration as JSON")
    write_report(parse(value, str(config_path)), results, out)
    click.echo(out / PAGE)
