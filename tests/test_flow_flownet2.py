import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from vsodprep.errors import InputError, VsodprepError
from vsodprep.flow.fit import Fit
from vsodprep.flow.flownet2 import MINIMUM, MULTIPLE, FlowNet2, load_flownet2
from vsodprep.flow.flownet2_parts import (
    FlowNetC,
    FlowNetFusion,
    FlowNetS,
    FlowNetSD,
    channel_norm,
    correlation,
    resample,
)
from vsodprep.flow.network import NetworkEstimator

KEYS = json.loads((Path(__file__).parent / "data" / "flow_checkpoint_keys.json").read_text())


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize(("displacement", "stride"), [(20, 2), (4, 1), (3, 2), (6, 3)])
@pytest.mark.parametrize("size", [(2, 5, 9, 13), (1, 3, 1, 4)])
def test_correlation_is_the_naive_loop(size: tuple[int, ...], displacement: int, stride: int) -> None:
    first, second = random(*size), random(*size, seed=1)
    reach = displacement // stride * stride
    shifts = range(-reach, reach + 1, stride)
    expected = torch.zeros(size[0], len(shifts) ** 2, *size[2:])
    for channel, (dy, dx) in enumerate((dy, dx) for dy in shifts for dx in shifts):
        for y, x in np.ndindex(*size[2:]):
            if 0 <= y + dy < size[2] and 0 <= x + dx < size[3]:
                expected[:, channel, y, x] = (first[:, :, y, x] * second[:, :, y + dy, x + dx]).mean(dim=1)
    torch.testing.assert_close(correlation(first, second, displacement, stride), expected)


def test_correlation_of_flownetc_has_441_channels() -> None:
    first = random(1, 8, 6, 7)
    found = correlation(first, first)
    assert found.shape == (1, 441, 6, 7)
    torch.testing.assert_close(found[:, 220], first.square().mean(dim=1))  # no shift


def test_resample_by_whole_pixels_is_a_shift() -> None:
    image = random(2, 3, 7, 9)
    flow = torch.tensor([2.0, -1.0]).view(1, 2, 1, 1).expand(2, 2, 7, 9)
    torch.testing.assert_close(resample(image, flow)[:, :, 1:, :-2], image[:, :, :-1, 2:])


def test_resample_between_pixels_is_bilinear() -> None:
    image = torch.tensor([[0.0, 4.0], [8.0, 20.0]])[None, None]
    flow = torch.zeros(1, 2, 2, 2)
    flow[0, :, 0, 0] = torch.tensor([0.25, 0.5])
    expected = 0.5 * (0.75 * 0 + 0.25 * 4) + 0.5 * (0.75 * 8 + 0.25 * 20)
    assert resample(image, flow)[0, 0, 0, 0].item() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("flow", "corner"), [((-50.0, -50.0), (0, 0)), ((50.0, -50.0), (0, -1)), ((50.0, 50.0), (-1, -1))]
)
def test_resample_outside_takes_the_edge(flow: tuple[float, float], corner: tuple[int, int]) -> None:
    image = random(1, 2, 5, 6)
    found = resample(image, torch.tensor(flow).view(1, 2, 1, 1).expand(1, 2, 5, 6))
    torch.testing.assert_close(found, image[:, :, corner[0], corner[1], None, None].expand_as(image))


def test_resample_of_one_column() -> None:
    image = random(1, 2, 4, 1)
    torch.testing.assert_close(resample(image, torch.zeros(1, 2, 4, 1)), image)


def test_channel_norm() -> None:
    values = torch.tensor([3.0, 4.0, 12.0]).view(1, 3, 1, 1)
    assert channel_norm(values).tolist() == [[[[13.0]]]]
    assert channel_norm(random(2, 3, 5, 7)).shape == (2, 1, 5, 7)


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        (FlowNetC, 39_175_298),
        (FlowNetS, 38_695_322),
        (FlowNetSD, 45_371_666),
        (FlowNetFusion, 581_226),
        (FlowNet2, 162_518_834),
    ],
)
def test_numbers_of_parameters(network: type[nn.Module], expected: int) -> None:
    with torch.device("meta"):
        assert parameters(network()) == expected


@pytest.fixture(scope="module")
def network() -> FlowNet2:
    """FlowNet2 with seeded weights, scaled so that its flow stays a few pixels long."""
    with torch.device("meta"):
        net = FlowNet2()
    net.to_empty(device="cpu")
    generator = torch.Generator().manual_seed(0)
    for parameter in net.parameters():
        scale = (2 / parameter[0].numel()) ** 0.5 if parameter.ndim > 1 else 0.1
        parameter.data.uniform_(-scale, scale, generator=generator)
    return net.eval().requires_grad_(False)


def test_checkpoint_keys_are_nvidias(network: FlowNet2) -> None:
    own = {key: list(value.shape) for key, value in network.state_dict().items()}
    assert own == KEYS["NVIDIA/flownet2-pytorch FlowNet2"]


