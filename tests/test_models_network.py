"""What holds for all networks and all their variants."""

import pytest
import torch
from model_batches import make_batch, with_classes
from torch import nn

from vsodprep.config.models import MODELS, definition
from vsodprep.errors import InputError
from vsodprep.models import build_model
from vsodprep.models.network import Network
from vsodprep.models.size import clip

VARIANTS = [(name, variant) for name in MODELS for variant in definition(name).variants]
DISTINCT = [(name, variant) for name, variant in VARIANTS if not variant.startswith("tau-")]
# The full networks stand for their variants in the tests that are always run; and, as tracing a ResNet takes long, the
# two with a VGG for all.
FULL_FIRST = [
    pytest.param(*each, marks=() if each[1] == "full" else pytest.mark.slow, id="-".join(each)) for each in DISTINCT
]
ALWAYS = {("stan", "full"), ("msst", "full")}
TRACED = [pytest.param(*each, marks=() if each in ALWAYS else pytest.mark.slow, id="-".join(each)) for each in DISTINCT]

OF_4096 = {"dcl", "rfcn", "dsmt"}  # channels of fc6 and fc7


def narrow(name: str, variant: str = "full", width: float | None = None) -> Network:
    torch.manual_seed(0)
    own = {"deviation": 1.0} if name == "dsmt" else {}  # its own start gives next to nothing
    network = build_model(name, variant, width=width or (0.0625 if name in OF_4096 else 0.25), **own)
    if name in {"dsnet", "rfcn"}:  # whose own start gives a nearly constant map where statistics are not the batch's
        for module in network.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight)
    return network


def batch_for(network: Network, size: tuple[int, int] = (64, 64), batch: int = 2) -> dict:
    return make_batch(batch, network.clip_length, size)


@pytest.mark.parametrize(("name", "variant"), VARIANTS)
def test_every_parameter_gets_a_gradient(name, variant):
    network = narrow(name, variant)
    batch = with_classes(batch_for(network))
    network.loss(network(batch), batch, torch.Generator().manual_seed(0))["loss"].backward()
    trained = {key: parameter for key, parameter in network.named_parameters() if parameter.requires_grad}
    missed = [key for key, parameter in trained.items() if parameter.grad is None or not parameter.grad.any()]
    assert missed == []


@pytest.mark.parametrize(("name", "variant"), VARIANTS)
def test_a_network_that_says_it_has_no_batch_normalisation_has_none(name, variant):
    with torch.device("meta"):
        modules = build_model(name, variant, width=0.0625).train().modules()
    found = any(isinstance(module, nn.BatchNorm2d) and module.training for module in modules)
    assert definition(name).choose(variant, {}).batch_norm or not found


SINGLE = {"dsnet": set(), "cagdde": set(), "stan": {"OS"}, "msst": {"OS"}}
SINGLE["contrastive"] = {*definition("contrastive").variants} - {"cosnet", "cosnet-1"}
SINGLE |= {name: {*definition(name).variants} for name in OF_4096}


@pytest.mark.parametrize("name", sorted(SINGLE))
def test_a_network_of_single_frames_reads_nothing_else(name):
    found = {variant for variant in definition(name).variants if definition(name).choose(variant, {}).single_frame}
    assert found == SINGLE[name]


@pytest.mark.parametrize("size", [(64, 64), (65, 79), (97, 130)])
@pytest.mark.parametrize("name", MODELS)
def test_any_size_from_64_gives_a_map_of_that_size(name, size):
    network = narrow(name)
    batch = batch_for(network, size)
    outputs = network(batch)
    assert outputs["saliency"].shape == (2, 1, *size)
    assert torch.isfinite(network.loss(outputs, batch)["loss"])


@pytest.mark.parametrize(("name", "variant"), DISTINCT)
def test_every_variant_gives_a_map_of_the_frames_size(name, variant):
    size = (127, 66)
    with torch.device("meta"):
        network = build_model(name, variant, width=0.25)
        batch = {key: each.expand(2, *each.shape[1:]) for key, each in clip(network, size).items()}
        assert network(batch)["saliency"].shape == (2, 1, *size)


@pytest.mark.parametrize("name", MODELS)
def test_the_last_frames_of_a_longer_clip_are_read(name):
    network = narrow(name).eval()
    clip = make_batch(2, network.clip_length + 2)
    last = {key: clip[key][:, -network.clip_length :] for key in network.inputs}
    with torch.no_grad():
        found = network(clip)["saliency"]
        torch.testing.assert_close(found, network(last)["saliency"])
        assert (found - network(make_batch(2, network.clip_length, seed=7))["saliency"]).abs().max() > 0.01


@pytest.mark.parametrize("name", MODELS)
def test_loss_is_the_sum_of_its_terms(name):
    network = narrow(name)
    batch = batch_for(network)
    terms = network.loss(network(batch), batch)
    total = terms.pop("loss")
    torch.testing.assert_close(total, torch.stack(list(terms.values())).sum())


@pytest.mark.parametrize("name", MODELS)
def test_a_seed_gives_identical_outputs_twice(name):
    runs = []
    for _ in range(2):
        network = narrow(name)
        batch = batch_for(network)
        outputs = network(batch)
        runs.append((outputs["saliency"], network.loss(outputs, batch, torch.Generator().manual_seed(3))["loss"]))
    assert torch.equal(runs[0][0], runs[1][0])
    assert torch.equal(runs[0][1], runs[1][1])


