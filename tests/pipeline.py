"""Running Snakemake on this checkout, into a folder of the test's own."""

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

# Every character that a shell could take for its own, but those that a configuration refuses in a path.
NASTY = 'it\'s  $HOME & "co"; `id` (1) [2] #3 \\ ~ ! | ö 雨 --x'
ROOT = Path(__file__).parent.parent
TINY = ROOT / "config" / "test" / "tiny.yaml"


def command(
    folder: Path,
    *arguments: str,
    snakefile: str = "Snakefile",
    cores: int = 2,
    root: Path = ROOT,
    python: str = sys.executable,
) -> list[str]:
    """Return the words of a Snakemake call that works in `folder`, by the code below `root`."""
    files = ["--snakefile", str(root / snakefile), "--directory", str(folder)]
    return [python, "-m", "snakemake", *files, "--cores", str(cores), *arguments]


def snakemake(
    folder: Path, *arguments: str, root: Path = ROOT, **options: str | int
) -> subprocess.CompletedProcess[str]:
    """Run Snakemake in `folder`, by the code below `root`, and return what it said, errors included in `stdout`."""
    return subprocess.run(
        command(folder, *arguments, root=root, **options),  # type: ignore[arg-type]
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        cwd=root,
        env=os.environ | {"PYTHONHASHSEED": "random"},
    )


@cache
def planner() -> subprocess.Popen[str]:
    """Start the process that `ask` asks; it ends with this one."""
    return subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("planner.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONHASHSEED": "random"},
    )


def ask(folder: Path, *arguments: str, **options: str | int) -> subprocess.CompletedProcess[str]:
    """Do as `snakemake` where no job runs, without the seconds in which a new process imports Snakemake and torch."""
    words = command(folder, *arguments, **options)[3:]  # type: ignore[arg-type]
    process = planner()
    assert process.stdin is not None
    assert process.stdout is not None
    with tempfile.NamedTemporaryFile("r") as output:
        print(json.dumps([words, str(ROOT), dict(os.environ), output.name]), file=process.stdin, flush=True)
        return subprocess.CompletedProcess(words, int(process.stdout.readline()), output.read())


def planned(output: str) -> dict[str, int]:
    """Return the numbers of jobs by rule that a dry run prints."""
    table = output.split("Job stats:")[1].split("\n\n", maxsplit=1)[0]
    return {rule: int(count) for rule, count in re.findall(r"^(\w+)\s+(\d+)$", table, flags=re.MULTILINE)}


def digests(folder: Path, *, skip: tuple[str, ...] = ("logs", "timings")) -> dict[str, str]:
    """Return the hash of every result file; logs and timings differ from run to run."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).parts[0] not in skip
    }
