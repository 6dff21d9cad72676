"""Run time and size on the report's page, from records of jobs written by hand."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from vsodprep.cli.table import command
from vsodprep.config import Config, parse
from vsodprep.errors import InputError
from vsodprep.report.collect import collect
from vsodprep.report.costs import RunCost, costs, printed_costs
from vsodprep.report.page import render


def job(root: Path, name: str, seconds: float, said: str, load: float | str = 150.0) -> None:
    """Write what Snakemake and a command leave behind of a job."""
    for folder, suffix, text in (
        ("timings", ".jsonl", json.dumps({"s": seconds, "mean_load": load})),
        ("logs", ".log", f"vsodprep: note: anything: else\n{said}\n"),
    ):
        path = root / folder / f"{name}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8")


@pytest.fixture
def tree(tmp_path: Path) -> tuple[Config, Path]:
    """STAN on `synth`, refined; records of two flows, a prior, the network and the refinement."""
    stage = {"data": [{"benchmark": "synth", "split": "train"}], "size": [64, 96], "steps": 3, "clip_length": 4}
    test = {"benchmark": "synth", "split": "test", "post": ["raw", "stan"]}
    run = {"width": 0.25, "pretrained": False, "prior": "light", "stages": [stage], "test": [test]}
    config = parse(
        {
            "benchmarks": ["synth"],
            "flow": {"dis": {}},
            "prior": {"light": {"flow": "dis"}},
            "pack": {"flow": ["dis"], "prior": ["light"]},
            "runs": {"stan": {"full": run}},
            "report": {"timings": True, "title": "Times"},
        }
    )
    job(tmp_path, "flow/dis/synth/drift", 5.0, "flow of drift: 10/10 pairs, done in 3.000 s on A", "NA")
    job(tmp_path, "flow/dis/synth/stop", 4.0, "flow of stop: 30/30 pairs, done in 1.000 s on B")
    job(tmp_path, "prior/light/synth/drift", 3.0, "motion prior of drift: 4/4 frames, done in 2.000 s on A")
    said = "predict synth: 20/20 frames, done in 8.000 s (network 5.000 s) on A"
    job(tmp_path, "predict/stan/full/seed0/synth", 12.0, f"predict synth: 3/20 frames\n{said}")
    job(tmp_path, "crf/stan/full/seed0/stan/synth", 11.0, "dense CRF: 20/20 frames, done in 10.000 s on A")
    return config, tmp_path


def found(tree: tuple[Config, Path]) -> RunCost:
    (cost,) = costs(collect(*tree))
    return cost


def test_seconds_a_frame_are_told_apart_from_start_up(tree: tuple[Config, Path]) -> None:
    flow, prior, network, refinement = found(tree).stages
    assert (flow.stage, flow.block, flow.jobs, flow.frames) == ("flow", "dis", 2, 40)
    assert (flow.seconds, flow.start, flow.cores) == (4 / 40, (9 - 4) / 2, 1.5)
    assert flow.machines == ("A", "B")
    assert (prior.seconds, prior.start) == (0.5, 1.0)
    assert (network.seconds, network.network, network.start) == (0.4, 0.25, 4.0)
    assert (refinement.block, refinement.seconds) == ("stan", 0.5)
    assert found(tree).total == pytest.approx(0.1 + 0.5 + 0.4 + 0.5)


def test_the_paper_s_numbers_stand_beside(tree: tuple[Config, Path]) -> None:
    printed = [stage.printed for stage in found(tree).stages]
    assert printed == [f"{seconds} s a frame" for seconds in ("0.739", "0.823", "0.102", "0.48")]  # STAN, Table 4
    assert found(tree).printed == "2.144 s a frame"


def test_the_paper_s_numbers_are_not_those_of_a_part_of_the_network(tree: tuple[Config, Path]) -> None:
    config, root = tree
    part = config.runs["stan"]["full"].model_copy(update={"variant": "ST"})
    (cost,) = costs(collect(config.model_copy(update={"runs": {"stan": {"full": part}}}), root))
    assert (cost.printed, {stage.printed for stage in cost.stages}) == ("", {""})
    assert cost.name == "STAN full, 0.25 of the paper's width"


@pytest.mark.parametrize("lost", ["logs/flow/dis/synth", "timings/flow/dis/synth"])
def test_a_stage_without_a_record_leaves_no_sum(tree: tuple[Config, Path], lost: str) -> None:
    for path in (tree[1] / lost).iterdir():
        path.unlink()
    assert (found(tree).stages[0].seconds, found(tree).stages[0].jobs) == (None, 0)
    assert found(tree).total is None


def test_a_job_that_was_ended_before_it_was_done_does_not_count(tree: tuple[Config, Path]) -> None:
    (tree[1] / "logs/flow/dis/synth/stop.log").write_text("flow of stop: 12/30 pairs\n")
    assert (found(tree).stages[0].frames, found(tree).stages[0].seconds) == (10, 0.3)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"s": "long"}', "no JSON"])
def test_a_damaged_record_is_named(tree: tuple[Config, Path], text: str) -> None:
    path = tree[1] / "timings/predict/stan/full/seed0/synth.jsonl"
    path.write_text(text)
    with pytest.raises(InputError, match=str(path)):
        found(tree)


def test_the_page_shows_it_where_asked_for(tree: tuple[Config, Path]) -> None:
    config, root = tree
    page = render(collect(config, root), [])
    for text in ("Run time and size", "0.739 s a frame", "COSNet", "81.2 M parameters", "1148.5 G operations"):
        assert text in page
    silent = config.model_copy(update={"report": config.report.model_copy(update={"timings": False})})
    assert "Run time and size" not in render(collect(silent, root), [])


def test_every_printed_time_and_size_is_shown() -> None:
    shown = printed_costs()
    assert ("STAN, Table 3", "PDB", "0.05 s a frame") in shown
    assert ("MSST-ConvLSTM, text", "MSST-ConvLSTM", "2.9 s a clip of four frames") in shown
    assert ("Contrastive-WACV22, Table 4", "Contrastive-WACV22, Baseline", "0.11 s a frame") in shown
    assert len(shown) == 48


def test_a_table_of_what_papers_print() -> None:
    words = ["--paper", "contrastive", "--measure", "params_millions", "--measure", "GFLOPs"]
    result = CliRunner().invoke(command, words, catch_exceptions=False)
    assert "81.200" in result.output
    assert "1148.500" in result.output
