"""STAN and MSST: the sums of their parts, their variants, and each mechanism with hand-set weights."""

import math

import pytest
import torch
import torch.nn.functional as F
from model_batches import make_batch
from torch import nn

from vsodprep.errors import InputError
from vsodprep.models import build_model
from vsodprep.models.losses.bce import bce, class_balanced_bce
from vsodprep.models.parts.layers import resize
from vsodprep.models.saved import start_from
from vsodprep.models.stan import ClipConvolution, MapAttention

VGG3, VGG4 = 14_714_688, 14_715_264
FC6, FC7 = 4_719_616, 1_049_600
BRANCHES = 590_081 + 1_179_905
SPATIAL = VGG3 + FC6 + FC7 + BRANCHES
TEMPORAL = VGG4 + FC6 + FC7 + BRANCHES
CONVLSTM, PROJECT = 41_600, 33
# fc6 4x4 from 512 to 4,096 channels, fc7 1x1, the branch after pool 4, and that of 4,096 channels after fc7
DCL = (16 * 512 + 1) * 4096 + (4096 + 1) * 4096 + 590_081 + (9 * 4096 + 1) * 128 + 129
FOUR_CHANNELS = {f"streams.temporal.fcn.stages.0.0.{part}" for part in ("weight", "bias")}


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def narrow(name: str, variant: str = "full", **options: object):
    torch.manual_seed(0)
    return build_model(name, variant, width=0.25, **options)


@pytest.mark.parametrize(
    ("name", "variant", "parameters"),
    [
        ("msst", "full", SPATIAL + TEMPORAL + 3 + 3 + CONVLSTM + PROJECT),
        ("msst", "OS", SPATIAL + 3),
        ("msst", "ST", SPATIAL + TEMPORAL + 3 + 3),
        ("msst", "hidden-1", SPATIAL + TEMPORAL + 3 + 3 + 184),
        ("stan", "full", SPATIAL + TEMPORAL + 6 + CONVLSTM + PROJECT + 145 + 7_939),
        ("stan", "OS", SPATIAL + 4),
        ("stan", "ST", SPATIAL + TEMPORAL + 6),
        ("stan", "STC", SPATIAL + TEMPORAL + 6 + 145),
        ("stan", "STL", SPATIAL + TEMPORAL + 6 + CONVLSTM + PROJECT),
        ("stan", "STLC", SPATIAL + TEMPORAL + 6 + CONVLSTM + PROJECT + 145),
        ("stan", "flow", 2 * SPATIAL + 6 + CONVLSTM + PROJECT + 145 + 7_939),
        ("stan", "dcl", VGG3 + VGG4 + 2 * DCL + 6 + CONVLSTM + PROJECT + 145 + 7_939),
    ],
)
def test_parameters_are_the_sum_of_the_parts(name, variant, parameters):
    with torch.device("meta"):
        assert count(build_model(name, variant)) == parameters


@pytest.mark.parametrize(("depth", "parameters"), [(4, 145), (3, 109)])
def test_parameters_of_the_3d_convolution(depth, parameters):
    assert count(ClipConvolution(4, depth)) == parameters


@pytest.mark.parametrize("depth", [3, 4])
def test_the_clip_convolution_is_a_3d_convolution(depth):
    layer = ClipConvolution(4, depth)
    clip = torch.randn(2, 4, 4, 6, 5)
    weight = layer.conv.weight.view(1, depth, 4, 3, 3).transpose(1, 2)
    expected = F.conv3d(clip.transpose(1, 2), weight, layer.conv.bias, padding=(0, 1, 1)).mean(2)
    torch.testing.assert_close(layer(clip), expected)


@pytest.mark.parametrize(
    ("name", "pools"),
    [("msst", [2, 2, 2, 1, None]), ("stan", [2, 2, 2, 1, 1])],
)
def test_pools(name, pools):
    with torch.device("meta"):
        network = build_model(name)
    for stream in (network.streams.spatial, network.streams.temporal):
        assert [getattr(pool, "stride", None) for pool in stream.fcn.pools] == pools


