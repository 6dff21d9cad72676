"""config/paper: ablations repeat the main file, every printed row is trained, nothing claims more than it is."""

import shlex
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from snakemake.cli import parse_config

from vsodprep import benchmarks
from vsodprep.config import Config, complete, merge, read
from vsodprep.config.defaults import default
from vsodprep.config.flow import Flow
from vsodprep.config.models import definition, release
from vsodprep.config.network import NetworkOptions
from vsodprep.config.train import Optimizer, Run, Schedule
from vsodprep.scores.papers import OWN_METHOD, PrintedNumber, own_printed_numbers, printed_numbers
from vsodprep.workflow.plan import Plan, read_plan

FOLDER = Path(__file__).parent.parent / "config" / "paper"
BASE: dict[str, Any] = default().model_dump(mode="json")
PAPERS = sorted(OWN_METHOD)


def configuration(name: str) -> Config:
    path = FOLDER / f"{name}.yaml"
    return complete(read(path), BASE, str(path))


def runs_of(paper: str) -> list[Run]:
    both = (configuration(name).runs for name in (paper, f"{paper}-ablations"))
    return [run for runs in both for run in runs[paper].values()]


def options_of(paper: str, variant: str, given: dict[str, Any]) -> NetworkOptions:
    known = definition(paper)
    return known.options.model_validate({**known.variants[variant], **given})


def printed_rows() -> list[PrintedNumber]:
    """Return one number of every row that a paper prints about its own network on a benchmark."""
    rows = {
        (number.paper, number.variant, number.benchmark): number
        for number in printed_numbers()
        if number.method == OWN_METHOD[number.paper]
        and number.benchmark in benchmarks.known()
        and number.variant in {name.lower() for name in definition(number.paper).variants}
    }
    return list(rows.values())


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("block", ["benchmarks", "flow", "prior", "saliency", "coarse", "pack"])
def test_ablations_prepare_what_the_paper_s_file_prepares(paper: str, block: str) -> None:
    main, ablations = configuration(paper), configuration(f"{paper}-ablations")
    assert getattr(ablations, block) == getattr(main, block)


@pytest.mark.parametrize("paper", PAPERS)
def test_ablations_do_not_train_the_full_network_again(paper: str) -> None:
    main, ablations = configuration(paper).runs[paper], configuration(f"{paper}-ablations").runs[paper]
    for name, run in main.items():
        assert ablations[name].model_dump(exclude={"test"}) == run.model_dump(exclude={"test"})


@pytest.mark.parametrize("paper", PAPERS)
def test_no_network_is_trained_twice(paper: str) -> None:
    ablations = configuration(f"{paper}-ablations").runs[paper].values()
    trained = [
        (options_of(paper, run.variant, run.options), run.stages, run.flow, run.prior)
        for run in ablations
        if run.paper or paper in ("stan", "msst")
    ]
    assert all(one not in trained[:place] for place, one in enumerate(trained))


@pytest.mark.parametrize("row", printed_rows(), ids=lambda row: f"{row.paper}-{row.variant}-{row.benchmark}")
def test_every_printed_row_is_trained_and_tested(row: PrintedNumber) -> None:
    full = configuration(row.paper).runs[row.paper]["full"]
    variant = next(name for name in definition(row.paper).variants if name.lower() == row.variant)
    wanted = options_of(row.paper, variant, full.options)
    tested = {
        test.benchmark
        for run in runs_of(row.paper)
        if options_of(row.paper, run.variant, run.options) == wanted
        for test in run.test
    }
    assert row.benchmark in tested


@pytest.mark.parametrize("paper", PAPERS)
def test_a_run_that_calls_itself_the_paper_s_has_its_size_and_its_data(paper: str) -> None:
    config = configuration(paper)
    assert config.runs[paper]["full"].paper == (paper not in ("stan", "msst"))
    for run in runs_of(paper):
        assert run.width == 1
        assert run.pretrained
        assert run.variant != "code" or not run.paper
    assert not (config.sources or config.sequences or config.splits)


