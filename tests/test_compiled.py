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


@pytest.mark.parametrize("ending", ["nbi", "nbc"])
def test_a_damaged_file_of_the_cache_is_compiled_anew(ending, tmp_path, monkeypatch):
    monkeypatch.setattr(numba.core.config, "CACHE_DIR", str(tmp_path))
    assert compiled(doubled)(4) == 8
    (file,) = tmp_path.rglob(f"*.{ending}")
    file.write_bytes(file.read_bytes()[:-20])
    for hits in (0, 1):
        function = compiled(doubled)
        assert function(4) == 8
        assert sum(function.stats.cache_hits.values()) == hits
