"""What jobs took, from Snakemake's records of them and the commands' own, and how large the networks are."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vsodprep.config.crf import RAW
from vsodprep.config.train import Run
from vsodprep.errors import InputError
from vsodprep.files import read_text
from vsodprep.report.collect import Results
from vsodprep.report.methods import method_name
from vsodprep.scores.measures import COSTS
from vsodprep.scores.papers import OWN_METHOD, PrintedNumber, printed_numbers

# What `vsodprep.progress` says when a piece of work is done.
_DONE = re.compile(r"^.*: (\d+)(?:/\d+)? \w+s, done in ([\d.]+) s(?: \(network ([\d.]+) s\))? on (.*)$", re.MULTILINE)
_UNITS = {cost.key: cost.heading for cost in COSTS} | {"seconds_per_sequence": "s a clip of four frames"}
# The rows of STAN's Table 4, and what MSST's text calls the same.
_PRINTED = {
    "flow": ("optical-flow-computation",),
    "motion prior": ("motion-prior-generation",),
    "network": ("network-processing", "network-forwarding"),
    "refinement": ("saliency-refinement", "post-processing"),
}


@dataclass(frozen=True)
class StageCost:
    """What the jobs of one stage took on one benchmark.

    Attributes:
        stage: The stage.
        block: The block of the configuration, or the run.
        jobs: Number of jobs.
        frames: Frames, or flows, that they made.
        seconds: Seconds of work a frame, with reading and writing and without start-up; None without a record.
        network: Seconds of those inside the network.
        start: Seconds a job before and after the work: start-up, loading of libraries and weights.
        cores: Processor cores kept busy, where Snakemake could tell.
        machines: What the jobs ran on.
        printed: What the paper prints.
    """

    stage: str
    block: str
    jobs: int = 0
    frames: int = 0
    seconds: float | None = None
    network: float | None = None
    start: float | None = None
    cores: float | None = None
    machines: tuple[str, ...] = ()
    printed: str = ""


@dataclass(frozen=True)
class RunCost:
    """What a map of one run costs.

    Attributes:
        name: The run.
        benchmark: What it was tested on.
        stages: The stages that lead to a map.
        total: Seconds a frame; None if a stage has no record.
        printed: What the paper prints for it.
        parameters: Millions of parameters.
        multiply_adds: Billions of multiply-adds of one map, its whole clip included.
        operations: Billions of operations, counted as the contrastive paper's Table 5 does.
        size: Height and width that the network reads.
        printed_size: What the paper prints about its size.
    """

    name: str
    benchmark: str
    stages: tuple[StageCost, ...]
    total: float | None
    printed: str
    parameters: float
    multiply_adds: float
    operations: float
    size: tuple[int, int]
    printed_size: str


def costs(results: Results) -> list[RunCost]:
    """Return what each run costs on each benchmark that it is tested on.

    Raises:
        InputError: A record of a job is damaged.
    """
    from vsodprep.models.size import size_of_run  # noqa: PLC0415  torch is slow to import

    made = []
    for (model, name), run in results.targets.runs.items():
        size, at = size_of_run(run.network(model), run)
        numbers = (size.parameters / 1e6, size.multiply_adds / 1e9, size.printed / 1e9)
        for benchmark in dict.fromkeys(test.benchmark for test in run.test):
            stages = tuple(_stages(results, model, name, run, benchmark))
            seconds = [stage.seconds for stage in stages]
            known = [each for each in seconds if each is not None]
            total = sum(known) if len(known) == len(seconds) else None
            width = f", {run.width:g} of the paper's width" if run.width != 1 else ""
            of_run = method_name(model, name, RAW) + width, benchmark, stages, total
            whole = ("total",) if run.row == "full" else ()
            printed = _printed(model, (*whole, run.row), "seconds"), _printed(model, (run.row,), "size")
            made.append(RunCost(*of_run, printed[0], *numbers, at, printed[1]))
    return made


def printed_costs() -> list[tuple[str, str, str]]:
    """Return all that the papers print about time and size: where, of what, and the number with its unit."""
    return [
        (f"{OWN_METHOD[each.paper]}, {each.table}", _whose(each), f"{each.value:g} {_UNITS[each.metric]}")
        for each in printed_numbers()
        if each.metric in _UNITS
    ]


def _whose(number: PrintedNumber) -> str:
    return number.method if number.variant == "full" else f"{number.method}, {number.printed_variant}"


def _printed(model: str, variants: tuple[str, ...], kind: str) -> str:
    """Return what a model's paper prints about the time or the size of its variants or stages."""
    units = {metric: unit for metric, unit in _UNITS.items() if metric.startswith("seconds") == (kind == "seconds")}
    own = (model, OWN_METHOD.get(model))
    found = {
        f"{each.value:g} {units[each.metric]}"
        for each in printed_numbers()
        if each.metric in units and (each.paper, each.method) == own and each.variant in variants
    }
    return ", ".join(sorted(found))


def _stages(results: Results, model: str, name: str, run: Run, benchmark: str) -> Iterator[StageCost]:
    prior = run.prior
    flow = run.flow or (results.config.prior[prior].flow if prior else None)
    posts = dict.fromkeys(post for test in run.test if test.benchmark == benchmark for post in test.post if post != RAW)
    for stage, block, pattern in (
        *([("flow", flow, f"flow/{flow}/{benchmark}/*")] if flow else []),
        *([("motion prior", prior, f"prior/{prior}/{benchmark}/*")] if prior else []),
        ("network", f"{model}/{name}", f"predict/{model}/{name}/seed*/{benchmark}"),
        *(("refinement", post, f"crf/{model}/{name}/seed*/{post}/{benchmark}") for post in list(posts)[:1]),
    ):
        # STAN and MSST time the stages of their full networks only.
        yield _cost(
            results, stage, block, pattern, _printed(model, _PRINTED[stage] if run.row == "full" else (), "seconds")
        )


def _cost(results: Results, stage: str, block: str, pattern: str, printed: str) -> StageCost:
    """Add up the jobs of a stage that have both records: Snakemake's, and what their command said last."""
    timings, logs = Path(results.paths.timings), Path(results.paths.logs)
    wall, work, frames = [], [], []
    inside, cores, machines = list[float](), list[float](), dict[str, None]()
    for path in sorted(timings.glob(f"{pattern}.jsonl")):
        log = logs / path.relative_to(timings).with_suffix(".log")
        said = _DONE.findall(read_text(log, "a job's log")) if log.is_file() else []
        if not said:
            continue
        try:
            record = json.loads(read_text(path, "a record of a job").splitlines()[-1])
            wall.append(float(record["s"]))
            if record["mean_load"] != "NA":
                cores.append(float(record["mean_load"]) / 100)
        except (ValueError, KeyError, IndexError, TypeError) as error:
            raise InputError(path, "no record of a job", "what Snakemake writes as a benchmark file") from error
        number, seconds, network, machine = said[-1]
        frames.append(int(number))
        work.append(float(seconds))
        inside += [float(network)] if network else []
        machines[machine] = None
    if not sum(frames):
        return StageCost(stage, block, printed=printed)
    return StageCost(
        stage,
        block,
        len(wall),
        sum(frames),
        sum(work) / sum(frames),
        sum(inside) / sum(frames) if len(inside) == len(wall) else None,
        (sum(wall) - sum(work)) / len(wall),
        sum(cores) / len(cores) if cores else None,
        tuple(machines),
        printed,
    )
