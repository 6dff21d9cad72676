import numpy as np
import pytest

from vsodprep.flow.camera import background_motion
from vsodprep.prior.channels import DIRECTIONS, NAMES, Channels, channels
from vsodprep.prior.contrast import border_sums, contrasts
from vsodprep.prior.fit import region_labels, spread
from vsodprep.prior.pieces import Pieces
from vsodprep.prior.regions import Shapes, boxes, geometry, outline
from vsodprep.prior.segmentation import Segmentation

LABELS = np.array(
    [
        [0, 0, 0, 1],
        [0, 2, 2, 1],
        [3, 2, 2, 1],
        [3, 3, 1, 1],
    ],
    dtype=np.int32,
)


def contrast(labels, count, given):
    return contrasts([Segmentation.of(labels)], Pieces.of([labels]), given)


def random_channels(seed=0, shape=(4, 4)):
    rng = np.random.default_rng(seed)
    return Channels(
        rng.uniform(-1, 1, (*shape, len(NAMES))).astype(np.float32),
        rng.integers(0, DIRECTIONS, shape).astype(np.uint8),
        rng.uniform(0, 1, shape).astype(np.float32),
        np.array([1.5, 0.5], dtype=np.float32),
    )


def test_outline_counts_pixel_sides():
    edges = outline(LABELS, 4)
    # 1 and 2 meet on the right of (1,2), the right of (2,2) and below (2,2).
    expected = [[0, 1, 3, 1], [1, 0, 3, 1], [3, 3, 0, 2], [1, 1, 2, 0]]
    np.testing.assert_array_equal(edges.shared, expected)
    np.testing.assert_array_equal(edges.border, [[3, 0, 2, 0], [1, 2, 0, 4], [0, 0, 0, 0], [0, 2, 2, 0]])


def test_boxes():
    np.testing.assert_array_equal(boxes(LABELS, 4), [[0, 2, 0, 3], [0, 4, 2, 4], [1, 3, 1, 3], [2, 4, 0, 2]])


def test_geometry_of_the_square():
    described = {name: values[2] for name, values in geometry(Shapes.of(LABELS, 4), outline(LABELS, 4)).items()}
    expected = {
        "x": 0, "y": 0, "x_from_centre": 0, "y_from_centre": 0, "from_centre": 0,
        "area": 0.25, "area_log": np.log(0.25), "box_height": 0.5, "box_width": 0.5, "extent": 1,
        "elongation": 1, "spread": np.sqrt(4 * np.pi / 12), "roughness": 1, "border_share": 0, "border_sides": 0,
        "neighbours_log": np.log(4), "regions_log": np.log(4),
    }  # fmt: skip
    assert described == pytest.approx(expected, abs=1e-12)


def test_geometry_of_a_corner():
    described = {name: values[0] for name, values in geometry(Shapes.of(LABELS, 4), outline(LABELS, 4)).items()}
    assert described["x"] == pytest.approx((0 + 1 + 2 + 0) / 4 / 3 * 2 - 1)
    assert described["y"] == pytest.approx(0.25 / 3 * 2 - 1)
    assert described["extent"] == pytest.approx(4 / 6)
    assert described["border_share"] == pytest.approx(5 / 10)
    assert described["border_sides"] == pytest.approx(2 / 4)


def test_a_line_is_elongated():
    labels = np.zeros((9, 9), dtype=np.int32)
    labels[4] = 1
    described = geometry(Shapes.of(labels, 2), outline(labels, 2))
    assert described["elongation"][1] == pytest.approx(1 / 9)


def test_contrast_against_brute_force():
    labels = np.random.default_rng(3).integers(0, 5, (15, 18)).astype(np.int32)
    given = random_channels(4, (15, 18))
    described = contrast(labels, 5, given)
    assert {values.shape for values in described.values()} == {(5,)}
    assert len(described) == 86
    touching = outline(labels, 5).shared > 0
    band = np.ones(labels.shape, dtype=bool)
    band[1:-1, 1:-1] = False
    for region in range(5):
        inside = labels == region
        windows = {"neighbourhood": np.isin(labels, np.flatnonzero(touching[region])), "rest": ~inside, "border": band}
        mean = given.values[inside].mean(axis=0)
        for channel, name in enumerate(NAMES):
            assert described[f"mean_{name}"][region] == pytest.approx(mean[channel], abs=1e-5)
            expected = given.values[inside][:, channel].std()
            assert described[f"deviation_{name}"][region] == pytest.approx(expected, abs=1e-5)
            for window, where in windows.items():
                expected = mean[channel] - given.values[where][:, channel].mean()
                assert described[f"{window}_{name}"][region] == pytest.approx(expected, abs=1e-5)
        for window, where in windows.items():
            expected = np.linalg.norm((mean - given.values[where].mean(axis=0))[3:5])
            assert described[f"{window}_flow"][region] == pytest.approx(expected, abs=1e-5)
            a, b = (
                np.bincount(given.direction[part], given.strength[part], DIRECTIONS) / given.strength[part].sum()
                for part in (inside, where)
            )
            expected = ((a - b) ** 2 / (a + b)).sum() / 2
            assert described[f"{window}_directions"][region] == pytest.approx(expected, abs=1e-5)
    np.testing.assert_array_equal(described["motion_log"], 1.5)


