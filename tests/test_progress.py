"""Progress: a bar on a terminal, plain lines elsewhere."""

import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from vsodprep.progress import timed, track

CALL = [sys.executable, "-c", "from vsodprep.progress import track; print(sum(track(range(5), 'count')))"]
TRAINING = """
from vsodprep.progress import Reporter
with Reporter("count", 5, "step") as reporter:
    print(sum(reporter.advance() or each for each in range(5)))
"""


@pytest.mark.parametrize("call", [CALL, [sys.executable, "-c", TRAINING]], ids=["track", "training"])
@pytest.mark.parametrize("size", [(0, 0), (30, 100)])
def test_a_bar_on_a_terminal_whether_or_not_it_knows_its_size(call: list[str], size: tuple[int, int]) -> None:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
    ended = subprocess.run(call, stdout=subprocess.PIPE, stderr=theirs, check=True)
    os.close(theirs)
    shown = os.read(ours, 10_000).decode()
    os.close(ours)
    assert ended.stdout == b"10\n"
    assert "count: 100%|" in shown
    assert "5/5" in shown


def test_a_bar_on_what_only_calls_itself_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = io.StringIO()
    monkeypatch.setattr(shown, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stderr", shown)
    assert sum(track(range(5), "count")) == 10
    assert "5/5" in shown.getvalue()


def test_predict_says_at_a_terminal_that_it_loads_torch(tmp_path: Path) -> None:
    """The line comes before the imports; elsewhere there is the one line of the error alone."""
    call = [sys.executable, "-m", "vsodprep", "predict", "last.ckpt", "x.zarr", "--out", "maps"]
    ours, theirs = pty.openpty()
    ended = subprocess.run(call, check=False, cwd=tmp_path, stdin=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    at_terminal = os.read(ours, 10_000).decode().splitlines()
    os.close(ours)
    elsewhere = subprocess.run(
        call, check=False, cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert ended.returncode == elsewhere.returncode == 1
    assert at_terminal == ["loading torch ...", *elsewhere.stderr.splitlines()]
    assert len(at_terminal) == 2


def test_lines_elsewhere() -> None:
    ended = subprocess.run(CALL, capture_output=True, check=True)
    assert ended.stdout == b"10\n"
    assert re.fullmatch(rb"count: 5/5 frames, done in \d+\.\d{3} s on \S.*\n", ended.stderr)


def test_what_parts_took_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    clock = iter([0.0, 1.0, 3.0, 4.0, 4.25, 8.0])
    monkeypatch.setattr("time.perf_counter", lambda: next(clock))
    monkeypatch.setattr("vsodprep.progress.machine", lambda: "a machine")
    spent: dict[str, float] = {}
    for _ in track(range(2), "count", spent=spent):
        with timed(spent, "network"):
            pass
    assert capsys.readouterr().err == "count: 2/2 frames, done in 8.000 s (network 2.250 s) on a machine\n"
