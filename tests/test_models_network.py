"""What holds for all networks and all their variants."""

import pytest
import torch
from model_batches import make_batch

from vsodprep.errors import InputError
from vsodprep.models import MODELS, build_model
from vsodprep.models.network import Network, definition

VARIANTS = [(name, variant) for name in MODELS for variant in definition(name).variants]
DISTINCT = [(name, variant) for name, variant in VARIANTS if not variant.startswith("tau-")]
# Tracing a ResNet takes long; the two VGGs stand for all in the tests that are always run.
TRACED = [name if name in {"stan", "msst"} else pytest.param(name, marks=pytest.mark.slow) for name in MODELS]

FLOW, PRIOR = ("frames", "flow"), ("frames", "prior")
READS = {"dsnet": FLOW, "cagdde": FLOW, "contrastive": ("frames",), "stan": PRIOR, "msst": PRIOR}


def narrow(name: str, variant: str = "full", seed: int = 0) -> Network:
    torch.manual_seed(seed)
    return build_model(name, variant, width=0.25)


def batch_for(network: Network, size: tuple[int, int] = (64, 64), batch: int = 2) -> dict:
    return make_batch(batch, network.clip_length, size)


@pytest.mark.parametrize(("name", "variant"), VARIANTS)
def test_every_parameter_gets_a_gradient(name, variant):
    network = narrow(name, variant)
    batch = batch_for(network)
    network.loss(network(batch), batch, torch.Generator().manual_seed(0))["loss"].backward()
    trained = {key: parameter for key, parameter in network.named_parameters() if parameter.requires_grad}
    missed = [key for key, parameter in trained.items() if parameter.grad is None or not parameter.grad.any()]
    assert missed == []


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
        shape = (2, network.clip_length)
        batch = {key: torch.empty(*shape, 1 if key == "prior" else 3, *size) for key in network.inputs}
        assert network(batch)["saliency"].shape == (2, 1, *size)


@pytest.mark.parametrize("name", MODELS)
def test_the_last_frames_of_a_longer_clip_are_read(name):
    network = narrow(name).eval()
    clip = make_batch(2, network.clip_length + 2)
    last = {key: clip[key][:, -network.clip_length :] for key in network.inputs}
    with torch.no_grad():
        torch.testing.assert_close(network(clip)["saliency"], network(last)["saliency"])


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


READ = [(name, key) for name in MODELS for key in ("frames", "flow", "prior") if key in READS[name]]


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


@pytest.mark.parametrize("name", MODELS)
def test_channels_last_changes_nothing(name):
    network = narrow(name).eval()
    batch = batch_for(network)
    with torch.no_grad():
        expected = network(batch)["saliency"]
        found = network.to(memory_format=torch.channels_last)(batch)["saliency"]
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", MODELS)
def test_autocast_trains(name):
    network = narrow(name)
    batch = batch_for(network)
    with torch.autocast("cpu", torch.bfloat16):
        terms = network.loss(network(batch), batch)
    assert all(term.dtype == torch.float32 for term in terms.values())
    terms["loss"].backward()
    assert all(torch.isfinite(p.grad).all() for p in network.parameters() if p.grad is not None)


@pytest.mark.parametrize("name", TRACED)
def test_compiles_into_one_graph(name):
    network = narrow(name).eval()
    batch = {key: value for key, value in batch_for(network).items() if key in network.inputs}
    with torch.no_grad():
        found = torch.compile(network, backend="eager", fullgraph=True)(batch)["saliency"]
        assert torch.equal(found, network(batch)["saliency"])


@pytest.mark.parametrize("name", TRACED)
def test_exports(name):
    network = narrow(name).eval()
    batch = {key: value for key, value in batch_for(network, (64, 96)).items() if key in network.inputs}
    with torch.no_grad():
        program = torch.export.export(network, (batch,))
        torch.testing.assert_close(program.module()(batch)["saliency"], network(batch)["saliency"])
