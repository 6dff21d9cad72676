"""Flow methods by name."""

from vsodprep.errors import InputError
from vsodprep.flow.dis import Dis
from vsodprep.flow.estimator import Estimator, Options

METHODS = ("dis", "raft", "flownet2", "ptlflow:NAME")


def build_estimator(method: str, options: Options) -> Estimator:
    """Return a flow method, ready to be used on one sequence after another.

    Args:
        method: One of `METHODS`.
        options: How it is run.

    Raises:
        InputError: There is no such method, or its weights cannot be found or read.
        VsodprepError: The weights are another network's, or the device is not there.
    """
    if method == "dis":
        return Dis(options.preset, options.threads)
    if method in METHODS or method.startswith("ptlflow:"):
        from vsodprep.flow.networks import build_network  # noqa: PLC0415 - torch takes seconds to import

        return build_network(method, options)
    raise InputError("flow method", repr(method), f"one of {', '.join(METHODS)}")
