"""Loops that Numba compiles, once for a machine."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar, cast

from numba import njit

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Compile a function when it is first called, and keep the machine code beside its file or in the user's cache.

    Where neither can be written each process compiles anew. Arithmetic is IEEE's, in one thread: the same on every run.
    """
    try:
        dispatcher: Any = njit(function, cache=True)
    except RuntimeError:  # Numba's, for no place to keep it
        return cast(Function, njit(function))
    files = getattr(getattr(dispatcher, "_cache", None), "_cache_file", None)
    if files is not None:  # Numba has no public way to pass over a damaged file
        files.load = partial(_load_whole, files.load, files.flush)
    return cast(Function, dispatcher)


def _load_whole(load: Callable[[Any], Any], flush: Callable[[], None], key: Any) -> Any:
    """Load what is kept, or forget all that is kept of the function where a file is damaged, so that it is compiled."""
    try:
        return load(key)
    except Exception:  # whatever unpickling may raise
        with suppress(OSError):
            flush()
        return None
