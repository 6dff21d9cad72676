"""`vsodprep saliency`."""

from pathlib import Path

import click

from vsodprep.cli._folder import PATH, Folder
from vsodprep.config.methods import SALIENCY
from vsodprep.markers import MAPS


@click.command(epilog=f"METHOD: {', '.join(f'{name} ({known.about})' for name, known in SALIENCY.items())}.")
@click.argument("method", type=click.Choice(list(SALIENCY)))
@click.argument("frames_dir", type=PATH)
@click.option("--out", required=True, type=Folder(MAPS), help="Folder of the maps.")
def command(method: str, frames_dir: Path, out: Path) -> None:
    """Make saliency maps of one sequence that need no weights."""
    from vsodprep.saliency.maps import write_maps

    write_maps(method, frames_dir, out)
