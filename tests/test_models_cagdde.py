"""CAG-DDE: the sheet's parameter table, and each mechanism with hand-set values."""

import pytest
import torch
import torch.nn.functional as F
from model_batches import make_batch
from torch import nn

from vsodprep.config.networks.cagdde import CAGDDEOptions
from vsodprep.models import build_model
from vsodprep.models.cagdde import CAGDDE, ConfidenceGate, DifferentialEnhancement, Fusion
from vsodprep.models.losses.bce import bce
from vsodprep.models.losses.iou import soft_iou, true_negative_iou
from vsodprep.models.parts.layers import resize


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.fixture(scope="module")
def full() -> CAGDDE:
    with torch.device("meta"):
        network = build_model("cagdde")
    assert isinstance(network, CAGDDE)
    return network


def test_parameters_in_total(full):
    assert count(full) == 55_297_040


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("reductions", [3_168, 12_384, 24_672, 49_248, 524_800]),
        ("gates", [47_329] * 4 + [1_330_689]),
        ("fusions", [46_130] * 4 + [1_310_978]),
    ],
)
def test_parameters_of_each_level(full, part, expected):
    assert [count(level) for level in getattr(full, part)] == expected


def test_parameters_of_encoder_and_decoder(full):
    assert count(full.encoder) == 42_500_160
    assert count(full.decoder.aspp) == 2_231_296
    *refine, last = [count(block) for block in full.decoder.refine]
    assert refine == [1_770_496] + [1_291_264] * 3
    assert last + count(full.decoder.predict) == 1_291_521


def test_only_the_first_bottleneck_of_stage_4_is_dilated(full):
    dilated = [
        name
        for name, module in full.encoder.named_modules()
        if isinstance(module, nn.Conv2d) and module.dilation != (1, 1)
    ]
    assert dilated == ["layer4.0.conv2"]
    assert full.encoder.layer4[0].conv2.stride == (1, 1)
    assert full.encoder.layer3[0].conv2.stride == (2, 2)  # the stride sits in the 3x3


def test_channels_of_a_gates_hidden_layers():
    with torch.device("meta"):
        gate = build_model("cagdde", gate_share=0.25).gates[4]
    # 256 channels, 64 of them hidden: two 3x3 and a 1x1 with bias; then three 3x3 on the feature and its map
    segmentation = 9 * 256 * 64 + 9 * 64 * 64 + 64 + 1
    score = 9 * 257 * 256 + 9 * 256 * 64 + 9 * 64
    assert (count(gate.segmentation), count(gate.score)) == (segmentation, score)


def test_map_sizes_at_448(full):
    batch = {key: torch.empty(2, 1, 3, 448, 448, device="meta") for key in ("frames", "flow")}
    outputs = full(batch)
    for maps in ("frame_maps", "flow_maps"):
        assert [logits.shape[-1] for logits in outputs["aux"][maps]] == [224, 112, 56, 28, 28]
    assert outputs["saliency"].shape == (2, 1, 448, 448)
    assert outputs["aux"]["scores"].shape == (2, 2, 5)


def set_weights(module: nn.Module, value: float) -> None:
    for parameter in module.parameters():
        nn.init.constant_(parameter, value)


@pytest.mark.parametrize(("score_input", "seen"), [("map", 1 / (1 + 2.0**-2)), ("logit", 2.0)])
def test_the_score_network_sees_the_map_or_its_logit(score_input, seen):
    gate = ConfidenceGate(2, CAGDDEOptions(score_input=score_input))
    set_weights(gate, 0.0)
    nn.init.constant_(gate.segmentation[-1].bias, 2.0)
    inputs = []
    gate.score.register_forward_pre_hook(lambda _, arguments: inputs.append(arguments[0]))
    feature = torch.randn(1, 2, 4, 4)
    logits, score = gate(feature)
    assert torch.equal(logits, torch.full((1, 1, 4, 4), 2.0))
    assert score.item() == pytest.approx(0.5)  # the sigmoid of a mean of zeros
    assert torch.equal(inputs[0][:, :2], feature)
    expected = torch.tensor(2.0).sigmoid().item() if score_input == "map" else seen
    assert inputs[0][:, 2].unique().item() == pytest.approx(expected)


def test_a_score_is_the_sigmoid_of_the_mean_response():
    gate = ConfidenceGate(1, CAGDDEOptions())
    set_weights(gate, 0.0)
    # Only the centre tap of the feature's channel is let through, so that the response is the feature itself.
    for layer, channel in ((gate.score[0], 0), (gate.score[2], 0), (gate.score[4], 0)):
        layer.weight.data[0, channel, 1, 1] = 1.0
    feature = torch.tensor([0.5, 1.5, 2.0, 0.0]).view(1, 1, 2, 2)
    assert gate(feature)[1].item() == pytest.approx(torch.tensor(1.0).sigmoid().item())


