"""RFCN: the sums of its parts, its recurrent steps, its prior's channel, and its two tasks."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch
from model_batches import make_batch, with_classes
from torch import Tensor, nn

from vsodprep.models import build_model
from vsodprep.models.losses.bce import bce
from vsodprep.models.losses.classes import class_cross_entropy
from vsodprep.models.parts.layers import resize
from vsodprep.models.saved import start_from

TRUNK = 14_714_688 + 64 * 9 + (49 * 512 + 1) * 4096 + (4096 + 1) * 4096  # the prior's weights after VGG's


def head(classes: int) -> int:
    return (4096 + 1) * classes + 64 * 64 * classes**2


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def narrow(variant: str = "full", **options: object):
    torch.manual_seed(0)
    return build_model("rfcn", variant, width=0.125, **options)


@pytest.mark.parametrize(
    ("variant", "parameters"),
    [
        ("full", TRUNK + head(2)),
        ("one-step", TRUNK + head(2)),
        ("refined", TRUNK + head(2)),
        ("pre-training", TRUNK + head(2) + head(21)),
        ("per-step", 2 * (TRUNK + head(2))),
    ],
)
def test_parameters_are_the_sum_of_the_parts(variant: str, parameters: int) -> None:
    with torch.device("meta"):
        assert count(build_model("rfcn", variant)) == parameters


def test_features_are_a_thirty_second_of_the_frame() -> None:
    with torch.device("meta"):
        trunk = build_model("rfcn").fcns[0].trunk
        _, features = trunk(torch.empty(1, 4, 500, 500))
    assert features.shape == (1, 4096, 16, 16)
    assert (trunk.fc6.kernel_size, trunk.fc6.padding) == ((7, 7), (3, 3))


def test_the_prior_enters_the_first_convolution_as_a_fourth_channel() -> None:
    """W_I * I + W_P * P + b."""
    first = narrow().fcns[0].trunk.convolutions()[0]
    frame, prior = torch.randn(1, 3, 8, 8), torch.rand(1, 1, 8, 8)
    both = nn.functional.conv2d(frame, first.weight[:, :3], padding=1)
    both = both + nn.functional.conv2d(prior, first.weight[:, 3:], padding=1) + first.bias[:, None, None]
    torch.testing.assert_close(first(torch.cat([frame, prior], 1)), both)


@contextmanager
def seen_by(network: nn.Module) -> Iterator[list[Tensor]]:
    """Collect what enters the trunk."""
    inputs: list[Tensor] = []
    hooks = [fcn.trunk.register_forward_pre_hook(lambda _, given: inputs.append(given[0])) for fcn in network.fcns]
    yield inputs
    for hook in hooks:
        hook.remove()


@pytest.mark.parametrize("variant", ["full", "per-step"])
def test_a_step_reads_the_foreground_of_the_step_before(variant: str) -> None:
    network = narrow(variant, steps=3, dropout=0)
    batch = make_batch(2)
    with torch.no_grad(), seen_by(network) as inputs:
        steps = network(batch)["aux"]["steps"]
    assert len(steps) == len(inputs) == 3
    priors = [each[:, 3:] for each in inputs]
    torch.testing.assert_close(priors[0], batch["contrast"][:, -1])
    for prior, step in zip(priors[1:], steps, strict=False):
        torch.testing.assert_close(prior, step.sigmoid())
    assert all(torch.equal(each[:, :3], batch["frames"][:, -1]) for each in inputs)
    assert not torch.equal(steps[0], steps[1])


def test_the_map_is_the_softmax_of_two_channels() -> None:
    network = narrow(steps=1, dropout=0)
    batch = make_batch(2)
    fcn = network.fcns[0]
    with torch.no_grad():
        _, features = fcn.trunk(torch.cat([batch["frames"][:, -1], batch["contrast"][:, -1]], 1))
        channels = fcn.saliency(features, torch.Size((64, 64)))
        found = network(batch)["saliency"].sigmoid()
    torch.testing.assert_close(found, channels.softmax(1)[:, 1:])


def test_a_deconvolution_starts_as_bilinear() -> None:
    layer = narrow().fcns[0].saliency.deconv
    ramp = torch.arange(2.0).view(1, 1, 1, 2).expand(1, 2, 2, 2).contiguous()
    with torch.no_grad():
        large = layer(ramp)
    assert large.shape == (1, 2, 64, 64)
    middle = large[0, :, 32, 16:48]  # between the centres of the two positions, in steps of 1/32 from 1/64
    torch.testing.assert_close(middle, ((torch.arange(32) + 0.5) / 32).expand(2, 32))


def test_gradients_pass_through_the_steps() -> None:
    network = narrow("per-step", dropout=0)
    batch = make_batch(2)
    network(batch)["aux"]["steps"][1].sum().backward()
    first, second = (fcn.saliency.score.weight.grad for fcn in network.fcns)
    assert first.abs().sum() > 0
    assert second.abs().sum() > 0


def test_maps_of_three_scales_are_averaged() -> None:
    network = narrow().eval()
    batch = make_batch(2, size=(64, 96))
    with torch.no_grad(), seen_by(network) as inputs:
        found = network(batch)["saliency"].sigmoid()
        single = narrow(scales=(1.25,)).eval()(batch)["saliency"]
    sizes = [(48, 72), (64, 96), (80, 120)]
    assert [tuple(each.shape[2:]) for each in inputs] == [size for size in sizes for _ in range(2)]
    expected = []
    with torch.no_grad():
        for size in sizes:
            given = (resize(batch[key][:, -1], size) for key in ("frames", "contrast"))
            expected.append(resize(network.recur(*given)[0][-1], (64, 96)))
    torch.testing.assert_close(found, torch.stack(expected).sigmoid().mean(0))
    torch.testing.assert_close(single, expected[2])


def test_loss_adds_the_steps() -> None:
    network = narrow(dropout=0)
    batch = make_batch(2)
    outputs = network(batch)
    terms = network.loss(outputs, batch)
    mask = batch["masks"][:, -1]
    assert set(terms) == {"loss", "step1", "step2"}
    for number, step in enumerate(outputs["aux"]["steps"]):
        torch.testing.assert_close(terms[f"step{number + 1}"], bce(step, mask).mean())


def test_pre_training_learns_classes_and_their_foreground() -> None:
    """By hand: three pixels of background, a bird and no matter what, all logits zero."""
    network = narrow("pre-training", steps=1, scales=(1.0,))
    batch = {
        **{"masks": torch.zeros(1, 1, 1, 1, 3), "annotated": torch.zeros(1, 1), "weight": torch.ones(1, 1)},
        "classes": torch.tensor([[[[0, 3, 255]]]]),
    }
    maps = torch.tensor([[[[0.0, 2.0, 9.0]]]])
    terms = network.loss({"saliency": maps, "aux": {"steps": [maps], "classes": [torch.zeros(1, 21, 1, 3)]}}, batch)
    assert terms["classes1"].item() == pytest.approx(math.log(21))
    assert terms["step1"].item() == pytest.approx((math.log(2) + math.log1p(math.exp(-2))) / 2)


def test_pre_training_touches_every_channel() -> None:
    network = narrow("pre-training")
    batch = with_classes(make_batch(2))
    batch["annotated"][:] = False
    network.loss(network(batch), batch)["loss"].backward()
    assert all(each.grad is not None and each.grad.any() for each in network.parameters())


def test_classes_are_dropped_for_fine_tuning(tmp_path) -> None:
    torch.manual_seed(5)
    before = build_model("rfcn", "pre-training", width=0.125)
    torch.save(before.state_dict(), tmp_path / "before.pth")
    network = narrow()
    inherited = start_from(network, tmp_path / "before.pth")
    assert inherited.left == ()
    assert {name.split(".")[2] for name in inherited.unused} == {"classes"}
    assert all(torch.equal(each, before.state_dict()[name]) for name, each in network.state_dict().items())


def test_cross_entropy_of_classes() -> None:
    logits = torch.tensor([[[[0.0, 0.0]], [[math.log(3), 0.0]]], [[[1.0, 5.0]], [[2.0, 6.0]]]])
    classes = torch.tensor([[[1, 0]], [[255, 255]]])
    expected = math.log(4 / 3) + math.log(2)
    torch.testing.assert_close(class_cross_entropy(logits, classes, "sum"), torch.tensor([expected, 0]))
    torch.testing.assert_close(class_cross_entropy(logits, classes), torch.tensor([expected / 2, 0]))


@pytest.mark.parametrize(("variant", "refines"), [("full", False), ("refined", True)])
def test_post_processing_is_off_by_default(variant: str, refines: bool) -> None:
    assert narrow(variant).options.refines is refines
