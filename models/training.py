"""Training by a recipe, with Lightning; killed at any moment and started again, it ends in the same bytes.

Everything random is drawn from the seed and the number of the step, so that a run goes on from a saved state as if
nothing had happened: the order of the samples, their augmentation, dropout, and what a loss draws.
"""

from collections.abc import Mapping
from dataclasses import dataclass
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
from vsodprep.models.recipe import stage_dataset, steps_of
from vsodprep.models.resume import Progress, continue_from
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


@restores_threads
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
            or somebody else's `metrics.csv` would be overwritten.
    """
    if not run.stages:
        raise InputError("recipe", "weights, which are not trained", "stages")
    settings = settings or Execution()
    check_overwritable(out.with_name("metrics.csv"), ",".join(COLUMNS))
    torch.set_num_threads(settings.threads)
    stages = run.trained
    datasets = run.rounds * [stage_dataset(run, stage, shards, seed, settings.cache_bytes) for stage in run.stages]
    lengths = [steps_of(stage, dataset) for stage, dataset in zip(stages, datasets, strict=True)]
    identity = _identity(model, run, shards, seed, settings) | {"lengths": lengths}
    starts = [None if stage.init is None else Path(stage.init.replace("{seed}", str(seed))) for stage in stages]
    if any(starts):
        identity["init_sha256"] = [None if start is None else saved.digest(start) for start in starts]
    if continued is not None:
        identity["continued_sha256"] = sha256(continued)
    progress = Progress(out.parent / f".{out.name}.progress" / "state.ckpt", identity)
    state, origin = progress.read(), progress.path
    if state is None and continued is not None:
        state, origin = continue_from(continued, model, run, lengths), continued

    torch.manual_seed(seed)
    network = build_model(
        model, run.variant, pretrained=run.pretrained and state is None, width=run.width, **run.options
    )
    for key in ("flow", "prior"):
        if key in network.inputs and getattr(run, key) is None:
            missing = f"reads {key}, and the recipe names none"
            raise InputError(f"model {model}", missing, f"a recipe with {key}: NAME")
    place(network, "cpu")
    history = History(sum(lengths))
    begun, step = 0, 0
    optimizer: Mapping[str, Any] = {}
    if state is not None:
        saved.restore(network, state, origin)
        history.restore(state["history"], settings.device)
        begun, step, optimizer = state["stage"], state["step"], state["optimizer"]

    done = sum(lengths[:begun]) + step
    with alone_in(out.parent, "another training"), Reporter(f"train {model}", sum(lengths), "step", done) as reporter:
        if done:
            reporter.say(f"goes on after step {done}")
        sinks = TrainingSinks(history, progress, reporter, settings.save_seconds)
        for number in range(begun, len(lengths)):
            stage = stages[number]
            first = step if number == begun else 0
            begin = starts[number]
            if first == 0 and begin is not None:
                found = saved.start_from(network, begin)
                reporter.say(f"stage {stage.name} starts from {begin.name}: {found}")
            module = StageModule(
                network,
                stage,
                number=number,
                span=StepRange(sum(lengths[:number]), first, lengths[number]),
                seed=seed,
                sinks=sinks,
                optimizer=optimizer if first else None,
            )
            fit(
                module,
                datasets[number],
                device=settings.device,
                precision=run.precision,
                workers=settings.workers,
            )
            optimizer = module.optimizer_state
        history.write(out.with_name("metrics.csv"))
        end = {"stage": len(lengths), "step": 0, "history": history.state()}
        saved.save(out, {**identity, "weights": network.state_dict(), "optimizer": optimizer, **end})
        progress.discard()


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
        "recipe": run.model_dump(mode="json"),
        "seed": seed,
        "data": [saved.data_record(name, shard) for name, shard in opened.items()],
        # how the flow was made that the network has learned to read
        "flow": {key: flow[key] for key in _FLOW_KEYS if key in flow},
        "device": settings.device,
        "threads": settings.threads,
        "code": settings.code,
    }
