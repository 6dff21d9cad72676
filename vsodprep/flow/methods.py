"""Flow methods by name."""

from importlib import import_module

from vsodprep.config.flow import Method
from vsodprep.config.methods import name_of
from vsodprep.flow.estimator import Estimator


def build_estimator(method: Method, device: str = "cpu", threads: int = 1) -> Estimator:
    """Return a flow method, ready to be used on one sequence after another.

    Args:
        method: The method and its settings.
        device: Where a network runs, `cpu` or `cuda`.
        threads: Pairs that `dis` estimates at the same time; torch's threads for a network.

    Raises:
        InputError: Its weights cannot be found or read.
        VsodprepError: The weights are another network's, or the device is not there.
    """
    module = import_module(f"vsodprep.flow.{name_of(method.method)}")  # by itself: torch takes seconds to import
    estimator: Estimator = module.build(method, device, threads)
    return estimator
