"""What a run tells on the terminal: a line for each stage, in place of Snakemake's lines for each job."""

import logging
import shutil
import time
from collections import Counter
from datetime import timedelta
from typing import Any, TextIO

_SECONDS_BETWEEN_LINES = 60.0
_OF_JOBS = {"job_info", "job_started", "job_finished", "group_info", "progress", "resources_info", "shellcmd"}
"""The events that Snakemake tells in at least a line for each job, or that tell it of itself."""
_IDLE = ("Select jobs to execute...", "Building DAG of jobs...", "Using shell: ", "Conda environments: ignored")


class Stages(logging.Handler):
    """Writes what Snakemake's handler would, with a line for each stage in place of its jobs.

    A stage is a rule; its line comes when its last job has ended. Meanwhile a terminal shows how far the run is, and a
    file gets a line a minute. All else passes: the table of jobs, warnings, errors with the log of the job.

    Args:
        whole: Snakemake's own handler for the terminal.
    """

    def __init__(self, whole: logging.StreamHandler[TextIO]) -> None:
        super().__init__()
        self._whole, self._stream = whole, whole.stream
        self._live = whole.stream.isatty()
        self._jobs: Counter[str] = Counter()
        self._done: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()
        self._begun: dict[str, float] = {}
        self._stage: dict[int, str] = {}
        self._told = time.monotonic()

    def emit(self, record: logging.LogRecord) -> None:
        """Pass a record on, or count what it says of a job."""
        said: dict[str, Any] = record.__dict__
        event = str(said.get("event"))
        if event not in _OF_JOBS and not str(record.msg).startswith(_IDLE):
            self._write("")
            self._whole.handle(record)
        if event == "run_info":
            self._jobs.update({name: jobs for name, jobs in said["stats"].items() if name != "total"})
        elif event == "job_info" and said["shellcmd"] is not None:
            stage = self._stage[said["jobid"]] = said["rule_name"]
            self._begun.setdefault(stage, time.monotonic())
            self._tell_progress()
        elif event in {"job_finished", "job_error"}:
            number = said["job_id" if event == "job_finished" else "jobid"]
            if number in self._stage:
                self._end_job(self._stage[number], failed=event == "job_error")

    def close(self) -> None:
        """Leave the terminal as it was."""
        self._write("")
        self._whole.close()
        super().close()

    def _end_job(self, stage: str, *, failed: bool) -> None:
        (self._failed if failed else self._done)[stage] += 1
        if self._done[stage] + self._failed[stage] >= self._jobs[stage]:
            seconds = round(time.monotonic() - self._begun[stage])
            wrong = f", {self._failed[stage]} failed" if self._failed[stage] else ""
            width = max(map(len, self._jobs))
            done = f"{self._done[stage]:>4} of {self._jobs[stage]:<4}"
            self._write(f"{stage:<{width}} {done} {timedelta(seconds=seconds)}{wrong}\n")
        self._tell_progress()

    def _tell_progress(self) -> None:
        """Say how far the run and its stages at work are."""
        at_work = [name for name in self._begun if self._done[name] + self._failed[name] < self._jobs[name]]
        if not at_work or not (self._live or time.monotonic() - self._told > _SECONDS_BETWEEN_LINES):
            return
        stages = ", ".join(f"{name} {self._done[name]} of {self._jobs[name]}" for name in at_work)
        line = f"{self._done.total()} of {self._jobs.total()} jobs: {stages}"
        # the next line, of a job that tells of itself too, is written over this one
        self._write(f"{line[: shutil.get_terminal_size().columns - 1]}\r" if self._live else f"{line}\n")

    def _write(self, text: str) -> None:
        self._stream.write(("\033[K" if self._live else "") + text)
        self._stream.flush()
        self._told = time.monotonic() if text else self._told


def tell_stages() -> None:
    """Let Snakemake tell stages instead of jobs; its log in `.snakemake/log` still tells all."""
    logger = logging.getLogger("snakemake.logging")
    for handler in list(logger.handlers):
        if handler.name == "DefaultStreamHandler" and isinstance(handler, logging.StreamHandler):
            logger.removeHandler(handler)
            logger.addHandler(Stages(handler))
