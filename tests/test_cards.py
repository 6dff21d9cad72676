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

from vsodprep.cards import VISIBLE, cards, take_cards
from vsodprep.cli import cli
from vsodprep.config import complete
from vsodprep.config.defaults import default
from vsodprep.errors import InputError
from vsodprep.workflow.plan import Plan

TAKE = """
import os, sys
from vsodprep.cards import take_cards
take_cards(int(sys.argv[1]))
print(os.environ["CUDA_VISIBLE_DEVICES"], flush=True)
sys.stdin.read()
"""

RECIPE = "{flow: dis, stages: [{data: [{benchmark: x, split: train}], size: [64, 64], steps: 1}]}"


class Job:
    """A process that takes cards and keeps them until it is ended."""

    def __init__(self, visible: str, folder: Path, count: int = 1) -> None:
        environment = os.environ | {VISIBLE: visible, "TMPDIR": str(folder)}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self.process = subprocess.Popen([sys.executable, "-c", TAKE, str(count)], env=environment, text=True, **pipes)

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
    assert jobs[2].said() == "all cards are taken (0, GPU-5e2a): waiting for 1"
    jobs[0].end(how)
    assert jobs[2].card() == "0"


def test_several_cards_are_taken_at_once_or_not_at_all(
    tmp_path: Path, jobs: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VISIBLE, "0,1")
    jobs += [Job("0,1,2,3", tmp_path, 3)]
    assert jobs[0].card() == "0,1,2"
    jobs += [Job("0,1,2,3", tmp_path, 2)]
    assert jobs[1].said() == "all cards are taken (0, 1, 2, 3): waiting for 2"
    jobs += [Job("0,1,2,3", tmp_path)]
    assert jobs[2].card() == "3"  # which the job that waits for two does not hold
    jobs[0].end()
    assert jobs[1].card() == "0,1"
    with pytest.raises(
        InputError, match="devices: 3: cards: 0, 1; expected at most as many devices as there are cards"
    ):
        take_cards(3)


@pytest.mark.parametrize("visible", ["3", ""])
def test_one_card_or_none_is_shared(visible: str, tmp_path: Path, jobs: list[Job]) -> None:
    for _ in range(2):
        jobs.append(Job(visible, tmp_path))
        assert jobs[-1].card() == visible


@pytest.mark.parametrize(
    ("visible", "found"),
    [("0,2", ("0", "2")), (" 1 ,", ("1",)), ("", ()), ("-1", ()), ("2,-1,0", ("2",)), ("0,0,1", ("0", "1"))],
)
def test_what_the_environment_shows(visible: str, found: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VISIBLE, visible)
    assert cards() == found


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ("echo 'GPU 0: one (UUID: GPU-1)'; echo 'GPU 1: two (UUID: GPU-2)'", ("0", "1")),
        ("echo 'GPU 0: one (UUID: GPU-1)'; echo '  MIG 1g.10gb     Device  0: (UUID: MIG-1)'", ("0",)),
        ("echo 'No devices found.'", ()),
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
    done = snakemake(tmp_path, "results/configuration/whole.json", *words, "--verbose", "--config", "device=cuda")
    assert done.returncode == 0, done.stdout
    assert f'gpu=Resource("gpu", {limit})' in done.stdout


@pytest.mark.parametrize(
    ("words", "taken"),
    [
        (["predict", "last.ckpt", "clip.mp4", "--out", "maps"], "4"),
        (["train", "dsnet", "--out", "last.ckpt", "--shard", "x.zarr", "--devices", "2", "--recipe", RECIPE], "4,5"),
    ],
)
def test_a_command_that_runs_torch_takes_cards(
    words: list[str], taken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VISIBLE, "4,5,6")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.chdir(tmp_path)
    CliRunner().invoke(cli, [*words, "--device", "cuda"])
    assert os.environ[VISIBLE] == taken
