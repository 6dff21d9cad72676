"""Shared parts of the networks, each against a direct computation with hand-set weights."""

import pytest
import torch
import torch.nn.functional as F
import torchvision
from torch import nn

from vsodprep.models.parts import resnet, vgg
from vsodprep.models.parts.aspp import ASPP
from vsodprep.models.parts.attention import DynamicDepthwise, Gate, co_attention, self_attention
from vsodprep.models.parts.convlstm import ConvLSTM
from vsodprep.models.parts.layers import conv_bn_relu, resize, scaled
from vsodprep.models.parts.resnet import STRIDE_8, STRIDE_16, ResNet
from vsodprep.models.parts.vgg import VGG16


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(0)


@pytest.mark.parametrize(
    ("channels", "width", "expected"),
    [
        (64, 0.25, 16),
        (64, 0.05, 8),  # 3.2
        (1, 0.1, 8),
        (512, 0.05, 24),  # 25.6
        (256, 0.1, 24),  # 25.6
        (40, 0.5, 24),  # 20, between two multiples
        (48, 0.25, 16),  # 12, likewise
        (48, 0.99, 48),
        (10, 1.0, 10),
        (5, 1.0, 5),
    ],
)
def test_scaled_channels(channels, width, expected):
    assert scaled(channels, width) == expected


def test_resize_keeps_the_corners():
    x = torch.tensor([[0.0, 3.0], [6.0, 9.0]]).view(1, 1, 2, 2)
    # Thirds between the corners; without aligned corners they would be quarters.
    expected = torch.tensor([[0.0, 1.0, 2.0, 3.0], [3.0, 4.0, 5.0, 6.0], [6.0, 7.0, 8.0, 9.0]])
    torch.testing.assert_close(resize(x, (3, 4))[0, 0], expected)


@pytest.mark.parametrize("name", ["resnet34", "resnet101"])
def test_a_resnet_with_plain_strides_is_torchvisions(name):
    plain = ((1, 1), (2, 1), (2, 1), (2, 1))
    reference = torchvision.models.get_model(name).eval()
    ours = ResNet(name, plain).eval()
    ours.load_state_dict({key: value for key, value in reference.state_dict().items() if not key.startswith("fc.")})
    x = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        features = ours(x)
        expected = reference.fc(features[-1].mean(dim=(2, 3)))
        torch.testing.assert_close(expected, reference(x))


def test_stride_8_is_deeplabs():
    with torch.device("meta"):
        reference = torchvision.models.resnet101(replace_stride_with_dilation=[False, True, True])
        ours = ResNet("resnet101", STRIDE_8)
    expected = dict(reference.named_modules())
    for name, module in ours.named_modules():
        if isinstance(module, nn.Conv2d):
            other = expected[name]
            assert (module.stride, module.dilation, module.padding) == (other.stride, other.dilation, other.padding)


@pytest.mark.parametrize(
    ("name", "pattern", "sizes"),
    [("resnet34", STRIDE_16, (48, 24, 12, 6, 6)), ("resnet101", STRIDE_8, (48, 24, 12, 12, 12))],
)
def test_feature_sizes(name, pattern, sizes):
    network = ResNet(name, pattern, width=0.1)
    features = network(torch.randn(1, 3, 96, 96))
    assert [tuple(feature.shape[1:]) for feature in features] == [
        (channels, size, size) for channels, size in zip(network.channels, sizes, strict=True)
    ]


def test_a_resnets_imagenet_weights_are_loaded(monkeypatch):
    reference = torchvision.models.resnet34()
    monkeypatch.setattr(resnet, "imagenet", lambda _: reference.state_dict())
    ours = ResNet("resnet34", STRIDE_16, pretrained=True)
    assert torch.equal(ours.layer4[0].conv1.weight, reference.layer4[0].conv1.weight)


@pytest.mark.parametrize("name", ["resnet34", "resnet101"])
def test_zeroed_residuals_are_torchvisions_and_leave_the_shortcuts(name):
    plain = ((1, 1), (2, 1), (2, 1), (2, 1))
    ours = ResNet(name, plain, zero_init_residual=True).eval()
    reference = torchvision.models.get_model(name, zero_init_residual=True)
    expected = {key: bool(value.any()) for key, value in reference.state_dict().items() if not key.startswith("fc.")}
    assert {key: bool(value.any()) for key, value in ours.state_dict().items()} == expected
    x = torch.randn(1, ours.channels[1], 8, 8).relu()
    with torch.no_grad():
        torch.testing.assert_close(ours.layer1[1](x), x)  # its last ReLU changes nothing


