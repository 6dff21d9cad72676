"""The pipeline is ended in the middle of every stage, started again each time, and makes the same bytes in the end."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from pipeline import ROOT, TINY, command, digests, snakemake
from signalled import heeded

pytestmark = pytest.mark.faults

CONFIG = ["--configfile", str(TINY)]
# In order, a log whose appearance shows that the stage has begun.
LOGS = (
    "normalize/synth.log",
    "flow/dis/synth/plain-fish.log",
    "saliency/rbd/synth/plain-fish.log",
    "prior_fit/light/synth.log",
    "prior/light/synth/plain-fish.log",
    "coarse/weightfree/synth/plain-fish.log",
    "pack/synth.log",
    "train/dsnet/full/seed0.log",
    "predict/dsnet/full/seed0/synth.log",
    "crf/dsnet/full/seed0/stan/synth.log",
    "report/report.log",
)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("uninterrupted")
    done = snakemake(folder, "all", *CONFIG)
    assert done.returncode == 0, done.stdout
    unknown = [log for log in LOGS if not (folder / "results" / "logs" / log).is_file()]
    assert not unknown, f"no stage writes {unknown}"
    return digests(folder / "results")


def interrupt(folder: Path, begun: Path, how: signal.Signals) -> None:
    """Start the pipeline and end it, with all its jobs, shortly after a stage has begun."""
    with heeded():
        running = subprocess.Popen(
            command(folder, "all", *CONFIG),
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    deadline = time.monotonic() + 300
    while not begun.exists():
        assert running.poll() is None, f"the pipeline ended before {begun} appeared"
        assert time.monotonic() < deadline, f"{begun} never appeared"
        time.sleep(0.02)
    time.sleep(0.7)  # past the start of the interpreter, into the stage
    os.killpg(running.pid, how)
    running.wait(120)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["ctrl-c", "kill"])
def test_ended_in_every_stage_and_started_again(
    how: signal.Signals, tmp_path: Path, uninterrupted: dict[str, str]
) -> None:
    for log in LOGS:
        interrupt(tmp_path, tmp_path / "results" / "logs" / log, how)
        snakemake(tmp_path, "--unlock", *CONFIG)
    done = snakemake(tmp_path, "all", *CONFIG)
    assert done.returncode == 0, done.stdout
    assert digests(tmp_path / "results") == uninterrupted
