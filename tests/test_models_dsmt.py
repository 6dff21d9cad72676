"""DSMT: the prototxt's sizes, its two tasks in turn, and its losses."""

import copy

import pytest
import torch
from model_batches import make_batch, with_classes
from torch import nn

from vsodprep.config.train import Optimizer
from vsodprep.models import build_model
from vsodprep.models.losses.bce import squared_error
from vsodprep.models.recipe import build_optimizer

TRUNK = 14_714_688 + (49 * 512 + 1) * 4096 + (4096 + 1) * 4096


def head(classes: int) -> int:
    return (4096 + 1) * classes + 63 * 63 * classes**2


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def narrow(variant: str = "full", **options: object):
    torch.manual_seed(0)
    return build_model("dsmt", variant, width=0.125, **options)


@pytest.mark.parametrize(
    ("variant", "parameters"), [("code", TRUNK + head(1)), ("full", TRUNK + head(1) + head(21)), ("unrefined", None)]
)
def test_parameters_are_the_sum_of_the_parts(variant: str, parameters: int | None) -> None:
    with torch.device("meta"):
        assert count(build_model("dsmt", variant)) == (parameters or TRUNK + head(1) + head(21))


def test_what_predicts_is_as_large_as_the_released_file() -> None:
    assert round(4 * (TRUNK + head(1)) / 1e6, 2) == 537.07


def test_sizes_are_those_of_the_prototxt() -> None:
    with torch.device("meta"):
        network = build_model("dsmt").eval()
        sizes: list[int] = []
        layers = [network.trunk.stages[0][0], *network.trunk.pools, network.trunk.fc6, network.saliency.deconv]
        for layer in layers:
            layer.register_forward_hook(lambda _, __, made: sizes.append(made.shape[-1]))
        found = network({"frames": torch.empty(1, 1, 3, 500, 500)})["saliency"]
    assert sizes == [698, 349, 175, 88, 44, 22, 16, 500]
    assert found.shape == (1, 1, 500, 500)
    assert sum(1 for each in network.trunk.modules() if isinstance(each, nn.Conv2d)) == 15


def test_heads_start_from_a_gaussian() -> None:
    network = build_model("dsmt", width=0.5)
    for layer in (network.classes.score, network.classes.deconv, network.saliency.deconv):
        assert layer.weight.std().item() == pytest.approx(0.01, rel=0.1)


def test_batches_touch_their_own_head_and_the_trunk() -> None:
    """With momentum and weight decay, which move whatever has a gradient, be it zero."""
    network = narrow(dropout=0)
    optimizer = build_optimizer(Optimizer(name="sgd", lr=1e-3, weight_decay=0.1), network.parameters(), fused=False)
    saliency = make_batch(2)
    saliency["classes"] = torch.full((2, 1, 64, 64), 255)  # as images without classes have beside others with
    segmentation = with_classes(make_batch(2))
    segmentation["annotated"][:] = False
    moved = []
    for batch in (saliency, segmentation, saliency):
        before = copy.deepcopy(network.state_dict())
        optimizer.zero_grad()
        network.loss(network(batch), batch)["loss"].backward()
        optimizer.step()
        after = network.state_dict()
        moved.append({name.split(".")[0] for name in before if not torch.equal(before[name], after[name])})
    assert moved == [{"trunk", "saliency"}, {"trunk", "classes"}, {"trunk", "saliency"}]


def test_a_batch_with_both_is_compared_with_both() -> None:
    network = narrow()
    batch = with_classes(make_batch(2))
    assert set(network.loss(network(batch), batch)) == {"loss", "final", "classes"}
    code = narrow("code")
    assert set(code.loss(code(batch), batch)) == {"loss", "final"}


def test_squared_error_is_that_of_caffe() -> None:
    """Half the sum of squares; of a map of one half and a mask of one pixel in four."""
    logits = torch.zeros(1, 1, 2, 2)
    mask = torch.tensor([[[[1.0, 0], [0, 0]]]])
    assert squared_error(logits, mask, "sum").tolist() == [0.5]
    assert squared_error(logits, mask).tolist() == [0.125]


@pytest.mark.parametrize(("variant", "refines"), [("full", True), ("unrefined", False)])
def test_the_map_is_refined_by_default(variant: str, refines: bool) -> None:
    assert narrow(variant).options.refines is refines