def test_imagenets_weights_replace_zeroed_residuals(monkeypatch):
    reference = torchvision.models.resnet34()
    monkeypatch.setattr(resnet, "imagenet", lambda _: reference.state_dict())
    ours = ResNet("resnet34", STRIDE_16, pretrained=True, zero_init_residual=True)
    assert torch.equal(ours.layer1[0].bn2.weight, torch.ones(64))


def test_a_convolution_block_by_hand():
    block = conv_bn_relu(1, 1, 3, dilation=2).eval()
    assert (block[0].stride, block[0].dilation, block[0].padding, block[0].bias) == ((1, 1), (2, 2), (2, 2), None)
    nn.init.ones_(block[0].weight)
    block[1].running_mean.fill_(3.0)
    block[1].running_var.fill_(4.0 - block[1].eps)
    # Under the corners of the 3x3 image lie four pixels each, under its edges two, under its middle one.
    x = torch.arange(9.0).view(1, 1, 3, 3)
    sums = torch.tensor([[0.0 + 2 + 6 + 8, 1 + 7, 16], [3 + 5, 4, 8], [16, 8, 16]])
    torch.testing.assert_close(block(x)[0, 0], ((sums - 3) / 2).relu())
    torch.testing.assert_close(block(-x)[0, 0], torch.zeros(3, 3))


def test_dilations_of_the_aspp():
    branches = ASPP(2, 2).branches
    assert [branch[0].dilation[0] for branch in branches] == [1, 6, 12, 18]
    assert [branch[0].padding[0] for branch in branches] == [0, 6, 12, 18]


def test_aspp_pools_the_whole_image():
    aspp = ASPP(4, 8, (1, 2)).eval()
    x = torch.randn(2, 4, 7, 9)
    pooled = aspp.pool(x.mean(dim=(2, 3), keepdim=True))
    parts = [aspp.branches[0](x), aspp.branches[1](x), F.interpolate(pooled, (7, 9), mode="nearest")]
    torch.testing.assert_close(aspp(x), aspp.project(torch.cat(parts, dim=1)))
    assert [branch[0].kernel_size for branch in aspp.branches] == [(1, 1), (3, 3)]


def test_self_attention_is_the_product_with_all_pairs_of_positions():
    x = torch.randn(2, 5, 4, 3)
    flat = x.flatten(2).transpose(1, 2)  # (B, N, C)
    expected = (flat @ flat.transpose(1, 2)) @ flat / 12
    torch.testing.assert_close(self_attention(x).flatten(2).transpose(1, 2), expected, rtol=1e-4, atol=1e-5)


def test_co_attention_against_the_formula():
    v, x, weight = torch.randn(2, 5, 3, 4), torch.randn(2, 5, 2, 6), torch.randn(5, 5)
    rows_v, rows_x = v.flatten(2).transpose(1, 2), x.flatten(2).transpose(1, 2)
    affinity = (rows_v @ weight @ rows_x.transpose(1, 2)).softmax(dim=2)
    expected = (affinity @ rows_x).transpose(1, 2).reshape(2, 5, 3, 4)
    torch.testing.assert_close(co_attention(v, x, weight), expected, rtol=1e-4, atol=1e-5)


def test_rows_of_the_co_attention_sum_to_one():
    gathered = co_attention(torch.randn(1, 4, 3, 3), torch.full((1, 4, 5, 5), 2.5), torch.randn(4, 4))
    torch.testing.assert_close(gathered, torch.full((1, 4, 3, 3), 2.5))


def test_dynamic_filters_differ_per_sample():
    layer = DynamicDepthwise(3)
    feature, source = torch.randn(2, 3, 6, 5), torch.randn(2, 3, 6, 5)
    kernels = layer.generate(source.mean(dim=(2, 3), keepdim=True)).view(2, 3, 1, 3, 3)
    expected = torch.cat([F.conv2d(feature[i : i + 1], kernels[i], padding=1, groups=3) for i in range(2)])
    torch.testing.assert_close(layer(feature, source), expected)


def test_dynamic_filters_with_the_identity_kernel_change_nothing():
    layer = DynamicDepthwise(2)
    nn.init.zeros_(layer.generate.weight)
    identity = torch.zeros(3, 3)
    identity[1, 1] = 1
    layer.generate.bias.data = identity.repeat(2, 1, 1).flatten()
    feature = torch.randn(1, 2, 4, 4)
    torch.testing.assert_close(layer(feature, feature), feature)


