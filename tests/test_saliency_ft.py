import cv2
import numpy as np
from scipy.ndimage import convolve

from vsodprep.cues.color import lab, stretch
from vsodprep.saliency.ft import frequency_tuned


def test_agrees_with_the_formula():
    frame = np.random.default_rng(0).integers(0, 255, (11, 13, 3)).astype(np.uint8)
    picture = cv2.cvtColor(frame.astype(np.float32) / 255, cv2.COLOR_RGB2Lab).astype(np.float64)
    kernel = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]) / 256
    blurred = np.stack([convolve(picture[..., c], kernel, mode="mirror") for c in range(3)], axis=2)
    distance = np.sqrt(((picture.mean(axis=(0, 1)) - blurred) ** 2).sum(axis=2))
    expected = (distance - distance.min()) / (distance.max() - distance.min())
    np.testing.assert_allclose(frequency_tuned(frame), expected, atol=1e-5)


def test_the_rarer_colour_is_salient():
    frame = np.zeros((30, 30, 3), dtype=np.uint8)
    frame[10:20, 10:20] = 255
    saliency = frequency_tuned(frame)
    assert saliency[15, 15] == 1
    assert saliency[2, 2] < 0.2


def test_lab_of_white_is_100():
    np.testing.assert_allclose(lab(np.full((1, 1, 3), 255, dtype=np.uint8))[0, 0], [100, 0, 0], atol=0.01)


def test_stretch_of_a_constant_is_zero():
    np.testing.assert_array_equal(stretch(np.full((2, 2), 7.0)), 0)
