"""`vsodprep download`."""

from pathlib import Path

import click

from vsodprep.cli._folder import Folder, lock_option
from vsodprep.cli._names import benchmark_names
from vsodprep.cli._options import options_of
from vsodprep.config.normalize import Choice
from vsodprep.markers import SOURCES


@click.command()
@click.argument("name", shell_complete=benchmark_names)
@click.option("--to", required=True, type=Folder(SOURCES), help="Folder for the files.")
@options_of(Choice, {"resolution"})
@click.option("--file", "files", multiple=True, metavar="FILE", help="Fetch this file instead; repeatable.")
@click.option("--maps", is_flag=True, help="NAME is one of the published maps that `vsodprep benchmarks --maps` lists.")
@click.option(
    "--benchmark",
    "benchmarks",
    multiple=True,
    shell_complete=benchmark_names,
    help="With --maps: only maps of this benchmark; repeatable.",
)
@click.option("--method", "methods", multiple=True, help="With --maps: only this method of several; repeatable.")
@click.option("--jobs", type=click.IntRange(min=1), default=3, show_default=True, help="Files fetched at once.")
@lock_option
def command(
    *,
    name: str,
    to: Path,
    resolution: str | None,
    files: tuple[str, ...],
    maps: bool,
    benchmarks: tuple[str, ...],
    methods: tuple[str, ...],
    jobs: int,
    lock: Path,
) -> None:
    """Fetch and verify the files of the benchmark NAME; go on with what is in the folder already."""
    from vsodprep.benchmarks import get
    from vsodprep.benchmarks.published import get_published
    from vsodprep.download.run import download, download_maps

    if maps and (resolution or files):
        raise click.UsageError("--resolution and --file are for benchmarks, not for --maps")
    if (benchmarks or methods) and not maps:
        raise click.UsageError("--benchmark and --method are for --maps")
    if maps:
        record = download_maps(get_published(name), to, methods=methods, benchmarks=benchmarks, jobs=jobs, lock=lock)
    else:
        record = download(get(name, lock), to, resolution=resolution, names=files, jobs=jobs, lock=lock)
    for file in record["files"]:
        click.echo(f"{to / file['file']}: {file['bytes']} bytes, sha256 {file['sha256']}")
