"""`vsodprep normalize`."""

from pathlib import Path
from typing import Any

import click

from vsodprep.cli._folder import Folder, lock_option
from vsodprep.cli._names import benchmark_names
from vsodprep.cli._options import block_of, options_of
from vsodprep.config.normalize import Choice
from vsodprep.markers import MANIFEST, SOURCES


@click.command()
@click.argument("name", shell_complete=benchmark_names)
@click.argument("sources", nargs=-1, metavar="[SOURCE]...", type=Folder(SOURCES))
@click.option("--out", required=True, type=Folder(MANIFEST), help="Folder that becomes normalized/NAME.")
@options_of(Choice)
@click.option("--splits", metavar="JSON", help="Splits that replace or join the benchmark's own, or a file of them.")
@click.option("--folder", is_flag=True, help="SOURCE is a folder of your own videos, and NAME your name for it.")
@click.option(
    "--remove-archives",
    is_flag=True,
    help="In the end remove the archives that `vsodprep download` fetched, no others.",
)
@lock_option
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True, help="Threads.")
def command(
    *,
    name: str,
    sources: tuple[Path, ...],
    out: Path,
    splits: str | None,
    folder: bool,
    remove_archives: bool,
    lock: Path,
    jobs: int,
    **given: Any,
) -> None:
    """Bring the benchmark NAME into the common layout, with a manifest.

    SOURCE is its archives, an unpacked folder, or the folder of a download or the sources.json in it. `synth` has none:
    it is generated.
    """
    from vsodprep import benchmarks
    from vsodprep.benchmarks.folders import own_benchmark
    from vsodprep.benchmarks.lock import pin_sequences
    from vsodprep.download.fetched import linked, remove_fetched
    from vsodprep.errors import InputError
    from vsodprep.normalize.checks import told
    from vsodprep.normalize.generated import normalize_generated
    from vsodprep.normalize.own import normalize_own
    from vsodprep.normalize.run import normalize
    from vsodprep.normalize.splits import parse_splits
    from vsodprep.progress import some

    choice = block_of(Choice, given, splits=parse_splits(splits))
    benchmark = own_benchmark(name) if folder else benchmarks.get(name, lock)
    if folder:
        if len(sources) != 1:
            raise InputError(f"normalize {name}", f"{len(sources)} sources", "one folder of videos")
        manifest = normalize_own(benchmark, sources[0], out, choice, jobs)
    elif benchmark.generated:
        if sources:
            raise InputError(sources[0], f"a source for {name}", "no source, because vsodprep generates this benchmark")
        manifest = normalize_generated(benchmark, out, choice, jobs)
    elif not sources:
        raise InputError(f"normalize {name}", "no source", "an archive, an unpacked folder, or a download's folder")
    else:
        manifest = normalize(benchmark, sources, out, choice, jobs)
        if not (choice.partial or choice.sequences):
            pinned = pin_sequences(lock, benchmark, manifest)
            if pinned:
                click.echo(f"{lock}: pinned {len(pinned)} sequences of which nobody published everything")
    archives = [f"{path}: removed" for source in sources if remove_archives for path in remove_fetched(source)]
    behind = (source for source in sources if remove_archives and linked(source))
    archives += [f"{source}: not removed, because it lies behind a link, where others may read it" for source in behind]
    for line in (*archives, *told(manifest.issues)):
        click.echo(line, err=True)
    counts = manifest.counts
    click.echo(
        f"{out}: {counts['sequences']} sequences, {counts['frames']} frames, {counts['annotated']} masks, "
        f"{len(manifest.issues)} issues"
    )
    if coding := manifest.extra.get("coding"):
        click.echo(f"masks: {coding}")
    for sequence in manifest.sequences if folder else ():
        if 0 < len(sequence.annotated) < len(sequence.frames):
            masks = f"{len(sequence.annotated)} of {len(sequence.frames)} frames have masks"
            click.echo(f"{sequence.name}: {masks}: {some(sequence.annotated, 5)}")
