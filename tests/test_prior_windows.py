import numpy as np
import pytest
import torch
import torchvision
from pydantic import ValidationError

from vsodprep.config.prior import Regions
from vsodprep.errors import InputError
from vsodprep.prior.segmentation import Segmentation
from vsodprep.prior.windows import backbone, coverage, cut, extractor, normalised, parameters_sha256, pooler, windows

LABELS = np.zeros((40, 60), dtype=np.int32)
LABELS[10:20, 20:30] = 1
LABELS[10:20, 30:50] = 2


LEVEL = Segmentation.of(LABELS)


def cut_all(picture, labels, count):
    """The three windows of each region: (count, 3, 3, 224, 224)."""
    image = normalised(picture)
    return torch.stack([torch.stack([cut(image, window) for window in three]) for three in windows(labels, count)])


@pytest.fixture
def picture():
    return np.random.default_rng(0).integers(1, 255, (40, 60, 3)).astype(np.uint8)


@pytest.fixture(scope="module")
def alexnet():
    return backbone("alexnet", "random")


def test_first_window_is_the_region_alone(picture):
    made = cut_all(np.full_like(picture, 255), LABELS, 3)
    assert made.shape == (3, 3, 3, 224, 224)
    assert (made[1, 0] > 1).all()  # the region fills its box
    rows = torch.linspace(0, 40, 225)[:-1] + 20 / 224
    inside = (rows > 11) & (rows < 19)
    assert (made[0, 0][:, inside][:, :, 80:180].abs() < 1e-6).all()  # the box of region 0 with the others masked
    assert (made[0, 0][:, ~((rows > 9) & (rows < 21))] > 1).all()


def test_second_window_is_the_box_of_region_and_neighbours():
    # Region 1 touches 0 and 2, so it sees everything; cut 0 off by a wall and it sees its half only.
    labels = np.full((40, 60), 3, dtype=np.int32)
    labels[:10], labels[10:20, :20], labels[10:20, 20:30], labels[10:20, 30:] = 0, 3, 1, 2
    labels[20:] = 4
    picture = np.zeros((40, 60, 3), dtype=np.uint8)
    picture[:20] = 255
    made = cut_all(picture, np.where(labels == 4, 3, labels), 4)
    assert (made[0, 1][:, :100] > 1).all()


