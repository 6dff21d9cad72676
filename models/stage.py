"""One stage of training, as Lightning wants it."""

import contextlib
import logging
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import lightning.pytorch as lightning
import numpy as np
import torch
from lightning.pytorch.plugins.environments import LightningEnvironment
from lightning.pytorch.strategies import DDPStrategy
from torch import Tensor
from torch.utils.data import DataLoader

from vsodprep.config.train import Stage
from vsodprep.errors import InputError
from vsodprep.models.history import History
from vsodprep.models.logs import Log, Pace
from vsodprep.models.network import Network
from vsodprep.models.ranks import Ranks, WholeBatch
from vsodprep.models.recipe import build_optimizer, rate_factor, resets, turns_of, videos_of
from vsodprep.models.resume import Progress
from vsodprep.progress import Reporter
from vsodprep.shards.clips import ClipDataset, collate
from vsodprep.shards.sampling import BatchSampler
from vsodprep.workers import Context

_TRAINING = 3  # keeps these draws apart from those of the order and of the batch sizes


@dataclass(frozen=True)
class StepRange:
    """Batches of a stage.

    Attributes:
        before: Batches of the stages before it.
        start: The first one now.
        end: The number of its batches.
    """

    before: int
    start: int
    end: int


@dataclass(frozen=True)
class TrainingSinks:
    """What a stage reports to.

    Attributes:
        history: Gets the losses.
        log: Gets them too, with the pace, and some maps.
        progress: Gets the state.
        reporter: Tells the user.
        save_seconds: Time between two saved states.
    """

    history: History
    log: Log
    progress: Progress
    reporter: Reporter
    save_seconds: float