def test_ds_net_as_the_paper_says_and_in_as_many_steps_as_the_code() -> None:
    runs = configuration("dsnet-ablations").runs["dsnet"]
    (full,), (literal,), (matched,) = (runs[name].stages for name in ("full", "literal", "matched-steps"))
    assert (literal.batch, literal.accumulate, literal.schedule.name) == (8, 1, "constant")
    assert options_of("dsnet", "full", runs["literal"].options).reduction == "mean"  # Eq. 8
    davis = sum(one.frames or 0 for one in benchmarks.get("davis2016").sequences if "train" in one.splits)
    assert matched.steps == full.accumulate * round(davis * 25 / (full.batch * full.accumulate)) == 6500
    for name in ("literal", "matched-steps"):
        assert (runs[name].paper, runs[name].stages[0].data) == (True, full.data)


@pytest.mark.parametrize("paper", ["stan", "msst"])
def test_the_recipe_as_printed_stands_beside_the_one_that_learns(paper: str) -> None:
    runs = configuration(f"{paper}-ablations").runs[paper]
    (learns,), (literal,) = runs["full"].stages, runs["literal"].stages
    assert literal.optimizer == Optimizer(name="adam", lr=1e-3)
    assert literal.schedule == Schedule()
    assert learns.optimizer == Optimizer(name="adam", lr=1e-3, clip_norm=1000)
    assert learns.schedule.warmup > 0
    same = {"optimizer", "schedule"}
    assert literal.model_dump(exclude=same) == learns.model_dump(exclude=same)


@pytest.mark.parametrize(
    ("run", "options"),
    [
        ("separate", {"statistics": "separate", "gate": True, "fusion": "dde", "decoder": "levels"}),
        ("baseline-deeplab", {"gate": False, "fusion": "cat", "reduced": False, "decoder": "deeplab"}),
    ],
)
def test_the_authors_readings_of_cag_dde_carry_the_paper_s_name(run: str, options: dict[str, Any]) -> None:
    chosen = configuration("cagdde-ablations").runs["cagdde"][run]
    assert chosen.paper
    found = options_of("cagdde", chosen.variant, chosen.options).model_dump()
    assert {key: found[key] for key in options} == options
    assert own_printed_numbers("cagdde", chosen.variant, "davis2016")  # figures that stand beside it


NETWORKS_OF_MAPS = {("dcl", "full"), ("rfcn", "pre-training"), ("rfcn", "full"), ("dsmt", "full")}


@pytest.mark.parametrize("name", ["stan", "stan-ablations", "msst", "msst-ablations"])
def test_the_networks_of_maps_are_trained_as_in_their_own_files_and_not_in_the_quick_row(name: str) -> None:
    paper, values = name.partition("-")[0], read(FOLDER / f"{name}.yaml")
    maps = {"coarse": {paper: {"maps": ["mbd", "rbd", "ft"]}}}
    no_start = {"runs": {paper: {run: {"init": None} for run in values["runs"][paper]}}}
    whole, quick, quickest = (
        Plan.of(complete(merge(values, over), BASE)).targets for over in ({}, maps, maps | no_start)
    )
    for model, run in NETWORKS_OF_MAPS:
        own = configuration(model).runs[model][run]
        assert whole.runs[model, run].model_dump(exclude={"test"}) == own.model_dump(exclude={"test"})
    started_from = {("dcl", "full")} if paper == "stan" else set()
    assert quick.runs.keys() == whole.runs.keys() - NETWORKS_OF_MAPS | started_from
    assert quickest.runs.keys() == whole.runs.keys() - NETWORKS_OF_MAPS
    assert set(whole.benchmarks) - set(quick.benchmarks) >= {"voc2012", "sbd"}
    assert set(whole.benchmarks) - set(quickest.benchmarks) >= {"msrab", "msra10k", "voc2012", "sbd"}
    assert all("dcl" not in quick.saliency(benchmark) for benchmark in quick.normalized)


@pytest.mark.parametrize("paper", ["stan", "msst"])
def test_the_quick_row_trains_none_of_the_three_as_the_page_writes_it(paper: str) -> None:
    page = (FOLDER.parents[1] / "docs" / "papers.md").read_text(encoding="utf-8").replace("\\\n", " ")
    (command,) = [line for line in page.splitlines() if f"config/paper/{paper}.yaml --config" in line]
    words = shlex.split(command)
    over = parse_config(words[words.index("--config") + 1 :])
    plan = read_plan(
        (FOLDER.parents[1] / "workflow").joinpath, merge(read(FOLDER / f"{paper}.yaml"), over), first=False
    )
    assert set(plan.targets.runs) == {(paper, "full")}