@pytest.mark.parametrize(
    ("name", "variant", "inputs", "length"),
    [
        ("msst", "full", ("frames", "prior"), 4),
        ("msst", "OS", ("frames",), 1),
        ("msst", "ST", ("frames", "prior"), 1),
        ("stan", "full", ("frames", "prior"), 4),
        ("stan", "OS", ("frames",), 1),
        ("stan", "ST", ("frames", "prior"), 1),
        ("stan", "flow", ("frames", "flow"), 4),
    ],
)
def test_what_a_variant_reads(name, variant, inputs, length):
    with torch.device("meta"):
        network = build_model(name, variant, width=0.25)
    assert (network.inputs, network.clip_length) == (inputs, length)


@pytest.mark.parametrize("name", ["stan", "msst"])
def test_choices_of_the_streams(name):
    with torch.device("meta"):
        network = build_model(name)
    for stream in (network.streams.spatial, network.streams.temporal):
        assert stream.fcn.fc6.dilation == (12, 12)
        assert stream.fcn.dropout.p == 0.5


def test_a_stream_predicts_one_map_from_each_of_two_levels():
    stream = narrow("stan").streams.spatial.eval()
    frame = torch.randn(1, 3, 64, 80)
    pooled, last = stream.fcn(frame)
    for index, feature in enumerate((pooled, last)):
        first, _, second = stream.branches[index]
        expected = resize(second(first(feature).relu()), (64, 80))
        torch.testing.assert_close(stream(frame)[:, index : index + 1], expected)


def test_the_three_maps_of_stan():
    network = narrow("stan").eval()
    clip = torch.randn(1, 4, 4, 8, 8)
    maps = network.decode({"maps": clip})["aux"]["maps"]
    last = clip[:, -1]  # spatial levels 1 and 2, temporal levels 1 and 2
    first, second = network.level_fusion
    expected = first(last[:, [0, 2]]) + second(last[:, [1, 3]])
    torch.testing.assert_close(maps[:, :1], expected)
    torch.testing.assert_close(maps[:, 1:2], network.project(network.convlstm(clip)))
    torch.testing.assert_close(maps[:, 2:], network.conv3d(clip))


def test_attention_by_hand():
    layer = MapAttention(2, 1 / 256)  # one hidden channel
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    layer.weigh[0].weight.data[0, 0, 1, 1] = 1.0
    layer.weigh[2].weight.data[:, 0, 0, 0] = torch.tensor([math.log(3), 0.0])
    maps = torch.tensor([[1.0, -1.0], [10.0, 20.0]]).view(1, 2, 1, 2)
    found, weights = layer(maps)
    # The first pixel's hidden value is 1: weights 3/4 and 1/4; the second's is cut off at 0: one half each.
    torch.testing.assert_close(weights.view(2, 2), torch.tensor([[0.75, 0.5], [0.25, 0.5]]))
    torch.testing.assert_close(found.flatten(), torch.tensor([3.25, 9.5]))


def test_the_temporal_stream_reads_frame_and_prior():
    network = narrow("stan").eval()
    seen = []
    network.streams.temporal.register_forward_pre_hook(lambda _, arguments: seen.append(arguments[0]))
    batch = make_batch(frames=4)
    network(batch)
    expected = torch.cat([batch["frames"], batch["prior"]], dim=2).flatten(0, 1)
    assert torch.equal(seen[0], expected)


@pytest.mark.parametrize("name", ["stan", "msst"])
def test_encoded_frames_put_together_give_the_clips_map(name):
    network = narrow(name).eval()
    batch = make_batch(frames=4)
    with torch.no_grad():
        one_by_one = [
            network.encode({key: batch[key][:, t : t + 1] for key in network.inputs})["maps"] for t in range(4)
        ]
        found = network.decode({"maps": torch.cat(one_by_one, dim=1)})["saliency"]
        torch.testing.assert_close(found, network(batch)["saliency"], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["stan", "msst"])
