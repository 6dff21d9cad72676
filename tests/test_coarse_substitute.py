"""The substitute for erasing by hand, and the masks that are carried to frames without one."""

import numpy as np
import pytest

from vsodprep.coarse.carry import nearest, pull, push
from vsodprep.coarse.substitute import erase_unsupported

NAN = np.nan


def label_of(text):
    return np.array([[letter == "#" for letter in row] for row in text.split()])


def erase(label, support, threshold=0.5, share=0.5):
    return erase_unsupported(label, np.asarray(support, dtype=np.float32), threshold=threshold, share=share)


@pytest.fixture
def label():
    """A component of four pixels, one of three that hang together by corners, and one of a single pixel."""
    return label_of("##....#. ##...#.. .....#.. ........ #.......")


@pytest.fixture
def support(label):
    """Two of the first component's pixels, one of the second's, none of the third's; the background's do not count."""
    support = np.where(label, np.float32(0.25), np.float32(1))
    support[0, :2] = 0.5
    support[2, 5] = 0.75
    return support


@pytest.mark.parametrize(
    ("threshold", "share", "kept"),
    [
        (0.5, 0.5, "##...... ##...... ........ ........ ........"),
        (0.5, 0.3, "##....#. ##...#.. .....#.. ........ ........"),
        (0.25, 1.0, "##....#. ##...#.. .....#.. ........ #......."),
        (0.75, 0.3, "......#. .....#.. .....#.. ........ ........"),
    ],
)
def test_components_need_a_share_of_supported_pixels(label, support, threshold, share, kept):
    made = erase(label, support, threshold, share)
    np.testing.assert_array_equal(made.label, label_of(kept))
    assert made.components == 3
    assert made.erased_pixels == label.sum() - label_of(kept).sum()
    assert not made.spared


def test_what_was_erased_is_counted(label, support):
    assert erase(label, support)[1:] == (3, 2, 4, False)


