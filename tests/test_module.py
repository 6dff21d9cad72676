"""Another workflow takes ours as a Snakemake module, as `snakedeploy` sets it up, with rules of its own."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from pipeline import ROOT, ask, planned, snakemake

DEPLOYED = f"""
configfile: "config/config.yaml"

module vsodprep:
    snakefile: {str(ROOT / "workflow/Snakefile")!r}
    config: config["vsodprep"]

use rule * from vsodprep as vsod_*

rule count:
    input: rules.vsod_normalize.output.manifest.replace("{{benchmark}}", "synth")
    output: "count.txt"
    shell: "grep -c frame {{input}} > {{output}}"
"""
GITHUB = 'github("o/r", path="workflow/Snakefile", branch="main")'
CONFIG = "vsodprep: {results: prepared, benchmarks: [synth], sequences: {synth: [plain-turtle]}, runs: {}}"


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """Return the folder of a workflow that has one rule of its own."""
    for name, text in (("workflow/Snakefile", DEPLOYED), ("config/config.yaml", CONFIG)):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)
    return tmp_path


def test_every_rule_comes_under_the_modules_prefix(other: Path) -> None:
    done = ask(other, "-n", "vsod_all", snakefile=str(other / "workflow/Snakefile"))
    assert done.returncode == 0, done.stdout
    jobs = planned(done.stdout)
    assert all(name.startswith("vsod_") for name in jobs if name != "total")
    assert {"vsod_normalize", "vsod_flow", "vsod_pack", "vsod_report"} <= set(jobs)


def test_the_configuration_is_there_for_jobs_that_read_it(other: Path) -> None:
    done = snakemake(other, "prepared/configuration/whole.json", snakefile=str(other / "workflow/Snakefile"))
    assert done.returncode == 0, done.stdout
    assert json.loads((other / "prepared/configuration/whole.json").read_text())["results"] == "prepared"


def test_a_module_of_a_hosting_service_is_planned(other: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `snakedeploy` writes it; git finds this checkout where it looks for GitHub's."""
    repository = other / "github"
    for words in (["init", "--quiet", "--initial-branch=main"], ["add", "."], ["commit", "--quiet", "-m", "all"]):
        if words[0] == "init":
            for name in ("workflow", "config"):
                shutil.copytree(ROOT / name, repository / name)
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *words], cwd=repository, check=True)
    settings = {"GIT_CONFIG_KEY_0": f"url.{repository}.insteadOf", "GIT_CONFIG_VALUE_0": "https://github.com/o/r"}
    for name, value in (settings | {"GIT_CONFIG_COUNT": "1", "XDG_CACHE_HOME": str(other / "cache")}).items():
        monkeypatch.setenv(name, value)
    text = DEPLOYED.replace(repr(str(ROOT / "workflow/Snakefile")), GITHUB)
    (other / "workflow/Snakefile").write_text(text)
    done = snakemake(other, "-n", "vsod_all", snakefile=str(other / "workflow/Snakefile"))
    assert done.returncode == 0, done.stdout
    assert {"vsod_normalize", "vsod_pack", "vsod_report"} <= set(planned(done.stdout))


@pytest.mark.slow
def test_a_rule_of_the_other_workflow_reads_what_ours_makes(other: Path) -> None:
    done = snakemake(other, "count", snakefile=str(other / "workflow/Snakefile"))
    assert done.returncode == 0, done.stdout
    assert int((other / "count.txt").read_text()) > 0
    manifest = json.loads((other / "prepared/normalized/synth/manifest.json").read_text())
    assert [sequence["name"] for sequence in manifest["sequences"]] == ["plain-turtle"]
    again = snakemake(other, "count", snakefile=str(other / "workflow/Snakefile"))
    assert "Nothing to be done" in again.stdout
