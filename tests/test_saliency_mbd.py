import numpy as np
import pytest
from skimage.morphology import reconstruction

from vsodprep.cues.border import content
from vsodprep.saliency.mbd import backgroundness, barrier_distance, maps
from vsodprep.saliency.morphology import reconstruct, smooth


def scanned(image, passes):
    """Raster scans pixel by pixel, as the algorithm is written down."""
    height, width = image.shape
    distance = np.full(image.shape, np.inf, dtype=np.float32)
    distance[[0, -1]] = distance[:, [0, -1]] = 0
    high, low = image.copy(), image.copy()
    for scan in range(passes):
        step = -1 if scan % 2 else 1
        for y in range(1, height - 1)[::step]:
            for x in range(1, width - 1)[::step]:
                for there in ((y - step, x), (y, x - step)):
                    highest, lowest = max(high[there], image[y, x]), min(low[there], image[y, x])
                    if highest - lowest < distance[y, x]:
                        distance[y, x], high[y, x], low[y, x] = highest - lowest, highest, lowest
    return distance


def scene(height=96, width=144):
    frame = np.full((height, width, 3), (60, 110, 60), dtype=np.uint8)
    frame[height // 3 : 2 * height // 3, width // 3 : 2 * width // 3] = (200, 60, 50)
    return frame


def alone(frame):
    return maps([frame])[0]


@pytest.mark.parametrize("passes", [1, 2, 3, 4])
@pytest.mark.parametrize("shape", [(3, 3), (3, 9), (9, 3), (12, 17), (17, 12)])
def test_diagonals_give_the_raster_scan(shape, passes):
    image = np.random.default_rng(passes).integers(0, 50, (2, *shape)).astype(np.float32)
    expected = np.stack([scanned(channel, passes) for channel in image])
    np.testing.assert_array_equal(barrier_distance(image, passes), expected)


def test_distance_of_a_wall_with_a_door():
    # The inner pixel (2, 2) is reached over the door at (1, 2): values 0, 3, 1 span 3; over the wall they span 9.
    image = np.zeros((5, 5), dtype=np.float32)
    image[1:4, 1:4] = 9
    image[1, 2], image[2, 2] = 3, 1
    distance = barrier_distance(image[None])[0]
    assert distance[2, 2] == 3
    assert distance[1, 2] == 3
    assert distance[3, 3] == 9
    assert not distance[0].any()


def test_a_ramp_has_no_barrier_along_its_lines():
    ramp = np.tile(np.arange(20, dtype=np.float32), (10, 1))
    np.testing.assert_array_equal(barrier_distance(ramp[None])[0], 0)


def test_backgroundness_leaves_out_the_border_that_differs_most():
    picture = np.zeros((20, 20, 3), dtype=np.float32)
    picture[:2, 2:-2] = 100  # the object reaches the top: by that border, the background would be salient
    picture[8:12, 8:12] = 100
    contrast = backgroundness(picture)
    assert contrast[10, 10] >= 2
    assert contrast[15, 3] < 0.2


@pytest.mark.parametrize("seed", range(3))
def test_reconstruction_agrees_with_skimage(seed):
    mask = np.random.default_rng(seed).integers(0, 255, (23, 31)).astype(np.uint8)
    marker = np.minimum(mask, np.roll(mask, 3, axis=1))
    expected = reconstruction(marker, mask, footprint=np.ones((3, 3)))
    np.testing.assert_array_equal(reconstruct(marker, mask), expected.astype(np.uint8))


def test_smoothing_removes_specks_and_keeps_edges():
    image = np.zeros((30, 30), dtype=np.uint8)
    image[5:25, 5:25] = 200
    clean = image.copy()
    image[2, 2], image[15, 15] = 255, 0
    np.testing.assert_array_equal(smooth(image, 5), clean)


def test_object_stands_out():
    saliency = alone(scene())
    assert saliency[40:56, 60:84].min() > 0.9
    assert saliency[:20].max() < 0.1


def test_large_frames_are_worked_on_at_300_px():
    saliency = alone(scene(480, 720))
    assert saliency.shape == (480, 720)
    assert saliency[220:260, 340:380].min() > 0.9


def test_frame_of_one_colour_is_not_salient():
    np.testing.assert_array_equal(alone(np.full((40, 60, 3), 90, dtype=np.uint8)), 0)


def test_letterbox_is_taken_off():
    frame = np.zeros((116, 144, 3), dtype=np.uint8)
    frame[10:106] = scene()
    rows, columns = content(frame)
    assert (rows.start, rows.stop) in {(10, 106), (11, 105), (10, 105), (11, 106)}
    assert (columns.start, columns.stop) == (0, 144)
    saliency = alone(frame)
    assert not saliency[:9].any()
    np.testing.assert_allclose(saliency[13:103, 10:-10], alone(scene())[3:93, 10:-10], atol=0.06)


def test_a_horizon_is_no_border():
    frame = np.full((100, 100, 3), 40, dtype=np.uint8)
    frame[12:] = 200
    assert content(frame) == (slice(0, 100), slice(0, 100))


def test_frames_together_give_the_maps_of_each_alone():
    frames = [scene(), scene(60, 90), scene()[:, ::-1], scene(96, 144) // 2]
    for frame, together in zip(frames, maps(frames), strict=True):
        np.testing.assert_array_equal(together, alone(frame))