def test_third_window_is_all_but_the_region(picture):
    made = cut_all(np.full_like(picture, 255), LABELS, 3)
    centre = made[1, 2][:, 224 * 15 // 40, 224 * 25 // 60]
    assert (centre.abs() < 1e-6).all()
    assert (made[1, 2][:, 0, 0] > 1).all()
    assert (made[1, 2][:, 224 * 15 // 40, 224 * 40 // 60] > 1).all()


def test_alexnet_gives_12288_numbers(picture, alexnet):
    ((described,),) = extractor(alexnet)([(picture, [LEVEL])])
    assert described.shape == (3, 12288)
    assert (described >= 0).all()  # after ReLU
    made = cut_all(picture, LABELS, 3)
    with torch.inference_mode():
        expected = torch.cat([alexnet(made[2, window][None]) for window in range(3)]).flatten()
    np.testing.assert_allclose(described[2], expected.numpy(), rtol=1e-3, atol=1e-5)


def test_windows_of_levels_and_frames_are_seen_together_and_once(picture):
    joined = Segmentation.of(np.where(LABELS == 2, 0, LABELS))
    seen = []

    def network(batch):
        seen.append(len(batch))
        return batch.mean(dim=(2, 3))

    network.to = lambda **_: network
    alone = [extractor(network)([(picture, [level])])[0][0] for level in (LEVEL, joined)]
    # Three regions: their own windows, two each, and one box around all. Two regions: the first has other pixels.
    assert seen == [3 * 2 + 1, 2 * 2 + 1]
    other = picture[::-1].copy()
    together, of_other = extractor(network)([(picture, [LEVEL, joined]), (other, [joined])])
    assert seen[2:] == [7 + 2 + 5]
    for found, expected in zip(together, alone, strict=True):
        np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(of_other[0], extractor(network)([(other, [joined])])[0][0])


def test_coverage_counts_pixels_of_the_quarters():
    covered = coverage(LABELS, 3, (4, 6)).reshape(3, 3, 2, 2, 4, 6)  # cells of 10 x 10 pixels
    own = np.zeros((4, 6))
    own[1, 2] = 25
    np.testing.assert_array_equal(covered[1, 0], np.broadcast_to(own, (2, 2, 4, 6)))
    around, rest = np.zeros((2, 2, 4, 6)), np.zeros((2, 2, 4, 6))
    around[0, 0, :2, :3] = around[0, 1, :2, 3:] = around[1, 0, 2:, :3] = around[1, 1, 2:, 3:] = 100
    rest[:] = around
    rest[0, 0, 1, 2] = 0
    np.testing.assert_array_equal(covered[1, 1], around)
    np.testing.assert_array_equal(covered[1, 2], rest)
    assert (covered[:, 0].sum(axis=(1, 2, 3, 4)) == np.bincount(LABELS.ravel())).all()


def test_pooled_features_are_means_over_the_windows(picture, monkeypatch):
    monkeypatch.setattr("vsodprep.prior.windows.POOLED_SIDE", 40)  # the picture as it is
    network = torch.nn.Module()
    network.features = torch.nn.Sequential(torch.nn.Identity(), torch.nn.MaxPool2d(2))
    ((described,),) = pooler(network)([(picture, [LEVEL])])
    image = normalised(picture).numpy()
    assert described.shape == (3, 3 * 4 * 3)
    found = described[2].reshape(3, 2, 2, 3)
    np.testing.assert_allclose(found[0, 0, 1], image[:, 10:15, 40:50].mean(axis=(1, 2)), rtol=1e-4)
    np.testing.assert_allclose(found[1, 1, 0], image[:, 20:, :30].mean(axis=(1, 2)), rtol=1e-4)
    rest = image[:, :20, 30:][:, (LABELS != 2)[:20, 30:]]
    np.testing.assert_allclose(found[2, 0, 1], rest.mean(axis=1), rtol=1e-4)


def test_alexnet_is_pooled_from_its_last_convolution(picture, alexnet):
    ((described,),) = pooler(alexnet)([(picture, [LEVEL])])
    assert described.shape == (3, 3 * 4 * 256)
    assert (described >= 0).all()
    assert described.std(axis=0).max() > 0


def test_random_weights_are_always_the_same(alexnet):
    # The first values of the default initialisation from seed 0, whatever was drawn before.
    torch.manual_seed(0)
    expected = torchvision.models.alexnet(weights=None).features[0].weight
    torch.testing.assert_close(alexnet.features[0].weight, expected, rtol=0, atol=0)


def test_weights_from_a_file(tmp_path):
    with torch.device("meta"):
        shapes = {key: value.shape for key, value in torchvision.models.alexnet(weights=None).state_dict().items()}
    state = {key: torch.full((1,), 0.25).expand(shape) for key, shape in shapes.items()}  # one value on disk
    torch.save(state, tmp_path / "a.pth")
    network = backbone("alexnet", str(tmp_path / "a.pth"))
    assert (network.features[0].weight == 0.25).all()
    assert not network.training


def test_hash_is_of_the_parameters():
    first, second = (torch.nn.Linear(2, 2) for _ in range(2))
    assert parameters_sha256(first) != parameters_sha256(second)
    second.load_state_dict(first.state_dict())
    assert parameters_sha256(first) == parameters_sha256(second)


def test_file_of_something_else_is_named(tmp_path):
    (tmp_path / "a.pth").write_bytes(b"no weights")
    with pytest.raises(InputError, match=r"a\.pth: unreadable as weights"):
        backbone("alexnet", str(tmp_path / "a.pth"))


@pytest.mark.parametrize("weights", ["missing.pth", "IMAGENET1K_V9"])
def test_missing_weights_are_named(weights):
    with pytest.raises(InputError, match=f"weights '{weights}': no such file or name; .*IMAGENET1K_V1, DEFAULT"):
        backbone("alexnet", weights)


def test_unknown_network_is_named():
    with pytest.raises(ValidationError, match="'alexnet' or 'vgg16'"):
        Regions(features="lenet")
