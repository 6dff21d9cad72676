import importlib.metadata
import sys
import types
from typing import ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from vsodprep.config.flow import Method
from vsodprep.errors import InputError
from vsodprep.flow.methods import build_estimator


class Model(nn.Module):
    """Answers with the blue of the first and the red of the second frame, as its input says they are."""

    pretrained_checkpoints: ClassVar = {"things": "https://example.org/toy-things-00000000.ckpt"}

    def forward(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        images = inputs["images"]
        return {"flows": torch.stack([images[:, 0, 0], images[:, 1, 2]], dim=1)[:, None]}


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> None:
    def get_model(name: str, ckpt_path: str) -> nn.Module:
        if (name, ckpt_path) != ("toy", "things"):
            raise ValueError(f"unknown {name} {ckpt_path}")
        return Model()

    module = types.ModuleType("ptlflow")
    module.get_model = get_model  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "ptlflow", module)
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0.4")


@pytest.mark.usefixtures("package")
def test_frames_arrive_as_bgr_in_unit_range() -> None:
    estimator = build_estimator(Method(method="ptlflow:toy"))
    frames = [np.full((5, 7, 3), colour, np.uint8) for colour in [(10, 20, 51), (102, 20, 30)]]
    encoded = estimator.encode(frames, [True, False])
    (flow,) = estimator.estimate([tuple(encoded)])
    assert flow.shape == (5, 7, 2)
    np.testing.assert_allclose(flow[3, 3], [51 / 255, 102 / 255], rtol=1e-6)
    assert estimator.record["method"] == "ptlflow:toy"
    assert estimator.record["weights"] == "things"
    assert estimator.record["versions"]["ptlflow"] == "0.4"


@pytest.mark.usefixtures("package")
def test_unknown_network() -> None:
    with pytest.raises(InputError, match="ptlflow:nothing: no weights 'things'"):
        build_estimator(Method(method="ptlflow:nothing"))


@pytest.mark.skipif("ptlflow" in sys.modules, reason="installed")
def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ptlflow", None)
    with pytest.raises(InputError, match="pip install ptlflow, in an environment of its own"):
        build_estimator(Method(method="ptlflow:raft"))


@pytest.mark.parametrize("method", ["farneback", "", "ptlflow"])
def test_unknown_method(method: str) -> None:
    with pytest.raises(ValueError, match="method"):
        Method(method=method)
