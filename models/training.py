"""Training by a recipe, with Lightning; killed at any moment and started again, it ends in the same bytes.

Everything random is drawn from the seed and the number of the step, so that a run goes on from a saved state as if
nothing had happened: the order of the samples, their augmentation, dropout, and what a loss draws.

Several processes share the batches where a run's resources say so; the first of them writes.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from vsodprep import __version__
from vsodprep.config.train import Run
from vsodprep.errors import InputError
from vsodprep.files import alone_in, check_overwritable, sha256
from vsodprep.models import build_model, saved
from vsodprep.models.device import Device, place
from vsodprep.models.history import COLUMNS, History
from vsodprep.models.logs import Log
from vsodprep.models.network import Network
from vsodprep.models.ranks import Ranks, check_agreed, in_ranks
from vsodprep.models.recipe import stage_dataset, steps_of
from vsodprep.models.resume import Progress, continue_from
from vsodprep.models.size import depends_on_devices
from vsodprep.models.stage import StageModule, StepRange, TrainingSinks, fit
from vsodprep.progress import Reporter
from vsodprep.shards.read import open_shard
from vsodprep.threads import restores_threads

# what tells how a flow was made, of all that its file records
_FLOW_KEYS = (
    *("border", "fit", "iterations", "method", "picture", "policy", "precision", "preset", "provenance", "weights"),
    "weights_sha256",
)


@dataclass(frozen=True)
class Execution:
    """Where and how a run is trained; nothing here but `device` and `threads` changes its result.

    Attributes:
        device: `cpu` or `cuda`.
        threads: Threads of torch; gradients depend on it, so it is part of the run's identity.
        workers: Processes that read batches ahead; 0 reads them in between.
        cache_bytes: Resized images that each reader may keep in memory.
        save_seconds: Time between two saved states.
        code: Version of the code that the checkpoint names.
    """

    device: Device = "cpu"
    threads: int = 2
    workers: int = 0
    cache_bytes: int = 1 << 29
    save_seconds: float = 120.0
    code: str = __version__


def train(
    model: str,
    run: Run,
    shards: Mapping[str, Path],
    *,
    seed: int,
    out: Path,
    settings: Execution | None = None,
    continued: Path | None = None,
) -> None:
    """Train a network and write its checkpoint, and `metrics.csv` beside it.

    While it trains, its state is kept in a hidden folder beside the checkpoint, from which an interrupted run of the
    same recipe, data, seed and code goes on.

    Args:
        model: Name of the network.
        run: The recipe.
        shards: Benchmark name to shard.
        seed: Seed of the initial weights and of everything drawn.
        out: The checkpoint.
        settings: Device, threads and the like.
        continued: Checkpoint of a finished run with the first stages of this recipe, to go on from.

    Raises:
        InputError: A shard lacks what the recipe reads, weights are missing, another training is at work in the folder,
            somebody else's `metrics.csv` would be overwritten, a logger is not installed, or batch normalisation
            cannot be shared.
        VsodprepError: One of several processes was killed.
    """
    if not run.stages:
        raise InputError("recipe", "`weights` in place of stages: nothing to train", "a recipe with stages")
    settings = settings or Execution()
    check_overwritable(out.with_name("metrics.csv"), ",".join(COLUMNS))
    resources = run.resources
    work = partial(_train, model, run, shards, seed=seed, out=out, settings=settings, continued=continued)
    if resources.ranks == 1:
        work(Ranks())
        return
    if run.sync_batchnorm and settings.device == "cpu":
        raise InputError(
            "sync_batchnorm", "several devices on the CPU, for which torch has no such layer", "device: cuda"
        )
    in_ranks(work, resources.devices, resources.nodes, settings.device)


@restores_threads
def _train(
    model: str,
    run: Run,
    shards: Mapping[str, Path],
    ranks: Ranks,
    *,
    seed: int,
    out: Path,
    settings: Execution,
    continued: Path | None,
) -> None:
    """Do one process's share of a training; see `train`."""
    torch.set_num_threads(settings.threads)
    stages, cache = run.trained, settings.cache_bytes
    datasets = run.rounds * [stage_dataset(model, run, stage, shards, seed, cache) for stage in run.stages]
    lengths = [steps_of(stage, dataset) for stage, dataset in zip(stages, datasets, strict=True)]
    identity = _identity(model, run, shards, seed, settings) | {"lengths": lengths}
    starts = [None if stage.init is None else Path(stage.init.replace("{seed}", str(seed))) for stage in stages]
    if any(starts):
        identity["init_sha256"] = [None if start is None else saved.digest(start) for start in starts]
    if ranks.number > 1 and depends_on_devices(model, run):
        identity["devices"] = ranks.number
    if continued is not None:
        identity["continued_sha256"] = sha256(continued)
    progress = Progress(out.parent / f".{out.name}.progress" / "state.ckpt", identity)
    state, origin = progress.read(), progress.path
    if state is None and continued is not None:
        state, origin = continue_from(continued, model, run, lengths, seed), continued

    torch.manual_seed(seed)
    network = _network(model, run, pretrained=run.pretrained and state is None)
    history = History(sum(lengths))
    begun, step = 0, 0
    optimizer: Mapping[str, Any] = {}
    if state is not None:
        saved.restore(network, state, origin)
        history.restore(state["history"], settings.device)
        begun, step, optimizer = state["stage"], state["step"], state.get("optimizer", {})
    check_agreed(ranks, (saved.canonical(identity), begun, step))

    done = sum(lengths[:begun]) + step
    with _sinks(model, run, out, progress, history, (done, sum(lengths)), settings, ranks) as sinks:
        for number in range(begun, len(lengths)):
            stage = stages[number]
            first = step if number == begun else 0
            begin = starts[number]
            if first == 0 and begin is not None:
                found = saved.start_from(network, begin)
                if sinks is not None:
                    sinks.reporter.say(f"stage {stage.name} starts from {begin.name}: {found}")
            module = StageModule(
                network,
                stage,
                number=number,
                span=StepRange(sum(lengths[:number]), first, lengths[number]),
                seed=seed,
                ranks=ranks,
                sinks=sinks,
                optimizer=optimizer if first else None,
            )
            fit(
                module,
                datasets[number],
                device=settings.device,
                precision=run.precision,
                sync_batchnorm=run.sync_batchnorm,
                workers=settings.workers,
            )
            optimizer = module.optimizer_state
        if sinks is not None:
            history.write(out.with_name("metrics.csv"))
            end = {"stage": len(lengths), "step": 0, "history": history.state()}
            end |= {"optimizer": optimizer} if run.optimizer_state else {}
            end |= {"devices": ranks.number} if ranks.number > 1 else {}
            saved.save(out, {**identity, "weights": network.state_dict(), **end})
            progress.discard()


