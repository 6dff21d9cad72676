"""The workflow before it runs: plans, entry points and mistakes, each told in one plain line."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from pipeline import NASTY, ROOT, TINY, ask, command, planned, snakemake

from vsodprep import benchmarks
from vsodprep.config import complete
from vsodprep.config.defaults import default
from vsodprep.images import write_png
from vsodprep.workflow.check import rule_names

VIDEOS = [sequence for sequence in benchmarks.get("synth").sequences if not sequence.still]


@pytest.mark.parametrize("snakefile", ["Snakefile", "workflow/Snakefile"])
@pytest.mark.parametrize("target", [(), ("all",)], ids=["default", "all"])
def test_whole_plan_from_nothing(tmp_path: Path, snakefile: str, target: tuple[str, ...]) -> None:
    done = ask(tmp_path, "--dry-run", *target, snakefile=snakefile)
    assert done.returncode == 0, done.stdout
    jobs = planned(done.stdout)
    assert jobs["flow"] == jobs["prior"] == jobs["coarse"] == len(VIDEOS)
    assert jobs["saliency"] == 2 * len(VIDEOS)
    assert jobs["train"] == jobs["predict"] == jobs["pack"] == jobs["normalize"] == jobs["report"] == 1
    assert jobs["trivial"] == 2
    assert jobs["evaluate"] == 3


@pytest.mark.parametrize(
    ("coarse", "priors"),
    [
        ({"substitute": {"support": "prior"}}, 0),
        ({"order": ["fuse", "otsu", "substitute"]}, len(VIDEOS)),
        ({"order": ["fuse", "otsu", "substitute"], "substitute": {"support": "truth"}}, 0),
    ],
)
def test_labels_wait_for_a_prior_only_if_the_substitute_asks(
    tmp_path: Path, coarse: dict[str, object], priors: int
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump({"coarse": {"weightfree": coarse}, "pack": {"prior": []}}))
    done = ask(tmp_path, "--dry-run", "synth", "--configfile", str(path))
    assert done.returncode == 0, done.stdout
    jobs = planned(done.stdout)
    assert jobs["coarse"] == len(VIDEOS)
    assert jobs.get("prior", 0) == priors


def test_the_target_may_stand_behind_the_configuration_file(tmp_path: Path) -> None:
    # Snakemake takes both words for files: the file `all` in the root is there for this.
    done = ask(tmp_path, "--dry-run", "--configfile", str(TINY), "all")
    assert done.returncode == 0, done.stdout
    assert planned(done.stdout)["report"] == 1


@pytest.mark.parametrize(
    "words", [("all", "--configfile", "mine.yaml"), ("--configfile", "mine.yaml", "--", "all")], ids=" ".join
)
def test_a_project_s_own_folder(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "mine.yaml").write_text(TINY.read_text() + "\nfolders: {mine: films}\n")
    write_png(tmp_path / "films" / "film" / "frames" / "00000.png", np.zeros((8, 8, 3), np.uint8))
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--dry-run", *words],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert planned(done.stdout + done.stderr)["report"] == 1
    assert "results/normalized/mine/manifest.json" in done.stdout + done.stderr


@pytest.mark.parametrize("name", benchmarks.known())
def test_a_benchmark_by_its_name(tmp_path: Path, name: str) -> None:
    done = ask(tmp_path, "--dry-run", name)
    assert done.returncode == 0, done.stdout
    jobs = planned(done.stdout)
    assert jobs["pack"] == jobs["normalize"] == 1
    assert "train" not in jobs
    others = [other for other in benchmarks.known() if other != name]
    assert not [other for other in others if f"normalized/{other}/" in done.stdout]


@pytest.mark.parametrize(
    ("config", "culprit"),
    [
        ({"benchmark": ["synth"]}, "unknown key benchmark"),
        ({"flow": {"dis": {"preset": "quick"}}}, "flow.dis.preset"),
        ({"benchmarks": ["davis1917"]}, "davis2017"),
        ({"sources": {"davis2016": "nowhere.zip"}}, "nowhere.zip"),
    ],
)
def test_a_mistake_in_the_configuration_is_one_line(tmp_path: Path, config: dict[str, object], culprit: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(config))
    done = ask(tmp_path, "--dry-run", "all", "--configfile", str(path))
    assert done.returncode == 1
    assert "Traceback" not in done.stdout
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("vsodprep: ")]
    assert culprit in line


# Prints the seconds and the largest memory of a command. A process of its own starts the command, because Linux counts
# the memory of the process that starts another as the other's: here that of all tests that ran before.
MEASURE = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(usage.ru_utime + usage.ru_stime, usage.ru_maxrss)
"""


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted((ROOT / "config" / "paper").glob("*.yaml")), ids=lambda path: path.stem)
def test_a_paper_is_planned_in_seconds_and_in_little_memory(tmp_path: Path, path: Path) -> None:
    words = command(tmp_path, "--dry-run", "all", "--configfile", str(path))
    done = subprocess.run([sys.executable, "-c", MEASURE, *words], capture_output=True, text=True, check=True)
    seconds, memory = map(float, done.stdout.split())
    assert memory < 250_000  # kB; with torch it would be 930,000
    assert seconds < 8  # under 4 on an idle core, and twice as many on one with others


