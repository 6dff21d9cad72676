"""`vsodprep download`."""

from pathlib import Path

import click

from vsodprep.cli._folder import Folder, lock_option
from vsodprep.cli._options import options_of
from vsodprep.config.normalize import Choice
from vsodprep.markers import SOURCES


@click.command()
@click.argument("name")
@click.option("--to", required=True, type=Folder(SOURCES), help="Folder for the files.")
@options_of(Choice, {"resolution"})
@click.option("--file", "files", multiple=True, metavar="FILE", help="Fetch this file instead; repeatable.")
@click.option("--jobs", type=click.IntRange(min=1), default=3, show_default=True, help="Files fetched at once.")
@lock_option
def command(*, name: str, to: Path, resolution: str | None, files: tuple[str, ...], jobs: int, lock: Path) -> None:
    """Fetch and verify the files of the benchmark NAME; resumes, and uses what a person has put into the folder."""
    from vsodprep import benchmarks
    from vsodprep.download.run import download

    benchmark = benchmarks.get(name, lock)
    record = download(benchmark, to, resolution=resolution, names=files, jobs=jobs, lock=lock)
    for file in record["files"]:
        click.echo(f"{to / file['file']}: {file['bytes']} bytes, sha256 {file['sha256']}")
