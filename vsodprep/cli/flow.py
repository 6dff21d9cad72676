"""The `vsodprep flow` command."""

import copy
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from vsodprep.cli._folder import PATH
from vsodprep.cli._options import block_of, options_of
from vsodprep.cli._torch import device_option
from vsodprep.config.flow import Flow
from vsodprep.config.frames import Prepared
from vsodprep.config.methods import FLOW, flow_method, name_of
from vsodprep.errors import expected_one


class _Flow(click.Group):
    """A group whose subcommands are the methods, with one set of options, and what is done with finished flow."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the methods, then the other subcommands."""
        return [*FLOW, *self._others()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of a method, or another subcommand."""
        if name_of(cmd_name) not in map(name_of, FLOW):
            return self._others().get(cmd_name)
        estimate = copy.copy(_estimate)
        estimate.name, estimate.help = cmd_name, flow_method(cmd_name).about
        return estimate

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command of a method; a name that there is not ends with all names and the one that may be meant."""
        if args and not args[0].startswith("-") and not ctx.resilient_parsing and not self.get_command(ctx, args[0]):
            ctx.fail(f"no method {args[0]!r}; expected {expected_one(args[0], self.list_commands(ctx))}")
        return super().resolve_command(ctx, args)

    @staticmethod
    def _others() -> dict[str, click.Command]:
        # By name, as the methods, so that what is done with finished flow is no part of a method's fingerprint.
        others: dict[str, click.Command] = import_module("vsodprep.cli._flow_files").SUBCOMMANDS
        return others


frames_argument = click.argument("frames_dir", type=PATH)
out_option = click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="HDF5 file to write."
)


@click.group(cls=_Flow, subcommand_metavar="METHOD FRAMES_DIR --out F.h5 [OPTIONS]...")
def command() -> None:
    """Estimate the optical flow of one sequence, or look at it."""


@click.command()
@frames_argument
@out_option
@options_of(Flow)
@options_of(Prepared)
@device_option
@click.option(
    "--threads",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Number of threads. It changes nothing with dis, and only last bits with a network.",
)
@click.option(
    "--writers",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Processes that compress, so that a GPU waits less; they change no byte.",
)
@click.option("--only", type=PATH, help="JSON list of the frame ids that need a flow.")
@click.option("--allow-gaps", is_flag=True, help="Accept a folder whose frame numbers have gaps.")
@click.pass_context
def _estimate(
    ctx: click.Context,
    *,
    frames_dir: Path,
    out: Path,
    device: str,
    threads: int,
    writers: int,
    only: Path | None,
    allow_gaps: bool,
    **given: Any,
) -> None:
    block, prepared = block_of(Flow, given, method=ctx.info_name), block_of(Prepared, given)
    if only and prepared.frames == "annotated":
        raise click.UsageError("--only and --frames annotated both choose frames; give one of them")
    import cv2

    from vsodprep.flow.frames import chosen_frames, read_frame_list, sequence_frames
    from vsodprep.flow.methods import build_estimator
    from vsodprep.flow.picture import drawing_of
    from vsodprep.flow.sequence import write_sequence

    cv2.setNumThreads(1)  # pairs are spread over threads, not the rows of one
    paths = sequence_frames(frames_dir, allow_gaps=allow_gaps)
    wanted = read_frame_list(only, paths) if only else chosen_frames(frames_dir, len(paths), prepared)
    if flow_method(block.method).vectors:
        estimator = build_estimator(block, device, threads)
        drawn = drawing_of(block)
        summary = write_sequence(paths, out, estimator, block, only=wanted, picture=drawn, writers=writers)
    else:
        summary = import_module(f"vsodprep.flow.{block.method}").store_pictures(block, paths, out, wanted)
    known = {name: value for name, value in summary.items() if value is not None}
    click.echo(f"{out}: " + ", ".join(f"{name.replace('_', ' ')} {value:.4g}" for name, value in known.items()))
