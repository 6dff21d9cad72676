import math
import warnings

import numpy as np
import pytest

from vsodprep.config.flow import Camera, Flow
from vsodprep.config.methods import Dialect
from vsodprep.flow.picture import Picture, colour, colour_wheel, drawing_of, picture_of

RNG = np.random.default_rng(4)
WHITE, BLACK = [255, 255, 255], [0, 0, 0]


def reference(flow: np.ndarray, dialect: str, maximum: float | None = None) -> np.ndarray:
    """The wheel pixel by pixel in Python's own arithmetic."""
    wheel = colour_wheel().tolist()
    longest = max(math.sqrt(u * u + v * v) for u, v in flow.reshape(-1, 2).tolist()) if maximum is None else maximum
    picture = np.zeros((*flow.shape[:2], 3), np.uint8)
    for y, x in np.ndindex(*flow.shape[:2]):
        u, v = flow[y, x].tolist()
        if dialect == "raft":
            u, v = u / (longest + 1e-5), v / (longest + 1e-5)
        else:
            u, v = u / longest + np.finfo(float).eps, v / longest + np.finfo(float).eps
        place = (math.atan2(-v, -u) / math.pi + 1) / 2 * 54
        if dialect == "flownet2":
            place = place + 1 - 1
        low = math.floor(place)
        for channel in range(3):
            level = (1 - place + low) * (wheel[low][channel] / 255) + (place - low) * (
                wheel[(low + 1) % 55][channel] / 255
            )
            radius = math.sqrt(u * u + v * v)
            picture[y, x, channel] = math.floor(255 * (1 - radius * (1 - level) if radius <= 1 else 0.75 * level))
    return picture


def test_wheel() -> None:
    wheel = colour_wheel()
    assert wheel.shape == (55, 3)
    assert wheel[[0, 15, 21, 25, 36, 49]].tolist() == [
        [255, 0, 0],
        [255, 255, 0],
        [0, 255, 0],
        [0, 255, 255],
        [0, 0, 255],
        [255, 0, 255],
    ]
    assert wheel[[1, 16, 37, 54]].tolist() == [[255, 17, 0], [213, 255, 0], [19, 0, 255], [255, 0, 43]]


@pytest.mark.parametrize("dialect", ["raft", "flownet2"])
@pytest.mark.parametrize("maximum", [None, 1.5, 40.0])
def test_agrees_with_the_wheel_pixel_by_pixel(dialect: str, maximum: float | None) -> None:
    flow = RNG.normal(scale=3, size=(37, 53, 2))
    flow[5:9, 7:20] = 0
    difference = colour(flow, maximum, dialect).astype(int) - reference(flow, dialect, maximum)
    assert np.count_nonzero(difference) <= 3  # atan2 of C and of NumPy may differ in the last bit
    assert np.abs(difference).max() <= 1


@pytest.mark.parametrize("dialect", ["raft", "flownet2"])
def test_known_directions(dialect: str) -> None:
    flow = np.array([[[8, 0], [0, 8], [-8, 0], [0, -8], [0, 0], [4, 0]]], np.float32)
    right, down, left, up, rest, half = colour(flow, 8.01, dialect)[0].astype(int).tolist()
    assert right[0] >= 254 and right[1] <= 1 and right[2] <= 1  # red
    assert down[0] >= 254 and 220 <= down[1] <= 238 and down[2] <= 1  # nearly yellow
    assert left[0] <= 1 and left[1] <= 235 and left[2] >= 254  # cyan to blue
    assert abs(up[0] - 88) <= 2 and up[1] <= 1 and up[2] >= 254  # blue to magenta
    assert rest == (WHITE if dialect == "raft" else [255, 254, 254])
    assert half[0] >= 254 and abs(half[1] - 127) <= 1


