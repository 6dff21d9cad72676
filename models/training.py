"""Training by a recipe, with Lightning; killed at any moment and started again, it ends in the same bytes.

Everything random is drawn from the seed and the number of the step, so that a run goes on from a saved state as if
nothing had happened: the order of the samples, their augmentation, dropout, and what a loss draws.
"""

import contextlib
import logging
import shutil
import sys
import time
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import lightning.pytorch as lightning
import numpy as np
import torch
from lightning.pytorch.plugins.environments import LightningEnvironment
from torch import Tensor
from torch.utils.data import DataLoader
from tqdm import tqdm

from vsodprep import __version__
from vsodprep.config.train import Run, Stage
from vsodprep.errors import InputError
from vsodprep.models import build_model, saved
from vsodprep.models.history import History
from vsodprep.models.network import Network
from vsodprep.models.recipe import (
    build_optimizer,
    rate_factor,
    resets,
    stage_dataset,
    steps_of,
    videos_of,
)
from vsodprep.shards.clips import ClipDataset, collate
from vsodprep.shards.read import open_shard
from vsodprep.shards.sampling import BatchSampler

Device = Literal["cpu", "cuda"]

# what tells how a flow was made, of all that its file records
_FLOW_KEYS = (
    *("border", "fit", "iterations", "method", "picture", "policy", "precision", "preset", "weights"),
    "weights_sha256",
)
_TRAINING = 3  # keeps these draws apart from those of the order and of the batch sizes
_SECONDS_BETWEEN_LINES = 10.0


@dataclass(frozen=True)
class Settings:
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
    code: str = field(default=__version__)


