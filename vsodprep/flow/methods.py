"""Flow methods by name."""

from vsodprep.errors import InputError
from vsodprep.flow.dis import Dis, Preset
from vsodprep.flow.estimator import Estimator

METHODS = ("dis", "raft", "flownet2", "ptlflow:NAME")


def build_estimator(method: str, *, preset: Preset = "medium", threads: int = 1) -> Estimator:
    """Return a flow method, ready to be used on one sequence after another.

    Args:
        method: One of `METHODS`.
        preset: Preset of `dis`.
        threads: Pairs that `dis` estimates at the same time.

    Raises:
        InputError: There is no such method.
    """
    if method == "dis":
        return Dis(preset, threads)
    raise InputError("flow method", repr(method), f"one of {', '.join(METHODS)}")
