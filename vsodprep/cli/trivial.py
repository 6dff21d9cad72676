"""`vsodprep trivial`: the maps that a network has to beat."""

from pathlib import Path
from typing import get_args

import click

from vsodprep.cli._folder import Folder
from vsodprep.config.report import Written
from vsodprep.markers import PREDICTIONS, SHARD


@click.command()
@click.argument("kind", type=click.Choice(get_args(Written)), metavar="|".join(get_args(Written)))
@click.argument("shard", type=Folder(SHARD))
@click.option("--out", required=True, type=Folder(PREDICTIONS), help="Folder that gets {seq}/{frame}.png.")
@click.option("--split", required=True, help="Split of the benchmark.")
@click.option("--flow", metavar="NAME", help="Flow block that flow-magnitude reads; default: the shard's first.")
@click.option("--prior", metavar="NAME", help="Prior block that motion-prior writes; default: the shard's first.")
def command(kind: Written, shard: Path, out: Path, split: str, **blocks: str | None) -> None:
    """Write maps that no network has learned, in the layout of predictions.

    centre-prior: a Gaussian about the centre, sigma a quarter of each side. flow-magnitude: the length of the flow,
    scaled by each frame's maximum; without the camera's motion where the flow's pictures are. motion-prior: the prior
    that the shard holds.
    """
    from vsodprep.trivial import READS, write_trivial

    write_trivial(kind, shard, out, split, blocks.get(READS.get(kind, "")))
