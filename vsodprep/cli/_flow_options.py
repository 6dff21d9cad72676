"""Options that the methods of `vsodprep flow` share; their names are the keys of a flow block."""

from collections.abc import Sequence
from pathlib import Path

import click

from vsodprep.cli._numbers import FiniteRange


def _choice(name: str, values: Sequence[str], default: str, help_: str) -> click.Option:
    return click.Option([name], type=click.Choice(values), default=default, show_default=True, help=help_)


PIXELS = FiniteRange(0, min_open=True)
FRAMES_DIR = click.Argument(["frames_dir"], type=click.Path(path_type=Path))
OUT = click.Option(
    ["--out"], type=click.Path(dir_okay=False, path_type=Path), required=True, help="HDF5 file to write."
)

METHOD = (
    _choice("--preset", ("ultrafast", "fast", "medium"), "medium", "Preset of dis."),
    click.Option(["--weights"], help="Weights of a network: a name that the method knows, or a file."),
    _choice("--fit", ("pad", "resize", "crop"), "pad", "How a frame meets a network's size multiple."),
    _choice("--border", ("replicate", "zero", "stretch"), "replicate", "With --fit crop, what lies outside the crop."),
    click.Option(["--iterations"], type=click.IntRange(1), help="Updates of raft; 12 if not given."),
    _choice("--precision", ("float32", "float16", "bfloat16"), "float32", "Arithmetic of a network."),
    _choice("--device", ("cpu", "cuda"), "cpu", "Where a network runs."),
    click.Option(
        ["--threads"],
        type=click.IntRange(1),
        default=1,
        show_default=True,
        help="Threads; they change nothing in what dis gives, last bits in what a network gives.",
    ),
)
"""How flow is estimated."""

POLICY = (
    _choice("--direction", ("forward", "backward", "both"), "forward", "Where flow leads to in time."),
    click.Option(
        ["--stride"], type=click.IntRange(1), default=1, show_default=True, help="Frames between the two of a pair."
    ),
    _choice("--show-at", ("from", "to"), "from", "Frame of a pair that its flow is shown to."),
    _choice(
        "--last-frame",
        ("drop", "repeat", "backward"),
        "backward",
        "What a last frame without partner gets: nothing, its neighbour's flow, or the reverse pair's.",
    ),
    _choice(
        "--first-frame",
        ("drop", "repeat", "zero"),
        "zero",
        "What a first frame without partner gets: nothing, its neighbour's flow, or zero.",
    ),
)
"""Which pairs of frames."""

RUN = (
    click.Option(
        ["--dialect"], type=click.Choice(("raft", "flownet2")), help="Whose pictures; the method's own if not given."
    ),
    click.Option(["--maximum"], type=PIXELS, help="Pixels that get a full colour; each frame's largest if not given."),
    _choice(
        "--frames", ("all", "annotated"), "all", "Frames that need a flow; `annotated` with the clips before them."
    ),
    click.Option(
        ["--clip-length"],
        type=click.IntRange(1),
        default=1,
        show_default=True,
        help="With --frames annotated, frames of a clip that ends at an annotated frame.",
    ),
    click.Option(
        ["--only"],
        type=click.Path(path_type=Path),
        help="JSON list of the frame ids that need a flow.",
    ),
    click.Option(["--allow-gaps"], is_flag=True, help="Accept a folder whose frame numbers have gaps."),
)
"""Which frames, and how pictures are drawn."""
