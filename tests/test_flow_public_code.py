"""Exact agreement with public code, where VSODPREP_PUBLIC_CODE names a folder with checkouts of it.

The folder holds princeton-vl/RAFT as `RAFT` and NVIDIA/flownet2-pytorch as `flownet2-pytorch`; without it, what can be
checked without their code is checked in test_flow_picture.py, test_flow_raft.py and test_flow_flownet2.py.
"""

import argparse
import importlib
import importlib.util
import os
import sys
import types
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from vsodprep.flow.flownet2 import FlowNet2
from vsodprep.flow.picture import colour
from vsodprep.flow.raft import Raft, from_princeton
from vsodprep.weights import load

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def public() -> Path:
    folder = os.environ.get("VSODPREP_PUBLIC_CODE")
    if not folder:
        pytest.skip("VSODPREP_PUBLIC_CODE names no folder")
    return Path(folder)


def module_at(path: Path) -> types.ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def flows(kind: type) -> list[np.ndarray]:
    generator = np.random.default_rng(0)
    y, x = np.mgrid[-24:25, -32:33].astype(kind)
    cases = [
        generator.normal(scale=5, size=(240, 321, 2)),
        generator.integers(-200, 201, size=(123, 77, 2)) / 64,
        np.dstack([x, y]),
        np.dstack([-y, x]) / 7,
        np.zeros((9, 11, 2)),
        np.where(generator.uniform(size=(50, 60, 1)) < 0.7, 0, generator.normal(size=(50, 60, 2))),
        np.array([[[1, 0], [-1, 0], [0, 1], [0, -1], [-1, -0.0], [-1, 0.0], [1, 1], [0, 0]]]),
    ]
    return [np.ascontiguousarray(case, dtype=kind) for case in cases]


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("case", range(7))
def test_pictures_of_raft(public: Path, case: int, kind: type) -> None:
    flow = flows(kind)[case]
    theirs = module_at(public / "RAFT/core/utils/flow_viz.py").flow_to_image(flow.copy())
    np.testing.assert_array_equal(colour(flow, dialect="raft"), theirs)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("case", range(8))
def test_pictures_of_flownet2(public: Path, case: int, kind: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", types.ModuleType("matplotlib.pyplot"))
    flow = flows(kind)[case % 7]
    if case == 7:
        flow[3:9, 4:30] = 1e9
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it divides a flow of zero by zero
        theirs = module_at(public / "flownet2-pytorch/utils/flow_utils.py").flow2img(flow.copy())
    np.testing.assert_array_equal(colour(flow, dialect="flownet2"), theirs)


def frames(seed: int, size: tuple[int, int]) -> Tensor:
    return torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(seed)) * 255


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("variant", ["large", "small"])
def test_raft(public: Path, variant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(public / "RAFT/core")
    torch.manual_seed(0)
    options = argparse.Namespace(small=variant == "small", mixed_precision=False, dropout=0)
    theirs = importlib.import_module("raft").RAFT(options).eval()
    for module in theirs.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean)
            nn.init.uniform_(module.running_var, 0.5, 2)
    ours = Raft(variant, iterations=12).eval()
    load(ours.model, from_princeton(theirs.state_dict()), "princeton")
    first, second = frames(1, (136, 176)), frames(2, (136, 176))
    with torch.inference_mode():
        expected = theirs(first, second, iters=12, test_mode=True)[1]
        found = ours.flow([tuple(ours.encode(torch.cat([first, second]), [True, False]))])
    assert expected.abs().mean() > 1
    torch.testing.assert_close(found, expected, atol=2e-4, rtol=0)


class Correlation(nn.Module):
    """Stands for the compiled extension: a loop over all shifts."""

    def __init__(self, max_displacement: int, stride2: int, **_: int) -> None:
        super().__init__()
        self.reach, self.step = max_displacement, stride2

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        height, width = first.shape[2:]
        padded = nn.functional.pad(second, (self.reach,) * 4)
        shifts = range(0, 2 * self.reach + 1, self.step)
        planes = [(first * padded[..., y : y + height, x : x + width]).mean(1) for y in shifts for x in shifts]
        return torch.stack(planes, 1)


class Resample(nn.Module):
    """Stands for the compiled extension: four neighbours, indices clamped to the image."""

    def forward(self, image: Tensor, flow: Tensor) -> Tensor:
        height, width = image.shape[2:]
        x, y = torch.arange(width) + flow[0, 0], torch.arange(height)[:, None] + flow[0, 1]
        left, top = x.floor(), y.floor()
        result = torch.zeros_like(image)
        for dy, dx in ((0, 0), (0, 1), (1, 0), (1, 1)):
            weight = (1 - (x - left - dx).abs()) * (1 - (y - top - dy).abs())
            rows, columns = (top + dy).long().clamp(0, height - 1), (left + dx).long().clamp(0, width - 1)
            result += weight * image[:, :, rows, columns]
        return result


class Length(nn.Module):
    """Stands for the compiled extension."""

    def forward(self, values: Tensor) -> Tensor:
        return values.square().sum(1, keepdim=True).sqrt()


@pytest.mark.filterwarnings("ignore")
def test_flownet2(public: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(public / "flownet2-pytorch")
    for package, name, extension in (
        ("correlation", "Correlation", Correlation),
        ("resample2d", "Resample2d", Resample),
        ("channelnorm", "ChannelNorm", Length),
    ):
        module = types.ModuleType(f"networks.{package}_package.{package}")
        setattr(module, name, extension)
        monkeypatch.setitem(sys.modules, f"networks.{package}_package", types.ModuleType(package))
        monkeypatch.setitem(sys.modules, module.__name__, module)
    torch.manual_seed(3)
    networks = module_at(public / "flownet2-pytorch/models.py")
    theirs = networks.FlowNet2(argparse.Namespace(fp16=False, rgb_max=255.0)).eval()
    ours = FlowNet2().eval()
    load(ours, theirs.state_dict(), "NVIDIA")
    first, second = frames(1, (128, 192)), frames(2, (128, 192))
    with torch.inference_mode():
        expected = theirs(torch.stack([first, second], dim=2))
        found = ours(first, second)
    assert expected.abs().mean() > 1
    torch.testing.assert_close(found, expected, atol=5e-4, rtol=1e-5)
