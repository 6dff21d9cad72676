"""`vsodprep train`: a checkpoint from a recipe and shards."""

from pathlib import Path
from typing import Any, get_args

import click

from vsodprep import __version__
from vsodprep.cards import take_cards
from vsodprep.cli._folder import PATH, Folder
from vsodprep.cli._names import model_names
from vsodprep.cli._options import FiniteRange
from vsodprep.cli._torch import say_loading, some_device_option, threads_option, wait_passively
from vsodprep.config.base import validated
from vsodprep.config.train import LoggerName, Run
from vsodprep.errors import InputError
from vsodprep.markers import SHARD


@click.command()
@click.argument("model", shell_complete=model_names)
@click.option("--recipe", required=True, metavar="JSON|FILE", help="The run: one block of `runs` in the configuration.")
@click.option(
    "--shard",
    "shards",
    multiple=True,
    type=Folder(SHARD),
    help="Shard X.zarr to train on; the folder's stem is the benchmark's name.",
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Checkpoint to write.")
@some_device_option()
@threads_option
@click.option("--workers", type=click.IntRange(0), help="Processes that read ahead; default: 0 on cpu, 4 on cuda.")
@click.option("--devices", type=click.IntRange(1), help="Cards of each machine that share every batch; default: 1.")
@click.option("--nodes", type=click.IntRange(1), help="Machines that share every batch; default: 1.")
@click.option(
    "--logger",
    multiple=True,
    type=click.Choice(get_args(LoggerName)),
    help="Logger that gets losses and speed while it trains; repeatable.",
)
@click.option(
    "--continue",
    "continued",
    type=PATH,
    metavar="CHECKPOINT",
    help="Go on from this finished run, with a recipe that is longer than its own.",
)
@click.option("--code", default=__version__, help="Version of the code that the checkpoint names; default: this one.")
@click.option("--save-seconds", type=FiniteRange(0), default=120.0, show_default=True, hidden=True)
def command(
    *,
    model: str,
    recipe: str,
    shards: tuple[Path, ...],
    seed: int,
    out: Path,
    device: str,
    devices: int | None,
    nodes: int | None,
    logger: tuple[LoggerName, ...],
    workers: int | None,
    continued: Path | None,
    **execution: Any,
) -> None:
    """Train a network; metrics.csv is written beside the checkpoint.

    MODEL is a network's name, or MODULE:CLASS of your own, or any name if the recipe has `model`.

    A recipe with `weights` instead of `stages` trains nothing: the checkpoint gets the authors' weights.

    Devices, nodes, workers and loggers may also stand in the recipe, below `resources`. Workers and loggers change no
    result; on several devices only batch normalisation, unless the recipe has `sync_batchnorm`, and dropout differ.

    To go on after an interruption, give the same command again; it ends in the same bytes.
    """
    from vsodprep.config.models import MODELS
    from vsodprep.config.recipe import read_recipe

    run = read_recipe(recipe, model)
    given = {"devices": devices, "nodes": nodes, "workers": workers, "logger": logger or None}
    resources = run.resources.model_dump() | {key: value for key, value in given.items() if value is not None}
    run = validated(Run, run.model_dump() | {"resources": resources}, "recipe")
    if run.model not in (None, model) and (":" in model or model in MODELS):
        raise InputError("recipe", f"model {run.model}", f"{model}, as the command says")
    model = run.network(model)
    if bool(run.stages) != bool(shards):
        raise click.UsageError("a recipe with stages needs --shard, and a recipe without stages takes none")
    wait_passively()
    say_loading()
    if run.weights is not None:
        from vsodprep.config.models import release
        from vsodprep.models import checkpoints, saved

        saved.save(out, checkpoints.adopt(Path(run.weights), model, run, release(model).flow))
        return
    from vsodprep.models.device import check_device
    from vsodprep.models.training import Execution, train

    if device == "cuda":
        take_cards(run.resources.devices)
    kind = check_device(device)
    ahead = run.resources.workers
    if ahead is None:
        ahead = 4 if kind == "cuda" else 0
    settings = Execution(kind, workers=ahead, **execution)
    paths = {path.stem: path for path in shards}
    train(model, run, paths, seed=seed, out=out, settings=settings, continued=continued)
