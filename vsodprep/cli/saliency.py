"""`vsodprep saliency`."""

from pathlib import Path
from typing import get_args

import click

from vsodprep.cli._folder import Folder
from vsodprep.config.coarse import SaliencyMethod
from vsodprep.markers import MAPS


@click.command()
@click.argument("method", type=click.Choice(get_args(SaliencyMethod)))
@click.argument("frames_dir", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=Folder(MAPS), help="Folder of the maps.")
def command(method: str, frames_dir: Path, out: Path) -> None:
    """Make saliency maps of one sequence that need no weights.

    METHOD: mbd (minimum barrier distance, MB+), rbd (robust background detection) or ft (frequency-tuned).
    """
    from vsodprep.saliency.maps import write_maps

    write_maps(method, frames_dir, out)
