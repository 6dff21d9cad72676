"""Fixtures shared by all tests."""

import os
from pathlib import Path

import pytest


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
