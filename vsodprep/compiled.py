"""Loops that Numba compiles, once for a machine."""

from collections.abc import Callable
from typing import TypeVar, cast

from numba import njit

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Compile a function when it is first called, and keep the machine code beside its file or in the user's cache.

    Where neither can be written each process compiles anew. Arithmetic is IEEE's, in one thread: the same on every run.
    """
    try:
        return cast(Function, njit(function, cache=True))
    except RuntimeError:  # Numba's, for no place to keep it
        return cast(Function, njit(function))