def test_features_are_multiplied_by_their_scores():
    torch.manual_seed(0)
    network = build_model("cagdde", width=0.25)
    features = [torch.randn(2, gate.segmentation[0].in_channels, 6, 6) for gate in network.gates]
    gated, _, scores = network.gate(features)
    for level in range(5):
        expected = features[level] * scores[:, level].view(2, 1, 1, 1)
        torch.testing.assert_close(gated[level], expected)


def test_differential_enhancement_by_hand():
    enhance = DifferentialEnhancement(1, "prelu")
    set_weights(enhance, 0.0)
    enhance.conv.weight.data[0, 0, 1, 1] = 2.0
    nn.init.constant_(enhance.activation.weight, 0.25)
    x, y = torch.tensor([1.0, 5.0]).view(1, 1, 1, 2), torch.tensor([4.0, 3.0]).view(1, 1, 1, 2)
    # prelu(2 (4 - 1)) + 1 = 7 and prelu(2 (3 - 5)) + 5 = -1 + 5
    assert enhance(x, y).flatten().tolist() == [7.0, 4.0]


def test_equal_features_are_not_enhanced():
    x = torch.randn(1, 4, 5, 5)
    assert torch.equal(DifferentialEnhancement(4, "prelu")(x, x), x)


@pytest.mark.parametrize(("fusion", "expected"), [("add", 5.0), ("mul", 6.0)])
def test_plain_fusions(fusion, expected):
    layer = Fusion(1, CAGDDEOptions(fusion=fusion))
    assert count(layer) == 0
    assert layer(torch.full((1, 1, 1, 1), 2.0), torch.full((1, 1, 1, 1), 3.0)).item() == expected


def test_each_modality_is_enhanced_by_the_other():
    layer = Fusion(1, CAGDDEOptions())
    set_weights(layer, 0.0)
    layer.enhance_frame.conv.weight.data[0, 0, 1, 1] = 1.0
    layer.enhance_flow.conv.weight.data[0, 0, 1, 1] = 1.0
    layer.fusion.weight.data.copy_(torch.tensor([1.0, 100.0]).view(1, 2, 1, 1))
    set_weights(layer.enhance_flow.activation, 0.5)
    # frame 2, flow 8: relu-like 6 + 2 = 8 for the frame; prelu(-6) = -3, + 8 = 5 for the flow
    found = layer(torch.full((1, 1, 1, 1), 2.0), torch.full((1, 1, 1, 1), 8.0))
    assert found.item() == pytest.approx(8 + 500)


@pytest.mark.parametrize(
    ("variant", "gates", "kind"),
    [
        ("baseline", False, "cat"),
        ("CAG", True, "cat"),
        ("DDE", False, "dde"),
        ("Cat", False, "cat"),
        ("Add", False, "add"),
        ("Mul", False, "mul"),
        ("full", True, "dde"),
    ],
)
def test_variants_of_the_tables(variant, gates, kind):
    with torch.device("meta"):
        network = build_model("cagdde", variant, width=0.25)
    assert hasattr(network, "gates") == gates
    assert {fusion.kind for fusion in network.fusions} == {kind}


def test_weights_of_the_first_stage_fit_the_full_network():
    """Stage 1 of the training leaves out gates and differential enhancement."""
    with torch.device("meta"):
        stage1, full = build_model("cagdde", "baseline", width=0.25), build_model("cagdde", width=0.25)
    shapes = {key: value.shape for key, value in full.state_dict().items()}
    assert all(shapes[key] == value.shape for key, value in stage1.state_dict().items())


def test_encoder_affine_weights_can_be_frozen():
    with torch.device("meta"):
        network = build_model("cagdde", width=0.25, freeze_affine=True)
    frozen = {name for name, parameter in network.named_parameters() if not parameter.requires_grad}
    assert frozen == {
        f"encoder.{name}.{key}"
        for name, module in network.encoder.named_modules()
        if isinstance(module, nn.BatchNorm2d)
        for key in ("weight", "bias")
    }


@pytest.mark.parametrize(("statistics", "passes"), [("joint", [4]), ("separate", [2, 2])])
def test_frame_and_flow_pass_the_encoder_together_or_in_turn(statistics, passes):
    torch.manual_seed(0)
    network = build_model("cagdde", width=0.25, statistics=statistics)
    seen = []
    network.encoder.register_forward_pre_hook(lambda _, arguments: seen.append(len(arguments[0])))
    network(make_batch())
    assert seen == passes


def test_passing_together_or_in_turn_is_the_same_at_test_time():
    networks = []
    for statistics in ("joint", "separate"):
        torch.manual_seed(0)
        networks.append(build_model("cagdde", width=0.25, statistics=statistics).eval())
    with torch.no_grad():
        joint, separate = (network(make_batch())["saliency"] for network in networks)
    torch.testing.assert_close(joint, separate)