def test_only_the_last_four_frames_count(name):
    network = narrow(name).eval()
    batch = make_batch(frames=6)
    tail = {key: batch[key][:, -4:] for key in network.inputs}
    with torch.no_grad():
        assert torch.equal(network(batch)["saliency"], network(tail)["saliency"])


@pytest.mark.parametrize("name", ["stan", "msst"])
def test_a_clip_that_is_too_short_is_named(name):
    with pytest.raises(InputError, match="batch: clips of 3 frames; expected clips of at least 4"):
        narrow(name)(make_batch(frames=3))


def test_msst_adds_its_two_streams_and_the_clip_eq5():
    network = narrow("msst").eval()
    maps = torch.randn(1, 4, 4, 8, 8)
    with torch.no_grad():
        outputs = network.decode({"maps": maps})
        w_s, w_t = network.spatial_fusion, network.temporal_fusion
        last = maps[:, -1]
        expected = (w_s.weight.flatten() @ last[0, :2].flatten(1) + w_s.bias).view(8, 8)
        expected = expected + (w_t.weight.flatten() @ last[0, 2:].flatten(1) + w_t.bias).view(8, 8)
        expected = expected + network.project(network.convlstm(maps))[0, 0]
    torch.testing.assert_close(outputs["saliency"][0, 0], expected)


def test_msst_loss_is_balanced_and_has_an_auxiliary_term():
    network = narrow("msst")
    batch = make_batch(frames=4)
    outputs = network(batch)
    mask = batch["masks"][:, -1]
    terms = network.loss(outputs, batch)
    torch.testing.assert_close(terms["final"], class_balanced_bce(outputs["saliency"], mask).mean())
    expected = 0.1 * class_balanced_bce(outputs["aux"]["sequence"], mask).mean()
    torch.testing.assert_close(terms["sequence"], expected)


@pytest.mark.parametrize(("alpha", "expected"), [("negatives", 0.75 + 3 * 0.25), (0.5, 2.0), (0.9, 0.9 + 3 * 0.1)])
def test_msst_weighs_positives_by_alpha(alpha, expected):
    network = build_model("msst", "ST", width=0.05, alpha=alpha)
    batch = make_batch(batch=1, size=(2, 2))
    batch["masks"] = torch.tensor([1.0, 0, 0, 0]).view(1, 1, 1, 2, 2)  # one positive, three negatives
    terms = network.loss({"saliency": torch.zeros(1, 1, 2, 2), "aux": {}}, batch)
    assert terms["loss"].item() == pytest.approx(expected * math.log(2))


@pytest.mark.parametrize(
    ("options", "hidden", "activation"),
    [({}, 128, nn.ReLU), ({"branch_channels": 64, "branch_activation": "none"}, 64, nn.Identity)],
)
def test_form_of_a_branch(options, hidden, activation):
    with torch.device("meta"):
        first, between, last = build_model("stan", "OS", **options).streams.spatial.branches[0]
    assert (first.weight.shape, last.weight.shape) == ((hidden, 512, 3, 3), (1, hidden, 1, 1))
    assert isinstance(between, activation)


def test_kernel_of_the_convlstm():
    with torch.device("meta"):
        network = build_model("msst", "hidden-1", convlstm_kernel=5)
    assert count(network.convlstm) == (25 * (4 + 1) + 1) * 4


@pytest.mark.parametrize("variant", ["OS", "ST"])
def test_msst_without_convlstm_has_no_auxiliary_term(variant):
    network = narrow("msst", variant)
    batch = make_batch()
    assert set(network.loss(network(batch), batch)) == {"loss", "final"}