@pytest.mark.parametrize("name", ["stan", "stan-ablations"])
def test_the_streams_of_stan_s_are_dcl_s_and_start_from_the_one_that_is_trained_here(name: str) -> None:
    runs = Plan.of(configuration(name)).targets.runs
    for run in (run for (model, _), run in runs.items() if model == "stan"):
        assert run.starts == ("{results}/models/dcl/full/seed{seed}/last.ckpt",)
        assert (run.seeds, run.width) == (runs["dcl", "full"].seeds, runs["dcl", "full"].width)
        assert options_of("stan", run.variant, run.options).fcn == "dcl"  # type: ignore[attr-defined]


def test_msst_s_two_sizes() -> None:
    (stage,) = configuration("msst").runs["msst"]["full"].stages
    assert [(round(512 * scale), round(512 * scale)) for scale in stage.augment.scales] == [(321, 321), (512, 512)]


@pytest.mark.parametrize("name", [name for paper in PAPERS for name in (paper, f"{paper}-ablations")])
def test_figures_are_drawn_from_what_the_configuration_makes(name: str) -> None:
    config = configuration(name)
    plan = Plan.of(config)
    scored = set(plan.evaluate.scores())
    for figure in config.figures:
        words = plan.figures.arguments(SimpleNamespace(figure=figure))
        inputs = plan.figures.inputs(SimpleNamespace(figure=figure))
        # A marker stands for its folder, and the markers of sequences for the folder of them all.
        assert all(any(str(of) in words for of in (Path(path), *Path(path).parents[:2])) for path in inputs)
        assert {path for path in inputs if "/scores/" in path} <= scored


@pytest.mark.parametrize("name", [name for paper in PAPERS for name in (paper, f"{paper}-ablations")])
def test_frames_of_a_figure_are_those_that_the_paper_s_runs_are_tested_on(name: str) -> None:
    config = configuration(name)
    for figure in config.figures.values():
        for row in getattr(figure, "frames", ()):
            known = benchmarks.get(figure.benchmark)
            length = {sequence.name: sequence.frames for sequence in known.sequences}
            tests = [test for runs in config.runs.values() for run in runs.values() for test in run.test]
            split = next(test.split for test in tests if test.benchmark == figure.benchmark)
            sequence, frame = row.split("/")
            assert sequence in known.splits[split].sequences
            assert int(frame) < (length[sequence] or 0)


def test_the_sweep_of_tau_is_drawn_at_every_value_and_benchmark() -> None:
    words = shlex.split(Plan.of(configuration("dsnet-ablations")).figures.arguments(SimpleNamespace(figure="figure7")))
    points = [word for word in words if "=" in word]
    assert sorted({point.partition("=")[0] for point in points}) == [f"0.{tenth}" for tenth in range(1, 10)]
    assert len(points) == 9 * 3


@pytest.mark.parametrize("paper", sorted({*PAPERS} - {"msst"}))  # MSST splits DAVIS by itself, and does not say how
def test_papers_test_on_what_the_registry_says(paper: str) -> None:
    tested = {(test.benchmark, test.split) for run in runs_of(paper) for test in run.test}
    assert tested
    assert tested <= {(name, benchmarks.get(name, None).tested) for name in benchmarks.known()}


@pytest.mark.parametrize(("paper", "stills"), [("dsnet", "full"), ("cagdde", "stage1")])
def test_authors_weights_are_used_as_the_paper_s_network_is(paper: str, stills: str) -> None:
    config, official = configuration(paper), release(paper)
    assert Flow.model_validate(official.flow) == config.flow[paper]
    full = config.runs[paper]["full"]
    same = {"size": full.reading.size, "resize": full.resize, "maps": full.maps}
    assert official.run == same | {"variant": "code", "still_flow": config.runs[paper][stills].reading.still_flow}


@pytest.mark.parametrize("paper", PAPERS)
def test_ablations_pack_what_the_full_network_was_trained_on(paper: str) -> None:
    main, ablations = (Plan.of(configuration(name)) for name in (paper, f"{paper}-ablations"))
    runs = configuration(paper).runs[paper].values()
    for name in {data.benchmark for run in runs for stage in run.stages for data in stage.data}:
        wildcards = SimpleNamespace(benchmark=name)
        assert ablations.pack.arguments(wildcards) == main.pack.arguments(wildcards)
        assert ablations.pack.flow(wildcards) == main.pack.flow(wildcards)
