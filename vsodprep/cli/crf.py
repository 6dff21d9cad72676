"""`vsodprep crf`."""

from pathlib import Path

import click

from vsodprep.cli._coding import coding_option
from vsodprep.cli._folder import Folder
from vsodprep.config.coding import Coding
from vsodprep.markers import MANIFEST, PREDICTIONS


@click.command()
@click.argument("frames_dir", type=Folder(MANIFEST))
@click.argument("maps_dir", type=Folder(PREDICTIONS))
@click.option("--out", required=True, type=Folder(PREDICTIONS), help="Folder of the refined maps.")
@click.option("--preset", default="stan", show_default=True, help="Name of a preset, JSON, or a JSON file.")
@coding_option("maps")
@click.option("--jobs", default=1, show_default=True, type=click.IntRange(1), help="Processes.")
def command(frames_dir: Path, maps_dir: Path, out: Path, preset: str, coding: Coding, jobs: int) -> None:
    """Refine maps with a dense CRF.

    FRAMES_DIR: one sequence's frames, or a normalised benchmark. MAPS_DIR: {frame}.png, or {seq}/{frame}.png.
    """
    from vsodprep.crf.folders import refine_folder
    from vsodprep.crf.refine import preset as settings

    refine_folder(frames_dir, maps_dir, out, settings(preset), jobs, coding=coding)