def test_stan_loss_is_a_plain_sum_over_pixels():
    network = narrow("stan")
    batch = make_batch(frames=4)
    outputs = network(batch)
    expected = bce(outputs["saliency"], batch["masks"][:, -1], "sum").mean()
    torch.testing.assert_close(network.loss(outputs, batch)["loss"], expected)
    zeros = {**outputs, "saliency": torch.zeros(2, 1, 64, 64)}
    assert network.loss(zeros, batch)["loss"].item() == pytest.approx(64 * 64 * math.log(2), rel=1e-5)


@pytest.mark.parametrize("name", ["stan", "msst"])
def test_both_streams_start_from_a_network_of_one_stream(name, tmp_path):
    spatial, full = narrow(name, "OS"), narrow(name)
    nn.init.normal_(spatial.streams.spatial.fcn.convolutions()[0].bias)
    first = full.streams.temporal.fcn.convolutions()[0]
    before = first.weight.detach().clone()
    torch.save(spatial.state_dict(), tmp_path / "spatial.pt")
    start_from(full, tmp_path / "spatial.pt")
    got = full.state_dict()
    assert torch.equal(first.weight, before)  # four channels: its own Gaussian, and no bias of a filter it has not
    assert not first.bias.any()
    shared = [key for key in got if key.startswith("streams.") and key not in FOUR_CHANNELS]
    source = spatial.state_dict()
    assert len(shared) == 2 * sum(key.startswith("streams.") for key in source) - 2
    assert all(torch.equal(got[key], source[key.replace("temporal", "spatial")]) for key in shared)


def test_a_flow_stream_takes_the_first_convolution_too(tmp_path):
    spatial, full = narrow("stan", "OS"), narrow("stan", "flow")
    torch.save(spatial.state_dict(), tmp_path / "spatial.pt")
    found, _, _ = start_from(full, tmp_path / "spatial.pt")
    assert set(found) >= FOUR_CHANNELS  # three of them here


def test_both_streams_start_from_dcl_but_for_the_four_channel_convolution(tmp_path):
    network = build_model("stan", "dcl", width=0.05)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    widths = {stage: (8, 8, 16, 24, 24)[stage - 1] for stage in range(1, 6)}  # of 64 to 512 channels, by eights
    weights, channels = {}, 3
    for stage, number in zip(range(1, 6), (2, 2, 3, 3, 3), strict=True):
        for layer in range(1, number + 1):
            weights[f"conv{stage}_{layer}.weight"] = torch.randn(widths[stage], channels, 3, 3)
            weights[f"conv{stage}_{layer}.bias"] = torch.randn(widths[stage])
            channels = widths[stage]
    hidden = network.streams.spatial.fcn.channels[1]
    weights |= {"fc6.weight": torch.randn(hidden, channels, 4, 4), "fc6.bias": torch.randn(hidden)}
    weights |= {"fc7.weight": torch.randn(hidden, hidden, 1, 1), "fc7.bias": torch.randn(hidden)}
    weights |= {"fc8.weight": torch.randn(1, hidden, 1, 1), "fc8.bias": torch.randn(1)}  # DCL's own map
    torch.save(weights, tmp_path / "dcl.pt")
    found, _, unused = start_from(network, tmp_path / "dcl.pt")
    after = network.state_dict()
    fcns = {key for key in after if ".fcn." in key}
    assert set(found) == fcns - FOUR_CHANNELS
    assert "streams.spatial.fcn.fc8.weight" in unused
    assert all(torch.equal(after[key], before[key]) for key in after if key not in found)
    for stream in ("spatial", "temporal"):
        fcn = f"streams.{stream}.fcn"
        assert torch.equal(after[f"{fcn}.stages.4.2.weight"], weights["conv5_2.weight"])
        assert torch.equal(after[f"{fcn}.stages.0.2.bias"], weights["conv1_2.bias"])
        assert torch.equal(after[f"{fcn}.fc6.weight"], weights["fc6.weight"])


