"""Threads of torch, which are the process's: who sets them for a piece of work puts them back."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import torch

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def restores_threads(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Let a function that sets the number of torch's threads leave it as it was."""

    @wraps(function)
    def wrapped(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        before = torch.get_num_threads()
        try:
            return function(*args, **kwargs)
        finally:
            torch.set_num_threads(before)

    return wrapped
