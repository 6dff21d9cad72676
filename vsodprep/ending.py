"""How a command ends that a signal asks to: its stack unwinds, and its exit code is 128 and the signal's number."""

import _thread
import atexit
import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn

_ASKING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PATIENCE = 10.0  # seconds for unwinding; a thread may be waiting for a server
_first: signal.Signals | None = None
_held = False


class Ended(BaseException):
    """A signal asks the process to end; raised wherever its main thread is."""


def begin() -> None:
    """Let signals raise `Ended`, but for those that the caller has this process ignore, as `nohup` does."""
    _handle(_raise)
    sys.unraisablehook = _unraisable
    # The interpreter goes back to each signal's default when it takes itself apart, and would die of one by then.
    atexit.register(_handle, signal.SIG_IGN)


@contextlib.contextmanager
def held() -> Iterator[None]:
    """Let a signal wait for the end of a short step that would leave something behind if it stopped half-way."""
    global _held  # noqa: PLW0603
    before, _held = _held, True
    try:
        yield
    finally:
        _held = before
        if _first is not None and not _held:
            raise Ended


def done() -> None:
    """Let a signal end the process at once: what there was to unwind has been."""
    if _first is None:
        _handle(lambda number, _: os._exit(128 + number))


def asked() -> signal.Signals | None:
    """Return the signal that has asked the process to end, if one has."""
    return _first


def ask(by: signal.Signals) -> None:
    """Let the process end as if by a signal."""
    _raise(by, None)


def leave(by: signal.Signals) -> NoReturn:
    """End the process after `Ended` has been caught.

    Not by `sys.exit`, which would wait for threads: one that fetches a file may take hours.

    Args:
        by: The signal.
    """
    _say(by)
    atexit._run_exitfuncs()
    os._exit(128 + by)


def _handle(handler: object) -> None:
    for number in _ASKING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)  # type: ignore[arg-type]


def _raise(number: int, _: FrameType | None) -> None:
    """Raise `Ended` for the first signal; the next ones change nothing about what is under way."""
    global _first  # noqa: PLW0603
    if _first is None:
        _first = signal.Signals(number)
        # Not threading.Thread: the signal may have come while its lock is held.
        with contextlib.suppress(RuntimeError):  # no room for another one
            _thread.start_new_thread(_give_up, (_first,))
        if not _held:
            raise Ended


def _unraisable(lost: "sys.UnraisableHookArgs") -> None:
    """Say what a destructor could not pass on, unless it is that the process ends, which `_give_up` sees to."""
    if lost.exc_type is not Ended:
        sys.__unraisablehook__(lost)


def _give_up(by: signal.Signals) -> None:
    """End the process where unwinding takes too long, or where `Ended` was lost in a destructor."""
    time.sleep(_PATIENCE)
    _say(by)
    os._exit(128 + by)


def _say(by: signal.Signals) -> None:
    if by is signal.SIGPIPE:
        return  # who was reading has gone
    with contextlib.suppress(OSError, ValueError):  # the terminal may be gone
        sys.stdout.flush()
        below_bar = "\n" if sys.stderr.isatty() else ""
        print(f"{below_bar}vsodprep: ended by {by.name}", file=sys.stderr, flush=True)
