"""Progress on long work: a bar on a terminal, plain lines elsewhere."""

import os
import platform
import re
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from tqdm import tqdm

Item = TypeVar("Item")

_SECONDS_BETWEEN_LINES = 10.0


def _bar_size() -> dict[str, Any]:
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


def in_words(size: float) -> str:
    """Return a number of bytes in the unit that suits it."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{max(1, round(size / 1e6))} MB"


@contextmanager
def timed(spent: dict[str, float], part: str) -> Iterator[None]:
    """Add the seconds of a block to those spent on a part of the work."""
    begun = time.perf_counter()
    yield
    spent[part] = spent.get(part, 0.0) + time.perf_counter() - begun


def machine() -> str:
    """Return the name of the graphics card that this process works on, or else of the processor."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        return str(torch.cuda.get_device_name())
    described = Path("/proc/cpuinfo")  # Linux
    found = re.search(r"^model name\s*: (.*)", described.read_text(), re.M) if described.is_file() else None
    return found[1] if found else platform.processor() or platform.machine()


class Reporter:
    """Tells on stderr how far a piece of work is.

    Args:
        label: What is being done, to what.
        total: Number of items, where it is known.
        unit: What one item is.
        done: Items done before, by an interrupted run.
        spent: Seconds of parts of the work, as they are filled in meanwhile.
    """

    def __init__(
        self, label: str, total: int | None, unit: str, done: int = 0, spent: Mapping[str, float] | None = None
    ) -> None:
        self._begun, self._spent = time.perf_counter(), {} if spent is None else spent
        self._label, self._of, self._unit, self._done = label, "" if total is None else f"/{total}", unit, done
        self._note = ""
        self._bar: tqdm[Any] | None = None
        if sys.stderr.isatty():
            self._bar = tqdm(desc=label, total=total, initial=done, unit=unit, **_bar_size())
        self._last = time.monotonic()

    def __enter__(self) -> "Reporter":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()
        elif kind is None:
            parts = ", ".join(f"{part} {seconds:.3f} s" for part, seconds in self._spent.items())
            seconds = f"{time.perf_counter() - self._begun:.3f} s" + (f" ({parts})" if parts else "")
            self.say(f"{self._done}{self._of} {self._unit}s, done in {seconds} on {machine()}")

    def say(self, text: str) -> None:
        """Write a line, above the bar if there is one."""
        line = f"{self._label}: {text}"
        tqdm.write(line, file=sys.stderr) if self._bar is not None else print(line, file=sys.stderr, flush=True)

    def advance(self, note: str = "") -> None:
        """Count an item; a note stands beside the number until there is another."""
        self._done += 1
        self._note = f", {note}" if note else self._note
        if self._bar is not None:
            self._bar.update()
            if note:
                self._bar.set_postfix_str(note)
        elif time.monotonic() - self._last > _SECONDS_BETWEEN_LINES:
            self.say(f"{self._done}{self._of} {self._unit}s{self._note}")
            self._last = time.monotonic()


def track(
    items: Iterable[Item],
    label: str,
    total: int | None = None,
    unit: str = "frame",
    spent: Mapping[str, float] | None = None,
) -> Iterator[Item]:
    """Pass items through and tell on stderr how many have been handled.

    Args:
        items: What is worked through.
        label: What is being done, to what.
        total: Number of items; taken from `items` where it has a length.
        unit: What one item is.
        spent: Seconds of parts of the work, as they are filled in meanwhile.

    Yields:
        The items, unchanged and in order.
    """
    if total is None and isinstance(items, Sized):
        total = len(items)
    with Reporter(label, total, unit, spent=spent) as reporter:
        for item in items:
            yield item
            reporter.advance()
