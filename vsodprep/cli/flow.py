"""The `vsodprep flow` command."""

import functools
from pathlib import Path
from typing import Any

import click

from vsodprep.cli._flow_files import SUBCOMMANDS
from vsodprep.cli._flow_options import FRAMES_DIR, METHOD, OUT, POLICY, RUN

_METHODS = {
    "dis": "Dense inverse search; needs no weights.",
    "raft": "RAFT, large or small.",
    "flownet2": "FlowNet2.",
    "ptlflow:NAME": "A network of the ptlflow package, where it is installed.",
}


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
        return click.Command(
            cmd_name, callback=estimate, params=[FRAMES_DIR, OUT, *METHOD, *POLICY, *RUN], help=_METHODS[key]
        )


@click.group(cls=_Flow, subcommand_metavar="METHOD FRAMES_DIR --out F.h5 [OPTIONS]...")
def command() -> None:
    """Estimate the optical flow of one sequence, or look at it."""


for _subcommand in SUBCOMMANDS:
    command.add_command(_subcommand)


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

    if only and frames == "annotated":
        raise click.UsageError("--only and --frames annotated both say which frames; give one of them")
    cv2.setNumThreads(1)  # pairs are spread over threads, not the rows of one
    paths = sequence_frames(frames_dir, allow_gaps=allow_gaps)
    wanted = read_frame_list(only, paths) if only else None
    if frames == "annotated":
        wanted = clip_frames(annotated_frames(frames_dir), clip_length)
    policy = Policy(**{field.name: options.pop(field.name) for field in fields(Policy)})
    run = Options(**options)
    picture = Picture(dialect or dialect_of(method), maximum)
    estimator = build_estimator(method, run)
    summary = write_sequence(paths, out, estimator, policy, only=wanted, picture=picture)
    known = {name: value for name, value in summary.items() if value is not None}
    click.echo(f"{out}: " + ", ".join(f"{name.replace('_', ' ')} {value:.4g}" for name, value in known.items()))