def test_both_streams_start_from_a_dcl_that_was_trained_here(tmp_path):
    """Like from its released weights: what both have, which is everything before the branches."""
    network, dcl = build_model("stan", "dcl", width=0.05), build_model("dcl", width=0.05)
    torch.save(dcl.state_dict(), tmp_path / "dcl.pt")
    found, left, _ = start_from(network, tmp_path / "dcl.pt")
    after = network.state_dict()
    assert set(found) == {key for key in after if ".fcn." in key} - FOUR_CHANNELS
    assert {key.split(".")[2] for key in left if key.startswith("streams.")} == {"branches", "fcn"}
    for key in found:
        own = dcl.state_dict()[f"pixels.{key.split('.', 2)[2]}"]
        assert torch.equal(after[key], own)


def test_a_network_of_two_streams_keeps_both(tmp_path):
    other, full = build_model("stan", width=0.25), narrow("stan")
    torch.save(other.state_dict(), tmp_path / "other.pt")
    assert start_from(full, tmp_path / "other.pt") == (tuple(full.state_dict()), (), ())
    key = "streams.temporal.fcn.fc7.weight"
    assert torch.equal(full.state_dict()[key], other.state_dict()[key])


def test_level_fusion_of_stan_eq5():
    network = narrow("stan", "ST").eval()
    for level, fusion in enumerate(network.level_fusion):
        fusion.weight.data.copy_(torch.tensor([1.0, 10.0]).view(1, 2, 1, 1) * 100**level)
        nn.init.zeros_(fusion.bias)
    # spatial levels 1 and 2, then temporal levels 3 and 4
    maps = torch.tensor([1.0, 2.0, 3.0, 4.0]).view(1, 1, 4, 1, 1).expand(1, 1, 4, 4, 4)
    found = network.decode({"maps": maps})["saliency"]
    assert found.unique().item() == pytest.approx((1 + 30) + 100 * (2 + 40))


@pytest.mark.parametrize(("variant", "number"), [("ST", 1), ("STC", 2), ("STL", 2), ("STLC", 3)])
def test_stan_variants_add_their_maps(variant, number):
    outputs = narrow("stan", variant).eval()(make_batch(frames=4))
    assert outputs["aux"]["maps"].shape[1] == number
    torch.testing.assert_close(outputs["saliency"], outputs["aux"]["maps"].sum(1, keepdim=True))


def test_attention_is_a_convex_combination():
    outputs = narrow("stan").eval()(make_batch(frames=4))
    maps, weights = outputs["aux"]["maps"], outputs["aux"]["weights"]
    torch.testing.assert_close(weights.sum(1), torch.ones_like(weights[:, 0]))
    assert (weights >= 0).all()
    saliency = outputs["saliency"][:, 0]
    assert (saliency <= maps.amax(1) + 1e-5).all()
    assert (saliency >= maps.amin(1) - 1e-5).all()


def test_attention_with_equal_weights_is_the_mean():
    layer = MapAttention(3, 0.25)
    nn.init.zeros_(layer.weigh[2].weight)
    nn.init.zeros_(layer.weigh[2].bias)
    maps = torch.randn(1, 3, 4, 4)
    torch.testing.assert_close(layer(maps)[0], maps.mean(1, keepdim=True))


def test_parameters_of_the_attention():
    assert count(MapAttention(3, 1.0)) == 7_939


def test_insight_is_the_mean_attention():
    network = narrow("stan").eval()
    read = network.insight(network(make_batch(frames=4)))["attention"]
    assert read.shape == (2, 3)
    torch.testing.assert_close(read.sum(1), torch.ones(2))


def test_with_one_hidden_channel_the_state_is_the_map():
    network = narrow("msst", "hidden-1").eval()
    maps = torch.randn(1, 4, 4, 8, 8)
    assert torch.equal(network.decode({"maps": maps})["aux"]["sequence"], network.convlstm(maps))
