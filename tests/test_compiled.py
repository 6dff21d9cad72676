import numba
import pytest

import vsodprep.compiled
from vsodprep.compiled import compiled


def doubled(value):
    return 2 * value


@pytest.mark.parametrize("writable", [True, False])
def test_a_loop_is_compiled_with_and_without_a_place_to_keep_it(writable, monkeypatch):
    def njit(function, **options):
        if options and not writable:
            raise RuntimeError("cannot cache function 'doubled': no locator available")
        return numba.njit(function)

    monkeypatch.setattr(vsodprep.compiled, "njit", njit)
    function = compiled(doubled)
    assert (function(4), function.signatures) == (8, [(numba.int64,)])