def test_levels_together_are_described_as_each_alone():
    rng = np.random.default_rng(0)
    maps = [rng.integers(0, count, (15, 18)).astype(np.int32) for count in (3, 5, 2)]
    levels = [Segmentation.of(labels) for labels in maps]
    given = random_channels(4, (15, 18))
    together = contrasts(levels, Pieces.of(maps), given)
    alone = [contrast(each.labels, each.regions, given) for each in levels]
    for name, values in together.items():
        np.testing.assert_allclose(values, np.concatenate([each[name] for each in alone]), rtol=1e-12, atol=1e-12)


def test_shapes_of_pieces_add_up_to_those_of_regions():
    rng = np.random.default_rng(1)
    labels, finer = (rng.integers(0, count, (15, 18)).astype(np.int32) for count in (4, 9))
    pieces = Pieces.of([labels, finer])
    joined = Shapes.of(pieces.labels, len(pieces.regions)).joined(np.ascontiguousarray(pieces.regions[:, 0]), 4)
    expected = Shapes.of(labels, 4)
    np.testing.assert_array_equal(joined.moments, expected.moments)
    np.testing.assert_array_equal(joined.boxes, expected.boxes)
    np.testing.assert_array_equal(joined.outline().shared, expected.outline().shared)
    np.testing.assert_array_equal(joined.outline().border, expected.outline().border)


@pytest.mark.parametrize("shape", [(1, 1), (2, 7), (3, 3), (31, 47)])
def test_the_border_is_a_fifteenth_wide(shape):
    given = random_channels(2, shape)
    band = max(1, min(shape) // 15)
    inside = np.zeros(shape, dtype=bool)
    inside[band : shape[0] - band, band : shape[1] - band] = True
    found = border_sums(given)
    assert found[0] == (~inside).sum()
    np.testing.assert_allclose(found[1:12], given.values[~inside].astype(np.float64).sum(axis=0), atol=1e-12)
    expected = np.bincount(given.direction[~inside], given.strength[~inside], DIRECTIONS)
    np.testing.assert_allclose(found[12:], expected, atol=1e-12)


def test_a_single_region_has_no_contrast():
    given = random_channels()
    described = contrast(np.zeros((4, 4), dtype=np.int32), 1, given)
    assert all(np.isfinite(values).all() for values in described.values())
    for window in ("neighbourhood", "rest"):
        assert described[f"{window}_flow"][0] == 0
        assert described[f"{window}_directions"][0] == 0


def test_background_motion_is_found_beside_an_object():
    y, x = np.mgrid[:60, :80].astype(np.float32)
    affine = np.stack([2 + 0.05 * x - 0.02 * y, -1 + 0.03 * x + 0.04 * y], axis=2)
    flow = affine.copy()
    flow[20:45, 30:60] += (9, -7)
    np.testing.assert_allclose(background_motion(flow), affine, atol=0.05)


def test_channels_are_bounded():
    rng = np.random.default_rng(0)
    frame, picture = rng.integers(0, 255, (2, 30, 40, 3)).astype(np.uint8)
    made = channels(frame, rng.normal(0, 30, (30, 40, 2)).astype(np.float32), picture)
    assert made.values.shape == (30, 40, 11)
    assert np.abs(made.values).max() <= 1.3
    assert made.direction.max() < DIRECTIONS


@pytest.mark.parametrize("turn", range(DIRECTIONS))
def test_direction_of_uniform_flow(turn):
    angle = (turn + 0.5) / DIRECTIONS * 2 * np.pi
    flow = np.full((10, 10, 2), 3 * np.array([np.cos(angle), np.sin(angle)]), dtype=np.float32)
    made = channels(np.zeros((10, 10, 3), np.uint8), flow, np.zeros((10, 10, 3), np.uint8))
    assert (made.direction == turn).all()
    np.testing.assert_allclose(made.values[..., NAMES.index("magnitude")], 1, rtol=1e-5)
    np.testing.assert_allclose(made.values[..., NAMES.index("residual")], 0, atol=1e-3)


def test_no_motion_gives_no_motion_channels():
    made = channels(np.zeros((10, 10, 3), np.uint8), np.zeros((10, 10, 2), np.float32), np.zeros((10, 10, 3), np.uint8))
    assert not made.values[..., 3:8].any()
    assert np.isfinite(made.values).all()


def test_purity_decides_which_regions_are_samples():
    labels = np.repeat(np.arange(4, dtype=np.int32), 10).reshape(4, 10)
    mask = np.zeros((4, 10), dtype=bool)
    mask[0, :7], mask[1, :6], mask[2, :3], mask[3, :4] = True, True, True, True
    chosen, foreground = region_labels(labels, 4, mask, 0.7)
    np.testing.assert_array_equal(chosen, [True, False, True, False])
    np.testing.assert_array_equal(foreground[chosen], [True, False])


@pytest.mark.parametrize(
    ("count", "expected"),
    [(1, (5,)), (2, (2, 7)), (5, (1, 3, 5, 7, 9)), (10, tuple(range(10))), (20, tuple(range(10)))],
)
def test_frames_are_spread(count, expected):
    assert spread(range(10), count) == expected
