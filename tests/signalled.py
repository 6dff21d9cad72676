"""Commands that are ended by a signal, and what is left of them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple


class End(NamedTuple):
    """How a command ended, and which processes of its group outlived it by ten seconds."""

    code: int
    out: str
    err: str
    left: list[str]


def group(leader: int) -> list[str]:
    """Return the command lines of a process group's living members."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                if int(fields[2]) == leader and fields[0] != "Z":
                    found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:  # it has ended meanwhile
                continue
    return found


@contextmanager
def heeded() -> Iterator[None]:
    """Let what starts here heed signals that the tests are told to ignore, as by `nohup`, and by a script's `&`."""
    ignored = [each for each in (signal.SIGHUP, signal.SIGINT) if signal.getsignal(each) is signal.SIG_IGN]
    for each in ignored:
        signal.signal(each, signal.SIG_DFL)
    try:
        yield
    finally:
        for each in ignored:
            signal.signal(each, signal.SIG_IGN)


def until(condition: Callable[[], bool], seconds: float = 300) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)


class Running:
    """A Python process that leads a group, with a temporary folder of its own.

    Args:
        words: What comes after `python`.
        temporary: The temporary folder, made if it is missing.
        before: What comes before `python`.
        folder: Where it runs; here if None.
    """

    def __init__(
        self, words: Sequence[str], temporary: Path, *, before: Sequence[str] = (), folder: Path | None = None
    ) -> None:
        temporary.mkdir(exist_ok=True)
        with heeded():
            self.process = subprocess.Popen(
                [*before, sys.executable, *words],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                cwd=folder,
                env=os.environ | {"TMPDIR": str(temporary)},
                start_new_session=True,
            )

    def says(self, word: str) -> None:
        """Wait until it has said a line."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line == f"{word}\n", line or self.process.communicate()[1]

    def handles(self, how: signal.Signals) -> bool:
        """Return whether it handles a signal by now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        caught = next(line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:"))
        return bool(int(caught, 16) >> (how - 1) & 1)

    def send(self, how: signal.Signals) -> None:
        """Send a signal as it comes: from a terminal to the whole group, else to the one process."""
        (os.killpg if how in (signal.SIGINT, signal.SIGHUP) else os.kill)(self.process.pid, how)

    def end(self) -> End:
        """Wait for its end, and ten seconds more for that of what it has started."""
        out, err = self.process.communicate(timeout=120)
        deadline = time.monotonic() + 10
        while (left := group(self.process.pid)) and time.monotonic() < deadline:
            time.sleep(0.02)
        return End(self.process.returncode, out, err, left)
