"""Graphics cards, pretended by the environment: each process takes one of its own, and gives it back when it ends."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from pipeline import snakemake

from vsodprep.cards import VISIBLE, cards
from vsodprep.cli.train import command as train
from vsodprep.config import complete
from vsodprep.config.defaults import default
from vsodprep.workflow.plan import Plan

TAKE = """
import os, sys
from vsodprep.cards import take_card
take_card()
print(os.environ["CUDA_VISIBLE_DEVICES"], flush=True)
sys.stdin.read()
"""


class Job:
    """A process that takes a card and keeps it until it is ended."""

    def __init__(self, visible: str, folder: Path) -> None:
        environment = os.environ | {VISIBLE: visible, "TMPDIR": str(folder)}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self.process = subprocess.Popen([sys.executable, "-c", TAKE], env=environment, text=True, **pipes)

    def card(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def said(self) -> str:
        assert self.process.stderr is not None
        return self.process.stderr.readline().strip()

    def end(self, how: signal.Signals = signal.SIGKILL) -> None:
        self.process.send_signal(how)
        self.process.communicate()


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[list[Job]]:
    started: list[Job] = []
    yield started
    for job in started:
        if job.process.poll() is None:
            job.end()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_job_takes_a_free_card_or_waits_for_one(how: signal.Signals, tmp_path: Path, jobs: list[Job]) -> None:
    jobs += [Job("0,GPU-5e2a", tmp_path)]
    assert jobs[0].card() == "0"
    jobs += [Job("0,GPU-5e2a", tmp_path)]
    assert jobs[1].card() == "GPU-5e2a"
    jobs += [Job("0,GPU-5e2a", tmp_path)]
    assert jobs[2].said() == "all cards are taken (0, GPU-5e2a): waiting for one"
    jobs[0].end(how)
    assert jobs[2].card() == "0"


@pytest.mark.parametrize("visible", ["3", ""])
def test_one_card_or_none_is_shared(visible: str, tmp_path: Path, jobs: list[Job]) -> None:
    for _ in range(2):
        jobs.append(Job(visible, tmp_path))
        assert jobs[-1].card() == visible


@pytest.mark.parametrize(("visible", "found"), [("0,2", ("0", "2")), (" 1 ,", ("1",)), ("", ())])
def test_what_the_environment_shows(visible: str, found: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VISIBLE, visible)
    assert cards() == found


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ("echo 'GPU 0: one (UUID: GPU-1)'; echo 'GPU 1: two (UUID: GPU-2)'", ("0", "1")),
        ("echo 'Failed to initialize NVML' >&2; exit 9", ()),
        (None, ()),
    ],
)
def test_what_the_driver_lists(
    script: str | None, found: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if script is not None:
        tool = tmp_path / "nvidia-smi"
        tool.write_text(f"#!/bin/sh\n{script}\n")
        tool.chmod(0o755)
    monkeypatch.delenv(VISIBLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert cards() == found


@pytest.mark.parametrize(
    ("over", "jobs_at_once"),
    [
        ({"device": "cuda"}, 3),
        ({"device": "cuda", "gpus": 2}, 2),
        ({"device": "cuda", "gpus": 8}, 8),
        ({}, 1),
    ],
)
def test_as_many_jobs_at_once_as_there_are_cards(
    over: dict[str, object], jobs_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VISIBLE, "0,1,2")
    assert Plan.of(complete(over, default().model_dump(mode="json"))).train.gpus() == jobs_at_once


@pytest.mark.parametrize(("words", "limit"), [((), 2), (("--resources", "gpu=1"), 1)])
def test_snakemake_is_told_how_many(
    words: tuple[str, ...], limit: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VISIBLE, "0,1")
    done = snakemake(tmp_path, "results/configuration/whole.json", *words, "--config", "device=cuda")
    assert done.returncode == 0, done.stdout
    assert f'gpu=Resource("gpu", {limit})' in done.stdout


def test_a_command_that_runs_torch_takes_a_card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VISIBLE, "4,5")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    words = ["dsnet", "--recipe", "{}", "--shard", str(tmp_path / "x.zarr"), "--seed", "0", "--out"]
    CliRunner().invoke(train, [*words, str(tmp_path / "last.ckpt"), "--device", "cuda"])
    assert os.environ[VISIBLE] == "4"
