"""The `vsodprep` command: one module per subcommand, imported only when it is called."""

import importlib
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from click.shell_completion import CompletionItem

from vsodprep import __version__, ending
from vsodprep.errors import VsodprepError, meant

# Name to one line of help; the module is vsodprep.cli.NAME with its command in `command`. Help stands here so
# that `vsodprep --help` imports none of them.
COMMANDS: dict[str, str] = {
    "benchmarks": "List the benchmarks that are known, or describe one.",
    "plan": "Print what a configuration will take: frames, disk, hours.",
    "download": "Fetch and verify a benchmark's archives.",
    "normalize": "Bring a benchmark into the common layout, with a manifest.",
    "flow": "Estimate the optical flow of one sequence.",
    "prior": "Train the motion prior, or apply it to one sequence.",
    "saliency": "Make saliency maps of images, by a network or without weights.",
    "fuse-fit": "Fit the weights of a combination of saliency maps.",
    "fuse": "Combine saliency maps.",
    "crf": "Refine maps with a dense CRF.",
    "coarse": "Make coarse labels: fuse, threshold, refine, edit.",
    "review": "Open a local page on which a person erases wrong regions of labels.",
    "pack": "Pack a normalised benchmark into a Zarr shard.",
    "export": "Write a shard as the folders that other code bases read.",
    "train": "Train a network.",
    "predict": "Predict saliency maps of a shard, frames or a video.",
    "trivial": "Write the maps that a network has to beat: centre prior, flow magnitude, motion prior.",
    "evaluate": "Score saliency maps against masks.",
    "table": "Merge scores, and the papers' own, into one table.",
    "compare": "Print intervals of scores, and tests of methods in pairs.",
    "figure": "Draw a figure of scores, of training or of frames.",
    "report": "Make the HTML report.",
}


class LazyGroup(click.Group):
    """A group that imports a subcommand's module when the subcommand is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the subcommands in pipeline order."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a subcommand, or None if there is no such name."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"vsodprep.cli.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        command.name = cmd_name  # what pages and messages call it
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the subcommand of a command line; a name that there is not ends with the one that may be meant."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-") and not ctx.resilient_parsing:
            ctx.fail(f"no command {args[0]!r}{meant(args[0], COMMANDS) or ': vsodprep --help lists them'}")
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """List the subcommands that begin with what is typed, without importing them."""
        found = [CompletionItem(name, help=text) for name, text in COMMANDS.items() if name.startswith(incomplete)]
        return found + click.Command.shell_complete(self, ctx, incomplete)

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Parse the command line; `--help` writes meanwhile."""
        with _until_nobody_reads():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand."""
        with _until_nobody_reads():
            return super().invoke(ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the subcommands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="vsodprep")
def cli() -> None:
    """Prepare benchmarks of video salient object detection, train networks on them, and evaluate."""


def main() -> None:
    """Run the command line; exit with 1 and one line on bad input, with 2 on wrong usage, with 128 + n by signal n."""
    # Jobs run side by side, and NumPy's BLAS would have every one of them spin on all cores; read when NumPy loads.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # the caller has closed it, as `>&-` does
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8", errors="replace"))  # noqa: PTH123, SIM115
    code = 1
    try:
        try:
            ending.begin()
            code = _run()
        finally:
            ending.done()
    except BaseException:
        if ending.asked() is None:  # else it is the signal, or what unwinding has raised on top of it
            raise
    by = ending.asked()
    if by is not None:
        ending.leave(by)
    sys.exit(code)


def _run() -> int:
    try:
        with _until_nobody_reads():
            code: int | None = cli(prog_name="vsodprep", standalone_mode=False)
            sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (VsodprepError, OSError) as error:
        if ending.asked() is None:
            print(f"vsodprep: {_line(error)}", file=sys.stderr)
        return 1
    return code or 0


@contextmanager
def _until_nobody_reads() -> Iterator[None]:
    """End as by SIGPIPE where what is written goes nowhere, as in `vsodprep ... | head`; click would exit with 1."""
    try:
        yield
    except BrokenPipeError:
        ending.ask(signal.SIGPIPE)


def _line(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:  # a full disk, a folder that may not be written to
        return error.strerror if error.filename is None else f"{error.filename}: {error.strerror}"
    return " ".join(str(error).split())
