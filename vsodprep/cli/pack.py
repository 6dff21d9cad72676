"""`vsodprep pack`: one Zarr shard from a normalised benchmark, its flow, priors and coarse labels."""

from pathlib import Path

import click

from vsodprep.cli._folder import Folder
from vsodprep.markers import MANIFEST, PROVENANCE, SHARD

_SIZE = (click.IntRange(1), click.IntRange(1))
_BLOCK = (str, click.Path(path_type=Path))
_LABELS = (str, Folder(PROVENANCE))


@click.command()
@click.argument("normalized_dir", type=Folder(MANIFEST))
@click.option("--out", required=True, type=Folder(SHARD), help="Shard to write, a folder X.zarr.")
@click.option("--flow", type=_BLOCK, multiple=True, metavar="NAME DIR", help="Flow: DIR holds {seq}.h5.")
@click.option("--pictures", multiple=True, metavar="NAME", help="Store this flow's colour pictures too.")
@click.option("--prior", type=_BLOCK, multiple=True, metavar="NAME DIR", help="Motion prior: DIR holds {seq}.h5.")
@click.option(
    "--coarse",
    type=_LABELS,
    multiple=True,
    metavar="NAME DIR|provenance.json",
    help="Coarse labels: DIR holds {seq}/{frame}.png.",
)
@click.option(
    "--still-size",
    type=_SIZE,
    metavar="H W",
    help="Store still images as arrays of this size.",
)
@click.option("--sequence", "sequences", multiple=True, metavar="SEQ", help="Pack only this sequence; repeatable.")
@click.option("--frames-per-shard", type=click.IntRange(1), default=64, show_default=True)
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Sequences packed at a time.")
def command(
    *,
    normalized_dir: Path,
    out: Path,
    flow: tuple[tuple[str, Path], ...],
    pictures: tuple[str, ...],
    prior: tuple[tuple[str, Path], ...],
    coarse: tuple[tuple[str, Path], ...],
    sequences: tuple[str, ...],
    still_size: tuple[int, int] | None,
    frames_per_shard: int,
    jobs: int,
) -> None:
    """Pack a normalised benchmark into a Zarr shard."""
    from vsodprep.shards.pack import pack_benchmark

    pack_benchmark(
        normalized_dir,
        out,
        flow=dict(flow),
        pictures=pictures,
        prior=dict(prior),
        coarse=dict(coarse),
        sequences=sequences,
        still_size=still_size,
        frames_per_shard=frames_per_shard,
        jobs=jobs,
    )
