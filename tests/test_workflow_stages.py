"""What a run tells: a line for each stage by the default profile, all of Snakemake's words by any other."""

import io
import logging
from pathlib import Path
from types import SimpleNamespace

import pytest
from pipeline import ask

from vsodprep.workflow import stages


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def record(event: str | None, msg: str = "", **more: object) -> logging.LogRecord:
    """A record as Snakemake makes it; of no event, a plain line."""
    return logging.makeLogRecord({"msg": msg, **({"event": event} if event else {}), **more})


RUN = [
    record(None, "Building DAG of jobs..."),
    record("run_info", "Job stats: 5 jobs", stats={"flow": 2, "prior": 1, "all": 1, "total": 4}),
    record(None, "Select jobs to execute..."),
    record("job_started", "Execute 2 jobs..."),
    record("job_info", "flow of fish", jobid=3, rule_name="flow", shellcmd="vsodprep flow fish"),
    record("job_info", "flow of bird", jobid=4, rule_name="flow", shellcmd="vsodprep flow bird"),
    record("job_finished", "Finished jobid: 4", job_id=4),
    record("progress", "1 of 4 steps"),
    record(None, "A warning"),
    record("job_finished", "Finished jobid: 3", job_id=3),
    record("job_info", "prior of fish", jobid=2, rule_name="prior", shellcmd="vsodprep prior fish"),
    record("job_error", "Error in rule prior: its log", jobid=2),
    record("job_info", "all", jobid=0, rule_name="all", shellcmd=None),
    record("job_finished", "Finished jobid: 0", job_id=0),
]


def told(stream: io.StringIO, seconds: float, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return what is written of a run in which that much time passes before every record."""
    clock = SimpleNamespace(now=0.0, monotonic=lambda: clock.now)
    monkeypatch.setattr(stages, "time", clock)
    handler = stages.Stages(logging.StreamHandler(stream))
    for each in RUN:
        handler.handle(each)
        clock.now += seconds
    return stream.getvalue()


def test_a_stage_is_a_line_and_all_else_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(io.StringIO(), 1.0, monkeypatch).splitlines() == [
        "Job stats: 5 jobs",
        "A warning",
        "flow     2 of 2    0:00:05",
        "Error in rule prior: its log",
        "prior    0 of 1    0:00:01, 1 failed",
    ]


def test_a_file_gets_a_line_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = told(io.StringIO(), 61.0, monkeypatch).splitlines()
    assert "1 of 4 jobs: flow 1 of 2" in lines
    assert lines[-1].startswith("prior    0 of 1")


def test_a_terminal_shows_meanwhile_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    text = told(Terminal(), 1.0, monkeypatch)
    assert "\033[K1 of 4 jobs: flow 1 of 2\r\033[KA warning\n" in text
    shown = [line.rpartition("\r")[2].removeprefix("\033[K") for line in text.split("\n")]
    assert [line.split(" ")[0] for line in shown if line] == ["Job", "A", "flow", "Error", "prior"]


@pytest.mark.parametrize(
    ("words", "job_by_job"), [((), False), (("--verbose",), True), (("--workflow-profile", "none"), True)], ids=str
)
def test_a_run_tells_its_stages_and_whoever_asks_gets_all(
    tmp_path: Path, words: tuple[str, ...], job_by_job: bool
) -> None:
    done = ask(tmp_path, *words, "--", "results/configuration/whole.json")
    assert done.returncode == 0, done.stdout
    assert ("configuration 1 of 1" in " ".join(done.stdout.split())) is not job_by_job
    for line in ("Finished jobid: 0 (Rule: configuration)", "Reason: Missing output files"):
        assert (line in done.stdout) is job_by_job
    (log,) = (tmp_path / ".snakemake" / "log").iterdir()
    assert "Finished jobid: 0 (Rule: configuration)" in log.read_text()
