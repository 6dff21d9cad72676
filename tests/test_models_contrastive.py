"""The contrastive network: the sheet's parameter table, its variants, and what its loss compares."""

import pytest
import torch
from model_batches import make_batch
from torch import nn

from vsodprep.models import build_model
from vsodprep.models.contrastive import Contrastive
from vsodprep.models.losses.info_nce import info_nce, pool_regions
from vsodprep.models.losses.supervision import target
from vsodprep.models.parts.attention import co_attention, self_attention
from vsodprep.models.parts.layers import resize


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def narrow(variant: str = "full", **options: object) -> Contrastive:
    torch.manual_seed(0)
    network = build_model("contrastive", variant, width=0.25, **options)
    assert isinstance(network, Contrastive)
    return network


def test_parameters_of_each_part():
    with torch.device("meta"):
        network = build_model("contrastive")
    assert count(network) == 59_291_782
    assert {
        "backbone": count(network.encoder.backbone),
        "aspp": count(network.encoder.aspp),
        "v": count(network.low_level),
        "W": count(network.affinity),
        "generator": count(network.dynamic),
        "gates": count(network.self_gate) + count(network.co_gate),
        "head": count(network.head),
        "skips": count(network.skips),
    } == {
        "backbone": 42_500_160,
        "aspp": 15_535_104,
        "v": 590_080,
        "W": 65_536,
        "generator": 592_128,
        "gates": 514,
        "head": 769,
        "skips": 7_491,
    }


@pytest.mark.parametrize(
    ("variant", "parameters"),
    [
        # backbone, ASPP, three skips; head on 256, 512 or 768 channels; the parts of each attention
        ("baseline", 58_035_264 + 7_491 + 257),
        ("co-attention", 58_035_264 + 7_491 + 513 + 590_080 + 65_536 + 257),
        ("self-attention", 58_035_264 + 7_491 + 513 + 592_128 + 257),
        ("both", 59_291_782),
        ("contrastive-loss", 59_291_782),
        ("hard-mining", 59_291_782),
        ("cosnet", 58_035_264 + 7_491 + 513 + 65_536 + 257),
    ],
)
def test_parameters_of_a_variant(variant, parameters):
    with torch.device("meta"):
        assert count(build_model("contrastive", variant)) == parameters


@pytest.mark.parametrize(("options", "rates"), [({}, [1, 12, 24, 36]), ({"rates": (6, 12, 18)}, [1, 6, 12, 18])])
def test_dilations_of_the_aspp(options, rates):
    with torch.device("meta"):
        aspp = build_model("contrastive", **options).encoder.aspp
    assert [branch[0].dilation[0] for branch in aspp.branches] == rates


def test_the_contrast_is_the_papers():
    with torch.device("meta"):
        options = build_model("contrastive").options
    assert (options.temperature, options.positives, options.negatives) == (0.1, 4, 4)
    assert (options.mining, options.normalise) == ("hard", True)


def test_the_contrast_is_averaged_over_anchors_and_added():
    network = narrow()
    batch = make_batch(batch=4)
    batch["video"] = torch.tensor([0, 0, 0, 1])  # the last frame has no partner
    outputs = network(batch)
    terms = network.loss(outputs, batch)
    foreground, background = pool_regions(outputs["aux"]["feature"], outputs["saliency"], target(batch))
    losses, anchors = info_nce(
        foreground,
        background,
        batch["video"],
        mining="hard",
        positives=4,
        negatives=4,
        temperature=0.1,
        normalise=True,
    )
    assert anchors.tolist() == [True, True, True, False]
    torch.testing.assert_close(terms["contrast"], losses[:3].mean())
    torch.testing.assert_close(terms["loss"], terms["bce"] + losses[:3].mean())


def test_the_contrast_has_a_weight():
    network, batch = narrow(), make_batch(batch=4)
    outputs = network(batch)
    full = network.loss(outputs, batch)
    network.options = network.options.model_copy(update={"contrast_weight": 0.05})
    weighted = network.loss(outputs, batch)
    torch.testing.assert_close(weighted["contrast"], 0.05 * full["contrast"])
    torch.testing.assert_close(weighted["loss"], full["bce"] + 0.05 * full["contrast"])


