"""DRFI's levels, and the few that the default takes."""

import pytest

from vsodprep.config.prior import DRFI, LIGHT, Prior


def test_drfi_has_fifteen_levels():
    assert len(set(DRFI)) == 15
    assert LIGHT == ((0.8, 100.0, 150), (0.9, 100.0, 200), (0.9, 300.0, 300), (0.9, 200.0, 300), (0.8, 200.0, 150))
    assert set(LIGHT) <= set(DRFI)


def test_drfi_by_name():
    assert Prior(levels="drfi").levels == DRFI


def test_another_name():
    with pytest.raises(ValueError, match="levels"):
        Prior(levels="dfri")
