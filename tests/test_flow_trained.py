"""Networks with their published weights, where these lie in torch's cache."""

import os
from pathlib import Path

import numpy as np
import pytest
from flow_cases import MOTIONS, affine_pair

from vsodprep.config.flow import Method
from vsodprep.flow.estimator import Estimator
from vsodprep.flow.methods import build_estimator
from vsodprep.flow.quality import inconsistent_share

pytestmark = pytest.mark.slow

FILES = {
    ("raft", "large"): "raft_large_C_T_SKHT_V2-ff5fadd5.pth",
    ("raft", "small"): "raft_small_C_T_V2-01064c6d.pth",
    ("flownet2", "nvidia"): "FlowNet2_checkpoint.pth.tar",
    ("flownet2", "ptlflow"): "flownet2-things-d63b53a7.ckpt",
}


@pytest.fixture(scope="module", params=FILES, ids="-".join)
def method(request: pytest.FixtureRequest) -> Estimator:
    torch_home = Path(os.environ.get("TORCH_HOME", Path.home() / ".cache" / "torch"))
    file = torch_home / "hub" / "checkpoints" / FILES[request.param]
    if not file.is_file():
        pytest.skip(f"{file.name} is not in torch's cache")
    name, weights = request.param
    return build_estimator(Method(method=name, weights=weights), threads=2)


def estimate(method: Estimator, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return method.estimate([tuple(method.encode([first, second], [True, True]))])[0]


@pytest.mark.parametrize("motion", MOTIONS)
def test_known_motion(method: Estimator, motion: str) -> None:
    first, second, truth = affine_pair(MOTIONS[motion], (192, 256))
    apart = np.linalg.norm(estimate(method, first, second) - truth, axis=2)[16:-16, 16:-16]
    assert apart.mean() < 0.5


@pytest.mark.parametrize("motion", MOTIONS)
def test_forward_and_backward_agree(method: Estimator, motion: str) -> None:
    first, second, _ = affine_pair(MOTIONS[motion], (192, 256))
    there, back = estimate(method, first, second), estimate(method, second, first)
    assert inconsistent_share(there, back, every=1) < 0.05