def test_gradients_of_a_random_backbone_grow_less_with_zeroed_residuals():
    # Towards the first layer they grow through every block of 33 that adds something, and through none that does not.
    def growth(*, zero: bool) -> float:
        network, batch = narrow(zero_init_residual=zero), make_batch(batch=2)
        network.loss(network(batch), batch)["bce"].backward()
        backbone = network.encoder.backbone
        first, last = backbone.layer1[0].downsample[0].weight.grad, backbone.layer4[0].downsample[0].weight.grad
        assert first is not None and last is not None
        return (first.norm() / last.norm()).item()

    assert growth(zero=True) < growth(zero=False) / 3


def test_v_from_the_stem_is_smaller_by_its_convolution():
    with torch.device("meta"):
        assert count(build_model("contrastive", low_level="stem")) == 59_291_782 - 590_080 + 147_712


@pytest.mark.parametrize("size", [(64, 64), (73, 90), (473, 473)])
@pytest.mark.parametrize("low_level", ["stage1", "stem"])
def test_v_has_the_size_of_x(low_level, size):
    with torch.device("meta"):
        network = build_model("contrastive", width=0.25, low_level=low_level)
        features = network.encode({"frames": torch.empty(2, 1, 3, *size)})
    assert features["v"].shape == features["x"].shape
    assert features["x"].shape[-2:] == tuple(-(-side // 8) for side in size)


def test_the_head_sees_x_and_both_gated_attentions():
    network = narrow().eval()
    batch = make_batch()
    with torch.no_grad():
        features = network.encode(batch)
        x, v = features["x"][:, 0], features["v"][:, 0]
        z_self = network.dynamic(self_attention(x), x) + x
        z_co = co_attention(v, x, network.affinity.weight)
        gated = [z * torch.sigmoid(gate.conv(z)) for z, gate in ((z_self, network.self_gate), (z_co, network.co_gate))]
        found = network.decode(features)["aux"]["feature"]
    torch.testing.assert_close(found, torch.cat([x, *gated], dim=1))


@pytest.mark.parametrize("kernel", ["zero", "identity"])
def test_self_attention_is_filtered_and_then_added_to_x(kernel):
    # Eq. 5: kernels of zero leave x alone, kernels that change nothing leave y + x.
    network = narrow("self-attention").eval()
    generator = network.dynamic.generate
    nn.init.zeros_(generator.weight)
    nn.init.zeros_(generator.bias)
    if kernel == "identity":
        generator.bias.data.view(-1, 3, 3)[:, 1, 1] = 1
    seen = []
    network.self_gate.register_forward_pre_hook(lambda _, arguments: seen.append(arguments[0]))
    with torch.no_grad():
        features = network.encode(make_batch())
        x = features["x"][:, 0]
        network.decode(features)
    flat = x.flatten(2)
    y = (flat @ flat.mT @ flat / flat.shape[2]).reshape(x.shape)  # Eq. 4
    torch.testing.assert_close(seen[0], y + x if kernel == "identity" else x)


def test_the_map_is_enlarged_three_times_with_a_skip_before_each():
    network = narrow("baseline").eval()
    with torch.no_grad():
        features = network.encode(make_batch(size=(64, 96)))
        eighth, quarter, half = (features[name][:, 0] for name in ("eighth", "quarter", "half"))
        assert [tuple(skip.shape[-2:]) for skip in (eighth, quarter, half)] == [(8, 12), (16, 24), (32, 48)]
        logits = resize(network.head(features["x"][:, 0]) + eighth, (16, 24))
        logits = resize(resize(logits + quarter, (32, 48)) + half, (64, 96))
        torch.testing.assert_close(network.decode(features)["saliency"], logits)


@pytest.mark.parametrize(
    ("variant", "terms"),
    [
        ("baseline", {"bce"}),
        ("both", {"bce"}),
        ("contrastive-loss", {"bce", "contrast"}),
        ("full", {"bce", "contrast"}),
    ],
)
def test_terms_of_a_variants_loss(variant, terms):
    network = narrow(variant)
    batch = make_batch()
    assert set(network.loss(network(batch), batch)) == {"loss", *terms}


def test_eight_frames_of_one_video_are_contrasted():
    network = narrow()
    batch = make_batch(batch=8)
    assert network.loss(network(batch), batch)["contrast"].item() > 0


@pytest.mark.parametrize("without", ["still", "other videos"])
def test_frames_without_partners_are_not_contrasted(without):
    network = narrow()
    batch = make_batch(batch=2)
    if without == "still":
        batch["still"][:] = True
    else:
        batch["video"] = torch.arange(2)
    terms = network.loss(network(batch), batch)
    assert terms["contrast"].item() == 0
    assert terms["bce"].item() > 0


def test_random_samples_follow_the_generator():
    network = narrow("contrastive-loss", positives=1, negatives=1)
    batch = make_batch(batch=6)
    outputs = network(batch)
    drawn = [network.loss(outputs, batch, torch.Generator().manual_seed(seed))["contrast"].item() for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


@pytest.mark.parametrize(("variant", "length"), [("full", 1), ("baseline", 1), ("cosnet", 6), ("cosnet-1", 2)])
def test_clip_length_at_test_time(variant, length):
    with torch.device("meta"):
        network = build_model("contrastive", variant, width=0.25)
    assert network.clip_length == length
    assert network.clip == (None if length == 1 else "references")


def test_cosnet_averages_what_it_gathers_from_its_references():
    network = narrow("cosnet").eval()
    batch = make_batch(frames=3)
    seen = []
    network.co_gate.register_forward_pre_hook(lambda _, arguments: seen.append(arguments[0]))
    with torch.no_grad():
        x = network.encode(batch)["x"]
        network(batch)
        weight = network.affinity.weight
        expected = (co_attention(x[:, 2], x[:, 0], weight) + co_attention(x[:, 2], x[:, 1], weight)) / 2
    torch.testing.assert_close(seen[0], expected)


def test_the_frames_of_a_pair_share_one_affinity_matrix():
    network = narrow("cosnet")
    seen = []
    network.co_gate.register_forward_pre_hook(lambda _, arguments: seen.append(arguments[0].flatten(2)))
    with torch.no_grad():
        features = network.encode(make_batch(frames=2))
        network.decode(features)
    reference, current = features["x"].flatten(3).transpose(2, 3).unbind(1)  # (B, N, C)
    affinity = current @ network.affinity.weight @ reference.transpose(1, 2)
    torch.testing.assert_close(seen[0].mT, affinity.softmax(dim=2) @ reference)
    torch.testing.assert_close(seen[1].mT, affinity.softmax(dim=1).mT @ current)


def test_cosnet_trains_on_both_frames_of_a_pair():
    network = narrow("cosnet")
    # With a symmetric W neither frame of a pair is distinguished.
    network.affinity.weight.data = network.affinity.weight.data + network.affinity.weight.data.T
    batch = make_batch(frames=2)
    swapped = {**batch, "frames": batch["frames"].flip(1), "masks": batch["masks"].flip(1)}
    outputs, other = network(batch), network(swapped)
    torch.testing.assert_close(outputs["aux"]["reference"], other["saliency"], rtol=1e-3, atol=1e-4)
    terms, swapped_terms = network.loss(outputs, batch), network.loss(other, swapped)
    assert terms["reference"].item() == pytest.approx(swapped_terms["bce"].item(), rel=1e-3)
    assert terms["loss"].item() == pytest.approx(swapped_terms["loss"].item(), rel=1e-3)


def test_cosnet_predicts_only_the_last_frame_at_test_time():
    network = narrow("cosnet").eval()
    assert network(make_batch(frames=2))["aux"] == {}


def test_a_single_frame_is_its_own_reference():
    network = narrow("cosnet").eval().double()  # two frames are summed up in another order than one
    frames = make_batch()["frames"].double()
    with torch.no_grad():
        one, twice = ({"frames": frames.repeat(1, count, 1, 1, 1)} for count in (1, 2))
        torch.testing.assert_close(network(one)["saliency"], network(twice)["saliency"])