def train(
    model: str, run: Run, shards: Mapping[str, Path], *, seed: int, out: Path, settings: Settings | None = None
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

    Raises:
        InputError: A shard lacks what the recipe reads, or weights are missing.
    """
    settings = settings or Settings()
    torch.set_num_threads(settings.threads)
    progress = out.parent / f".{out.name}.progress"
    identity = _identity(model, run, shards, seed, settings)
    datasets = [stage_dataset(run, stage, shards, seed, settings.cache_bytes) for stage in run.stages]
    lengths = [steps_of(stage, dataset) for stage, dataset in zip(run.stages, datasets, strict=True)]
    history = History(sum(lengths))
    state = _Progress(progress / "state.ckpt", identity)
    resumed = state.read()

    torch.manual_seed(seed)
    pretrained = run.pretrained and resumed is None
    network = build_model(model, run.variant, pretrained=pretrained, width=run.width, **run.options)
    network.to(memory_format=torch.channels_last)  # a seventh faster on the CPU
    if resumed is not None:
        network.load_state_dict(resumed["weights"])
        history.restore(resumed["history"], settings.device)
    first = (0, 0) if resumed is None else (int(resumed["stage"]), int(resumed["step"]))

    optimizer: dict[str, Any] = {} if resumed is None else resumed["optimizer"]
    with _Reporter(f"train {model}", sum(lengths), sum(lengths[: first[0]]) + first[1]) as reporter:
        for number, (stage, dataset, steps) in enumerate(zip(run.stages, datasets, lengths, strict=True)):
            if number < first[0]:
                continue
            start = first[1] if number == first[0] else 0
            loaded = resumed["optimizer"] if resumed is not None and start else None
            if start == 0 and stage.init is not None:
                found, total = saved.start_from(network, Path(stage.init))
                reporter.say(f"stage {stage.name} starts from {found} of {total} tensors of {stage.init}")
            trained = _StageModule(
                network,
                run=run,
                stage=number,
                span=_Span(sum(lengths[:number]), start, steps),
                seed=seed,
                optimizer=loaded,
                history=history,
                state=state,
                reporter=reporter,
                save_seconds=settings.save_seconds,
            )
            _fit(trained, stage, dataset, settings)
            optimizer = trained.optimizer_state
    history.write(out.with_name("metrics.csv"))
    saved.save(
        out,
        {**identity, "weights": network.state_dict(), "optimizer": optimizer, "stage": len(lengths), "step": 0}
        | {"history": history.state()},
    )
    shutil.rmtree(progress, ignore_errors=True)


def _identity(model: str, run: Run, shards: Mapping[str, Path], seed: int, settings: Settings) -> dict[str, Any]:
    """Return what a checkpoint says about its origin; a saved state of another origin is not gone on from."""
    opened = {name: open_shard(path) for name, path in sorted(shards.items())}
    flow: dict[str, Any] = {}
    for shard in opened.values():
        if run.flow in shard.contents["flow"] and not flow:
            video = next((each for each in shard.manifest.sequences if not each.still), None)
            flow = shard[video.name].attributes(f"flow/{run.flow}") if video is not None else {}
    return {
        "format": saved.FORMAT,
        "model": model,
        "recipe": run.model_dump(mode="json"),
        "seed": seed,
        "data": [saved.data_record(name, shard) for name, shard in opened.items()],
        # how the flow was made that the network has learned to read
        "flow": {key: flow[key] for key in sorted(flow) if key in _FLOW_KEYS},
        "device": settings.device,
        "threads": settings.threads,
        "code": settings.code,
    }


@dataclass(frozen=True)
class _Progress:
    """The state of an unfinished run on disk."""

    path: Path
    identity: dict[str, Any]

    def write(self, state: Mapping[str, Any]) -> None:
        saved.save(self.path, {**self.identity, **state})

    def read(self) -> dict[str, Any] | None:
        """Return the saved state, or None where there is none of this very run."""
        if not self.path.is_file():
            return None
        state = saved.load(self.path)
        same = all(saved.canonical(self.identity[key]) == state.get(key) for key in self.identity)
        return state if same else None


@dataclass(frozen=True)
class _Span:
    """Batches of a stage: those of the stages before it, the first one now, and the end."""

    before: int
    start: int
    end: int


class _StageModule(lightning.LightningModule):
    """One stage of training as Lightning wants it."""

    def __init__(
        self,
        network: Network,
        *,
        run: Run,
        stage: int,
        span: _Span,
        seed: int,
        optimizer: dict[str, Any] | None,
        history: History,
        state: _Progress,
        reporter: "_Reporter",
        save_seconds: float,
    ) -> None:
        super().__init__()
        self.network = network
        self.stage: Stage = run.stages[stage]
        self.precision = run.precision
        self.number = stage
        self.span = span
        self.seed = seed
        self.history = history
        self.state = state
        self.reporter = reporter
        self.save_seconds = save_seconds
        self.saved_at = time.monotonic()
        self._restored = optimizer
        self._optimizer: torch.optim.Optimizer

    def configure_optimizers(self) -> torch.optim.Optimizer:
        self._optimizer = build_optimizer(self.stage.optimizer, self.network.parameters())
        if self._restored is not None:
            self._optimizer.load_state_dict(_loadable(self._restored))
            _lay_out(self._optimizer)
        return self._optimizer

    @property
    def optimizer_state(self) -> dict[str, Any]:
        return self._optimizer.state_dict()

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        step = self.span.start + batch_idx
        schedule = self.stage.schedule
        if resets(schedule, step, self.span.end):
            self._optimizer.state.clear()
        self.rate = self.stage.optimizer.lr * rate_factor(schedule, step, self.span.end)
        for group in self._optimizer.param_groups:
            group["lr"] = self.rate

    def training_step(self, batch: dict[str, Any], batch_idx: int) -> Tensor:
        step = self.span.start + batch_idx
        drawn = np.random.SeedSequence((self.seed, self.number, step, _TRAINING)).generate_state(1, np.uint64)
        torch.manual_seed(int(drawn[0] >> 1))  # dropout
        generator = torch.Generator(self.device).manual_seed(int(drawn[0] >> 1))
        outputs = self.network(batch)
        terms = self.network.loss(outputs, batch, generator)
        self.history.add(terms)
        return terms["loss"]

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        done = self.span.start + batch_idx + 1
        last = done == self.span.end
        row = self.history.end_step(self.span.before + done, self.stage.name, self.rate, last=last)
        self.reporter.advance(row)
        if done % self.stage.accumulate and not last:
            return  # gradients that wait for more are not part of the state
        if last or time.monotonic() - self.saved_at > self.save_seconds:
            self._save(done, last)

    def _save(self, done: int, last: bool) -> None:
        position = {"stage": self.number + 1, "step": 0} if last else {"stage": self.number, "step": done}
        state = {
            "weights": self.network.state_dict(),
            "optimizer": self.optimizer_state,
            "history": self.history.state(),
        }
        self.state.write({**position, **state})
        self.saved_at = time.monotonic()


def _fit(module: _StageModule, stage: Stage, dataset: ClipDataset, settings: Settings) -> None:
    sampler = BatchSampler(
        videos_of(dataset),
        batch=stage.batch,
        steps=module.span.end,
        seed=module.seed,
        stage=module.number,
        start=module.span.start,
        clips_per_video=stage.clips_per_video,
        size=stage.size,
        scales=stage.augment.scales,
    )
    loader = DataLoader(
        dataset,
        batch_sampler=sampler,
        collate_fn=collate,
        num_workers=settings.workers,
        # Zarr's event loop and zarrs' threads do not survive a fork
        multiprocessing_context="forkserver" if settings.workers else None,
        pin_memory=settings.device == "cuda",
    )
    module.network.train()
    with _quiet():
        trainer = lightning.Trainer(
            accelerator=settings.device,
            devices=1,
            precision=module.precision,
            max_epochs=1,
            accumulate_grad_batches=stage.accumulate,
            deterministic="warn",
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            plugins=[LightningEnvironment()],  # one process, also inside a Slurm job
        )
        trainer.fit(module, loader)


def _loadable(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return an optimiser's saved state with what `canonical` changed turned back."""
    groups = [
        {key: tuple(item) if key == "betas" else item for key, item in group.items()} for group in state["param_groups"]
    ]
    return {"state": dict(state["state"]), "param_groups": groups}


def _lay_out(optimizer: torch.optim.Optimizer) -> None:
    """Give the optimiser's loaded tensors their parameters' memory format."""
    for parameter, state in optimizer.state.items():
        for key, value in state.items():
            if isinstance(value, Tensor) and value.shape == parameter.shape:
                state[key] = torch.empty_like(parameter).copy_(value)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep Lightning's advice off the terminal; errors pass."""
    loggers = [logging.getLogger(name) for name in ("lightning.pytorch", "lightning.fabric")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="lightning")
        yield
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


class _Reporter:
    """Progress of a run with its loss: a bar on a terminal, plain lines elsewhere."""

    def __init__(self, label: str, steps: int, done: int) -> None:
        self._label, self._steps, self._done = label, steps, done
        self._bar: tqdm[Any] | None = None
        self._last = time.monotonic()

    def __enter__(self) -> "_Reporter":
        if sys.stderr.isatty():
            self._bar = tqdm(desc=self._label, total=self._steps, initial=self._done, unit="step", dynamic_ncols=True)
        elif self._done:
            self.say(f"goes on after step {self._done}")
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()
        else:
            self.say(f"{self._done}/{self._steps} steps")

    def say(self, text: str) -> None:
        line = f"{self._label}: {text}"
        tqdm.write(line, file=sys.stderr) if self._bar is not None else print(line, file=sys.stderr, flush=True)

    def advance(self, row: Mapping[str, Any] | None) -> None:
        """Count a step; `row` is a new row of the history, if there is one."""
        self._done += 1
        if self._bar is not None:
            self._bar.update()
            if row is not None:
                self._bar.set_postfix_str(f"loss {row['loss']:.4g}")
        elif row is not None and time.monotonic() - self._last > _SECONDS_BETWEEN_LINES:
            self.say(f"{self._done}/{self._steps} steps, loss {row['loss']:.4g}")
            self._last = time.monotonic()


def check_device(device: str) -> Device:
    """Return a device that is there.

    Raises:
        InputError: CUDA is asked for and not there.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise InputError("device cuda", "no GPU that torch can use", "--device cpu, or a GPU and its driver")
    return "cuda" if device == "cuda" else "cpu"
