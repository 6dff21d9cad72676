"""`vsodprep fuse`."""

from pathlib import Path

import click

from vsodprep.cli._coding import coding_option, for_each
from vsodprep.cli._folder import Folder
from vsodprep.config.coding import Coding
from vsodprep.markers import MAPS


@click.command()
@click.argument("maps_dirs", nargs=-1, required=True, metavar="MAPS_DIR|maps.json...", type=Folder(MAPS))
@click.option("--out", required=True, type=Folder(MAPS), help="Folder of the combined maps.")
@click.option("--weights", default="uniform", show_default=True, help="uniform, W1,W2,..., or a file of fuse-fit.")
@coding_option("maps", several=True)
def command(maps_dirs: tuple[Path, ...], out: Path, weights: str, coding: tuple[Coding, ...]) -> None:
    """Combine saliency maps linearly.

    MAPS_DIR: one method's {frame}.png or {seq}/{frame}.png; all folders hold the same frames.
    """
    from vsodprep.coarse.folders import fuse_folders
    from vsodprep.coarse.fuse import read_weights

    numbers, _ = read_weights(weights, len(maps_dirs))
    fuse_folders(maps_dirs, out, numbers, for_each(coding, maps_dirs))
