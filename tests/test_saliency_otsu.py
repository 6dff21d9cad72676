import numpy as np
import pytest
from skimage.filters import threshold_otsu

from vsodprep.saliency.otsu import otsu


def test_two_levels_are_split():
    image = np.array([[10, 10, 200], [10, 200, 200]], dtype=np.uint8)
    threshold, mask = otsu(image)
    assert 10 <= threshold < 200
    np.testing.assert_array_equal(mask, image == 200)


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_skimage(seed):
    rng = np.random.default_rng(seed)
    image = np.clip(np.concatenate([rng.normal(60, 20, 3000), rng.normal(180, 25, 1000)]), 0, 255)
    image = image.astype(np.uint8).reshape(40, 100)
    _, mask = otsu(image)
    np.testing.assert_array_equal(mask, image > threshold_otsu(image))
    assert mask.mean() == pytest.approx(0.25, abs=0.02)


@pytest.mark.parametrize("value", [0, 77, 255])
def test_constant_map_has_no_foreground(value):
    threshold, mask = otsu(np.full((3, 4), value, dtype=np.uint8))
    assert threshold == value
    assert not mask.any()
