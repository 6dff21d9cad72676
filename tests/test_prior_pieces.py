import numpy as np
import pytest

from vsodprep.config.prior import DRFI
from vsodprep.prior.pieces import Pieces, added
from vsodprep.prior.segmentation import segmentations


def test_pieces_by_hand():
    pieces = Pieces.of(
        [np.array([[0, 0, 1, 1], [0, 0, 1, 0]], np.int32), np.array([[0, 1, 1, 0], [0, 1, 1, 0]], np.int32)]
    )
    np.testing.assert_array_equal(pieces.labels, [[0, 1, 2, 3], [0, 1, 2, 0]])
    np.testing.assert_array_equal(pieces.regions, [[0, 0], [0, 1], [1, 1], [1, 0]])


@pytest.mark.parametrize("counts", [(1,), (2, 3), (40, 50), (9, 9, 9, 9)])
def test_each_combination_of_regions_is_one_piece(counts):
    """Up to 4,000 of them, more than there is room for at first."""
    rng = np.random.default_rng(0)
    maps = np.stack([rng.integers(0, count, (60, 80)).astype(np.int32) for count in counts])
    pieces = Pieces.of(list(maps))
    np.testing.assert_array_equal(pieces.regions.T[:, pieces.labels], maps)
    assert len(pieces.regions) == len(np.unique(maps.reshape(len(counts), -1), axis=1).T)
    first = np.unique(pieces.labels, return_index=True)[1]
    assert (np.diff(first) > 0).all()


def test_rows_are_added_up_by_region():
    values = np.array([[1.0, 2], [3, 4], [5, 6]])
    np.testing.assert_array_equal(added(values, np.array([1, 0, 1], np.int32), 3), [[3, 4], [6, 8], [0, 0]])


def test_levels_that_share_their_parts_make_the_pieces_of_their_labels():
    picture = np.random.default_rng(3).integers(0, 256, (24, 32, 3)).astype(np.uint8)
    levels = segmentations(picture, DRFI, scale=0.3)
    assert len({id(level.parts) for level in levels}) < len(levels)
    pieces, expected = Pieces.of_levels(levels), Pieces.of([level.labels for level in levels])
    np.testing.assert_array_equal(pieces.labels, expected.labels)
    np.testing.assert_array_equal(pieces.regions, expected.regions)