def test_a_gate_of_weight_zero_halves():
    gate = Gate(3)
    nn.init.zeros_(gate.conv.weight)
    nn.init.zeros_(gate.conv.bias)
    x = torch.randn(1, 3, 2, 2)
    torch.testing.assert_close(gate(x), x / 2)


def naive_convlstm(layer: ConvLSTM, clip: torch.Tensor) -> torch.Tensor:
    """One sample, pixel by pixel."""
    weight, bias, hidden = layer.gates.weight, layer.gates.bias, layer.hidden
    T, _, H, W = clip.shape
    state, cell = torch.zeros(hidden, H, W), torch.zeros(hidden, H, W)
    for t in range(T):
        padded = F.pad(torch.cat([clip[t], state]), (1, 1, 1, 1))
        new_state, new_cell = torch.zeros_like(state), torch.zeros_like(cell)
        for y in range(H):
            for x in range(W):
                patch = padded[:, y : y + 3, x : x + 3]
                gates = torch.stack([(weight[k] * patch).sum() + bias[k] for k in range(4 * hidden)])
                enter, keep, leave, candidate = gates.view(4, hidden)
                kept = torch.sigmoid(keep) * cell[:, y, x] + torch.sigmoid(enter) * torch.tanh(candidate)
                new_cell[:, y, x] = kept
                new_state[:, y, x] = torch.sigmoid(leave) * torch.tanh(kept)
        state, cell = new_state, new_cell
    return state


def test_convlstm_against_a_naive_loop():
    layer = ConvLSTM(2, 3)
    clip = torch.randn(2, 4, 2, 4, 3)
    with torch.no_grad():
        expected = torch.stack([naive_convlstm(layer, sample) for sample in clip])
        torch.testing.assert_close(layer(clip), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("hidden", "parameters"), [(1, 184), (16, 11_584), (32, 41_600), (64, 156_928)])
def test_parameters_of_the_convlstm(hidden, parameters):
    assert sum(parameter.numel() for parameter in ConvLSTM(4, hidden).parameters()) == parameters


@pytest.fixture(scope="module")
def fcn() -> VGG16:
    with torch.device("meta"):
        return VGG16(3, (2, 2, 2, 1, 1), fc6_dilation=12, dropout=0.5)


def test_dilations_of_the_vgg(fcn):
    assert [layer.dilation[0] for layer in fcn.convolutions()] == [1] * 10 + [2] * 3
    assert (fcn.fc6.dilation, fcn.fc6.padding, fcn.fc6.kernel_size) == ((12, 12), (12, 12), (3, 3))
    assert [(pool.kernel_size, pool.stride, pool.padding) for pool in fcn.pools] == [
        (3, stride, 1) for stride in (2, 2, 2, 1, 1)
    ]


def test_the_last_block_of_dcl():
    with torch.device("meta"):
        network = VGG16(3, (2, 2, 2, 1, 1), last="dcl", dropout=0.5)
        pooled, last = network(torch.empty(1, 3, 321, 328))
    assert (network.fc6.kernel_size, network.fc6.dilation, network.fc6.padding) == ((4, 4), (4, 4), (6, 6))
    assert (pooled.shape, last.shape) == ((1, 512, 41, 41), (1, 4096, 41, 41))


def test_the_last_block_of_fcn_is_vggs_own(monkeypatch, vgg_state):
    """All positions and neurons; beside the frame, the first convolution starts from a Gaussian."""
    monkeypatch.setattr(vgg, "imagenet", lambda _: vgg_state)
    torch.manual_seed(0)
    pools = (2, 2, 2, 2, 2)
    network = VGG16(4, pools, last="fcn", first="beside", first_deviation=0.01, dropout=0.5, pretrained=True)
    assert torch.equal(network.fc6.weight, vgg_state["classifier.0.weight"].view(4096, 512, 7, 7))
    assert torch.equal(network.fc7.weight[..., 0, 0], vgg_state["classifier.3.weight"])
    first = network.convolutions()[0]
    assert torch.equal(first.weight[:, :3], vgg_state["features.0.weight"])
    assert torch.equal(first.bias, vgg_state["features.0.bias"])
    assert first.weight[:, 3].std().item() == pytest.approx(0.01, rel=0.2)


