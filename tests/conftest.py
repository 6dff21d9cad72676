"""Fixtures shared by all tests, and the processes that these run in."""

import os
from pathlib import Path

import pytest

GIGABYTES_PER_WORKER = 2  # a process that has imported torch and trains
MOST_WORKERS = 8  # collecting the tests takes each worker a few seconds

# The workers share the processors: torch's threads that wait for one another must not keep them busy meanwhile, or the
# tests of the networks take several times as long.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


@pytest.fixture(scope="session")
def excerpts() -> Path:
    """Folder with excerpts of the real benchmarks, named by VSODPREP_EXCERPTS; the test is skipped without it."""
    folder = os.environ.get("VSODPREP_EXCERPTS")
    if not folder or not Path(folder).is_dir():
        pytest.skip("VSODPREP_EXCERPTS names no folder")
    return Path(folder)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--fix`, which rewrites generated files instead of failing where they have drifted."""
    parser.addoption("--fix", action="store_true", help="rewrite generated files that have drifted")


def pytest_xdist_auto_num_workers() -> int | None:
    """Return how many processes `-n auto` runs the tests in: as many as processors and memory allow."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None  # xdist reads it
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return max(1, min(len(os.sched_getaffinity(0)), int(gigabytes / GIGABYTES_PER_WORKER), MOST_WORKERS))