def outputs_of(batch: int, seed: int = 0) -> dict:
    generator = torch.Generator().manual_seed(seed)
    sizes = (32, 16, 8, 4, 4)
    maps = [[torch.randn(batch, 1, size, size, generator=generator) for size in sizes] for _ in range(2)]
    return {
        "saliency": torch.randn(batch, 1, 64, 64, generator=generator),
        "aux": {"frame_maps": maps[0], "flow_maps": maps[1], "scores": torch.rand(batch, 2, 5, generator=generator)},
    }


def test_loss_of_the_levels_is_summed_over_levels_and_modalities():
    batch, outputs = make_batch(), outputs_of(2)
    terms = build_model("cagdde", width=0.25).loss(outputs, batch)
    halved = batch["masks"][:, -1]
    segmentation = score = torch.zeros(2)
    for level in range(5):
        if level < 4:  # the sheet's successive halvings by nearest neighbour
            halved = F.interpolate(halved, scale_factor=0.5, mode="nearest")
        for modality, maps in enumerate(("frame_maps", "flow_maps")):
            logits = outputs["aux"][maps][level]
            segmentation = segmentation + bce(logits, halved)
            score = score + (outputs["aux"]["scores"][:, modality, level] - soft_iou(logits, halved)).abs()
    torch.testing.assert_close(terms["segmentation"], segmentation.mean())
    torch.testing.assert_close(terms["score"], score.mean())


@pytest.mark.parametrize("detach", [False, True])
def test_gradient_of_the_score_term_reaches_the_maps_unless_detached(detach):
    network = build_model("cagdde", width=0.25, detach_iou=detach)
    outputs = outputs_of(2)
    logits = outputs["aux"]["frame_maps"][0].requires_grad_()
    outputs["aux"]["scores"].requires_grad_()
    network.loss(outputs, make_batch())["score"].backward()
    assert (logits.grad is None) == detach


def test_eq11_has_true_negatives_in_the_denominator():
    batch, outputs = make_batch(), outputs_of(2)
    terms = build_model("cagdde", width=0.25, iou="eq11").loss(outputs, batch)
    expected = 1 - true_negative_iou(outputs["saliency"], batch["masks"][:, -1]).mean()
    torch.testing.assert_close(terms["iou"], expected)


@pytest.mark.parametrize("variant", ["baseline", "DDE"])
def test_a_variant_without_gates_has_no_level_terms(variant):
    network = build_model("cagdde", variant, width=0.25)
    batch = make_batch()
    outputs = network(batch)
    assert set(network.loss(outputs, batch)) == {"loss", "bce", "ssim", "iou"}
    assert network.insight(outputs) == {}


def test_insight_names_the_scores():
    outputs = outputs_of(2)
    read = build_model("cagdde", width=0.25).insight(outputs)
    assert torch.equal(read["score_frame"], outputs["aux"]["scores"][:, 0])
    assert torch.equal(read["score_flow"], outputs["aux"]["scores"][:, 1])


def test_parameters_of_the_older_baseline():
    with torch.device("meta"):
        network = build_model("cagdde", "baseline-deeplab")
    decoder = network.decoder
    assert [count(fusion) for fusion in network.fusions] == [512 * 256 + 256, 4096 * 2048 + 2048]
    assert (count(decoder.aspp), count(decoder.reduction)) == (15_535_104, 256 * 48 + 96)
    assert [count(block) for block in decoder.refine] == [304 * 256 * 9 + 512, 256 * 256 * 9 + 512]
    assert count(network) == 67_861_153


def test_the_older_baseline_decodes_levels_2_and_5():
    torch.manual_seed(0)
    network = build_model("cagdde", "baseline-deeplab", width=0.25).eval()
    batch = make_batch()
    decoder = network.decoder
    with torch.no_grad():
        frame, flow = (network.encoder(batch[key][:, -1]) for key in ("frames", "flow"))
        low, high = (
            fusion(torch.cat([frame[level], flow[level]], dim=1))
            for fusion, level in zip((fusion.fusion for fusion in network.fusions), (1, 4), strict=True)
        )
        high = resize(decoder.aspp(high), (16, 16))
        logits = decoder.predict(decoder.refine(torch.cat([high, decoder.reduction(low)], dim=1)))
        torch.testing.assert_close(network(batch)["saliency"], resize(logits, (64, 64)))


def test_without_reduction_gates_work_on_the_encoders_channels():
    with torch.device("meta"):
        network = build_model("cagdde", width=0.25, reduced=False)
    assert [gate.segmentation[0].in_channels for gate in network.gates] == [16, 64, 128, 256, 512]