@pytest.mark.parametrize(("size", "reduced"), [(512, 64), (321, 41), (65, 9)])
def test_output_stride_of_the_vgg_is_8(fcn, size, reduced):
    with torch.device("meta"):
        pooled, last = fcn(torch.empty(1, 3, size, size))
    assert pooled.shape == (1, 512, reduced, reduced)
    assert last.shape == (1, 1024, reduced, reduced)


@pytest.mark.parametrize("pools", [(2, 2, 2, 1, 1), (2, 2, 2, 1, None)])
def test_the_vgg_branches_after_pool_4_and_after_fc7(pools):
    network = VGG16(3, pools, fc6_dilation=4, dropout=0.5, width=0.1).eval()
    x = image = torch.randn(1, 3, 64, 64)
    for stage, stride in zip(network.stages, pools, strict=True):
        for layer in stage:
            x = layer(x).relu() if isinstance(layer, nn.Conv2d) else x
        x = x if stride is None else F.max_pool2d(x, 3, stride, padding=1)
        if stage is network.stages[3]:
            pooled = x
    last = network.fc7(network.fc6(x).relu()).relu()
    found = network(image)
    torch.testing.assert_close(found[0], pooled)
    torch.testing.assert_close(found[1], last)


@pytest.fixture(scope="module")
def vgg_state() -> dict[str, torch.Tensor]:
    """A state dict of torchvision's VGG-16, of numbers that tell their place."""
    with torch.device("meta"):
        shapes = {key: value.shape for key, value in torchvision.models.vgg16().state_dict().items()}
    return {key: torch.arange(shape.numel(), dtype=torch.float32).reshape(shape) for key, shape in shapes.items()}


def test_the_vggs_convolutions_are_those_of_imagenet_in_order(monkeypatch, vgg_state):
    monkeypatch.setattr(vgg, "imagenet", lambda _: vgg_state)
    network = VGG16(3, (2, 2, 2, 1, None), fc6_dilation=4, dropout=0.5, pretrained=True)
    keys = [f"features.{index}.weight" for index in (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)]
    for layer, key in zip(network.convolutions(), keys, strict=True):
        assert torch.equal(layer.weight, vgg_state[key])
    full = vgg_state["classifier.0.weight"].view(4096, 512, 7, 7)
    assert torch.equal(network.fc6.weight[5, 3], full[20, 3][::3, ::3])
    assert torch.equal(network.fc7.weight[7, :, 0, 0], vgg_state["classifier.3.weight"][28, ::4])


def test_dcls_last_block_takes_every_neuron_and_every_second_position(monkeypatch, vgg_state):
    monkeypatch.setattr(vgg, "imagenet", lambda _: vgg_state)
    network = VGG16(3, (2, 2, 2, 1, 1), last="dcl", dropout=0.5, pretrained=True)
    full = vgg_state["classifier.0.weight"].view(4096, 512, 7, 7)
    assert torch.equal(network.fc6.weight, full[:, :, [0, 2, 4, 6]][..., [0, 2, 4, 6]])
    assert torch.equal(network.fc7.weight[..., 0, 0], vgg_state["classifier.3.weight"])


def test_caffes_first_convolution_is_made_to_read_normalised_frames():
    frame = torch.rand(1, 3, 6, 7)  # red, green, blue from 0 to 1
    weights = {"conv1_1.weight": torch.randn(4, 3, 3, 3), "conv1_1.bias": torch.randn(4)}
    caffe = frame.flip(1) * 255 - torch.tensor([104.00699, 116.66877, 122.67892]).view(1, 3, 1, 1)
    ours = (frame - torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)) / torch.tensor([0.229, 0.224, 0.225]).view(
        1, 3, 1, 1
    )
    converted = vgg.from_caffe(weights)
    found = F.conv2d(ours, converted["stages.0.0.weight"], converted["stages.0.0.bias"])
    expected = F.conv2d(caffe, weights["conv1_1.weight"], weights["conv1_1.bias"])
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("deviation", [0.01, 0.1])
def test_a_fourth_channel_leaves_the_first_convolution_gaussian(monkeypatch, vgg_state, deviation):
    monkeypatch.setattr(vgg, "imagenet", lambda _: vgg_state)
    network = VGG16(4, (2, 2, 2, 1, 1), first_deviation=deviation, dropout=0.5, pretrained=True)
    first, second = network.convolutions()[:2]
    assert first.weight.shape == (64, 4, 3, 3)
    assert first.weight.std().item() == pytest.approx(deviation, rel=0.1)
    assert torch.equal(second.weight, vgg_state["features.2.weight"])
