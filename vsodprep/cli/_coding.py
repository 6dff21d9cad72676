"""Options that say how maps and masks are coded."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, get_args

import click

from vsodprep.config.coding import Coding

Function = TypeVar("Function", bound=Callable[..., Any])


def coding_option(what: str, *, option: str = "--coding", several: bool = False) -> Callable[[Function], Function]:
    """Add an option that says how maps or masks are coded.

    Args:
        what: `maps` or `masks`.
        option: Its name.
        several: Whether there may be several folders of them; the value is then a tuple.
    """
    each = " Once for each folder, or once for all." if several else ""
    return click.option(
        option,
        type=click.Choice(get_args(Coding)),
        multiple=several,
        default=("auto",) if several else "auto",
        show_default=True,
        help=f"How {what} are coded: gray values, ids of objects, alpha; `auto` tells it from all of them.{each}",
    )


def for_each(codings: Sequence[Coding], folders: Sequence[Any]) -> tuple[Coding, ...]:
    """Return a coding for each folder.

    Raises:
        UsageError: There are neither as many as folders nor one.
    """
    if len(codings) not in {1, len(folders)}:
        raise click.UsageError(f"{len(codings)} --coding for {len(folders)} folders of maps; give one, or one for each")
    return tuple(codings) if len(codings) == len(folders) else tuple(codings) * len(folders)
