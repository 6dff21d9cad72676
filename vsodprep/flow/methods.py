"""Flow methods by name."""

from vsodprep.config.flow import Method
from vsodprep.flow.dis import Dis
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
    if method.method == "dis":
        return Dis(method.preset, threads)
    from vsodprep.flow.networks import build_network  # noqa: PLC0415 - torch takes seconds to import

    return build_network(method, device, threads)
