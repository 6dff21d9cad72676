import fcntl
import multiprocessing
import os
from concurrent.futures import ThreadPoolExecutor

import numba
import pytest

import vsodprep.compiled
from vsodprep.compiled import compiled


def doubled(value):
    return 2 * value


def halved(value):
    return value / 2


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


def twice_doubled(value):
    return inner(inner(value))


def compile_and_count(folder, start, counts):
    numba.core.config.CACHE_DIR = str(folder)
    global inner  # noqa: PLW0603 - compiled code sees globals alone
    inner = compiled(doubled)
    outer = compiled(twice_doubled)
    start.wait()
    counts.put((outer(4), sum(sum(each.stats.cache_misses.values()) for each in (inner, outer))))


def test_processes_that_start_together_compile_once(tmp_path):
    context = multiprocessing.get_context("spawn")
    start, counts = context.Barrier(4, timeout=300), context.Queue()
    arguments = (tmp_path, start, counts)
    processes = [context.Process(target=compile_and_count, args=arguments, daemon=True) for _ in range(4)]
    for process in processes:
        process.start()
    found = [counts.get(timeout=600) for _ in processes]
    for process in processes:
        process.join()
        assert process.exitcode == 0
    assert [value for value, _ in found] == [16] * 4
    assert sorted(missed for _, missed in found) == [0, 0, 0, 2]


def test_a_failed_compilation_ends_its_turn(tmp_path, monkeypatch):
    monkeypatch.setattr(numba.core.config, "CACHE_DIR", str(tmp_path))
    for _ in range(2):
        with pytest.raises(numba.TypingError):
            compiled(lambda value: value.nothing)(4)
    assert vsodprep.compiled._depth == 0


def test_a_process_that_stands_still_is_not_waited_for_without_end(tmp_path, monkeypatch):
    monkeypatch.setattr(numba.core.config, "CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(vsodprep.compiled, "_PATIENCE", 0.2)
    function = compiled(doubled)
    handle = os.open(function.stats.cache_path, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        assert function(4) == 8
    finally:
        os.close(handle)


def test_threads_compile_in_turns(tmp_path, monkeypatch):
    monkeypatch.setattr(numba.core.config, "CACHE_DIR", str(tmp_path))
    functions = [compiled(function) for function in (doubled, halved)]
    with ThreadPoolExecutor(2) as threads:
        found = [future.result(timeout=300) for future in [threads.submit(each, 4) for each in functions]]
    assert found == [8, 2]
