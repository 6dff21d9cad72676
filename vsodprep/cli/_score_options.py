"""Options that the commands of scores share: `--measure`, and those of the bootstrap."""

import sys
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext, redirect_stdout
from pathlib import Path
from typing import Any, TypeVar

import click

from vsodprep.cli._options import FiniteRange

STDOUT = Path("/dev/stdout")
Function = TypeVar("Function", bound=Callable[..., Any])

_BOOTSTRAP = (
    click.option(
        "--level",
        type=FiniteRange(0, 1, min_open=True, max_open=True),
        default=0.95,
        show_default=True,
        help="Share of the draws inside an interval.",
    ),
    click.option("--resamples", type=click.IntRange(100), default=10_000, show_default=True, help="Bootstrap draws."),
    click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of the draws."),
)


class JsonFile(click.Path):
    """The type of a file that a command writes JSON to; `-` is the standard output."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the file."""
        return STDOUT if str(value) == "-" else Path(super().convert(value, param, ctx))  # type: ignore[arg-type]


def aside(outputs: Iterable[Path | None]) -> AbstractContextManager[Any]:
    """Let what a person reads go to the standard error where JSON goes to the standard output."""
    return redirect_stdout(sys.stderr) if STDOUT in outputs else nullcontext()


def bootstrap_options(function: Function) -> Function:
    """Add `--level`, `--resamples` and `--seed`."""
    for option in reversed(_BOOTSTRAP):
        function = option(function)
    return function


def _split(_context: click.Context, _option: click.Parameter, words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name.strip() for word in words for name in word.split(","))


def measures_option(*default: str, help: str) -> Callable[[Function], Function]:
    """Add `--measure`, which may be given several times, or once with commas; older scripts call it otherwise.

    Args:
        default: What is taken without it.
        help: What the measures are for.
    """
    return click.option(
        "--measure",
        "--measures",
        "--metric",
        "measures",
        multiple=True,
        default=default,
        show_default=bool(default),
        callback=_split,
        metavar="KEY,...",
        help=help,
    )
