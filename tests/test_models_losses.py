"""The losses against direct formulas and independent implementations."""

import math

import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity

from vsodprep.models.losses.bce import bce, class_balanced_bce
from vsodprep.models.losses.info_nce import PooledRegions, info_nce, pool_regions
from vsodprep.models.losses.iou import soft_iou, true_negative_iou
from vsodprep.models.losses.ssim import ssim_loss, ssim_map
from vsodprep.models.losses.supervision import Target, target


def truth_of(mask: torch.Tensor) -> Target:
    ones = torch.ones(mask.shape[0])
    return Target(mask, ones, ones)


def logit(p: float) -> float:
    return math.log(p / (1 - p))


@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_bce_of_each_sample(reduction):
    logits = torch.tensor([[0.5, -1.0], [2.0, 0.0]]).view(2, 1, 1, 2)
    mask = torch.tensor([[1.0, 0.0], [0.25, 1.0]]).view(2, 1, 1, 2)
    p = logits.sigmoid()
    pixels = -(mask * p.log() + (1 - mask) * (1 - p).log()).flatten(1)
    expected = pixels.sum(1) if reduction == "sum" else pixels.mean(1)
    torch.testing.assert_close(bce(logits, mask, reduction), expected)


def test_class_balance_weighs_positives_by_the_share_of_negatives():
    logits = torch.zeros(1, 1, 1, 4)
    mask = torch.tensor([1.0, 0.0, 0.0, 0.0]).view(1, 1, 1, 4)
    # alpha = 3/4: one positive of weight 3/4, three negatives of weight 1/4, each -log(1/2)
    assert class_balanced_bce(logits, mask).item() == pytest.approx((0.75 + 3 * 0.25) * math.log(2))
    assert class_balanced_bce(logits, mask, "mean").item() == pytest.approx(1.5 * math.log(2) / 4)


def test_a_mask_without_positive_has_no_balanced_loss():
    assert class_balanced_bce(torch.randn(1, 1, 4, 4), torch.zeros(1, 1, 4, 4)).item() == 0


def test_soft_iou_by_hand():
    logits = torch.tensor([logit(0.8), logit(0.4)]).view(1, 1, 1, 2)
    mask = torch.tensor([1.0, 0.0]).view(1, 1, 1, 2)
    assert soft_iou(logits, mask).item() == pytest.approx(0.8 / (1.2 + 1 - 0.8))
    # TP 0.8, FP 0.4, TN 0.6
    assert true_negative_iou(logits, mask).item() == pytest.approx(0.8 / (0.6 + 0.8 + 0.4))


def test_soft_iou_of_an_empty_mask_is_zero():
    assert soft_iou(torch.full((1, 1, 4, 4), -200.0), torch.zeros(1, 1, 4, 4)).item() == 0


def test_ssim_agrees_with_scikit_image():
    generator = np.random.default_rng(0)
    a, b = generator.random((2, 40, 53), dtype=np.float32)
    _, expected = structural_similarity(
        a, b, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=1.0, full=True
    )
    found = ssim_map(torch.from_numpy(a)[None, None], torch.from_numpy(b)[None, None])[0, 0].numpy()
    np.testing.assert_allclose(found[5:-5, 5:-5], expected[5:-5, 5:-5], atol=2e-5)


def test_ssim_pads_with_zeros():
    ones = torch.ones(1, 1, 20, 20)
    found = ssim_map(ones, torch.zeros_like(ones))
    # In a corner the window holds a quarter of its weight or a little more; means m and 0, variance m - m^2.
    window = np.exp(-((np.arange(11) - 5) ** 2) / 4.5)
    m = (window[5:].sum() / window.sum()) ** 2
    expected = 1e-4 / (m**2 + 1e-4) * 9e-4 / (m - m**2 + 9e-4)
    assert found[0, 0, 0, 0].item() == pytest.approx(expected, rel=1e-4)


def test_ssim_loss_of_a_perfect_map_is_zero():
    mask = torch.zeros(1, 1, 32, 32)
    mask[..., 8:20, 8:20] = 1
    assert ssim_loss((mask * 2 - 1) * 100, mask).item() == pytest.approx(0, abs=1e-5)


def test_only_annotated_frames_are_averaged_with_their_weight():
    batch = {
        "masks": torch.zeros(3, 2, 1, 4, 4),
        "annotated": torch.tensor([[False, True], [True, False], [True, True]]),
        "weight": torch.tensor([[9.0, 1.0], [9.0, 1.0], [9.0, 0.5]]),
    }
    assert target(batch).average(torch.tensor([1.0, 100.0, 4.0])).item() == pytest.approx((1 + 0.5 * 4) / 2)
    assert target(batch, frame=0).average(torch.tensor([100.0, 1.0, 2.0])).item() == pytest.approx((9 + 18) / 2)


def regions(features: torch.Tensor, hardness: torch.Tensor | None = None) -> PooledRegions:
    frames = features.shape[0]
    return PooledRegions(
        features, torch.ones(frames, dtype=torch.bool), torch.zeros(frames) if hardness is None else hardness
    )


SETTINGS = {"mining": "hard", "positives": 4, "negatives": 4, "temperature": 0.1, "normalise": True}


