"""`vsodprep export`: a shard as the folders that other code bases read."""

from pathlib import Path
from typing import Any, Literal

import click

from vsodprep.cli._folder import PATH, Folder
from vsodprep.markers import SHARD


@click.command()
@click.argument("shard", type=Folder(SHARD))
@click.option("--layout", type=click.Choice(["davsod", "fsnet", "davis", "webdataset"]), required=True)
@click.option("--out", required=True, type=PATH, help="Folder to write, new or empty.")
@click.option("--split", help="Split of the benchmark; default: all of it.")
@click.option("--flow", metavar="NAME", help="Flow block whose colour pictures are written; fsnet needs one.")
@click.option("--format", "image_format", type=click.Choice(["jpg", "png"]), default="jpg", show_default=True)
@click.option("--quality", type=click.IntRange(1, 100), default=95, show_default=True, help="Quality of JPEG.")
@click.option("--annotated", is_flag=True, help="Only frames with a mask.")
def command(
    *, shard: Path, layout: Literal["davsod", "fsnet", "davis", "webdataset"], out: Path, **options: Any
) -> None:
    """Write a shard as the folders that other code bases read.

    davsod: {seq}/Imgs and {seq}/ground-truth. fsnet: {seq}/Frame, {seq}/OF_FlowNet2 and {seq}/GT. davis: JPEGImages,
    Annotations and ImageSets. webdataset: tar files of 1,000 samples.
    """
    from vsodprep.shards.export import ExportOptions, export

    count = export(shard, layout, out, ExportOptions(**options))
    click.echo(f"{out}: {count} frames")
