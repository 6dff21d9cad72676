"""Flow networks by name."""

from typing import Any

import torch

from vsodprep.config.flow import Method
from vsodprep.flow import flownet2, raft
from vsodprep.flow.estimator import Estimator
from vsodprep.flow.fit import Fit
from vsodprep.flow.network import NetworkEstimator
from vsodprep.flow.ptlflow_network import load_ptlflow


def build_network(method: Method, device: str, threads: int) -> Estimator:
    """Return a flow network with its weights.

    Args:
        method: A method other than `dis`, and its settings.
        device: Where it runs.
        threads: torch's threads.

    Raises:
        InputError: The weights cannot be found or read.
        VsodprepError: The weights are another network's, or the device is not there.
    """
    torch.set_num_threads(threads)
    network: Any
    if method.method == "raft":
        network, record = raft.load_raft(method.weights, method.iterations)
        fit = Fit(raft.MULTIPLE, raft.MINIMUM, method.fit, method.border)
    elif method.method == "flownet2":
        network, record = flownet2.load_flownet2(method.weights)
        fit = Fit(flownet2.MULTIPLE, flownet2.MINIMUM, method.fit, method.border)
    else:
        network, record = load_ptlflow(method.method.removeprefix("ptlflow:"), method.weights)
        fit = Fit(1, 1)
    return NetworkEstimator(network, fit, record, method.precision, device)
