"""Losses of a training run, averaged over stretches of steps."""

import csv
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vsodprep.errors import VsodprepError
from vsodprep.files import atomic_path

COLUMNS = ("step", "stage", "lr", "loss")
ROWS = 500  # about as many as a figure can show


class History:
    """Means of the loss terms, one row for every few steps; its state is plain values and tensors.

    Args:
        steps: Batches of the whole run, from which the length of a stretch follows.
    """

    def __init__(self, steps: int) -> None:
        self.every = max(1, steps // ROWS)
        self.rows: list[dict[str, Any]] = []
        self._sums: dict[str, Tensor] = {}
        self._count = 0

    def add(self, terms: Mapping[str, Tensor]) -> None:
        """Add the terms of one batch; nothing is copied from a GPU."""
        for name, value in terms.items():
            term = value.detach().double()
            self._sums[name] = self._sums[name] + term if name in self._sums else term
        self._count += 1

    def end_step(self, step: int, stage: str, rate: float, *, last: bool) -> dict[str, Any] | None:
        """Close a stretch where it is full.

        Args:
            step: Batches of the run that are done.
            stage: Name of the stage.
            rate: Learning rate of the batch.
            last: Whether it is the last batch of its stage.

        Returns:
            The new row, if there is one.

        Raises:
            VsodprepError: The loss is NaN or infinite.
        """
        if step % self.every and not last:
            return None
        row: dict[str, Any] = {"step": step, "stage": stage, "lr": rate}
        row |= {name: float(total) / self._count for name, total in self._sums.items()}
        if not math.isfinite(row["loss"]):
            raise VsodprepError(f"stage {stage}, step {step}: the loss is {row['loss']}; lower the learning rate")
        self._sums, self._count = {}, 0
        self.rows.append(row)
        return row

    def state(self) -> dict[str, Any]:
        """Return everything, so that `restore` goes on from here."""
        return {"rows": self.rows, "sums": self._sums, "count": self._count}

    def restore(self, state: Mapping[str, Any], device: torch.device | str = "cpu") -> None:
        """Go on from what `state` returned."""
        self.rows = [dict(row) for row in state["rows"]]
        self._sums = {name: total.to(device) for name, total in state["sums"].items()}
        self._count = state["count"]

    def write(self, path: Path) -> None:
        """Write the rows as CSV with columns `step`, `stage`, `lr`, `loss` and the terms."""
        terms = sorted({name for row in self.rows for name in row} - set(COLUMNS))
        with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, [*COLUMNS, *terms], restval="", lineterminator="\n")
            writer.writeheader()
            for row in self.rows:
                writer.writerow({key: f"{item:.7g}" if isinstance(item, float) else item for key, item in row.items()})
