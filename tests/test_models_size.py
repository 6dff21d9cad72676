"""Parameters and operations, by the convention of the papers that print them."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from vsodprep.config.models import MODELS, definition
from vsodprep.config.train import Data, Run, Stage
from vsodprep.models.parts.resnet import STRIDE_8, ResNet
from vsodprep.models.size import Size, size_of, size_of_run
from vsodprep.scores.papers import printed_numbers

STAGE = Stage(data=(Data(benchmark="davis2016", split="train"),), size=(473, 473), steps=1)


def conv(inner: int, outer: int, kernel: int, dilation: int = 1, bias: bool = True) -> nn.Conv2d:
    return nn.Conv2d(inner, outer, kernel, padding=dilation * (kernel // 2), dilation=dilation, bias=bias)


class COSNet(nn.Module):
    """COSNet (Lu et al., CVPR 2019) as its authors' code has it: DeepLab features of two frames, and co-attention."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = ResNet("resnet101", STRIDE_8, 1.0, False)
        self.pooled = conv(2048, 512, 1)
        self.aspp = nn.ModuleList([conv(2048, 512, 1), *(conv(2048, 512, 3, dilation) for dilation in (6, 12, 18))])
        self.norms = nn.ModuleList(nn.BatchNorm2d(512) for _ in range(5))
        self.bottleneck = nn.Sequential(conv(5 * 512, 256, 3), nn.BatchNorm2d(256), nn.PReLU())
        self.coarse = conv(256, 1, 1)
        self.affinity = nn.Linear(256, 256, bias=False)
        self.gate = conv(256, 1, 1, bias=False)
        self.fuse = nn.ModuleList(nn.Sequential(conv(512, 256, 3, bias=False), nn.BatchNorm2d(256)) for _ in range(2))
        self.heads = nn.ModuleList(conv(256, 1, 1) for _ in range(2))

    def encode(self, frame: Tensor) -> Tensor:
        features = self.backbone(frame)[-1]
        pooled = self.pooled(features.mean((2, 3), keepdim=True)).expand(-1, -1, *features.shape[2:])
        parts = [pooled, *(branch(features) for branch in self.aspp)]
        encoded: Tensor = self.bottleneck(
            torch.cat([norm(part) for norm, part in zip(self.norms, parts, strict=True)], 1)
        )
        self.coarse(encoded)
        return encoded

    def forward(self, first: Tensor, second: Tensor) -> list[Tensor]:
        pair = self.encode(first), self.encode(second)
        flat = [each.flatten(2) for each in pair]
        affinity = torch.bmm(self.affinity(flat[0].transpose(1, 2)), flat[1])
        gathered = torch.bmm(flat[1], affinity.softmax(1)), torch.bmm(flat[0], affinity.softmax(2).transpose(1, 2))
        maps = []
        for found, own, fuse, head in zip(gathered, pair, self.fuse, self.heads, strict=True):
            attended = found.reshape(own.shape)
            maps.append(head(fuse(torch.cat([attended * self.gate(attended).sigmoid(), own], 1))))
        return maps


def printed(method: str) -> dict[str, float]:
    table = [each for each in printed_numbers() if (each.paper, each.table) == ("contrastive", "Table 5")]
    return {each.metric: each.value for each in table if each.method == method}


def test_cosnet_comes_out_as_printed() -> None:
    """Of a pair of 473 x 473, two operations a multiply-add, none for the products of attention."""
    with torch.device("meta"):
        network = COSNet().eval()
    frame = torch.empty(1, 3, 473, 473, device="meta")
    size = size_of(network, frame, frame)
    paper = printed("COSNet")
    assert size.parameters == 81_242_436
    assert round(size.parameters / 1e6, 1) == paper["params_millions"]
    assert size.printed / 1e9 == pytest.approx(paper["GFLOPs"], rel=1e-3)
    other = torch.empty(1, 3, 512, 512, device="meta")
    assert size_of(network, other, other).printed / 1e9 > 1.1 * paper["GFLOPs"]


def test_the_contrastive_network_comes_out_as_printed() -> None:
    size, at = size_of_run("contrastive", Run(stages=(STAGE,)))
    paper = printed("Contrastive-WACV22")
    assert at == (473, 473)
    assert round(size.parameters / 1e6, 1) == paper["params_millions"]
    assert size.printed / 1e9 == pytest.approx(paper["GFLOPs"], rel=5e-3)


def test_operations_of_a_known_network() -> None:
    class Known(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3, padding=1)  # 112 parameters; 27 multiply-adds at each of 4 x 5 x 6 numbers

        def forward(self, x: Tensor) -> Tensor:
            y = self.conv(x).flatten(2)
            return torch.bmm(y, y.transpose(1, 2))  # 4 x 4 numbers of 30 multiply-adds

    with torch.device("meta"):
        network = Known()
    found = size_of(network, torch.empty(1, 3, 5, 6, device="meta"))
    assert found == Size(112, 27 * 120 + 480, 480)
    assert found.printed == 2 * 27 * 120


@pytest.mark.parametrize(
    ("model", "variant", "options"),
    [
        *((model, "full", {}) for model in MODELS),
        *(("stan", variant, {}) for variant in ("OS", "ST", "flow", "dcl")),
        ("stan", "OS", {"fcn": "dcl"}),
        *(("msst", variant, options) for variant in ("full", "OS") for options in ({}, {"fcn": "dcl"})),
        *(("cagdde", variant, {}) for variant in ("baseline", "baseline-deeplab")),
        ("dsnet", "M1", {}),
        ("contrastive", "cosnet", {}),
        ("dcl", "ms-fcn", {}),
        *(("rfcn", variant, {}) for variant in ("pre-training", "per-step", "one-step")),
        ("rfcn", "full", {"scales": (1.0,), "steps": 3}),
        ("dsmt", "code", {}),
    ],
)
def test_a_plan_counts_the_size_of_a_variant_without_building_it(
    model: str, variant: str, options: dict[str, Any]
) -> None:
    run = Run(variant=variant, options=options, size=(256, 256), stages=(STAGE,))
    counted, _ = size_of_run(model, run)
    known = definition(model)
    chosen = known.choose(variant, options)
    per_frame = 2 * counted.multiply_adds / 1e3 / (256 + 2 * chosen.margin) ** 2 / chosen.clip_length
    assert known.operations is not None
    assert known.operations * chosen.operations * chosen.test_passes == pytest.approx(per_frame, rel=0.1)
    assert known.parameters is not None
    exact = 0.01 if variant == "full" and not options else 0.1
    assert known.parameters * chosen.parameters == pytest.approx(counted.parameters / 1e6, rel=exact)
