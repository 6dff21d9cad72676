"""Loops that Numba compiles, once for a machine."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, TypeVar, cast

from numba import njit

Function = TypeVar("Function", bound=Callable[..., object])

_holding = False  # whether this process has its turn; a loop that calls others compiles them in the same one


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
    """Wait until no other process compiles what is kept in a folder; where the file system knows no locks, do not."""
    global _holding  # noqa: PLW0603 - a lock is the process's
    if _holding:  # one lock at a time, so that no two processes wait for each other
        yield
        return
    _holding, handle = True, None
    try:
        with suppress(OSError):
            handle = os.open(folder, os.O_RDONLY)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        _holding = False
        if handle is not None:
            os.close(handle)