@pytest.mark.parametrize(
    "target", ["flow/nope/synth/plain-fish.h5", "figures/nope.svg", "models/dsnet/nope/seed0/last.ckpt"]
)
def test_a_file_of_a_block_that_does_not_exist(tmp_path: Path, target: str) -> None:
    done = ask(tmp_path, "--dry-run", f"results/{target}")
    assert done.returncode == 1
    assert f"No rule to produce results/{target}" in done.stdout
    assert "Traceback" not in done.stdout


def every_rule(folder: Path) -> dict[str, Any]:
    """Return a configuration that plans every rule, with a nasty name wherever it takes a path."""
    for name in ("source.zip", "weights.pth", "start.ckpt", "edits.txt", "mine/clip/frames/0.png", "maps/0.png"):
        (folder / f"{NASTY} {name}").parent.mkdir(parents=True, exist_ok=True)
        (folder / f"{NASTY} {name}").touch()
    train = {"benchmark": "synth", "split": "train"}
    run = default().model_dump(mode="json")["runs"]["dsnet"]["full"]
    stage = run["stages"][0] | {"init": f"{NASTY} start.ckpt"}
    test = {"benchmark": "synth", "split": "test", "post": ["raw", "own"], "protocols": ["davsod", "own"]}
    return {
        "results": f"{NASTY} results",
        "benchmarks": ["synth", "davis2016", "segtrackv2"],
        "keep": ["flow", "prior"],
        "sources": {"davis2016": f"{NASTY} source.zip"},
        "folders": {"mine": f"{NASTY} mine"},
        "saliency": {"made": {"folder": f"{NASTY} maps"}},
        "crf": {"own": {"iterations": 1}},
        "protocols": {"own": {"base": "davsod"}},
        "prior": {"joint": {"fit": [train], "features": "alexnet", "weights": f"{NASTY} weights.pth"}},
        "coarse": {
            "fitted": {
                "maps": ["mbd", "made"],
                "weights": [train],
                "splits": [train],
                "order": ["fuse", "otsu", "substitute", "edits"],
                "edits": f"{NASTY} edits.txt",
            }
        },
        "pack": {"prior": ["light", "joint"], "coarse": ["weightfree", "fitted"]},
        "runs": {
            "dsnet": {
                "full": run | {"stages": [stage], "test": [test]},
                "theirs": {"weights": f"{NASTY} weights.pth", "flow": run["flow"], "test": [test]},
            }
        },
        "methods": {
            "mga": {"maps": {"synth": f"{NASTY} maps"}},
            "mbd": {"saliency": "mbd"},
            "pdb": {"published": "pdb"},
        },
        "tests": [{"benchmark": "davis2016", "split": "val", "protocols": ["davsod", "own"]}],
        "figures": {
            "losses": {"kind": "losses"},
            "levels": {"kind": "level-weights", "benchmark": "synth", "model": "dsnet"},
            "grid": {"kind": "grid", "benchmark": "synth", "frames": ["plain-turtle/00005"]},
            "timeline": {"kind": "timeline", "benchmark": "synth", "sequence": "plain-turtle"},
        },
    }