class StageModule(lightning.LightningModule):
    """A network in one stage of its training.

    Args:
        network: The network.
        stage: The stage.
        number: Which one it is, from 0.
        span: Its batches.
        seed: Seed of the run.
        ranks: The processes that train it.
        sinks: What it reports to; None in a process that does not.
        optimizer: State of the optimiser to go on with.
    """

    def __init__(
        self,
        network: Network,
        stage: Stage,
        *,
        number: int,
        span: StepRange,
        seed: int,
        ranks: Ranks,
        sinks: TrainingSinks | None,
        optimizer: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.network = network
        self.stage = stage
        self.number = number
        self.span = span
        self.seed = seed
        self.ranks = ranks
        self._sinks = sinks
        self._restored = optimizer
        self._optimizer: torch.optim.Optimizer
        self._rate = 0.0
        self._pace = Pace()
        self._saved_at = time.monotonic()

    @property
    def optimizer_state(self) -> dict[str, Any]:
        """The optimiser's state."""
        return self._optimizer.state_dict()

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Build the optimiser; the learning rate is set batch by batch."""
        # in the first batch of data that take turns not every parameter has a gradient
        fused = self.stage.order == "shuffle"
        self._optimizer = build_optimizer(self.stage.optimizer, self.network.parameters(), fused=fused)
        if self._restored is not None:
            _restore(self._optimizer, self._restored)
        return self._optimizer

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """Set the batch's learning rate; make the optimiser forget where the schedule says so."""
        self._pace.begin_step()
        step = self.span.start + batch_idx
        if resets(self.stage.schedule, step, self.span.end):
            self._optimizer.state.clear()
        self._rate = self.stage.optimizer.lr * rate_factor(self.stage.schedule, step, self.span.end)
        for group in self._optimizer.param_groups:
            group["lr"] = self._rate

    def training_step(self, batch: dict[str, Any], batch_idx: int) -> Tensor:
        """Return the loss of a batch; everything random in it is drawn from the seed and the step."""
        step = self.span.start + batch_idx
        drawn = np.random.SeedSequence((self.seed, self.number, step, _TRAINING))
        seeds = [int(each >> 1) for each in drawn.generate_state(self.ranks.number, np.uint64)]  # torch takes 63 bits
        torch.manual_seed(seeds[self.ranks.rank])  # dropout
        outputs: Any = self.network(batch)
        logits = outputs["saliency"]
        whole: Mapping[str, Any] = batch
        if self.ranks.number > 1:
            samples = len(batch["frames"])
            outputs, whole = (WholeBatch(own, samples, self.ranks) for own in (outputs, batch))
        terms = self.network.loss(outputs, whole, torch.Generator(self.device).manual_seed(seeds[0]))
        if self._sinks is not None:
            self._sinks.history.add(terms)
            self._sinks.log.maps(self.span.before + step + 1, batch, logits)
        return terms["loss"]

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Record the losses, and save the state when it is time."""
        done = self.span.start + batch_idx + 1
        last = done == self.span.end
        sinks = self._sinks
        if sinks is None:
            return
        self._pace.end_step(self.stage.batch)
        row = sinks.history.end_step(self.span.before + done, self.stage.name, self._rate, last=last)
        if row is not None:
            sinks.log.row(row, self._pace.take())
        sinks.reporter.advance(f"loss {row['loss']:.4g}" if row else "")
        whole = not done % self.stage.accumulate  # gradients that wait for more are not part of the state
        if last or (whole and time.monotonic() - self._saved_at > sinks.save_seconds):
            state = {"weights": self.network.state_dict(), "optimizer": self.optimizer_state}
            stage, step = (self.number + 1, 0) if last else (self.number, done)
            sinks.progress.write(stage, step, state | {"history": sinks.history.state()})
            self._saved_at = time.monotonic()
        self._pace.begin_wait()


def fit(
    module: StageModule,
    dataset: ClipDataset,
    *,
    device: str,
    precision: Literal["32-true", "bf16-mixed"],
    sync_batchnorm: bool,
    workers: int,
) -> None:
    """Train a stage from its first batch now to its last.

    Args:
        module: The stage.
        dataset: Its data.
        device: `cpu` or `cuda`.
        precision: As Lightning names it.
        sync_batchnorm: Whether batch normalisation takes the batch of all processes together.
        workers: Processes that read batches ahead.
    """
    stage, ranks = module.stage, module.ranks
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
        turns=turns_of(stage, dataset),
        rank=ranks.rank,
        ranks=ranks.number,
    )
    loader = DataLoader(
        dataset,
        batch_sampler=sampler,
        collate_fn=collate,
        num_workers=workers,
        multiprocessing_context=Context() if workers else None,
        pin_memory=device == "cuda",
    )
    module.network.train()
    with _quiet(), _learning(module.network, stage.learn):
        trainer = lightning.Trainer(
            accelerator=device,
            devices=ranks.devices,
            num_nodes=ranks.nodes,
            # a variant, or a stage, need not use every weight
            strategy=DDPStrategy(find_unused_parameters=True) if ranks.number > 1 else "auto",
            sync_batchnorm=sync_batchnorm and ranks.number > 1,
            use_distributed_sampler=False,
            precision=precision,
            max_epochs=1,  # a stage is one pass over its sampler
            accumulate_grad_batches=stage.accumulate,
            gradient_clip_val=stage.optimizer.clip_norm,
            deterministic="warn",
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            plugins=[LightningEnvironment()],  # those processes that there are, also inside a Slurm job
        )
        trainer.fit(module, loader)


def _restore(optimizer: torch.optim.Optimizer, state: Mapping[str, Any]) -> None:
    """Load a saved state: lists become tuples again, and tensors get their parameters' memory format."""
    groups = [
        {key: tuple(item) if isinstance(item, list) and key != "params" else item for key, item in group.items()}
        for group in state["param_groups"]
    ]
    optimizer.load_state_dict({"state": dict(state["state"]), "param_groups": groups})
    for parameter, values in optimizer.state.items():
        for key, value in values.items():
            if isinstance(value, Tensor) and value.shape == parameter.shape:
                values[key] = torch.empty_like(parameter).copy_(value)


@contextlib.contextmanager
def _learning(network: Network, parts: Sequence[str]) -> Iterator[None]:
    """Let only some parts of a network learn, all if none are named.

    Raises:
        InputError: The network has no such part.
    """
    known = network.options.parts
    for part in parts:
        if part not in known:
            expected = f"one of {', '.join(known)}" if known else "none, as it learns as a whole"
            raise InputError("recipe", f"learn: {part}, which is no part of this network", expected)
    modules = tuple(f"{module}." for part in parts for module in known[part])
    frozen = [
        each
        for name, each in network.named_parameters()
        if each.requires_grad and parts and not name.startswith(modules)
    ]
    for each in frozen:
        each.requires_grad_(False)
    try:
        yield
    finally:
        for each in frozen:
            each.requires_grad_(True)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep Lightning's advice off the terminal; errors pass."""
    loggers = [logging.getLogger(name) for name in ("lightning.pytorch", "lightning.fabric")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="lightning")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
