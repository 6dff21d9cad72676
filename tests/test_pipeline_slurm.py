"""The pipeline on a real Slurm: the same bytes as on one machine, and plain words where a job ends badly."""

import os
import re
import shlex
import shutil
import subprocess
import time
from pathlib import Path

import pytest
import yaml
from pipeline import ROOT, TINY, command, digests, snakemake

pytestmark = pytest.mark.slurm

CHECKPOINT = "results/models/dsnet/full/seed0/last.ckpt"
FISH = "results/flow/dis/synth/plain-fish.h5"
# Without accounting only squeue knows how a job ended.
PROFILE = ["--workflow-profile", "profiles/slurm", "--slurm-no-account", "--slurm-status-command", "squeue"]
PROFILE += ["--slurm-init-seconds-before-status-checks", "5", "--latency-wait", "10"]
CONFIG = [*PROFILE, "--configfile", str(TINY)]


@pytest.fixture(scope="module", autouse=True)
def cluster() -> None:
    pytest.importorskip("snakemake_executor_plugin_slurm", reason="pip install -e '.[slurm]'")
    if shutil.which("sinfo") is None or subprocess.run(["sinfo"], capture_output=True, check=False).returncode:
        pytest.skip("no slurmctld answers sinfo")


@pytest.fixture
def sbatch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put an `sbatch` before the real one that notes each call's options in the returned file.

    It passes on less memory than training asks for, which a small node does not have. `--set-resources` would do that
    too, but in place of all that the profile says there.
    """
    return _record(tmp_path, monkeypatch, f'exec {shutil.which("sbatch")} "${{@/#32000/8000}}"')


def _record(folder: Path, monkeypatch: pytest.MonkeyPatch, then: str) -> Path:
    calls, tool = folder / "sbatch.calls", folder / "bin" / "sbatch"
    tool.parent.mkdir()
    note = 'for word in "$@"; do case $word in --wrap=*) ;; *) printf "%s " "$word";; esac; done'
    tool.write_text(f"#!/bin/bash\n{{ {note}; echo; }} >> {shlex.quote(str(calls))}\n{then}\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}:{os.environ['PATH']}")
    return calls


def asked(calls: Path) -> dict[str, list[dict[str, str]]]:
    """Return the minutes, MB, cores and GPUs that each submission asked for, by rule or group."""
    found: dict[str, list[dict[str, str]]] = {}
    for line in calls.read_text().splitlines():
        words = shlex.split(line)
        name = words[words.index("--comment") + 1].removeprefix("rule_").split("_wildcards_")[0]
        long = dict(word.split("=", 1) for word in words if word.startswith(("--cpus-per-task=", "--gpus=")))
        values = {"-t": words[words.index("-t") + 1], "--mem": words[words.index("--mem") + 1]}
        found.setdefault(name, []).append(values | long)
    return found


def test_the_same_bytes_as_on_one_machine(tmp_path: Path, sbatch: Path) -> None:
    done = snakemake(tmp_path / "slurm", "all", *CONFIG)
    assert done.returncode == 0, done.stdout
    again = snakemake(tmp_path / "slurm", "all", *CONFIG)
    assert "Nothing to be done" in again.stdout
    here = snakemake(tmp_path / "here", "all", "--configfile", str(TINY))
    assert here.returncode == 0, here.stdout
    assert digests(tmp_path / "slurm" / "results") == digests(tmp_path / "here" / "results")

    jobs = asked(sbatch)
    assert sum(map(len, jobs.values())) == 23  # of 43 jobs
    assert jobs["flow"] == 4 * [{"-t": "240", "--mem": "3000", "--cpus-per-task": "1"}]
    assert jobs["train"] == [{"-t": "2880", "--mem": "32000", "--cpus-per-task": "2"}]
    # Eight maps of 30 minutes two at a time, then four sequences' labels of 60.
    assert jobs["labels_coarse_saliency"] == [{"-t": "240", "--mem": "4000", "--cpus-per-task": "2"}]
    assert len(jobs["figures_figure"]) == 1
    assert not [job for each in jobs.values() for job in each if "--gpus" in job]
    assert not {"download", "configuration", "coarse_collect"} & set(jobs)


def test_gpus_are_asked_for_where_the_device_is_cuda(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = _record(tmp_path, monkeypatch, "echo refused >&2; exit 1")
    for path in ("normalized/synth/manifest.json", "shards/synth.zarr/zarr.json"):
        (tmp_path / "results" / path).parent.mkdir(parents=True)
        (tmp_path / "results" / path).touch()
    config = tmp_path / "raft.yaml"
    config.write_text("device: cuda\nflow: {raft: {method: raft, weights: raft.pt}}\n")
    targets = [FISH.replace("dis", "raft"), CHECKPOINT]
    options = ["--rerun-triggers", "mtime", "--retries", "0", "--configfile", str(TINY), str(config)]
    done = snakemake(tmp_path, *targets, *PROFILE, *options)
    assert done.returncode == 1
    assert {name: [job.get("--gpus") for job in each] for name, each in asked(calls).items()} == {
        "flow": ["1"],
        "train": ["1"],
    }
    assert "refused" in done.stdout


def test_two_machines_train_what_two_devices_do(tmp_path: Path, sbatch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = subprocess.run(
        ["scontrol", "show", "node", "--oneliner"], capture_output=True, text=True, check=True
    ).stdout
    hosts = re.findall(r"NodeHostName=(\S+)", shown)
    if len(hosts) < 2:
        pytest.skip("one node")
    if len(set(hosts)) == 1:  # nodes of one machine have no names of their own
        monkeypatch.setenv("MASTER_ADDR", "127.0.0.1")
    config = yaml.safe_load(TINY.read_text())
    config["pack"] = {"prior": [], "coarse": []}
    run = config["runs"]["dsnet"]["full"]

    def train(name: str, resources: dict[str, int], *profile: str) -> str:
        run["resources"] = resources
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / "mine.yaml").write_text(yaml.safe_dump(config))
        done = snakemake(tmp_path / name, CHECKPOINT, *profile, "--configfile", str(tmp_path / name / "mine.yaml"))
        assert done.returncode == 0, done.stdout
        return digests(tmp_path / name / "results")[CHECKPOINT.removeprefix("results/")]

    here = train("here", {"devices": 2})
    shutil.copytree(tmp_path / "here", tmp_path / "there")
    shutil.rmtree(tmp_path / "there" / "results" / "models")
    assert train("there", {"nodes": 2}, *PROFILE) == here
    (call,) = sbatch.read_text().splitlines()
    assert {"--nodes=2", "--ntasks=2", "--cpus-per-task=2"} <= {*shlex.split(call)}


def test_a_failing_job_names_its_log_and_the_file(tmp_path: Path) -> None:
    assert snakemake(tmp_path, "results/normalized/synth/manifest.json", "--configfile", str(TINY)).returncode == 0
    frame = tmp_path / "results/normalized/synth/plain-fish/frames/00004.png"
    whole = frame.read_bytes()
    frame.write_bytes(whole[:100])
    done = snakemake(tmp_path, FISH, *CONFIG, "--retries", "0")
    assert done.returncode == 1
    assert "log: results/logs/flow/dis/synth/plain-fish.log" in done.stdout, done.stdout
    assert [line for line in done.stdout.splitlines() if "vsodprep: " in line and "00004.png" in line], done.stdout
    frame.write_bytes(whole)
    done = snakemake(tmp_path, FISH, *CONFIG)
    assert done.returncode == 0, done.stdout


def test_a_cancelled_job_is_named_and_taken_up_again(tmp_path: Path) -> None:
    log = tmp_path / "snakemake.log"
    with log.open("w") as stream:
        words = command(tmp_path, "results/normalized/synth/manifest.json", *CONFIG, "--retries", "0")
        running = subprocess.Popen(words, cwd=ROOT, stdout=stream, stderr=subprocess.STDOUT)
    begun = tmp_path / "results" / "logs" / "normalize" / "synth.log"
    deadline = time.monotonic() + 120
    while not begun.exists():
        assert running.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)
    (job,) = re.findall(r"submitted with SLURM jobid (\d+)", log.read_text())
    subprocess.run(["scancel", job], check=True)
    assert running.wait(120) == 1
    said = log.read_text()
    assert f"SLURM-job '{job}' failed, SLURM status is: 'CANCELLED'" in said
    assert "log: results/logs/normalize/synth.log" in said
    assert not (tmp_path / "results" / "normalized" / "synth").exists()
    done = snakemake(tmp_path, "results/normalized/synth/manifest.json", *CONFIG)
    assert done.returncode == 0, done.stdout
