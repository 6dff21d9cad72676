"""`vsodprep plan`."""

import json
from pathlib import Path
from typing import Any

import click


@click.command()
@click.option(
    "--config",
    "configs",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Configuration file; repeatable, later ones over earlier ones. The default configuration if none is given.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON: bytes and hours.")
def command(configs: tuple[Path, ...], *, as_json: bool) -> None:
    """Say what a configuration will take: sequences, frames, disk, CPU and GPU hours.

    FILE is laid over the default configuration, as Snakemake does with `--configfile`.
    """
    from vsodprep.config import complete, merge, read
    from vsodprep.config.defaults import default
    from vsodprep.planning.cost import Estimate
    from vsodprep.planning.table import as_record, as_table

    over: dict[str, Any] = {}
    for path in configs:
        over = merge(over, read(path))
    where = str(configs[-1]) if configs else "configuration"
    costs = Estimate(complete(over, default().model_dump(mode="json"), where)).costs()
    click.echo(json.dumps(as_record(costs), indent=2) if as_json else as_table(costs))
