"""Run the tests part by part, the most important first, within a budget of time."""

import argparse
import contextlib
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parent.parent
START_BEFORE = 45 * 60  # seconds: no part begins later
END_BEFORE = 78 * 60  # a part is interrupted then, which takes it a minute at most
GRACE = 60

PACKAGES = ("torchvision", "numpy", "opencv-contrib-python-headless", "lightning", "snakemake", "zarr")
NETWORKS = ("tests/test_models_*.py", "tests/test_train*.py", "tests/test_predict*.py")
# What each of torch's instruction sets has for an older one: torch's own name for it, and oneDNN's.
OLDER = {"AVX512": ("avx2", "AVX2"), "AVX2": ("default", "SSE41")}

CLOSING = re.compile(r"^=+ .*\b(passed|failed|errors?|skipped|deselected|no tests ran)\b.* in [\d.]+s")
FAILED = re.compile(r"^(FAILED|ERROR) ")


@dataclass(frozen=True)
class Part:
    """One call of pytest.

    Attributes:
        name: What the part is, in a few words.
        arguments: Of pytest.
        environment: Variables that the part sets.
        required: Cutting it short is a failure.
    """

    name: str
    arguments: Sequence[str] = ()
    environment: dict[str, str] = field(default_factory=dict)
    required: bool = False


@dataclass
class Outcome:
    """What became of a part: seconds that it took, pytest's exit status, and the lines to repeat at the end."""

    seconds: float
    status: int
    cut: bool
    closing: str = ""
    failures: list[str] = field(default_factory=list)

    def failed(self, required: bool) -> bool:
        """Tell whether the run has failed: a part that was only cut short, in good order, has not."""
        if not self.cut:
            return self.status != 0
        return required or bool(self.failures) or not self.closing or "failed" in self.closing


def versions() -> str:
    """Return one line with what the tests depend on most, as README.md has it."""
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    onednn = re.search(r"MKL-DNN v(\S+)", torch.__config__.show())
    learned = f"torch {torch.__version__.split('+')[0]} (oneDNN {onednn[1] if onednn else 'none'})"
    return f"Python {platform.python_version()}, {learned}, {packages}"


def processor() -> str:
    """Return the processor's name as Linux tells it."""
    names = re.findall(r"^model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    return names[0] if names else platform.machine()


def plan(found: str) -> list[Part]:
    """Return the parts for a processor with torch's capability `found`, the most important first."""
    networks = sorted(str(path.relative_to(ROOT)) for pattern in NETWORKS for path in ROOT.glob(pattern))
    slow = ("-m", "slow")
    # Compiling takes longer than learning: one network stands for all.
    few_compiled = ("-k", "not when_compiled or msst")
    others = [f"--ignore={path}" for path in networks]
    # The fixtures of a file are whole runs of the pipeline, so that no second process makes them again. A run leaves
    # processors idle while it starts and ends: two at once take half the time.
    by_file = ("-n", "2", "--dist", "loadfile")
    parts = [Part("plain suite", required=True), Part("slow: pipeline", (*slow, *by_file, *others))]
    parts.append(Part("slow: networks", (*slow, *few_compiled, *networks)))
    if found not in OLDER:
        print(f"no instruction set older than {found} to test", flush=True)
        return parts
    torch_set, onednn_set = OLDER[found]
    # The slow ones would take the whole budget; they run under the processor's own set alone.
    older = []
    for threads in (1, 2):
        environment = {"ATEN_CPU_CAPABILITY": torch_set, "ONEDNN_MAX_CPU_ISA": onednn_set}
        environment["OMP_NUM_THREADS"] = str(threads)
        older.append(Part(f"networks, {onednn_set}, threads: {threads}", networks, environment))
    return [parts[0], *older, *parts[1:]]


def run(part: Part, seconds: float, command: Sequence[str], grace: float = GRACE) -> Outcome:
    """Run a part for some seconds at most, and show what it says.

    Args:
        part: What to run.
        seconds: When to interrupt it; pytest then says what it has found so far.
        command: The words before the part's arguments.
        grace: Seconds from there until everything that it started is killed.

    Returns:
        The outcome.
    """
    began = time.monotonic()
    process = subprocess.Popen(
        [*command, *part.arguments],
        cwd=ROOT,
        env=os.environ | part.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    outcome = Outcome(0, 0, cut=False)

    def listen() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            if CLOSING.match(line):
                outcome.closing = line.strip("= \n")
            if FAILED.match(line):
                outcome.failures.append(line.rstrip())

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        process.wait(timeout=max(0, seconds))
    except subprocess.TimeoutExpired:
        outcome.cut = True
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=grace)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # also what a worker that crashed has left
    outcome.status = process.wait()
    listener.join(timeout=5)
    outcome.seconds = time.monotonic() - began
    return outcome


def run_all(
    parts: Sequence[Part],
    command: Sequence[str],
    now: Callable[[], float],
    start_before: float = START_BEFORE,
    end_before: float = END_BEFORE,
    grace: float = GRACE,
) -> int:
    """Run the parts in turn, then say how long each took and what it found.

    Args:
        parts: The most important first.
        command: The words before a part's arguments.
        now: Seconds since the run began.
        start_before: No part begins after so many seconds, unless it is required.
        end_before: A part is interrupted after so many.
        grace: See `run`.

    Returns:
        The exit status: 1 if a part has failed.
    """
    failed, failures, table = False, [], []
    for part in parts:
        if now() > start_before and not part.required:
            table.append(f"{'left out':>11}  {part.name}")
            continue
        print(f"\n{part.name}: {' '.join(part.arguments)}", flush=True)
        outcome = run(part, end_before - now(), command, grace)
        failed = failed or outcome.failed(part.required)
        failures += [f"{line}  ({part.name})" for line in outcome.failures]
        said = outcome.closing or f"ended with status {outcome.status}"
        table.append(f"{outcome.seconds / 60:7.1f} min  {part.name}{' (cut short)' if outcome.cut else ''}: {said}")
    print("\n" + "\n".join([*failures, f"{now() / 60:.1f} minutes in all, of these:", *table]), flush=True)
    return int(failed)


def main() -> int:
    """Say what is tested on what, and test it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spent", type=float, default=0, help="seconds that went by before")
    parser.add_argument("--remove", type=Path, help="folder to remove at the end: the environment")
    given = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    began = time.monotonic()
    try:
        tested, found = versions(), torch.backends.cpu.get_cpu_capability()
        print(f"{tested}\n{processor()}, {os.cpu_count()} processors, torch uses {found}", flush=True)
        if tested not in " ".join((ROOT / "README.md").read_text(encoding="utf-8").split()):
            print("README.md names other versions", flush=True)
        return run_all(plan(found), [sys.executable, "-m", "pytest"], lambda: given.spent + time.monotonic() - began)
    finally:
        if given.remove is not None:
            shutil.rmtree(given.remove, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
