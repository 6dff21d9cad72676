from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from flow_cases import texture, write_frames
from torch import Tensor, nn

from vsodprep.config.flow import Policy
from vsodprep.errors import VsodprepError
from vsodprep.flow.fit import Fit
from vsodprep.flow.network import NetworkEstimator
from vsodprep.flow.sequence import write_sequence
from vsodprep.flow.store import open_flow


class Means(nn.Module):
    """A network whose flow is the mean red of each frame, and that has room for `room` pairs at a time."""

    def __init__(self, room: int = 99) -> None:
        super().__init__()
        self.room = room
        self.batches: list[int] = []

    def encode(self, frames: Tensor, sources: list[bool]) -> list[Tensor]:
        return list(frames)

    def flow(self, pairs: list[tuple[Tensor, Tensor]]) -> Tensor:
        self.batches.append(len(pairs))
        if len(pairs) > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory")
        means = torch.stack([torch.stack([first[0].mean(), second[0].mean()]) for first, second in pairs])
        return means[:, :, None, None].expand(-1, 2, *pairs[0][0].shape[1:])

    def memory(self, size: tuple[int, int]) -> int:
        return 1


def estimate(network: Means, count: int) -> list[np.ndarray]:
    estimator = NetworkEstimator(network, Fit(8, 8), {})
    images = [texture(10, 13, seed) for seed in range(count + 1)]
    encoded = estimator.encode(images, [True] * (count + 1))
    flows = estimator.estimate(list(pairwise(encoded)))
    for index, flow in enumerate(flows):
        assert flow.shape == (10, 13, 2)
        padded = [np.pad(images[index + k][..., 0], ((3, 3), (1, 2)), "edge") for k in (0, 1)]
        assert flow[0, 0].tolist() == pytest.approx([image.mean() for image in padded], abs=1e-3)
    return flows


def test_pairs_keep_their_order_and_frames() -> None:
    assert len(estimate(Means(), 7)) == 7


def test_batches_are_halved_until_they_fit_and_stay_so() -> None:
    network = Means(room=3)
    assert len(estimate(network, 13)) == 13
    assert network.batches == [13, 7, 4, 2, 2, 2, 2, 2, 2, 1]


def test_one_pair_that_does_not_fit() -> None:
    with pytest.raises(VsodprepError, match="not enough memory on cpu for one pair"):
        estimate(Means(room=0), 2)


def test_other_errors_are_not_taken_for_memory() -> None:
    class Broken(Means):
        def flow(self, pairs: list[tuple[Tensor, Tensor]]) -> Tensor:
            raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match="shapes"):
        estimate(Broken(), 2)


def test_plain_float32_and_nothing_left_changed() -> None:
    cudnn = torch.backends.cudnn
    seen = []

    class Looking(Means):
        def flow(self, pairs: list[tuple[Tensor, Tensor]]) -> Tensor:
            seen.append((cudnn.enabled, cudnn.deterministic, cudnn.allow_tf32, torch.is_inference_mode_enabled()))
            return super().flow(pairs)

    before = (cudnn.enabled, cudnn.deterministic, cudnn.allow_tf32, torch.is_inference_mode_enabled())
    estimate(Looking(), 1)
    assert seen == [(True, True, False, True)]
    assert (cudnn.enabled, cudnn.deterministic, cudnn.allow_tf32, torch.is_inference_mode_enabled()) == before


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_cuda_without_a_gpu() -> None:
    with pytest.raises(VsodprepError, match="device cuda: no GPU"):
        NetworkEstimator(Means(), Fit(8, 8), {}, device="cuda")


def test_flow_that_is_not_finite_is_refused(tmp_path: Path) -> None:
    class Nan(Means):
        def flow(self, pairs: list[tuple[Tensor, Tensor]]) -> Tensor:
            return super().flow(pairs) * torch.nan

    frames = sorted(write_frames(tmp_path / "frames", 3).iterdir())
    estimator = NetworkEstimator(Nan(), Fit(8, 8), {"versions": {}})
    with pytest.raises(VsodprepError, match="not finite"):
        write_sequence(frames, tmp_path / "a.h5", estimator, Policy())
    assert not (tmp_path / "a.h5").exists()


def test_record_tells_how_it_was_run(tmp_path: Path) -> None:
    frames = sorted(write_frames(tmp_path / "frames", 2).iterdir())
    estimator = NetworkEstimator(Means(), Fit(8, 8, "crop", "stretch"), {"versions": {"torch": "x"}}, "bfloat16")
    write_sequence(frames, tmp_path / "a.h5", estimator, Policy())
    with open_flow(tmp_path / "a.h5") as flow:
        kept = {key: flow.attributes[key] for key in ("fit", "border", "precision", "device")}
    assert kept == {"fit": "crop", "border": "stretch", "precision": "bfloat16", "device": "cpu"}
