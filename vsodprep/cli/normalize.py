"""`vsodprep normalize`."""

from pathlib import Path

import click

from vsodprep.cli._folder import Folder
from vsodprep.markers import MANIFEST, SOURCES


@click.command()
@click.argument("name")
@click.argument("sources", nargs=-1, metavar="[SOURCE]...", type=Folder(SOURCES))
@click.option("--out", required=True, type=Folder(MANIFEST), help="Folder that becomes normalized/NAME.")
@click.option("--partial", is_flag=True, help="Accept an incomplete delivery; what is missing goes into `issues`.")
@click.option("--resolution", help="Resolution, where the benchmark has several (davis2016: 480p, 1080p).")
@click.option("--allow", multiple=True, metavar="KIND", help="Kind of issue to list instead of stopping; repeatable.")
@click.option("--splits", metavar="JSON", help="Splits that replace or join the benchmark's own, or a file of them.")
@click.option("--sequence", "sequences", multiple=True, metavar="SEQ", help="Take only this sequence; repeatable.")
@click.option("--folder", is_flag=True, help="SOURCE is a folder of your own videos, and NAME your name for it.")
@click.option(
    "--lock",
    type=click.Path(path_type=Path),
    default=Path("vsodprep.lock.json"),
    show_default=True,
    help="File that pins what nobody published.",
)
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True, help="Threads.")
def command(
    *,
    name: str,
    sources: tuple[Path, ...],
    out: Path,
    partial: bool,
    resolution: str | None,
    allow: tuple[str, ...],
    splits: str | None,
    sequences: tuple[str, ...],
    folder: bool,
    lock: Path,
    jobs: int,
) -> None:
    """Bring the benchmark NAME into the one layout, with a manifest.

    SOURCE is its archives, an unpacked folder, or the folder of a download or the sources.json in it. `synth` has none:
    it is generated.
    """
    from vsodprep import benchmarks
    from vsodprep.benchmarks.lock import pin_sequences
    from vsodprep.errors import InputError
    from vsodprep.normalize.generated import normalize_generated
    from vsodprep.normalize.own import normalize_own
    from vsodprep.normalize.run import Options, normalize
    from vsodprep.normalize.splits import parse_splits

    options = Options(partial, resolution, allow, parse_splits(splits), sequences)
    benchmark = benchmarks.own_benchmark(name) if folder else benchmarks.get(name, lock)
    if folder:
        if len(sources) != 1:
            raise InputError(f"normalize {name}", f"{len(sources)} sources", "one folder of videos")
        manifest = normalize_own(benchmark, sources[0], out, options, jobs)
    elif benchmark.generated:
        if sources:
            raise InputError(sources[0], f"a source for {name}", "none, it is generated")
        manifest = normalize_generated(benchmark, out, options, jobs)
    elif not sources:
        raise InputError(f"normalize {name}", "no source", "an archive, an unpacked folder, or a download's folder")
    else:
        manifest = normalize(benchmark, sources, out, options, jobs)
        if not (partial or sequences):
            pinned = pin_sequences(lock, benchmark, manifest)
            if pinned:
                click.echo(f"{lock}: pinned {len(pinned)} sequences of which nobody published everything")
    counts = manifest.counts
    click.echo(
        f"{out}: {counts['sequences']} sequences, {counts['frames']} frames, {counts['annotated']} masks, "
        f"{len(manifest.issues)} issues"
    )