def test_every_path_is_one_word_of_its_command(tmp_path: Path) -> None:
    folder = tmp_path / NASTY
    folder.mkdir()
    config = every_rule(folder)
    (folder / "mine.yaml").write_text(yaml.safe_dump(config))
    done = ask(folder, "--dry-run", "--printshellcmds", "all", "--configfile", str(folder / "mine.yaml"))
    assert done.returncode == 0, done.stdout[-3000:]
    assert "WARNING" not in done.stdout
    rules = rule_names((ROOT / "workflow").joinpath)
    assert set(planned(done.stdout)) - {"total", "all"} == (rules - {"all"}) | {"evaluate_davsod_own"}
    commands = re.findall(r"^Shell command: (?!None$)(.*)$", done.stdout, flags=re.MULTILINE)
    assert len(commands) > len(rules)
    for line in commands:
        words = shlex.shlex(line, posix=True, punctuation_chars=True)
        words.whitespace_split = True
        found = list(words)
        assert {word for word in found if set(word) <= set("();<>|&")} <= {">", ">&", "|"}
        assert sum(word.count(NASTY) for word in found) == line.count("雨") > 0


def test_a_configuration_may_be_longer_than_a_command_line(tmp_path: Path) -> None:
    splits = {"synth": {"mine": ["plain-fish"] * 20_000}}
    long = {"sequences": {"synth": ["plain-fish"]}, "splits": splits, "runs": {}}
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(long))
    assert path.stat().st_size > 2 * 131_072  # bytes of one word on Linux
    targets = [f"results/{name}" for name in ("configuration/whole.json", "normalized/synth/manifest.json")]
    done = snakemake(tmp_path, "--configfile", str(path), "--", *targets)
    assert done.returncode == 0, done.stdout[-3000:]
    whole = json.loads((tmp_path / targets[0]).read_text())
    assert whole == complete(long, default().model_dump(mode="json")).model_dump(mode="json")
    (sequence,) = json.loads((tmp_path / targets[1]).read_text())["sequences"]
    assert "mine" in sequence["splits"]
    path.write_text(yaml.safe_dump(long | {"splits": {}}))
    again = ask(tmp_path, "--dry-run", "--configfile", str(path), "--", *targets)
    assert planned(again.stdout) == {"configuration": 1, "normalize": 1, "total": 2}
    assert max(map(len, again.stdout.splitlines())) < 2_000


def test_a_run_without_our_hook_stops_at_the_configuration(tmp_path: Path) -> None:
    done = snakemake(tmp_path, "--no-hooks", "--show-failed-logs", "--", "results/configuration/whole.json")
    assert done.returncode == 1
    assert re.search(r"^cp: .*\.snakemake/vsodprep/[0-9a-f]{16}\.json", done.stdout, re.MULTILINE)
    assert not (tmp_path / "results" / "configuration" / "whole.json").exists()


def test_a_dry_run_leaves_nothing_of_the_configuration(tmp_path: Path) -> None:
    ask(tmp_path, "--dry-run", "all", "--configfile", str(TINY))
    assert not list(tmp_path.rglob("*.json"))


def test_an_unknown_benchmark_as_target(tmp_path: Path) -> None:
    done = ask(tmp_path, "--dry-run", "davis2018")
    assert done.returncode == 1
    assert "Traceback" not in done.stdout
    assert "davis2018" in done.stdout


def test_lint_is_clean(tmp_path: Path) -> None:
    done = ask(tmp_path, "--lint", "--configfile", str(TINY))
    assert done.returncode == 0, done.stdout
    assert "Congratulations" in done.stdout


@pytest.mark.slow
def test_jobs_grow_with_the_sequences(tmp_path: Path) -> None:
    numbers = []
    for sequences in (2, 4, 6):
        films = tmp_path / f"films{sequences}"
        for video in range(sequences):
            write_png(films / f"v{video}" / "frames" / "0.png", np.zeros((8, 8, 3), np.uint8))
            write_png(films / f"v{video}" / "masks" / "0.png", np.full((8, 8), 255, np.uint8))
        config = {"folders": {"films": str(films)}, "benchmarks": [], "runs": {}, "pack": {"prior": []}}
        (tmp_path / "mine.yaml").write_text(yaml.safe_dump(config))
        done = ask(tmp_path, "--dry-run", "films", "--configfile", str(tmp_path / "mine.yaml"))
        numbers.append(planned(done.stdout)["total"])
    assert np.diff(numbers).tolist() == [8, 8]  # of each sequence flow, two saliency maps and a label
