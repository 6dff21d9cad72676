"""DCL: the sums of its parts, the regions of a superpixel, its streams and their turns."""

import math

import pytest
import torch
from model_batches import make_batch
from torch import nn

from vsodprep.cues.superpixels import MOST
from vsodprep.models import build_model
from vsodprep.models.losses.bce import class_balanced_bce
from vsodprep.models.parts.layers import resize
from vsodprep.models.parts.segments import pool_regions

VGG = 14_714_688
FC6, FC7, FC8 = (16 * 512 + 1) * 4096, (4096 + 1) * 4096, 4096 + 1
SIDES = sum((9 * channels + 1) * 128 for channels in (64, 128, 256, 512)) + 4 * ((128 + 1) * 128 + 128 + 1)
MS_FCN = VGG + FC6 + FC7 + FC8 + SIDES + 5 + 1
SEGMENTS = (6144 + 1) * 300 + (300 + 1) * 300 + 300 + 1


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def narrow(variant: str = "full", **options: object):
    torch.manual_seed(0)
    return build_model("dcl", variant, width=0.125, **options)


@pytest.mark.parametrize(("variant", "parameters"), [("ms-fcn", MS_FCN), ("full", MS_FCN + SEGMENTS + 2 + 1)])
def test_parameters_are_the_sum_of_the_parts(variant: str, parameters: int) -> None:
    with torch.device("meta"):
        assert count(build_model("dcl", variant)) == parameters


def test_ms_fcn_is_as_large_as_the_released_file() -> None:
    assert round(MS_FCN / 1e6, 2) == 66.23
    assert round(4 * MS_FCN / 1e6, 1) == 264.9
    assert SEGMENTS == 1_934_101


def test_all_side_maps_are_an_eighth_of_the_frame() -> None:
    with torch.device("meta"):
        network = build_model("dcl", "ms-fcn")
        *pools, conv5, fc7 = network.pixels.fcn.levels(torch.empty(1, 3, 321, 321))
        sides = [side(pool) for side, pool in zip(network.pixels.sides, pools, strict=True)]
    assert [tuple(pool.shape[1:]) for pool in pools] == [(64, 161, 161), (128, 81, 81), (256, 41, 41), (512, 41, 41)]
    assert [each.shape[1] for each in (conv5, fc7, *sides)] == [512, 4096, 1, 1, 1, 1]
    assert {tuple(each.shape[2:]) for each in (conv5, fc7, *sides)} == {(41, 41)}
    assert [layer.dilation for layer in network.pixels.fcn.convolutions()[-3:]] == [(2, 2)] * 3
    fc6 = network.pixels.fcn.fc6
    assert (fc6.kernel_size, fc6.dilation, fc6.padding) == ((4, 4), (4, 4), (6, 6))


# Four superpixels of 2 x 2 positions of the features, and one of single pixels that owns no position.
LABELS = torch.tensor([[0, 1], [2, 3]]).repeat_interleave(8, 0).repeat_interleave(8, 1)
LABELS[0, 0] = 4
VALUES = torch.arange(1.0, 17).view(1, 4, 4)


def regions(pooled: torch.Tensor) -> list[list[float]]:
    """Return the features of one channel: own, near, far, of four cells each."""
    return pooled.view(3, 4).tolist()


def test_regions_of_a_superpixel() -> None:
    own, near, far = regions(pool_regions(VALUES, LABELS, 6)[1])
    assert own == [3, 4, 7, 8]
    assert near == [6, 8, 14, 16]  # it touches all others
    assert far == [6, 0, 14, 16]  # the image without it: its quarter is empty


def test_a_superpixel_that_owns_no_position_has_no_features_of_its_own() -> None:
    own, near, far = regions(pool_regions(VALUES, LABELS, 6)[4])
    assert own == [0, 0, 0, 0]
    assert near == [1, 2, 5, 6]  # the box of its only neighbour
    assert far == [6, 8, 14, 16]


def test_a_label_that_is_not_used_changes_nothing() -> None:
    pooled = pool_regions(VALUES, LABELS, 6)
    torch.testing.assert_close(pool_regions(VALUES, LABELS, 5), pooled[:5])
    assert regions(pooled[5])[0] == [0, 0, 0, 0]


def test_a_position_without_an_owner_is_outside_every_superpixel_and_in_every_rest() -> None:
    """Of four pixels a position has two of each label: none has more than half."""
    labels = torch.tensor([[0, 1], [0, 1]])
    own, _, far = pool_regions(torch.tensor([[[5.0]]]), labels, 2).view(2, 3, 4).unbind(1)
    assert own.tolist() == [[0] * 4] * 2
    assert far.tolist() == [[5, 0, 0, 0]] * 2


