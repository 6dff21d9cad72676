"""The `vsodprep flow` command."""

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

_METHODS = {
    "dis": "Dense inverse search; needs no weights.",
    "raft": "RAFT, large or small.",
    "flownet2": "FlowNet2.",
    "ptlflow:NAME": "A network of the ptlflow package, where it is installed.",
}


def _choice(name: str, values: Sequence[str], default: str, help_: str) -> click.Option:
    return click.Option([name], type=click.Choice(values), default=default, show_default=True, help=help_)


_PARAMS = [
    click.Argument(["frames_dir"], type=click.Path(path_type=Path)),
    click.Option(["--out"], type=click.Path(dir_okay=False, path_type=Path), required=True, help="HDF5 file to write."),
    _choice("--preset", ("ultrafast", "fast", "medium"), "medium", "Preset of dis."),
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
    _choice("--fit", ("pad", "resize", "crop"), "pad", "How a frame meets a network's size multiple."),
    _choice("--border", ("replicate", "zero", "stretch"), "replicate", "With --fit crop, what lies outside the crop."),
    click.Option(["--iterations"], type=click.IntRange(1), help="Updates of raft; 12 if not given."),
    _choice("--precision", ("float32", "float16", "bfloat16"), "float32", "Arithmetic of a network."),
    click.Option(["--weights"], help="Weights of a network: a name that the method knows, or a file."),
    _choice("--device", ("cpu", "cuda"), "cpu", "Where a network runs."),
    click.Option(
        ["--dialect"], type=click.Choice(("raft", "flownet2")), help="Whose pictures; the method's own if not given."
    ),
    click.Option(["--maximum"], type=float, help="Pixels that get a full colour; each frame's largest if not given."),
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
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="JSON list of the frame ids that need a flow.",
    ),
    click.Option(["--allow-gaps"], is_flag=True, help="Accept a folder whose frame numbers have gaps."),
    click.Option(
        ["--threads"],
        type=click.IntRange(1),
        default=1,
        show_default=True,
        help="Threads; they change no result of dis.",
    ),
]


class _Flow(click.Group):
    """A group whose subcommands are the methods, with one set of options, and what is done with finished flow."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the methods, then the other subcommands."""
        return [*_METHODS, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of a method, or another subcommand."""
        key = "ptlflow:NAME" if cmd_name.startswith("ptlflow:") else cmd_name
        if key not in _METHODS:
            return super().get_command(ctx, cmd_name)
        estimate = functools.partial(_estimate, cmd_name)
        return click.Command(cmd_name, callback=estimate, params=list(_PARAMS), help=_METHODS[key])


@click.group(cls=_Flow, subcommand_metavar="METHOD FRAMES_DIR --out F.h5 [OPTIONS]...")
def command() -> None:
    """Estimate the optical flow of one sequence, or look at it."""


def _estimate(
    method: str,
    *,
    frames_dir: Path,
    out: Path,
    frames: str,
    clip_length: int,
    dialect: Any,
    maximum: float | None,
    only: Path | None,
    allow_gaps: bool,
    **options: Any,
) -> None:
    from dataclasses import fields

    import cv2

    from vsodprep.flow.estimator import Options
    from vsodprep.flow.frames import annotated_frames, read_frame_list, sequence_frames
    from vsodprep.flow.methods import build_estimator
    from vsodprep.flow.pairs import Policy, clip_frames
    from vsodprep.flow.picture import Picture, dialect_of
    from vsodprep.flow.sequence import write_sequence

    cv2.setNumThreads(1)  # pairs are spread over threads, not the rows of one
    paths = sequence_frames(frames_dir, allow_gaps=allow_gaps)
    wanted = read_frame_list(only, paths) if only else None
    if frames == "annotated":
        wanted = clip_frames(annotated_frames(frames_dir), clip_length)
    policy = Policy(**{field.name: options.pop(field.name) for field in fields(Policy)})
    run = Options(**options)
    picture = Picture(dialect or dialect_of(method), maximum)
    estimator = build_estimator(method, run)
    summary = write_sequence(paths, out, estimator, policy, only=wanted, picture=picture, threads=run.threads)
    known = {name: value for name, value in summary.items() if value is not None}
    click.echo(f"{out}: " + ", ".join(f"{name.replace('_', ' ')} {value:.4g}" for name, value in known.items()))
