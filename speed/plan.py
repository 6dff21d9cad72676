"""Disk and processor time of a whole run beside what `vsodprep plan` says of it.

Run: python speed/plan.py CONFIGURATION RESULTS, after `snakemake all --configfile CONFIGURATION` into RESULTS.
"""

import argparse
import json
from pathlib import Path

import yaml

from vsodprep.config import complete
from vsodprep.config.defaults import default
from vsodprep.estimate.cost import Estimate
from vsodprep.estimate.table import totals


def processor_seconds(results: Path) -> float:
    """Return the processor time of all jobs in seconds, as Snakemake has recorded it."""
    lines = (line for file in (results / "timings").rglob("*.jsonl") for line in file.read_text().splitlines())
    taken = (json.loads(line)["cpu_time"] for line in lines)
    return sum(seconds for seconds in taken if isinstance(seconds, int | float))  # too short a job has none


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("configuration", type=Path)
    parser.add_argument("results", type=Path)
    given = parser.parse_args()
    config = complete(yaml.safe_load(given.configuration.read_text()), default().model_dump(mode="json"))
    planned = totals(Estimate(config).costs())
    disk = sum(path.stat().st_size for path in given.results.rglob("*") if path.is_file())
    for what, plan, run in (
        ("disk, MB", planned["disk"] / 1e6, disk / 1e6),
        ("processor, s", planned["cpu"] * 3600, processor_seconds(given.results)),
    ):
        print(f"{what:<14} plan {plan:8.1f}   run {run:8.1f}   run / plan {run / plan:.2f}")


if __name__ == "__main__":
    main()
