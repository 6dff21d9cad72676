"""A mistyped target: our line behind Snakemake's says which one may be meant."""

import logging
from pathlib import Path

import pytest
from pipeline import ask

from vsodprep.workflow.mistyped import Mistyped

TARGETS, BENCHMARKS = ("all", "davis2016", "synth", "report"), ("davis2016", "synth")


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("davs2016", ": did you mean 'davis2016'?"),
        ("al", ": did you mean 'all'?"),
        ("xyz", "; a target is `all`, the name of a benchmark, or a file below the results"),
        ("results/normalized/davs2016/manifest.json", ": did you mean 'davis2016'?"),
        ("results/shards/snyth.zarr", ": did you mean 'synth'?"),
        (
            "results/normalized/synth/nothing",
            "; a target is `all`, the name of a benchmark, or a file below the results",
        ),
    ],
)
def test_a_target_that_is_nearly_one_is_guessed(target: str, told: str) -> None:
    words = f"No rule to produce {target} (if you use input functions make sure that they don't raise)."
    record = logging.makeLogRecord({"msg": words})
    assert Mistyped(TARGETS, BENCHMARKS).filter(record)
    assert record.msg == f"{words}\nvsodprep: no target {target!r}{told}"


def test_other_words_stay_as_they_are() -> None:
    record = logging.makeLogRecord({"msg": "Building DAG of jobs..."})
    assert Mistyped(TARGETS, BENCHMARKS).filter(record)
    assert record.msg == "Building DAG of jobs..."


def test_a_plan_says_which_target_may_be_meant(tmp_path: Path) -> None:
    for target, meant in (("davs2016", "davis2016"), ("snyth", "synth")):
        done = ask(tmp_path, "-n", target)
        assert done.returncode == 1
        assert done.stdout.count("vsodprep: no target") == 1
        assert done.stdout.rstrip().endswith(f"vsodprep: no target {target!r}: did you mean {meant!r}?")
