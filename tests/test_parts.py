"""The parts of the test run: what is left out or cut short when time is short, and what that means."""

import runpy
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from signalled import group, heeded, until

PATH = str(Path(__file__).parents[1] / ".ci" / "parts.py")
PARTS = runpy.run_path(PATH, run_name="parts")
Part, plan, run, run_all = (PARTS[name] for name in ("Part", "plan", "run", "run_all"))

# Stands for pytest: sleeps, and says at its end, or when interrupted, what it was given.
FAKE = """
import sys, time
seconds, status, *lines = sys.argv[1:]
try:
    time.sleep(float(seconds))
except KeyboardInterrupt:
    status = 2
print(*lines, sep=chr(10))
sys.exit(int(status))
"""
PASSED, ONE_FAILED = "==== 3 passed in 0.10s ====", "==== 1 failed, 2 passed in 0.10s ===="


@pytest.fixture(autouse=True)
def _signals_are_heeded() -> Iterator[None]:
    with heeded():
        yield


def part(name: str, seconds: float, status: int, *lines: str, required: bool = False) -> object:
    return Part(name, (str(seconds), str(status), *lines), {}, required)


def run_parts(*parts: object, start_before: float = 60, end_before: float = 60) -> int:
    began = time.monotonic()
    command = [sys.executable, "-IS", "-c", FAKE]
    return run_all(parts, command, lambda: time.monotonic() - began, start_before, end_before, grace=5)


def test_every_part_runs_and_its_closing_line_comes_last(capfd: pytest.CaptureFixture[str]) -> None:
    failure = "FAILED tests/test_x.py::test_y - assert 1 == 2"
    assert (
        run_parts(part("one", 0, 0, PASSED), part("two", 0, 1, failure, ONE_FAILED), part("three", 0, 0, PASSED)) == 1
    )
    end = capfd.readouterr().out.splitlines()[-5:]
    assert end[0] == f"{failure}  (two)"
    assert end[1].endswith("minutes in all, of these:")
    assert [line.split("  ")[-1] for line in end[2:]] == [
        "one: 3 passed in 0.10s",
        "two: 1 failed, 2 passed in 0.10s",
        "three: 3 passed in 0.10s",
    ]


def test_no_part_begins_late(capfd: pytest.CaptureFixture[str]) -> None:
    assert run_parts(part("one", 0, 0, PASSED), part("two", 0, 1, ONE_FAILED), start_before=0) == 0
    assert [line.strip() for line in capfd.readouterr().out.splitlines()[-2:]] == ["left out  one", "left out  two"]


@pytest.mark.parametrize(
    ("lines", "required", "status"),
    [
        ((PASSED,), False, 0),
        ((PASSED,), True, 1),
        ((ONE_FAILED,), False, 1),
        (("FAILED tests/test_x.py::test_y - assert 1 == 2", PASSED), False, 1),
        ((), False, 1),  # it did not end in good order
    ],
    ids=["in good order", "the plain suite", "a test failed", "a test failed in the list", "without a last word"],
)
def test_a_part_is_cut_short(
    capfd: pytest.CaptureFixture[str], lines: tuple[str, ...], required: bool, status: int
) -> None:
    assert run_parts(part("long", 60, 0, *lines, required=required), end_before=2) == status
    assert "long (cut short): " in capfd.readouterr().out.splitlines()[-1]


def test_what_does_not_listen_is_killed() -> None:
    deaf = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(60)"
    outcome = run(Part("deaf"), 1, [sys.executable, "-c", deaf], grace=0.2)
    assert outcome.cut
    assert outcome.failed(required=False)
    assert outcome.seconds < 30


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_nothing_runs_on_after_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    """Not even the environment stays."""
    (tmp_path / "environment" / "bin").mkdir(parents=True)
    endless = "import os, time; print('group', os.getpid(), flush=True); time.sleep(600)"
    program = f"""
import runpy, sys
parts = runpy.run_path({PATH!r})
main = parts["main"]
main.__globals__["plan"] = lambda found: [parts["Part"]("endless", ("-c", {endless!r}))]
main.__globals__["run_all"] = lambda planned, command, clock: parts["run"](planned[0], 600, [sys.executable])
main()
"""
    words = [sys.executable, "-c", program, "--remove", str(tmp_path / "environment")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        leader = next(int(line.split()[1]) for line in process.stdout if line.startswith("group "))
        assert group(leader)
        process.send_signal(number)
        assert process.wait(timeout=60) != 0
    until(lambda: not group(leader))
    assert not (tmp_path / "environment").exists()


@pytest.mark.parametrize(("found", "torch_set", "onednn"), [("AVX512", "avx2", "AVX2"), ("AVX2", "default", "SSE41")])
def test_networks_run_again_on_an_older_instruction_set(found: str, torch_set: str, onednn: str) -> None:
    parts = plan(found)
    assert parts[0] == Part("plain suite", required=True)
    again = [each for each in parts if each.environment]
    assert [each.environment["OMP_NUM_THREADS"] for each in again] == ["1", "2"]
    for each in again:
        assert each.environment["ATEN_CPU_CAPABILITY"] == torch_set
        assert each.environment["ONEDNN_MAX_CPU_ISA"] == onednn
        assert {"tests/test_train.py", "tests/test_predict.py", "tests/test_models_dsnet.py"} <= set(each.arguments)
    assert len(parts) == len({each.name for each in parts}) == 5


def test_where_no_set_is_older_nothing_runs_again() -> None:
    assert not [each for each in plan("DEFAULT") if each.environment]
