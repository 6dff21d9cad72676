"""Disk and processor time of a whole run, stage by stage, beside what `vsodprep plan` says of it.

Run: python speed/plan.py CONFIGURATION RESULTS, after `snakemake all --configfile CONFIGURATION` into RESULTS. What was
given by `--config` stands in RESULTS/configuration/whole.json, which may be the CONFIGURATION.

Snakemake looks at a job every half second, after 15 seconds every 30, and records what it saw last: up to 30 seconds
of a job's end are missing. They are taken to be like what was seen of the job.
"""

import argparse
import json
from collections.abc import Iterable
from pathlib import Path

import yaml

from vsodprep.config import complete
from vsodprep.config.defaults import default
from vsodprep.estimate import rates
from vsodprep.estimate.cost import Cost, Estimate, start_seconds

_OFTEN, _SELDOM, _AT_FIRST = 0.5, 30.0, 15.0  # seconds between two looks, and how long it is the former
_BY_BLOCK = ("flow", "prior", "saliency", "coarse")
_FITS = {"prior": "prior_fit", "coarse": "fuse_fit"}


def stage_of(cost: Cost) -> str:
    """Return what parts are added up by: the stage, and the block where it has one."""
    return cost.stage if cost.stage.startswith(_BY_BLOCK) else cost.stage.split()[0]


def timings_of(stage: str) -> str:
    """Return where the records of a stage's jobs lie below `timings/`."""
    kind, *block = stage.split()
    return f"{_FITS[kind]}/{block[0]}" if block[1:] == ["fit"] else stage.replace(" ", "/")


def processor_seconds(record: dict[str, float | str]) -> float:
    """Return the processor time of a job from Snakemake's record of it, its unseen end included."""
    seconds, seen = float(record["s"]), record["cpu_time"]
    if not isinstance(seen, int | float):  # too short to be looked at
        return seconds
    last = _AT_FIRST + (seconds - _AT_FIRST) // _SELDOM * _SELDOM if seconds > _AT_FIRST else seconds // _OFTEN * _OFTEN
    return seen * seconds / last if last else seconds


def taken(files: Iterable[Path]) -> float:
    """Return the processor seconds of all jobs that some files are records of."""
    return sum(processor_seconds(json.loads(line)) for file in files for line in file.read_text().splitlines())


def size(paths: Iterable[Path]) -> float:
    """Return the bytes of all files at and below some paths."""
    files = (file for path in paths for file in (path.rglob("*") if path.is_dir() else [path]))
    return sum(file.stat().st_size for file in files if file.is_file())


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("configuration", type=Path)
    parser.add_argument("results", type=Path)
    given = parser.parse_args()
    config = complete(yaml.safe_load(given.configuration.read_text()), default().model_dump(mode="json"))
    timings = given.results / "timings"
    stages: dict[str, list[Cost]] = {}
    for cost in Estimate(config).costs():
        if cost.stage != "start-up":
            stages.setdefault(stage_of(cost), []).append(cost)

    rows, sums = [], [0.0] * 4
    for stage, costs in stages.items():
        start = start_seconds(costs[0].stage)
        places = sorted({place for cost in costs if cost.place for place in given.results.glob(cost.place)})
        below = timings_of(stage)
        records = [*timings.glob(f"{below}.jsonl"), *(timings / below).rglob("*.jsonl")]
        seconds = [sum(3600 * cost.cpu + start * cost.jobs for cost in costs), taken(records)]
        rows.append([stage, sum(cost.disk for cost in costs) / 1e6, size(places) / 1e6, *seconds])
    of_report = [*timings.glob("report/*.jsonl")]
    of_both = size([given.results / "report", given.results / "figures"]) / 1e6
    rows.append(["report", 0.0, of_both, rates.START["report"], taken(of_report)])
    for row in rows:
        sums = [total + value for total, value in zip(sums, row[1:], strict=True)]
    rows.append(["all files, all jobs", sums[0], size([given.results]) / 1e6, *sums[2:]])
    print("| stage | MB planned | taken | taken / planned | processor s planned | taken | taken / planned |")
    print("| --- |" + " ---: |" * 6)
    for name, *values in rows:
        cells = []
        for plan, run in (values[:2], values[2:]):
            cells += [f"{plan:.1f}", f"{run:.1f}", f"{run / plan:.2f}" if plan else ""]
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
