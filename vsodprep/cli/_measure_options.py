"""`--measure`, one option for every command that asks for measures."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])


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
        show_default=True,
        callback=_split,
        metavar="KEY,...",
        help=help,
    )