def test_a_cell_of_one_row_leaves_the_lower_cells_empty() -> None:
    labels = torch.tensor([[0, 0, 0, 1]])
    own = pool_regions(torch.tensor([[[1.0, 2, 3, 4]]]), labels, 2).view(2, 3, 4)[:, 0]
    assert own.tolist() == [[2, 3, 0, 0], [4, 0, 0, 0]]


def test_regions_against_masks_and_loops() -> None:
    generator = torch.Generator().manual_seed(0)
    labels = torch.randint(0, 7, (6, 5), generator=generator).repeat_interleave(4, 0).repeat_interleave(4, 1)
    features = torch.rand(3, 6, 5, generator=generator)
    pooled = pool_regions(features, labels, 7).view(7, 3, 3 * 4)
    coarse = labels[::4, ::4]
    for label in range(7):
        rows, columns = (coarse == label).nonzero().T
        own = torch.zeros(3, 2, 2)
        rest = torch.zeros(3, 2, 2)
        for y in range(6):
            for x in range(5):
                if coarse[y, x] == label:
                    down, right = int(2 * y > rows.min() + rows.max()), int(2 * x > columns.min() + columns.max())
                    own[:, down, right] = torch.maximum(own[:, down, right], features[:, y, x])
                else:
                    down, right = int(y >= 3), int(x > 2)
                    rest[:, down, right] = torch.maximum(rest[:, down, right], features[:, y, x])
        for number, expected in ((0, own), (2, rest)):
            torch.testing.assert_close(pooled[label, number].view(4, 3), expected.flatten(1).T)


def test_scores_are_painted_on_the_superpixels() -> None:
    network = narrow().eval()
    batch = make_batch(2)
    with torch.no_grad():
        painted = network(batch)["aux"]["segments"]
    for sample, labels in zip(painted[:, 0], batch["segments"][:, -1, 0], strict=True):
        values = [sample[labels == label].unique() for label in labels.unique()]
        assert {len(each) for each in values} == {1}
        assert len(torch.cat(values).unique()) > 1
    assert batch["segments"].max() < MOST


def test_the_streams_are_fused_by_a_1x1_convolution() -> None:
    network = narrow().eval()
    batch = make_batch(2)
    nn.init.constant_(network.fusion.weight, 0.25)
    nn.init.constant_(network.fusion.bias, -1)
    with torch.no_grad():
        outputs = network(batch)
        pixels, _ = network.pixels(batch["frames"][:, -1])
    torch.testing.assert_close(outputs["aux"]["pixels"], resize(pixels, (64, 64)))
    torch.testing.assert_close(outputs["saliency"], sum(outputs["aux"].values()) / 4 - 1)
    network.options = network.options.model_copy(update={"fuse": "maps"})
    with torch.no_grad():
        found = network(batch)["saliency"]
    torch.testing.assert_close(found, sum(each.sigmoid() for each in outputs["aux"].values()) / 4 - 1)


def test_no_gradient_of_the_segment_stream_reaches_the_pixels() -> None:
    network = narrow()
    batch = make_batch(2)
    network(batch)["aux"]["segments"].sum().backward()
    assert {name.split(".")[0] for name, each in network.named_parameters() if each.grad is not None} == {"segments"}


def test_parts_make_up_the_network() -> None:
    network = narrow()
    parts = network.options.parts
    modules = [module for part in parts.values() for module in part]
    assert sorted(modules) == sorted({name.split(".")[0] for name, _ in network.named_parameters()})
    assert parts["segments"] == ("segments",)
    assert build_model("dcl", "ms-fcn", width=0.125).options.parts == {}


def test_loss_weighs_the_foreground_by_the_share_of_background() -> None:
    network = narrow("ms-fcn", reduction="sum")
    masks = torch.zeros(1, 1, 1, 2, 2)
    masks[..., 0, 0] = 1
    batch = {"masks": masks, "annotated": torch.ones(1, 1), "weight": torch.ones(1, 1)}
    outputs = {"saliency": torch.zeros(1, 1, 2, 2), "aux": {}}
    # weight 3/4 of the one pixel of foreground, 1/4 of each of three others; each is log 2 off
    assert network.loss(outputs, batch)["loss"].item() == pytest.approx(1.5 * math.log(2))


def test_every_map_is_compared_unless_the_fused_one_alone_is() -> None:
    batch = make_batch(2)
    network = narrow().eval()
    outputs = network(batch)
    terms = network.loss(outputs, batch)
    mask = batch["masks"][:, -1]
    assert set(terms) == {"loss", "final", "pixels", "segments"}
    torch.testing.assert_close(terms["pixels"], class_balanced_bce(outputs["aux"]["pixels"], mask, "mean").mean())
    assert set(narrow(supervision="fused").loss(outputs, batch)) == {"loss", "final"}
