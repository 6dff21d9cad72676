"""`vsodprep trivial`: the maps that a network has to beat."""

from pathlib import Path
from typing import get_args

import click

from vsodprep.cli._folder import Folder
from vsodprep.config.report import Trivial
from vsodprep.markers import PREDICTIONS, SHARD


@click.command()
@click.argument("kind", type=click.Choice(get_args(Trivial)), metavar="|".join(get_args(Trivial)))
@click.argument("shard", type=Folder(SHARD))
@click.option("--out", required=True, type=Folder(PREDICTIONS), help="Folder that gets {seq}/{frame}.png.")
@click.option("--split", required=True, help="Split of the benchmark.")
@click.option("--flow", metavar="NAME", help="Flow block that flow-magnitude reads; default: the shard's first.")
def command(kind: Trivial, shard: Path, out: Path, split: str, flow: str | None) -> None:
    """Write maps that need no training, in the layout of predictions.

    centre-prior: a Gaussian about the centre, sigma a quarter of each side. flow-magnitude: the length of the flow,
    scaled by each frame's maximum; without the camera's motion where the flow's pictures are.
    """
    from vsodprep.trivial import write_trivial

    write_trivial(kind, shard, out, split, flow)
