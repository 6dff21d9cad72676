"""The pipeline is killed in the middle of a stage, started again, and ends with the same bytes."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from pipeline import ROOT, TINY, command, digests, snakemake

pytestmark = pytest.mark.faults

CONFIG = ["--configfile", str(TINY)]
# A file or folder whose appearance shows that the stage has begun.
STAGES = {
    "normalize": "results/logs/normalize/synth.log",
    "flow": "results/logs/flow/dis/synth/plain-fish.log",
    "prior": "results/logs/prior/light/synth/fit.log",
    "coarse": "results/logs/coarse/weightfree/synth/plain-fish.log",
    "pack": "results/logs/pack/synth.log",
    "train": "results/logs/train/dsnet/full/seed0.log",
    "predict": "results/logs/predict/dsnet/full/seed0/synth.log",
    "report": "results/logs/report/report.log",
}


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("uninterrupted")
    done = snakemake(folder, "all", *CONFIG)
    assert done.returncode == 0, done.stdout
    return digests(folder / "results")


def interrupt(folder: Path, begun: Path, how: signal.Signals) -> None:
    """Start the pipeline and end it, with all its jobs, shortly after a stage has begun."""
    running = subprocess.Popen(
        command(folder, "all", *CONFIG),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 300
    while not begun.exists() and running.poll() is None:
        assert time.monotonic() < deadline, f"{begun} never appeared"
        time.sleep(0.02)
    time.sleep(0.8)  # into the stage: its modules are imported by then
    os.killpg(running.pid, how)
    running.wait(120)
    if how is signal.SIGINT:
        os.killpg(running.pid, signal.SIGKILL) if running.poll() is None else None


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["ctrl-c", "kill"])
@pytest.mark.parametrize("stage", STAGES)
def test_interrupted_and_started_again(
    stage: str, how: signal.Signals, tmp_path: Path, uninterrupted: dict[str, str]
) -> None:
    interrupt(tmp_path, tmp_path / STAGES[stage], how)
    snakemake(tmp_path, "--unlock", *CONFIG)
    done = snakemake(tmp_path, "all", *CONFIG)
    assert done.returncode == 0, done.stdout
    assert digests(tmp_path / "results") == uninterrupted