def test_regions_are_means_under_mask_and_complement():
    mask = torch.zeros(1, 1, 4, 4)
    mask[..., :2, :] = 1
    feature = torch.tensor([[1.0, 3.0], [5.0, 9.0]]).view(1, 1, 2, 2)
    prediction = torch.full((1, 1, 4, 4), logit(0.75))
    foreground, background = pool_regions(feature, prediction, truth_of(mask))
    assert foreground.features.item() == pytest.approx(2)
    assert background.features.item() == pytest.approx(7)
    assert foreground.hardness.item() == pytest.approx(0.25)
    assert background.hardness.item() == pytest.approx(0.75)


def test_a_cell_that_is_partly_foreground_counts_in_both_regions():
    mask = torch.zeros(1, 1, 2, 4)
    mask[..., :1] = 1  # half of the first cell
    feature = torch.tensor([2.0, 8.0]).view(1, 1, 1, 2)
    foreground, background = pool_regions(feature, torch.zeros(1, 1, 2, 4), truth_of(mask))
    assert foreground.features.item() == pytest.approx(2)
    assert background.features.item() == pytest.approx((0.5 * 2 + 8) / 1.5)


@pytest.mark.parametrize(("value", "lacks"), [(0.0, 0), (1.0, 1)])
def test_a_region_without_pixels_does_not_exist(value, lacks):
    found = pool_regions(torch.rand(1, 3, 2, 2), torch.zeros(1, 1, 4, 4), truth_of(torch.full((1, 1, 4, 4), value)))
    assert [region.exists.item() for region in found] == [index != lacks for index in range(2)]


def direct(f: torch.Tensor, b: torch.Tensor, anchor: int, positives: list[int], negatives: list[int]) -> float:
    def term(other: torch.Tensor) -> float:
        return math.exp(float(torch.cosine_similarity(f[anchor], other, dim=0)) / 0.1)

    numerator = sum(term(f[index]) for index in positives)
    return -math.log(numerator / (numerator + sum(term(b[index]) for index in negatives)))


def test_info_nce_against_the_formula():
    f, b = torch.randn(2, 4, 8, generator=torch.Generator().manual_seed(0))
    losses, anchors = info_nce(regions(f), regions(b), torch.zeros(4), **SETTINGS)
    assert anchors.all()
    expected = [direct(f, b, i, [j for j in range(4) if j != i], [0, 1, 2, 3]) for i in range(4)]
    torch.testing.assert_close(losses, torch.tensor(expected), rtol=1e-4, atol=1e-5)


def test_hard_mining_takes_the_regions_that_are_predicted_worst():
    f, b = torch.randn(2, 6, 8, generator=torch.Generator().manual_seed(0))
    hard_f = torch.tensor([0.9, 0.1, 0.8, 0.2, 0.3, 0.7])
    hard_b = torch.tensor([0.1, 0.2, 0.9, 0.3, 0.8, 0.4])
    settings = {**SETTINGS, "positives": 2, "negatives": 2}
    losses, _ = info_nce(regions(f, hard_f), regions(b, hard_b), torch.zeros(6), **settings)
    assert losses[0].item() == pytest.approx(direct(f, b, 0, [2, 5], [2, 4]), rel=1e-4)
    assert losses[1].item() == pytest.approx(direct(f, b, 1, [0, 2], [2, 4]), rel=1e-4)


def test_samples_come_from_the_anchors_own_video():
    f, b = torch.randn(2, 4, 8, generator=torch.Generator().manual_seed(0))
    losses, anchors = info_nce(regions(f), regions(b), torch.tensor([5, 7, 5, -1]), **SETTINGS)
    assert anchors.tolist() == [True, False, True, False]
    assert losses[0].item() == pytest.approx(direct(f, b, 0, [2], [0, 2]), rel=1e-4)
    assert losses[[1, 3]].tolist() == [0, 0]


def test_frames_that_are_no_anchors_leave_the_gradient_finite():
    f = torch.randn(3, 8, requires_grad=True)
    b = torch.randn(3, 8, requires_grad=True)
    losses, anchors = info_nce(regions(f), regions(b), torch.tensor([0, 1, 2]), **SETTINGS)
    losses.sum().backward()
    assert not anchors.any()
    assert losses.sum().item() == 0
    assert torch.isfinite(f.grad).all()


def test_random_samples_follow_the_seed():
    f, b = torch.randn(2, 8, 16, generator=torch.Generator().manual_seed(0))
    settings = {**SETTINGS, "mining": "random"}
    drawn = [
        info_nce(regions(f), regions(b), torch.zeros(8), **settings, generator=torch.Generator().manual_seed(seed))[0]
        for seed in (1, 1, 2)
    ]
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])


def test_unnormalised_features_are_multiplied_as_they_are():
    f, b = torch.tensor([[2.0], [3.0]]), torch.tensor([[1.0], [4.0]])
    settings = {**SETTINGS, "normalise": False, "temperature": 1.0}
    losses, _ = info_nce(regions(f), regions(b), torch.zeros(2), **settings)
    expected = -math.log(math.exp(6) / (math.exp(6) + math.exp(2) + math.exp(8)))
    assert losses[0].item() == pytest.approx(expected, rel=1e-5)
