"""`vsodprep saliency`."""

from pathlib import Path
from typing import Any

import click

from vsodprep.cli._folder import PATH, Folder
from vsodprep.cli._options import block_of, options_of
from vsodprep.cli._torch import device_option
from vsodprep.config.device import THREADS
from vsodprep.config.frames import Prepared
from vsodprep.config.methods import NETWORKS, SALIENCY
from vsodprep.config.saliency import Saliency
from vsodprep.markers import MAPS

_LISTED = ", ".join(f"{name} ({known.about})" for name, known in SALIENCY.items())


@click.command(epilog=f"METHOD: {_LISTED}; or a network that reads single frames ({', '.join(NETWORKS)}).")
@click.argument("method", type=click.Choice([*SALIENCY, *NETWORKS]), metavar="METHOD")
@click.argument("frames_dir", type=PATH)
@click.option("--out", required=True, type=Folder(MAPS), help="Folder of the maps.")
@options_of(Saliency)
@options_of(Prepared)
@device_option
@click.option(
    "--threads",
    type=click.IntRange(1),
    default=THREADS,
    show_default=True,
    help="Threads of a network.",
)
def command(*, method: str, frames_dir: Path, out: Path, device: str, threads: int, **given: Any) -> None:
    """Make saliency maps of one sequence, or of any folder of images.

    --checkpoint is for networks of vsodprep; --weights and what follows it for method onnx, any network as a file.
    """
    block = block_of(Saliency, given, method=method)
    from vsodprep.saliency.maps import write_maps

    write_maps(block, frames_dir, out, device, threads, prepared=block_of(Prepared, given))