@contextmanager
def _sinks(
    model: str,
    run: Run,
    out: Path,
    progress: Progress,
    history: History,
    steps: tuple[int, int],
    settings: Execution,
    ranks: Ranks,
) -> Iterator[TrainingSinks | None]:
    """Give the first process what it reports to, `steps` (done, of all); the others None."""
    if ranks.rank > 0:
        yield None
        return
    done, of = steps
    said = {"model": model, **{key: progress.identity[key] for key in ("seed", "recipe", "code")}}
    title = "/".join(out.absolute().parent.parts[-3:])
    with (
        alone_in(out.parent, "another training"),
        Log(run.resources.logger, out.with_name("logs"), title, of, done, said) as log,
        Reporter(f"train {model}", of, "step", done) as reporter,
    ):
        if done:
            reporter.say(f"goes on after step {done}")
        yield TrainingSinks(history, log, progress, reporter, settings.save_seconds)


def _network(model: str, run: Run, *, pretrained: bool) -> Network:
    network = build_model(model, run.variant, pretrained=pretrained, width=run.width, **run.options)
    for key in ("flow", "prior"):
        if key in network.inputs and getattr(run, key) is None:
            missing = f"reads {key}, and the recipe names none"
            raise InputError(f"model {model}", missing, f"a recipe with {key}: NAME")
    place(network, "cpu")
    return network


def _identity(model: str, run: Run, shards: Mapping[str, Path], seed: int, settings: Execution) -> dict[str, Any]:
    """Return what a checkpoint says about its origin; a saved state of another origin is not gone on from."""
    opened = {name: open_shard(path) for name, path in sorted(shards.items())}
    flow: Mapping[str, Any] = {}
    for shard in opened.values():
        video = next((each for each in shard.manifest.sequences if not each.still), None)
        packed = {*shard.contents["flow"], *shard.contents["pictures"]}
        if run.flow is not None and run.flow in packed and video is not None and not flow:
            flow = shard[video.name].attributes(shard.flow_array(run.flow))
    return {
        "format": saved.FORMAT,
        "model": model,
        "recipe": run.model_dump(mode="json", exclude={"resources"}),
        "seed": seed,
        "data": [saved.data_record(name, shard) for name, shard in opened.items()],
        # how the flow was made that the network has learned to read
        "flow": {key: flow[key] for key in _FLOW_KEYS if key in flow},
        "device": settings.device,
        "threads": settings.threads,
        "code": settings.code,
    }
