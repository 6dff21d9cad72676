"""`vsodprep review`."""

from pathlib import Path

import click

from vsodprep.cli._folder import PATH, Folder
from vsodprep.markers import MANIFEST, PROVENANCE


@click.command()
@click.argument("labels_dir", type=Folder(PROVENANCE))
@click.option("--frames", required=True, type=Folder(MANIFEST), help="Normalised benchmark, or {seq}/ below.")
@click.option("--edits", required=True, type=PATH, help="Text file that edits are added to.")
@click.option("--flow", type=PATH, help="Folder with {seq}.h5 of flow: shows motion, carries edits along.")
@click.option("--prior", type=PATH, help="Folder with {seq}.h5 of the motion prior: suggests what to erase.")
@click.option("--port", default=8765, show_default=True, type=click.IntRange(0, 65535))
def command(labels_dir: Path, frames: Path, edits: Path, flow: Path | None, prior: Path | None, port: int) -> None:
    """Open a local web page on which a person erases wrong regions of labels.

    LABELS_DIR: labels as {seq}/{frame}.png. They are not changed: `vsodprep coarse label --edits` applies the edits.
    Which frames were reviewed is kept beside the edits, in EDITS.reviewed.txt.
    """
    import cv2

    from vsodprep.review.server import serve
    from vsodprep.review.session import Session

    cv2.setNumThreads(1)  # beside other work its threads wait for one another longer than they compute
    server = serve(Session(labels_dir, frames, edits, flow, prior), port)
    click.echo(f"{server.address} (Ctrl-C ends it)")
    try:
        server.serve_forever()
    finally:
        server.server_close()
        click.echo(f"edits: {edits}")
