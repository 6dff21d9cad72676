"""`vsodprep plan`."""

import json
import os
from pathlib import Path
from typing import Any

import click

from vsodprep.cli._folder import PATH


@click.command()
@click.option(
    "--config",
    "configs",
    multiple=True,
    type=PATH,
    help="Configuration file; repeatable, later ones over earlier ones. The default configuration if none is given.",
)
@click.option(
    "--device", type=click.Choice(["cpu", "cuda"]), help="Where networks run, over what the configuration says."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON: bytes and hours.")
def command(configs: tuple[Path, ...], *, device: str | None, as_json: bool) -> None:
    """Print what a configuration will take: sequences, frames, disk, CPU and GPU hours, and files from elsewhere.

    Of each file (archives, published maps, weights) it says who brings it, its size, where it comes from and into which
    folder it goes, or that it is at hand.

    FILE is laid over the default configuration, as Snakemake does with `--configfile`.
    """
    from vsodprep.config import complete, merge, read
    from vsodprep.config.defaults import default
    from vsodprep.config.models import FOLDERS
    from vsodprep.estimate.cost import Estimate
    from vsodprep.estimate.table import as_disk, as_list, as_record, as_table
    from vsodprep.files import free_bytes
    from vsodprep.targets.provisions import provisions

    over: dict[str, Any] = {}
    for path in configs:
        over = merge(over, read(path))
    over |= {"device": device} if device else {}
    os.environ[FOLDERS] = os.pathsep.join(str(path.absolute().parent) for path in configs)
    where = str(configs[-1]) if configs else "configuration"
    estimate = Estimate(complete(over, default().model_dump(mode="json"), where))
    costs, needed = estimate.costs(), provisions(estimate.targets)
    results = Path(estimate.config.results)
    free = free_bytes(results)
    if as_json:
        click.echo(json.dumps(as_record(costs, needed, free, results), indent=2))
    else:
        disk = as_disk(costs, free, results)
        click.echo("\n".join(filter(None, (as_table(costs), disk, *estimate.targets.left_out, as_list(needed)))))
