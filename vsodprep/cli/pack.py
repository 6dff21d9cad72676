"""`vsodprep pack`: one Zarr shard from a normalised benchmark, its flow, priors and coarse labels."""

from pathlib import Path
from typing import Any

import click

from vsodprep.cli._folder import PATH, Folder
from vsodprep.cli._options import block_of, options_of
from vsodprep.config.frames import Prepared
from vsodprep.config.pack import Pack
from vsodprep.markers import MANIFEST, PROVENANCE, SHARD

_BLOCK = (str, PATH)
_LABELS = (str, Folder(PROVENANCE))


@click.command()
@click.argument("normalized_dir", type=Folder(MANIFEST))
@click.option("--out", required=True, type=Folder(SHARD), help="Shard to write, a folder X.zarr.")
@click.option("--flow", type=_BLOCK, multiple=True, metavar="NAME DIR", help="Flow: DIR holds {seq}.h5.")
@click.option("--prior", type=_BLOCK, multiple=True, metavar="NAME DIR", help="Motion prior: DIR holds {seq}.h5.")
@click.option(
    "--coarse",
    type=_LABELS,
    multiple=True,
    metavar="NAME DIR|provenance.json",
    help="Coarse labels: DIR holds {seq}/{frame}.png.",
)
@options_of(Pack)
@click.option("--sequence", "sequences", multiple=True, metavar="SEQ", help="Pack only this sequence; repeatable.")
@options_of(Prepared)
@click.option(
    "--whole",
    multiple=True,
    metavar="SEQ",
    help="With --frames annotated: pack all frames of this sequence; repeatable.",
)
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Sequences packed at a time.")
def command(
    *,
    normalized_dir: Path,
    out: Path,
    sequences: tuple[str, ...],
    whole: tuple[str, ...],
    jobs: int,
    **given: Any,
) -> None:
    """Pack a normalised benchmark into a Zarr shard."""
    from vsodprep.shards.pack import pack_benchmark

    pack_benchmark(
        normalized_dir,
        out,
        block_of(Pack, given),
        **{kind: dict(given[kind]) for kind in ("flow", "prior", "coarse")},
        sequences=sequences,
        prepared=block_of(Prepared, given),
        whole=whole,
        jobs=jobs,
    )
