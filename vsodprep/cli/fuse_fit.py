"""`vsodprep fuse-fit`."""

from pathlib import Path

import click

from vsodprep.cli._coding import coding_option, for_each
from vsodprep.cli._folder import PATH, Folder
from vsodprep.config.coding import Coding
from vsodprep.markers import MANIFEST


@click.command()
@click.argument("maps_dirs", nargs=-1, required=True, metavar="MAPS_DIR...", type=PATH)
@click.option("--gt", multiple=True, required=True, type=Folder(MANIFEST), help="Masks; see below.")
@click.option("--split", multiple=True, help="Split of the normalised benchmark; once for each --gt.")
@click.option("--out", required=True, type=PATH, help="JSON file of the weights.")
@coding_option("maps", several=True)
@coding_option("masks", option="--gt-coding")
def command(
    maps_dirs: tuple[Path, ...],
    gt: tuple[Path, ...],
    split: tuple[str, ...],
    out: Path,
    coding: tuple[Coding, ...],
    gt_coding: Coding,
) -> None:
    """Fit the weights of a combination of saliency maps to masks.

    MAPS_DIR: one method's {seq}/{frame}.png, or {benchmark}/{seq}/{frame}.png. --gt: a normalised benchmark, or masks
    as {seq}/{frame}.png.
    """
    from vsodprep.coarse.folders import fit_folders

    fit_folders(maps_dirs, gt, split, out, for_each(coding, maps_dirs), gt_coding)
