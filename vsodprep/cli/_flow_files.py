"""What `vsodprep flow` does with finished flow: view, export, import."""

from pathlib import Path
from typing import Any

import click

from vsodprep.cli._folder import PATH
from vsodprep.cli._options import block_of, options_of
from vsodprep.cli.flow import frames_argument, out_option
from vsodprep.config.flow import Flow, Policy


@click.command()
@click.argument("flow", type=PATH)
@click.argument("frames_dir", type=PATH)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="PNG to write.")
@click.option("--frame", multiple=True, help="Frame id to look at; may be repeated.")
@click.option("--count", type=click.IntRange(1), default=5, show_default=True, help="Pairs, if no frame is named.")
@click.option("--width", type=click.IntRange(16), default=320, show_default=True, help="Width of a picture in pixels.")
def view(*, flow: Path, frames_dir: Path, out: Path, frame: tuple[str, ...], count: int, width: int) -> None:
    """Draw frame, flow, warped frame, error and inconsistency; tell the quality."""
    from vsodprep.flow.frames import sequence_frames
    from vsodprep.flow.store import open_flow
    from vsodprep.flow.view import check_frames, choose_rows, describe, disagreement, sheet
    from vsodprep.images import write_png

    with open_flow(flow) as stored:
        frames = sequence_frames(frames_dir, allow_gaps=True)
        check_frames(flow, stored, frames)
        rows = choose_rows(stored, count, frame)
        write_png(out, sheet(stored, frames, rows, width))
        click.echo(describe(stored, disagreement(stored, frames, rows) if len(stored.datasets) == 1 else None))


@click.command()
@click.argument("flow", type=PATH)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder to write.")
@click.option("--as", "kind", type=click.Choice(("flo", "kitti", "picture")), default="flo", help="What to write.")
@options_of(Flow, {"dialect", "maximum"})
def export(flow: Path, out: Path, kind: Any, dialect: Any, maximum: float | None) -> None:
    """Write one .flo file, KITTI PNG or picture per frame; pictures as its block says where no option does."""
    from vsodprep.flow.exchange import export_flow
    from vsodprep.flow.store import open_flow

    with open_flow(flow, pictures=kind == "picture") as stored:
        number = export_flow(stored, out, kind, dialect=dialect, maximum=maximum)
    click.echo(f"{out}: {number} files")


@click.command("import")
@click.argument("flows_dir", type=PATH)
@frames_argument
@out_option
@options_of(Policy)
def import_(flows_dir: Path, frames_dir: Path, out: Path, **given: Any) -> None:
    """Store flow from elsewhere: a folder or archive of .flo files, KITTI PNGs, or colour pictures."""
    from vsodprep.flow.frames import sequence_frames
    from vsodprep.flow.pictures import store_given

    policy = block_of(Policy, given)
    numbers = store_given(flows_dir, sequence_frames(frames_dir, allow_gaps=True), out, policy)
    unknown = f", {numbers['pixels']} unknown pixels" if "pixels" in numbers else " of pictures"
    click.echo(f"{out}: {numbers['pairs']} pairs{unknown}")


SUBCOMMANDS = {"export": export, "import": import_, "view": view}
