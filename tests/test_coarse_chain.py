import numpy as np
import pytest

from vsodprep.coarse.chain import Chain, label_frame
from vsodprep.coarse.edits import Edit
from vsodprep.coarse.fuse import fuse, uniform
from vsodprep.config.coarse import Coarse, check_order
from vsodprep.config.crf import PRESETS
from vsodprep.crf.refine import refine
from vsodprep.errors import InputError
from vsodprep.saliency.otsu import otsu

SIZE = 24
ERASE = Edit("s", "0", "erase", "component", ((8, 12),))


@pytest.fixture
def frame():
    frame = np.full((SIZE, SIZE, 3), 60, dtype=np.uint8)
    frame[6:18, 4:20] = 180
    return frame


@pytest.fixture
def maps():
    """Two maps of the bright square, each blind on one side."""
    rng = np.random.default_rng(0)
    maps = rng.integers(20, 60, (2, SIZE, SIZE)).astype(np.uint8)
    maps[0, 6:18, 4:15] += 150
    maps[1, 6:18, 9:20] += 150
    return maps


def chain(order, certainty=0.7):
    return Chain(Coarse(order=tuple(order.split(",")), certainty=certainty), uniform(2), PRESETS["stan"])


def test_fuse_and_otsu(frame, maps):
    threshold, expected = otsu(np.round(fuse(maps / 255, uniform(2)) * 255).astype(np.uint8))
    made = label_frame(frame, maps, chain("fuse,otsu"))
    np.testing.assert_array_equal(made.label, expected)
    assert made.threshold == threshold


def test_crf_after_otsu_starts_from_the_label(frame, maps):
    _, label = otsu(np.round(fuse(maps / 255, uniform(2)) * 255).astype(np.uint8))
    expected = refine(frame, np.where(label, 0.9, 0.1), PRESETS["stan"]) > 0.5
    np.testing.assert_array_equal(label_frame(frame, maps, chain("fuse,otsu,crf", 0.9)).label, expected)


def test_crf_before_otsu_starts_from_the_map(frame, maps):
    fused = fuse(maps / 255, uniform(2))
    threshold, expected = otsu(np.round(refine(frame, fused, PRESETS["stan"]) * 255).astype(np.uint8))
    made = label_frame(frame, maps, chain("fuse,crf,otsu"))
    np.testing.assert_array_equal(made.label, expected)
    assert made.threshold == threshold


def test_a_chain_without_otsu_is_cut_at_one_half(frame, maps):
    made = label_frame(frame, maps, chain("fuse"))
    np.testing.assert_array_equal(made.label, fuse(maps / 255, uniform(2)) > 0.5)
    assert made.threshold is None


@pytest.mark.parametrize("order", ["fuse,otsu,crf,edits", "fuse,otsu,edits", "fuse,crf,otsu,edits", "fuse,otsu,crf"])
def test_square_is_found_or_erased(order, frame, maps):
    label = label_frame(frame, maps, chain(order), [ERASE]).label
    assert label[12, 8] == ("edits" not in order)
    assert not label[:5].any()


def test_crf_after_edits_may_not_bring_the_square_back(frame, maps):
    assert not label_frame(frame, maps, chain("fuse,otsu,edits,crf"), [ERASE]).label.any()


def test_edits_without_effect_are_told(frame, maps):
    nothing = Edit("s", "0", "erase", "component", ((0, 0),))
    made = label_frame(frame, maps, chain("fuse,otsu,edits"), [nothing, ERASE, ERASE])
    assert made.ineffective == (nothing, ERASE)


@pytest.mark.parametrize(
    ("order", "maps"),
    [
        (("fuse", "otsu", "otsu"), 1),
        (("otsu", "crf"), 2),
        (("otsu", "fuse"), 2),
        (("fuse", "substitute", "otsu"), 2),
        (("edits", "crf", "otsu"), 1),
    ],
)
def test_impossible_order_is_named(order, maps):
    with pytest.raises(InputError, match="order"):
        check_order(order, maps, "order")


@pytest.mark.parametrize("text", ["fuse,crf,otsu,substitute,edits", "fuse,edits,substitute", "otsu,substitute,crf"])
def test_other_orders_are_free(text):
    check_order(tuple(text.split(",")), 1 if text.startswith("otsu") else 2, "order")


def test_the_substitute_erases_what_nothing_supports(frame, maps):
    maps[:, 20:23, 1:4] = 250
    support = np.zeros((SIZE, SIZE), dtype=np.float32)
    support[6:18, 4:15] = 0.9
    before = label_frame(frame, maps, chain("fuse,otsu"), support=support)
    after = label_frame(frame, maps, chain("fuse,otsu,substitute"), support=support)
    assert before.substituted is None
    assert after.substituted.erased_components >= 1
    assert before.label[21, 2]
    assert not after.label[21, 2]
    np.testing.assert_array_equal(after.label[6:18], before.label[6:18])


def test_the_substitute_does_nothing_where_nothing_is_known(frame, maps):
    made = label_frame(frame, maps, chain("fuse,otsu,substitute"))
    assert made.substituted is None
    np.testing.assert_array_equal(made.label, label_frame(frame, maps, chain("fuse,otsu")).label)


def test_the_substitute_cuts_a_soft_map_at_one_half(frame, maps):
    made = label_frame(frame, maps, chain("fuse,substitute"), support=np.ones((SIZE, SIZE), dtype=np.float32))
    np.testing.assert_array_equal(made.label, fuse(maps / 255, uniform(2)) > 0.5)
