"""DS-Net: the sheet's parameter table, and each mechanism with hand-set values."""

import math

import pytest
import torch
from model_batches import make_batch

from vsodprep.config.networks.dsnet import VARIANTS, DSNetOptions
from vsodprep.models import build_model
from vsodprep.models.dsnet import (
    DSNet,
    FullyConnectedWeights,
    SeparateWeights,
    fuse_coarse,
    suppress,
)
from vsodprep.models.parts.layers import resize


def count(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.fixture(scope="module")
def full() -> DSNet:
    with torch.device("meta"):
        network = build_model("dsnet")
    assert isinstance(network, DSNet)
    return network


def test_parameters_in_total(full):
    assert count(full) == 96_904_417


@pytest.mark.parametrize("branch", ["spatial", "temporal"])
def test_parameters_of_a_branch(full, branch):
    part = getattr(full, branch)
    assert (count(part.backbone), count(part.aspp), count(part.head)) == (21_284_672, 4_131_840, 1_180_929)


def test_parameters_of_a_weight_generator(full):
    levels = [count(level) for level in full.spatial_weights.levels]
    assert [*levels, count(full.spatial_weights.reduction)] == [37_056, 73_920, 409_792, 1_605_824, 147_648, 14_415]


def test_parameters_of_the_aggregation(full):
    counts = [count(block) for block in full.aggregation.blocks]
    assert counts == [2_362_368, 32_116_480, 4_097_920, 369_600, 111_168]
    assert count(full.head) == 74_689


def test_feature_sizes_at_512(full):
    with torch.device("meta"):
        features, coarse = full.spatial(torch.empty(2, 3, 512, 512))
    shapes = [tuple(feature.shape[1:]) for feature in features]
    assert shapes == [(64, 128, 128), (128, 64, 64), (256, 32, 32), (512, 32, 32), (256, 32, 32)]
    assert coarse.shape == (2, 1, 32, 32)


def test_only_the_first_convolution_of_stage_4_is_dilated(full):
    backbone = full.spatial.backbone
    dilated = [
        name
        for name, module in backbone.named_modules()
        if isinstance(module, torch.nn.Conv2d) and module.dilation != (1, 1)
    ]
    assert dilated == ["layer4.0.conv1"]
    conv = backbone.layer4[0].conv1
    assert (conv.stride, conv.dilation, conv.padding) == ((1, 1), (2, 2), (2, 2))
    assert backbone.layer4[0].downsample[0].stride == (1, 1)


def test_convolutions_start_normal_with_deviation_001():
    torch.manual_seed(0)
    network = build_model("dsnet", width=0.25)
    for name, module in network.named_modules():
        if isinstance(module, torch.nn.Conv2d) and module.weight.numel() > 10_000:
            assert module.weight.std().item() == pytest.approx(0.01, rel=0.05), name


@pytest.mark.parametrize("variant", ["full", "M-SS", "M-woATT"])
def test_a_base_rate_sets_the_biases_that_maps_start_from_and_nothing_else(variant):
    states = []
    for rate in (None, 0.08):
        torch.manual_seed(0)
        states.append(build_model("dsnet", variant, width=0.25, base_rate=rate).state_dict())
    plain, started = states
    changed = {name for name in plain if not plain[name].equal(started[name])}
    assert changed == {"head.2.bias"} | {f"{branch}.head.2.bias" for branch in ("spatial", "temporal")} & plain.keys()
    for name in changed:
        assert started[name].sigmoid().item() == pytest.approx(0.08)


@pytest.mark.parametrize(
    ("difference", "suppressed"),
    [(math.log(4) + 1e-4, "temporal"), (math.log(4) - 1e-4, None), (-math.log(4) - 1e-4, "spatial"), (0.0, None)],
)
def test_a_weight_is_suppressed_beyond_a_raw_difference_of_ln_4(difference, suppressed):
    raw = torch.tensor([difference, 0.0]).view(1, 2, 1).expand(1, 2, 5)
    kept = suppress(raw.softmax(dim=1), 0.6)
    zero = {branch for branch, values in zip(("spatial", "temporal"), kept[0], strict=True) if (values == 0).all()}
    assert zero == ({suppressed} if suppressed else set())


def test_a_suppressed_weight_passes_no_gradient():
    weights = torch.tensor([[[0.9], [0.1]]], requires_grad=True)
    suppress(weights, 0.6).sum().backward()
    assert weights.grad.flatten().tolist() == [1.0, 0.0]


def test_the_threshold_itself_suppresses_nothing():
    weights = torch.tensor([[[0.75], [0.25]]])
    assert torch.equal(suppress(weights, 0.5), weights)


def test_cross_softmax_makes_the_two_branches_sum_to_one():
    network = build_model("dsnet", width=0.25)
    weights = network(make_batch())["aux"]["weights"]
    assert weights.shape == (2, 2, 5)
    torch.testing.assert_close(weights.sum(dim=1), torch.ones(2, 5))


def test_coarse_shares_are_the_branches_sums_of_five():
    network = build_model("dsnet", width=0.25)
    weights = torch.tensor([[[1.0, 0.5, 0.5, 0.25, 0.25], [0.0, 0.5, 0.5, 0.75, 0.75]]])
    torch.testing.assert_close(network.shares(weights), torch.tensor([[0.5, 0.5]]))
    weights = torch.tensor([[[0.8] * 5, [0.2] * 5]])
    torch.testing.assert_close(network.shares(weights), torch.tensor([[0.8, 0.2]]))


@pytest.mark.parametrize(("shares", "share"), [("v", 2.5 / 5), ("u", 2.4 / 4.9)])
def test_shares_come_from_the_weights_before_or_after_suppression(shares, share, monkeypatch):
    network = build_model("dsnet", width=0.25, shares=shares, fuse="logits").eval()
    # The spatial branch is suppressed at level 1, the temporal one nowhere: sums 2.5 and 2.5, then 2.4 and 2.5.
    spatial = torch.tensor([0.1, 0.6, 0.6, 0.6, 0.6])
    given = torch.stack([spatial, 1 - spatial]).expand(2, 2, 5)
    monkeypatch.setattr(network, "weights", lambda *_: given)
    with torch.no_grad():
        aux = network(make_batch())["aux"]
    torch.testing.assert_close(aux["coarse"], share * aux["spatial"] + (1 - share) * aux["temporal"])


def test_raw_weights_of_zero_give_shares_that_sum_to_one():
    network = build_model("dsnet", "CAA-woS", width=0.25)
    torch.testing.assert_close(network.shares(torch.zeros(1, 2, 5)), torch.tensor([[0.5, 0.5]]))


@pytest.mark.parametrize("fuse", ["maps", "logits"])
def test_a_branch_that_counts_for_nothing_leaves_the_gradient_finite(fuse):
    network = build_model("dsnet", width=0.25)
    raw = torch.tensor([200.0, 0.0]).view(1, 2, 1).repeat(1, 1, 5).requires_grad_()
    share = network.shares(raw.softmax(dim=1))
    maps = torch.zeros(2, 1, 1, 2, 2, requires_grad=True)
    fuse_coarse(maps[0], maps[1] + 1, share, fuse).sum().backward()
    assert torch.isfinite(raw.grad).all()
    assert torch.isfinite(maps.grad).all()


def test_fused_maps_are_the_weighted_mean_of_sigmoids():
    spatial, temporal = torch.tensor([2.0, -1.0, 60.0]), torch.tensor([-3.0, 0.5, 60.0])
    spatial, temporal = spatial.view(1, 1, 1, 3), temporal.view(1, 1, 1, 3)
    fused = fuse_coarse(spatial, temporal, torch.tensor([[0.7, 0.3]]), "maps")
    torch.testing.assert_close(fused.sigmoid(), 0.7 * spatial.sigmoid() + 0.3 * temporal.sigmoid())
    assert torch.isfinite(fused).all()


@pytest.mark.parametrize(
    ("fusion", "fuse", "expected"),
    [
        # Maps of 0.8 and 0.1, of 0.8 and 0.5, and of 0.2 and 0.1; their logits are log 4, -log 9, 0 and -log 4.
        ("sum", "maps", [0.9, 1.0, 0.3]),
        ("sum", "logits", [4 / 13, 0.8, 1 / 37]),  # odds 4 / 9, 4 and 1 / 36
        ("equal", "maps", [0.45, 0.65, 0.15]),
        ("equal", "logits", [2 / 5, 2 / 3, 1 / 7]),  # odds 2 / 3, 2 and 1 / 6
    ],
)
def test_coarse_maps_are_added_directly_or_averaged(fusion, fuse, expected):
    network = build_model("dsnet", width=0.05, fusion=fusion, fuse=fuse)
    spatial, temporal = torch.tensor([0.8, 0.8, 0.2]).logit(), torch.tensor([0.1, 0.5, 0.1]).logit()
    spatial, temporal = spatial.view(1, 1, 1, 3).requires_grad_(), temporal.view(1, 1, 1, 3)
    fused = fuse_coarse(spatial, temporal, network.shares(torch.rand(1, 2, 5)), network.options.fuse)
    torch.testing.assert_close(fused.sigmoid().flatten(), torch.tensor(expected), rtol=1e-5, atol=2e-6)
    fused.sum().backward()
    assert torch.isfinite(fused).all()
    assert torch.isfinite(spatial.grad).all()


def test_m_aggs_is_a_direct_addition():
    assert VARIANTS["M-AGGS"] == {"fusion": "sum"}


def test_fused_logits_are_their_weighted_mean():
    fused = fuse_coarse(
        torch.full((1, 1, 1, 1), 2.0), torch.full((1, 1, 1, 1), -2.0), torch.tensor([[0.75, 0.25]]), "logits"
    )
    assert fused.item() == pytest.approx(1.0)


@pytest.mark.parametrize(("variant", "branch"), [("full", "temporal"), ("code", "spatial")])
def test_the_code_feeds_the_temporal_generator_the_spatial_second_feature(variant, branch):
    torch.manual_seed(0)
    network = build_model("dsnet", variant, width=0.25)
    seen = {}
    for name in ("spatial", "temporal"):
        part = getattr(network, name).backbone
        part.register_forward_hook(lambda *arguments, name=name: seen.update({name: arguments[2][2]}))
    network.temporal_weights.levels[1].register_forward_pre_hook(lambda _, inputs: seen.update(read=inputs[0]))
    network(make_batch())
    assert torch.equal(seen["read"], seen[branch])
    assert not torch.equal(seen["spatial"], seen["temporal"])


@pytest.mark.parametrize(("variant", "share"), [("full", 2), ("code", 4)])
def test_the_head_works_at_half_the_size_and_at_a_quarter_in_the_code(variant, share):
    with torch.device("meta"):
        network = build_model("dsnet", variant, width=0.25)
        seen = []
        network.head.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].shape[2:]))
        network({key: torch.empty(2, 1, 3, 64, 96) for key in network.inputs})
    assert seen == [(64 // share, 96 // share)]


@pytest.mark.parametrize("variant", ["full", "code"])
def test_full_fuses_maps_and_the_code_logits(variant):
    torch.manual_seed(0)
    network = build_model("dsnet", variant, width=0.25)
    aux = network(make_batch())["aux"]
    share = aux["weights"].sum(dim=2).view(2, 2, 1, 1, 1) / 5
    if variant == "full":
        expected = share[:, 0] * aux["spatial"].sigmoid() + share[:, 1] * aux["temporal"].sigmoid()
        torch.testing.assert_close(aux["coarse"].sigmoid(), expected)
    else:
        torch.testing.assert_close(aux["coarse"], share[:, 0] * aux["spatial"] + share[:, 1] * aux["temporal"])


def test_the_final_feature_is_strengthened_where_the_coarse_map_is_high():
    torch.manual_seed(0)
    network = build_model("dsnet", width=0.25)
    seen = {}
    network.aggregation.register_forward_pre_hook(lambda _, inputs: seen.update(levels=inputs[0]))
    network.aggregation.register_forward_hook(lambda *arguments: seen.update(final=arguments[2]))
    network.head.register_forward_pre_hook(lambda _, inputs: seen.update(read=inputs[0]))
    for name in ("spatial", "temporal"):
        branch = getattr(network, name)
        branch.register_forward_hook(lambda *arguments, name=name: seen.update({name: arguments[2][0]}))
    aux = network(make_batch())["aux"]
    kept = suppress(aux["weights"], 0.6)
    for level in range(5):
        v_s, v_t = kept[:, :, level].view(2, 2, 1, 1, 1).unbind(1)
        expected = v_s * seen["spatial"][level] + v_t * seen["temporal"][level]  # Eq. 4
        torch.testing.assert_close(seen["levels"][level], expected)
    final = resize(seen["final"], (32, 32))
    torch.testing.assert_close(seen["read"], final * (1 + resize(aux["coarse"].sigmoid(), (32, 32))))  # Eq. 7


def test_aggregation_adds_each_enlarged_block_to_the_next_finer_feature():
    torch.manual_seed(0)
    network = build_model("dsnet", width=0.05)
    aggregation = network.aggregation.eval()
    sides = (16, 8, 4, 4, 4)
    features = [torch.randn(1, c, side, side) for c, side in zip(network.spatial.channels, sides, strict=True)]
    expected = features[4]
    for block, level in zip(aggregation.blocks, (4, 3, 2, 1, 0), strict=True):
        expected = block(expected)
        if level:
            expected = resize(expected, (sides[level - 1],) * 2) + features[level - 1]
    torch.testing.assert_close(aggregation(features), expected)


@pytest.mark.parametrize(("reduction", "factor"), [("sum", 64 * 64), ("mean", 1)])
def test_loss_of_zero_logits_is_four_times_ln_2_per_pixel(reduction, factor):
    network = build_model("dsnet", width=0.25, reduction=reduction)
    zeros = torch.zeros(2, 1, 64, 64)
    outputs = {"saliency": zeros, "aux": dict.fromkeys(("coarse", "spatial", "temporal"), zeros)}
    terms = network.loss(outputs, make_batch())
    assert terms["final"].item() == pytest.approx(math.log(2) * factor, rel=1e-5)
    assert terms["loss"].item() == pytest.approx(4 * math.log(2) * factor, rel=1e-5)


@pytest.mark.parametrize(
    ("variant", "terms"),
    [
        ("M1", {"final"}),
        ("M2", {"final"}),
        ("M3", {"final"}),
        ("M4", {"final"}),
        ("M-SS", {"final"}),
        ("M5", {"final", "coarse", "spatial", "temporal"}),
        ("M-woATT", {"final", "coarse", "spatial", "temporal"}),
    ],
)
def test_terms_of_a_variants_loss(variant, terms):
    network = build_model("dsnet", variant, width=0.25)
    batch = make_batch()
    assert set(network.loss(network(batch), batch)) == {"loss", *terms}


@pytest.mark.parametrize(
    ("variant", "lacks"),
    [
        ("M1", "head spatial_weights temporal_weights"),
        ("M2", "head"),
        ("M3", "head"),
        ("M4", ""),
        ("CAA-BU", ""),
        ("M-woATT", ""),
    ],
)
def test_a_variant_holds_only_the_parts_it_uses(variant, lacks):
    with torch.device("meta"):
        network = build_model("dsnet", variant, width=0.25)
    assert (network.spatial.head is None) == ("head" in lacks)
    assert hasattr(network, "spatial_weights") == ("spatial_weights" not in lacks)


def test_m1_adds_the_two_branches_plainly():
    network = build_model("dsnet", "M1", width=0.25).eval()
    assert torch.equal(network(make_batch())["aux"]["weights"], torch.ones(2, 2, 5))


def test_bottom_up_aggregation_ends_at_the_coarsest_level():
    network = build_model("dsnet", "CAA-BU", width=0.25, final_scale=1)
    sizes = []
    for block in network.aggregation.blocks:
        block.register_forward_hook(lambda *arguments: sizes.append(tuple(arguments[2].shape[1:])))
    network(make_batch())
    assert sizes == [(32, 16, 16), (64, 8, 8), (128, 4, 4), (64, 4, 4), (16, 4, 4)]


def test_insight_names_the_weights_of_each_branch():
    network = build_model("dsnet", width=0.25)
    outputs = network(make_batch())
    read = network.insight(outputs)
    assert torch.equal(read["weight_spatial"], outputs["aux"]["weights"][:, 0])
    assert torch.equal(read["weight_temporal"], outputs["aux"]["weights"][:, 1])


FEATURES = [torch.randn(2, 3, side, side, generator=torch.Generator().manual_seed(side)) for side in (16, 8, 4, 3, 2)]


def test_separate_weights_are_read_from_each_levels_mean():
    generator = SeparateWeights((3,) * 5, 1.0, DSNetOptions())
    for level in generator.levels:
        level.weight.data.copy_(torch.tensor([1.0, 10.0, 100.0]).view(1, 3, 1, 1))
        torch.nn.init.constant_(level.bias, 0.5)
    means = torch.stack([feature.mean(dim=(2, 3)) for feature in FEATURES], dim=1)  # (B, 5, 3)
    expected = means @ torch.tensor([1.0, 10.0, 100.0]) + 0.5
    torch.testing.assert_close(generator(FEATURES), expected)


def test_fully_connected_weights_are_read_from_the_means_of_the_concatenated_levels():
    generator = FullyConnectedWeights((1,) * 5, 0.05, DSNetOptions()).eval()
    for level in range(5):
        generator.levels[level] = torch.nn.Identity()
    generator.connected = torch.nn.Linear(5, 5, bias=False)
    generator.connected.weight.data = torch.eye(5)
    # Of a level of 1 and 3 columns that is enlarged to 5 with aligned corners, each border column counts half as much
    # as an inner one: (0, 0, 1) becomes 0, 0, 0, 1/2, 1.
    features = [torch.zeros(1, 1, 1, 5) for _ in range(5)]
    features[2] = torch.tensor([0.0, 0.0, 1.0]).view(1, 1, 1, 3)
    features[4] = torch.full((1, 1, 1, 1), 7.0)
    torch.testing.assert_close(generator(features), torch.tensor([[0.0, 0.0, 0.3, 0.0, 7.0]]))


def test_kernels_of_the_generator_can_be_those_of_a_plain_reading():
    with torch.device("meta"):
        network = build_model("dsnet", generator_kernels=(3,) * 5)
    assert [level[0].kernel_size for level in network.spatial_weights.levels] == [(3, 3)] * 5


def test_a_generator_without_activation_gives_the_mean_of_a_convolution():
    torch.manual_seed(0)
    network = build_model("dsnet", width=0.25, generator_activation="none").eval()
    generator = network.spatial_weights
    seen = []
    generator.reduction.register_forward_hook(lambda *arguments: seen.append(arguments[2]))
    with torch.no_grad():
        features, _ = network.spatial(make_batch()["frames"][:, -1])
        raw = generator(features)
    assert isinstance(generator.reduction, torch.nn.Conv2d)
    torch.testing.assert_close(raw, seen[0].mean(dim=(2, 3)))


def test_every_row_of_the_ablation_tables_is_a_variant():
    rows = [
        "M1",
        "M2",
        "M3",
        "M4",
        "M5",
        "DWG-SEP",
        "DWG-FC",
        "CAA-woS",
        "CAA-woN",
        "CAA-BU",
        "M-SS",
        "M-AGGS",
        "M-woATT",
        "tau-0.6",
    ]
    assert set(rows) <= set(VARIANTS)
