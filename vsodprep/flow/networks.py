"""Flow networks by name."""

from typing import Any

import torch

from vsodprep.flow import flownet2, raft
from vsodprep.flow.estimator import Estimator, Options
from vsodprep.flow.fit import Fit
from vsodprep.flow.network import NetworkEstimator
from vsodprep.flow.ptlflow_network import load_ptlflow


def build_network(method: str, options: Options) -> Estimator:
    """Return a flow network with its weights.

    Args:
        method: `raft`, `flownet2`, or `ptlflow:NAME`.
        options: How it is run.

    Raises:
        InputError: The weights cannot be found or read.
        VsodprepError: The weights are another network's, or the device is not there.
    """
    torch.set_num_threads(options.threads)
    network: Any
    if method == "raft":
        network, record = raft.load_raft(options.weights, options.iterations)
        fit = Fit(raft.MULTIPLE, raft.MINIMUM, options.fit, options.border)
    elif method == "flownet2":
        network, record = flownet2.load_flownet2(options.weights)
        fit = Fit(flownet2.MULTIPLE, flownet2.MINIMUM, options.fit, options.border)
    else:
        network, record = load_ptlflow(method.removeprefix("ptlflow:"), options.weights)
        fit = Fit(1, 1)
    return NetworkEstimator(network, fit, record, options.precision, options.device)
