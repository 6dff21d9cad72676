"""Options of the bootstrap, which `vsodprep compare` and `vsodprep figure intervals` share."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from vsodprep.cli._numbers import FiniteRange

Function = TypeVar("Function", bound=Callable[..., Any])

_OPTIONS = (
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


def bootstrap_options(function: Function) -> Function:
    """Add `--level`, `--resamples` and `--seed`."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function