@pytest.mark.parametrize(("dialect", "expected"), [("raft", WHITE), ("flownet2", BLACK)])
def test_picture_without_motion(dialect: str, expected: list[int]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        picture = colour(np.zeros((3, 4, 2), np.float32), dialect=dialect)
    assert (picture == expected).all()


def test_fixed_maximum_keeps_a_flow_comparable() -> None:
    flow = RNG.normal(size=(9, 9, 2)).astype(np.float32)
    assert (colour(flow, 10.0) != colour(flow)).any()
    assert (colour(flow, 10.0)[3:5] == colour(flow[3:5], 10.0)).all()


def test_unknown_values_are_black_in_flownet2() -> None:
    flow = RNG.normal(size=(6, 6, 2)).astype(np.float32)
    known = colour(flow, dialect="flownet2")
    flow[2, 3, 0] = 1e9
    marked = colour(flow, dialect="flownet2")
    assert marked[2, 3].tolist() == BLACK
    assert (marked != known).any(axis=2).sum() <= flow.size // 2
    assert flow[2, 3, 0] == np.float32(1e9)


@pytest.mark.parametrize("dialect", ["raft", "flownet2"])
def test_blocks_do_not_show(dialect: str) -> None:
    flow = RNG.normal(size=(300, 301, 2)).astype(np.float32)
    flow[0, 0] = 9
    whole = colour(flow, 20.0, dialect)
    assert (whole[123:126] == colour(flow[123:126], 20.0, dialect)).all()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_refuses_what_is_not_finite(value: float) -> None:
    with pytest.raises(ValueError, match="NaN or infinite"):
        colour(np.full((2, 2, 2), value, np.float32))


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 3), (2, 4, 4)])
def test_refuses_another_shape(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"expected \(H, W, 2\)"):
        colour(np.zeros(shape, np.float32))


@pytest.mark.parametrize("maximum", [0, -1, np.nan, np.inf])
def test_maximum_is_a_length(maximum: float) -> None:
    with pytest.raises(ValueError, match="maximum of"):
        colour(np.ones((2, 2, 2), np.float32), maximum)


@pytest.mark.parametrize("dialect", ["raft", "flownet2"])
def test_noise_stays_pale_below_the_least_maximum(dialect: Dialect) -> None:
    noise = np.zeros((4, 6, 2), np.float32)
    noise[1, 2] = 0.1, 0
    moving = noise * 100
    assert colour(noise, dialect=dialect)[1, 2].min() < 50
    assert colour(noise, dialect=dialect, least_maximum=1.0)[1, 2].min() > 220  # a tenth of the way to a full colour
    np.testing.assert_array_equal(
        colour(noise, dialect=dialect, least_maximum=1.0), colour(noise, dialect=dialect, maximum=1.0)
    )
    np.testing.assert_array_equal(colour(moving, dialect=dialect, least_maximum=1.0), colour(moving, dialect=dialect))


@pytest.mark.parametrize("dialect", ["raft", "flownet2"])
def test_without_the_camera_s_motion_what_stands_still_is_white(dialect: Dialect) -> None:
    y, x = np.mgrid[:60, :80].astype(np.float32)
    camera = np.stack([9 + 0.05 * x, 0.02 * y - 6], axis=2)
    own = np.zeros_like(camera)
    own[20:40, 30:50] = 0, 5
    plain, without = (Picture(dialect, camera=each).draw(camera + own) for each in ("kept", "subtracted"))
    np.testing.assert_array_equal(plain, colour(camera + own, dialect=dialect))
    assert without[:15].min() > 240 > plain[:15].min(axis=2).max()
    assert without[20:40, 30:50].min(axis=2).max() < 60


@pytest.mark.parametrize(("camera", "recorded"), [("kept", {}), ("subtracted", {"camera": "subtracted"})])
def test_a_file_says_of_the_camera_what_its_pictures_lack(camera: Camera, recorded: dict[str, str]) -> None:
    record = drawing_of(Flow(camera=camera)).record
    assert record == {"dialect": "raft", "maximum": None, "least_maximum": 0.0} | recorded
    flow = np.random.default_rng(0).normal(size=(20, 30, 2)).astype(np.float32)
    np.testing.assert_array_equal(picture_of(flow, {"picture": record}), Picture(camera=camera).draw(flow))
