"""What a training tells while it runs: a CSV file, TensorBoard, Weights & Biases."""

import time
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning.pytorch.loggers import CSVLogger
from numpy.typing import NDArray
from torch import Tensor

from vsodprep.config.train import LoggerName
from vsodprep.extras import check_installed
from vsodprep.models.history import COLUMNS
from vsodprep.shards.transform import IMAGENET_MEAN, IMAGENET_STD

_SHEETS = 20  # in the course of a run
_SAMPLES = 4  # on a sheet


class Pace:
    """How fast a training is, and how much of its time it waits for data."""

    def __init__(self) -> None:
        self._begun = self._ended = time.perf_counter()
        self._waited, self._samples = 0.0, 0

    def begin_step(self) -> None:
        """A batch is there."""
        self._waited += time.perf_counter() - self._ended

    def end_step(self, samples: int) -> None:
        """A batch of so many samples is done."""
        self._samples += samples

    def begin_wait(self) -> None:
        """What a batch is followed by (rows, saved states) is done: from here on the next batch is waited for."""
        self._ended = time.perf_counter()

    def take(self) -> dict[str, float]:
        """Return `samples_per_second`, and `waiting`, the share of time, since this was last asked."""
        now = time.perf_counter()
        seconds = now - self._begun
        values = {"samples_per_second": self._samples / seconds, "waiting": self._waited / seconds}
        self._begun, self._waited, self._samples = now, 0.0, 0
        return values


class Log:
    """The loggers of a training, closed with it.

    Args:
        names: Which; none for no log.
        folder: Where their files lie.
        title: What the training is called.
        steps: Batches of the whole run.
        done: Those that an interrupted run has done; what it told of later ones no longer counts.
        settings: The recipe and the like, for those who show it.

    Raises:
        InputError: A logger's package is not installed.
    """

    def __init__(
        self, names: Sequence[LoggerName], folder: Path, title: str, steps: int, done: int, settings: Mapping[str, Any]
    ) -> None:
        self._every = max(1, steps // _SHEETS)
        self._csv: CSVLogger | None = None
        self._board: Any = None
        self._wandb: Any = None
        for name in names:
            check_installed(name, "logger")
        if "csv" in names:
            self._csv = CSVLogger(folder, name="csv", flush_logs_every_n_steps=1)
        if "tensorboard" in names:
            self._board = import_module("torch.utils.tensorboard").SummaryWriter(
                folder / "tensorboard", purge_step=done + 1
            )
        if "wandb" in names:
            folder.mkdir(parents=True, exist_ok=True)
            self._wandb = import_module("wandb").init(
                project="vsodprep", name=title, group=title, dir=folder, config=dict(settings)
            )

    def __enter__(self) -> "Log":
        return self

    def __exit__(self, *_: object) -> None:
        if self._board is not None:
            self._board.close()
        if self._wandb is not None:
            self._wandb.finish()

    def row(self, row: Mapping[str, Any], pace: Mapping[str, float]) -> None:
        """Tell a row of `History`, and the pace since the row before."""
        terms = {f"loss/{key}": value for key, value in row.items() if key not in COLUMNS}
        values = {"loss": row["loss"], "lr": row["lr"], **terms, **pace}
        if self._csv is not None:
            self._csv.log_metrics(values, row["step"])
        if self._board is not None:
            for key, value in values.items():
                self._board.add_scalar(key, value, row["step"])
        if self._wandb is not None:
            self._wandb.log(values, step=row["step"])

    def maps(self, step: int, batch: Mapping[str, Any], logits: Tensor) -> None:
        """Show some samples of a batch every so often, where pictures can be shown.

        Args:
            step: Batches of the run that are done with this one.
            batch: The batch.
            logits: (B, 1, H, W), what the network makes of it.
        """
        if step % self._every or (self._board is None and self._wandb is None):
            return
        drawn = sheet(batch, logits)
        if self._board is not None:
            self._board.add_image("maps", drawn, step, dataformats="HWC")
        if self._wandb is not None:
            self._wandb.log({"maps": import_module("wandb").Image(drawn)}, step=step)


def sheet(batch: Mapping[str, Any], logits: Tensor) -> NDArray[np.uint8]:
    """Draw frame, mask and map side by side, a row for each of the first samples.

    Args:
        batch: With `frames` (B, T, 3, H, W), normalised, and `masks` (B, T, 1, H, W).
        logits: (B, 1, H, W).

    Returns:
        uint8 (rows, columns, 3) RGB.
    """
    with torch.no_grad():
        frames = batch["frames"][:_SAMPLES, -1].float()
        mean, deviation = (frames.new_tensor(each)[:, None, None] for each in (IMAGENET_MEAN, IMAGENET_STD))
        masks, maps = batch["masks"][:_SAMPLES, -1].float(), logits[:_SAMPLES].float().sigmoid()
        row = torch.cat([frames * deviation + mean, masks.expand_as(frames), maps.expand_as(frames)], dim=3)
        pixels = (row.clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1)
    return np.asarray(pixels.flatten(0, 1).cpu().numpy(), np.uint8)
