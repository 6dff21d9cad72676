"""Loops that Numba compiles, once for a machine."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from threading import RLock
from time import monotonic, sleep
from typing import Any, TypeVar, cast

from numba import njit

Function = TypeVar("Function", bound=Callable[..., object])

_PATIENCE = 60.0  # seconds; no loop takes as long to compile
_TURN, _depth = RLock(), 0  # a loop that calls others compiles them in its own turn


def compiled(function: Function) -> Function:
    """Compile a function when it is first called, and keep the machine code beside its file or in the user's cache.

    Processes that start together compile in turns, so that each finds what another one has kept. Where nothing can be
    kept each process compiles anew. Arithmetic is IEEE's, in one thread: the same on every run.
    """
    try:
        dispatcher: Any = njit(function, cache=True)
    except RuntimeError:  # Numba's, for no place to keep it
        return cast(Function, njit(function))
    files = getattr(getattr(dispatcher, "_cache", None), "_cache_file", None)
    if files is not None:  # Numba has no public way to pass over a damaged file, nor to wait
        files.load = partial(_load_whole, files.load, files.flush)
        dispatcher.compile = partial(_compile_in_turn, dispatcher.compile, dispatcher.stats.cache_path)
    return cast(Function, dispatcher)


def _load_whole(load: Callable[[Any], Any], flush: Callable[[], None], key: Any) -> Any:
    """Load what is kept, or forget all that is kept of the function where a file is damaged, so that it is compiled."""
    try:
        return load(key)
    except Exception:  # whatever unpickling may raise
        with suppress(OSError):
            flush()
        return None


def _compile_in_turn(compile_or_load: Callable[[Any], Any], folder: str, signature: Any) -> Any:
    with _turn(folder):
        return compile_or_load(signature)


@contextmanager
def _turn(folder: str) -> Iterator[None]:
    """Wait until no other process compiles what is kept in a folder, but not for ever."""
    global _depth  # noqa: PLW0603 - a lock is the process's
    with _TURN:
        _depth += 1
        # One lock at a time, so that no two processes wait for each other.
        handle = _locked(folder) if _depth == 1 else None
        try:
            yield
        finally:
            _depth -= 1
            if handle is not None:
                os.close(handle)


def _locked(folder: str) -> int | None:
    """Return the folder, opened and locked; not locked where there are no locks, or its owner stands still."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return None
    end = monotonic() + _PATIENCE
    while monotonic() < end:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            sleep(0.05)
        except OSError:
            break
    return handle
