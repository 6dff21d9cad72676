"""Progress on long work: a bar on a terminal, plain lines elsewhere."""

import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence, Sized
from typing import Any, TypeVar

from tqdm import tqdm

Item = TypeVar("Item")

_SECONDS_BETWEEN_LINES = 10.0


def bar_size() -> dict[str, Any]:
    """Return what tells tqdm how large its bar is; a terminal that does not know its own size (0 x 0) would hide it."""
    try:
        known = all(os.get_terminal_size(sys.stderr.fileno()))
    except OSError:  # what calls itself a terminal need not be a file
        known = False
    return {"dynamic_ncols": True} if known else {"ncols": 80, "nrows": 24}


def note(line: str) -> None:
    """Tell on stderr what a person should know of the inputs, in one line."""
    print(f"vsodprep: note: {line}", file=sys.stderr, flush=True)


def some(names: Sequence[str], most: int = 3) -> str:
    """Return the first of some names, with commas, and whether there are more."""
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")


def track(items: Iterable[Item], label: str, total: int | None = None, unit: str = "frame") -> Iterator[Item]:
    """Pass items through and tell on stderr how many have been handled.

    Args:
        items: What is worked through.
        label: What is being done, to what.
        total: Number of items; taken from `items` where it has a length.
        unit: What one item is.

    Yields:
        The items, unchanged and in order.
    """
    if total is None and isinstance(items, Sized):
        total = len(items)
    if sys.stderr.isatty():
        yield from tqdm(items, desc=label, total=total, unit=unit, **bar_size())
        return
    of = "" if total is None else f"/{total}"
    last = time.monotonic()
    done = 0
    for item in items:
        yield item
        done += 1
        if time.monotonic() - last > _SECONDS_BETWEEN_LINES:
            print(f"{label}: {done}{of} {unit}s", file=sys.stderr, flush=True)
            last = time.monotonic()
    print(f"{label}: {done}{of} {unit}s, done", file=sys.stderr, flush=True)