@pytest.mark.parametrize(
    ("support", "spared"),
    [
        ([[0.8, 0, 0, 0.8], [0, 0, 0, 0]], 3),  # half of two pixels, against a quarter of four
        ([[0.8, 0, 0, 0.5], [0, 0, 0, 0.5]], 0),  # a quarter of four pixels, against none of two whose mean is higher
        ([[0.3, 0.3, 0, 0.2], [0.3, 0.3, 0, 0.2]], 0),  # nothing against nothing; a mean of 0.3 against 0.2
    ],
)
def test_the_best_supported_component_is_spared(support, spared):
    made = erase(label_of("##.# ##.#"), support, threshold=0.75, share=0.9)
    assert made.spared
    assert made.erased_components == 1
    assert made.label[0].tolist() == (label_of("##.#")[0] & (np.arange(4) // 3 == spared // 3)).tolist()


@pytest.mark.parametrize(
    ("text", "row"), [("#..## ..... ##...", 0), ("##... ..... ...##", 0), ("#.... ..... ...##", 2)]
)
def test_without_any_support_the_largest_then_topmost_is_spared(text, row):
    label = label_of(text)
    made = erase(label, np.zeros(label.shape))
    assert made.spared
    assert made.label[row].sum() == made.label.sum() == 2


def test_of_two_that_are_alike_the_left_one_is_spared():
    assert erase(label_of("#.#"), [[0, 0, 0]]).label.tolist() == [[True, False, False]]


def test_what_is_not_known_does_not_count():
    label = label_of("####.##")
    made = erase(label, [[NAN, NAN, 1, 0, 1, NAN, 0]], share=0.5)
    np.testing.assert_array_equal(made.label, label_of("####..."))
    made = erase(label, [[NAN, NAN, 0, 0, 1, NAN, NAN]])
    np.testing.assert_array_equal(made.label, label_of(".....##"))


def test_a_component_of_which_nothing_is_known_stays():
    label = label_of("##.#.")
    made = erase(label, [[NAN, NAN, 0, 0, 0]])
    np.testing.assert_array_equal(made.label, label_of("##..."))
    assert not made.spared


def test_an_empty_label_stays_empty():
    made = erase(np.zeros((3, 4), dtype=bool), np.zeros((3, 4)))
    assert not made.label.any()
    assert made[1:] == (0, 0, 0, False)


@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_ever_added_nor_all_taken(seed):
    rng = np.random.default_rng(seed)
    label = rng.random((40, 50)) > 0.7
    support = rng.random((40, 50)).astype(np.float32)
    support[rng.random((40, 50)) > 0.8] = NAN
    for share in (0.1, 0.6, 1.0):
        made = erase(label, support, share=share)
        assert made.label.any()
        assert not (made.label & ~label).any()
        assert label.sum() - made.label.sum() == made.erased_pixels
        again = erase(made.label, support, share=share)
        np.testing.assert_array_equal(again.label, made.label)


def test_nearest_annotated_frame_is_the_earlier_of_two():
    assert nearest([1, 5], 8) == (1, 1, 1, 1, 5, 5, 5, 5)
    assert nearest([3], 5) == (3,) * 5


def flow_of(size, x, y):
    flow = np.zeros((*size, 2), dtype=np.float32)
    flow[...] = (x, y)
    return flow


@pytest.fixture
def values():
    values = np.zeros((5, 6), dtype=np.float32)
    values[1:3, 2:4] = 1
    return values


def test_pulling_and_pushing_by_whole_pixels_agree(values):
    expected = np.zeros((5, 6), dtype=np.float32)
    expected[2:4, 1:3] = 1
    moved = push(values, flow_of((5, 6), -1, 1))
    fetched = pull(values, flow_of((5, 6), 1, -1))
    for made in (moved, fetched):
        assert np.isnan(made[0]).all()
        assert np.isnan(made[:, 5]).all()
        np.testing.assert_array_equal(made[1:, :5], expected[1:, :5])


def test_half_a_pixel_is_bilinear(values):
    made = pull(values, flow_of((5, 6), 0.5, 0))
    np.testing.assert_allclose(made[1, :5], [0, 0.5, 1, 0.5, 0])
    made = push(values, flow_of((5, 6), -0.5, 0))
    np.testing.assert_allclose(made[1], [0, 0.5, 1, 0.5, 0, 0])


def jump(size):
    """A flow that moves a square of two by two pixels two to the right, onto a background at rest."""
    flow = flow_of(size, 0, 0)
    flow[1:3, 2:4, 0] = 2
    return flow


def test_what_comes_into_view_and_what_hides_it_are_not_known_after_pushing(values):
    made = push(values, jump((5, 6)))
    assert np.isnan(made[1:3, 2:]).all()
    np.testing.assert_array_equal(made[:, :2], 0)
    assert np.isfinite(made).sum() == made.size - 8


def test_what_meets_elsewhere_is_not_known_after_pulling(values):
    arrived = np.roll(values, 2, axis=1)
    made = pull(arrived, jump((5, 6)))
    assert np.isnan(made[1:3, 2:]).all()  # the square, and the background that it will hide
    np.testing.assert_array_equal(made[1:3, :2], 0)


def test_the_way_back_tells_the_square_from_what_it_hides(values):
    back = flow_of((5, 6), 0, 0)
    back[1:3, 4:, 0] = -2
    made = pull(np.roll(values, 2, axis=1), jump((5, 6)), back)
    assert np.isnan(made[1:3, 4:]).all()
    np.testing.assert_array_equal(made[1:3, 2:4], 1)
    assert np.isfinite(made).sum() == made.size - 4


def test_what_is_not_known_is_carried_as_such(values):
    values[1, 2] = NAN
    assert np.isnan(pull(values, flow_of((5, 6), 1, 0))[1, 1])
    assert np.isnan(push(values, flow_of((5, 6), 1, 0))[1, 3])
    # A quarter of a pixel is not known: the rest decides.
    assert pull(values, flow_of((5, 6), 0.75, 0))[1, 2] == 1
    assert push(values, flow_of((5, 6), 0.25, 0))[1, 3] == 1