@pytest.mark.parametrize("name", MODELS)
def test_no_state_between_calls(name):
    network = narrow(name).eval()
    batch, other = batch_for(network), make_batch(1, network.clip_length, (80, 96), seed=5)
    with torch.no_grad():
        first = network(batch)["saliency"]
        network(other)
        assert torch.equal(network(batch)["saliency"], first)


READ = [(name, key) for name in MODELS for key in definition(name).choose("full", {}).inputs]


@pytest.mark.parametrize(("name", "key"), READ)
def test_a_batch_that_lacks_what_is_read_is_named(name, key):
    network = narrow(name).eval()
    batch = batch_for(network)
    del batch[key]
    with pytest.raises(InputError, match=f"batch: no {key}"):
        network(batch)


@pytest.mark.parametrize(("name", "key"), [(name, key) for name, key in READ if key != "frames"])
def test_inputs_of_different_sizes_are_named(name, key):
    network = narrow(name).eval()
    batch = batch_for(network)
    batch[key] = batch[key][..., :-8]
    with pytest.raises(InputError, match=rf"batch: {key} of shape .*\b56\) beside frames of shape .*\b64\)"):
        network(batch)


def test_clips_of_different_lengths_are_named():
    network = narrow("msst").eval()
    batch = batch_for(network)
    with pytest.raises(InputError, match=r"batch: prior of shape .* beside frames of shape"):
        network.encode({**batch, "prior": batch["prior"][:, 1:]})


def test_a_frame_without_a_clip_is_named():
    network = narrow("dsnet").eval()
    batch = batch_for(network)
    with pytest.raises(InputError, match=r"frames of shape \(2, 3, 64, 64\); expected \(B, T, C, H, W\)"):
        network({key: batch[key][:, 0] for key in ("frames", "flow")})


@pytest.mark.parametrize("name", MODELS)
def test_frames_without_mask_do_not_count(name):
    network = narrow(name).eval()
    batch = batch_for(network, batch=3)
    batch["annotated"][2] = False
    outputs = network(batch)
    before = network.loss(outputs, batch)["loss"]
    batch["masks"][2] = 1 - batch["masks"][2]
    torch.testing.assert_close(network.loss(outputs, batch)["loss"], before)


@pytest.mark.parametrize("name", MODELS)
def test_a_batch_without_any_mask_has_a_loss_of_zero(name):
    network = narrow(name)
    batch = batch_for(network)
    batch["annotated"][:] = False
    loss = network.loss(network(batch), batch)["loss"]
    loss.backward()
    assert loss.item() == 0


@pytest.mark.parametrize("name", MODELS)
def test_width_keeps_every_layer(name):
    with torch.device("meta"):
        wide, thin = build_model(name), build_model(name, width=0.25)
    assert wide.state_dict().keys() == thin.state_dict().keys()


@pytest.mark.parametrize("width", [0.01, 0.1, 0.25, 1.0])
@pytest.mark.parametrize("name", MODELS)
def test_no_strided_1x1_convolution_reads_fewer_than_8_channels(name, width):
    with torch.device("meta"):
        network = build_model(name, width=width)
    convolutions = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    strided = [one for one in convolutions if one.kernel_size == (1, 1) and one.stride != (1, 1)]
    assert bool(strided) == any(backbone.startswith("resnet") for backbone in definition(name).backbones)
    assert [one for one in strided if one.in_channels < 8] == []


@pytest.mark.parametrize(("name", "variant"), FULL_FIRST)
def test_channels_last_changes_nothing(name, variant):
    network = narrow(name, variant).eval()
    batch = batch_for(network)
    with torch.no_grad():
        expected = network(batch)["saliency"]
        found = network.to(memory_format=torch.channels_last)(batch)["saliency"]
    assert (found - expected).abs().max() < 1e-3 * expected.std()


@pytest.mark.parametrize(("name", "variant"), FULL_FIRST)
def test_autocast_trains(name, variant):
    network = narrow(name, variant, width=1 / 16)
    batch = batch_for(network)
    with torch.autocast("cpu", torch.bfloat16):
        terms = network.loss(network(batch), batch)
    assert all(term.dtype == torch.float32 for term in terms.values())
    terms["loss"].backward()
    assert all(torch.isfinite(p.grad).all() for p in network.parameters() if p.grad is not None)


def read_by(network: Network, batch: dict) -> dict:
    return {key: batch[key] for key in network.inputs}


@pytest.mark.parametrize(("name", "variant"), TRACED)
def test_compiles_into_one_graph(name, variant):
    torch.compiler.reset()
    network = narrow(name, variant).eval()
    batch = read_by(network, batch_for(network))
    with torch.no_grad():
        found = torch.compile(network, backend="eager", fullgraph=True)(batch)["saliency"]
        assert torch.equal(found, network(batch)["saliency"])


@pytest.mark.parametrize(("name", "variant"), TRACED)
def test_exports(name, variant):
    network = narrow(name, variant).eval()
    batch = read_by(network, batch_for(network, (64, 96)))
    with torch.no_grad():
        program = torch.export.export(network, (batch,))
        torch.testing.assert_close(program.module()(batch)["saliency"], network(batch)["saliency"])


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_trains_and_predicts_when_compiled(name):
    torch.compiler.reset()
    network = narrow(name, width=1 / 16)
    batch = batch_for(network)
    compiled = torch.compile(network)
    network.loss(compiled(batch), batch, torch.Generator().manual_seed(0))["loss"].backward()
    assert all(torch.isfinite(p.grad).all() for p in network.parameters() if p.grad is not None)
    network.eval()
    with torch.no_grad():
        found, expected = compiled(batch)["saliency"], network(batch)["saliency"]
    assert (found - expected).abs().max() < 1e-3 * expected.std()
