"""The test command itself: what a test that crashes or hangs does to the others."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
# One more than xdist by itself would replace a single worker for.
ENDS = """
import ctypes, threading, pytest

@pytest.mark.parametrize("number", range(4))
def test_crashes(number):
    ctypes.string_at(0)

def test_hangs():
    threading.Event().wait()

def test_is_fine():
    pass
"""


def test_a_test_that_crashes_or_hangs_is_one_failure(tmp_path: Path) -> None:
    (tmp_path / "test_ends.py").write_text(ENDS, encoding="utf-8")
    words = ["-c", str(ROOT / "pyproject.toml"), "--rootdir", str(tmp_path), "-p", "xdist", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words, "-o", "faulthandler_timeout=2", "test_ends.py"],
        cwd=tmp_path,
        env=os.environ | {"PYTEST_XDIST_AUTO_NUM_WORKERS": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "5 failed, 1 passed" in done.stdout.splitlines()[-1]
