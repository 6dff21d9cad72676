"""`vsodprep crf`."""

from pathlib import Path
from typing import get_args

import click

from vsodprep.cli._coding import coding_option
from vsodprep.cli._folder import Folder
from vsodprep.cli._names import preset_names
from vsodprep.cli._torch import device_option
from vsodprep.config.coding import Coding
from vsodprep.config.crf import Crf
from vsodprep.markers import MANIFEST, PREDICTIONS


@click.command()
@click.argument("frames_dir", type=Folder(MANIFEST))
@click.argument("maps_dir", type=Folder(PREDICTIONS))
@click.option("--out", required=True, type=Folder(PREDICTIONS), help="Folder of the refined maps.")
@click.option(
    "--preset",
    default="stan",
    show_default=True,
    shell_complete=preset_names,
    help="Name of a preset, JSON, or a JSON file.",
)
@click.option(
    "--engine",
    type=click.Choice(get_args(Crf.model_fields["engine"].annotation)),
    help="Who computes, if not the preset's engine.",
)
@device_option
@coding_option("maps")
@click.option("--jobs", default=1, show_default=True, type=click.IntRange(1), help="Processes.")
def command(
    *,
    frames_dir: Path,
    maps_dir: Path,
    out: Path,
    preset: str,
    engine: str | None,
    device: str,
    coding: Coding,
    jobs: int,
) -> None:
    """Refine maps with a dense CRF.

    FRAMES_DIR: one sequence's frames, or a normalised benchmark. MAPS_DIR: {frame}.png, or {seq}/{frame}.png.
    """
    from vsodprep.crf.folders import refine_folder
    from vsodprep.crf.refine import preset as settings

    crf = settings(preset)
    if engine is not None:
        crf = crf.model_copy(update={"engine": engine})
    refine_folder(frames_dir, maps_dir, out, crf, jobs, coding=coding, device=device)