@pytest.mark.parametrize("size", [(64, 64), (128, 64)])
def test_whole_network(network: FlowNet2, size: tuple[int, int]) -> None:
    first, second = (torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(k)) * 255 for k in (0, 1))
    flow = network(first, second)
    assert flow.shape == (2, 2, *size)
    assert flow.isfinite().all()
    torch.testing.assert_close(network(first[1:], second[1:])[0], flow[1], rtol=1e-3, atol=1e-4)
    assert (network(second, first) - flow).abs().max() > 1e-3


def test_estimator_pads_odd_frames(network: FlowNet2) -> None:
    estimator = NetworkEstimator(network, Fit(MULTIPLE, MINIMUM), {})
    frames = [np.random.default_rng(seed).integers(0, 256, (61, 70, 3), np.uint8) for seed in (0, 1)]
    encoded = estimator.encode(frames, [True, False])
    (flow,) = estimator.estimate([tuple(encoded)])
    assert flow.shape == (61, 70, 2)
    padded = [torch.from_numpy(np.pad(frame, ((1, 2), (29, 29), (0, 0)), "edge")) for frame in frames]
    expected = network(*(frame.permute(2, 0, 1)[None].float() for frame in padded))
    np.testing.assert_allclose(flow, expected[0, :, 1:62, 29:99].permute(1, 2, 0).numpy(), atol=1e-4)


class Answer(nn.Module):
    """Stands for a sub-network: keeps what it was given and answers with one flow everywhere."""

    def __init__(self, u: float, v: float, factor: int = 4) -> None:
        super().__init__()
        self.flow, self.factor = torch.tensor([u, v]), factor
        self.given = torch.empty(0)

    def forward(self, given: Tensor) -> Tensor:
        self.given = given
        height, width = given.shape[2] // self.factor, given.shape[3] // self.factor
        return self.flow.view(1, 2, 1, 1).expand(len(given), 2, height, width)


def test_what_each_sub_network_is_given() -> None:
    with torch.device("meta"):
        net = FlowNet2()
    net.flownetc, net.flownets_1, net.flownets_2 = Answer(0.1, 0), Answer(0, 0.15), Answer(0.05, 0.05)
    net.flownets_d, net.flownetfusion = Answer(20.0, -40.0), Answer(7, 8, factor=1)
    first, second = (torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(k)) * 255 for k in (0, 1))
    assert net(first, second)[0, :, 5, 5].tolist() == [7, 8]
    mean = torch.cat([first, second]).mean(dim=(0, 2, 3)).view(1, 3, 1, 1)
    a, b = (first - mean) / 255, (second - mean) / 255
    torch.testing.assert_close(net.flownetc.given, torch.cat([a, b], 1))
    torch.testing.assert_close(net.flownets_d.given, torch.cat([a, b], 1))
    for stage, (dx, dy) in ((net.flownets_1, (2, 0)), (net.flownets_2, (0, 3))):
        inner = (..., slice(0, 60), slice(0, 60))
        warped = b.roll((-dy, -dx), (2, 3))
        torch.testing.assert_close(stage.given[:, 6:9][inner], warped[inner], rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(stage.given[0, 9:11, 9, 9], torch.tensor([dx, dy]) / 20)
        error = (a - warped).square().sum(1, keepdim=True).sqrt()
        torch.testing.assert_close(stage.given[:, 11:][inner], error[inner], rtol=1e-4, atol=1e-4)
    fused = net.flownetfusion.given
    assert fused.shape == (1, 11, 64, 64)
    torch.testing.assert_close(fused[:, :3], a)
    torch.testing.assert_close(fused[0, 3:9, 9, 9], torch.tensor([1.0, -2.0, 1.0, 1.0, 5**0.5, 2**0.5]))
    error = (a - b.roll((-1, -1), (2, 3))).square().sum(1).sqrt()
    torch.testing.assert_close(fused[:, 10, :60, :60], error[:, :60, :60], rtol=1e-4, atol=1e-4)


def test_weights_of_another_network(tmp_path: Path) -> None:
    torch.save({"state_dict": {"feature_encoder.conv.weight": torch.zeros(2)}}, tmp_path / "raft.pth")
    with pytest.raises(VsodprepError, match=r"raft\.pth: no parameter flownetc.*the weights of another network"):
        load_flownet2(str(tmp_path / "raft.pth"))


def test_absent_weights_say_what_to_fetch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.raises(InputError, match=r"FlowNet2_checkpoint\.pth\.tar from https://drive\.google\.com"):
        load_flownet2()


@pytest.mark.slow
def test_weights_in_nvidias_wrapping(network: FlowNet2, tmp_path: Path) -> None:
    path = tmp_path / "FlowNet2_checkpoint.pth.tar"
    torch.save({"arch": "FlowNet2", "epoch": 0, "state_dict": network.state_dict(), "best_EPE": 1e10}, path)
    loaded, record = load_flownet2(str(path))
    assert record["weights"] == "FlowNet2_checkpoint.pth.tar"
    assert len(record["weights_sha256"]) == 64
    for key, value in loaded.state_dict().items():
        assert torch.equal(value, network.state_dict()[key])
