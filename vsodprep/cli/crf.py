"""`vsodprep crf`."""

from pathlib import Path

import click


@click.command()
@click.argument("frames_dir", type=click.Path(path_type=Path))
@click.argument("maps_dir", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder of the refined maps.")
@click.option("--preset", default="stan", show_default=True, help="Name of a preset, JSON, or a JSON file.")
@click.option("--jobs", default=1, show_default=True, type=click.IntRange(1), help="Processes.")
def command(frames_dir: Path, maps_dir: Path, out: Path, preset: str, jobs: int) -> None:
    """Refine maps with a dense CRF.

    FRAMES_DIR: one sequence's frames, or a normalised benchmark. MAPS_DIR: {frame}.png, or {seq}/{frame}.png.
    """
    from vsodprep.coarse.crf import preset as settings
    from vsodprep.coarse.folders import refine_folder

    refine_folder(frames_dir, maps_dir, out, settings(preset), jobs)
