"""Losses of training, from the `metrics.csv` beside a checkpoint."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from vsodprep.errors import InputError
from vsodprep.figures.curves import Curve, losses
from vsodprep.files import read_text
from vsodprep.scores.read import labelled

POINTS = 300  # more cannot be told apart at the figure's width
_FIXED = ("step", "stage", "lr", "loss")


@dataclass(frozen=True)
class Losses:
    """One `metrics.csv`.

    Attributes:
        steps: Step of each row.
        loss: Loss of each row.
        terms: The loss's terms by name, None where a stage has no such term.
        stages: First step of each stage by name.
    """

    steps: list[float]
    loss: list[float]
    terms: dict[str, list[float | None]]
    stages: dict[str, float]


def losses_of(arguments: Sequence[str]) -> Figure:
    """Draw the losses of `metrics.csv` files.

    Args:
        arguments: `LABEL=PATH` or `PATH`.

    Raises:
        InputError: A file is missing or is no `metrics.csv`.
    """
    return draw_losses({label: read_losses(path) for label, path in labelled(arguments)})


def draw_losses(runs: Mapping[str, Losses]) -> Figure:
    """Draw the losses of one run with its terms and stages, or of several without.

    Args:
        runs: The losses by label.
    """
    first = next(iter(runs.values()))
    if len(runs) > 1:
        return losses([Curve(label, *thinned(each.steps, each.loss)) for label, each in runs.items()])
    terms = [Curve(term, *thinned(first.steps, values)) for term, values in first.terms.items()]
    stages = first.stages if len(first.stages) > 1 else None
    return losses([Curve("loss", *thinned(first.steps, first.loss))], terms, stages)


def read_losses(path: Path) -> Losses:
    """Read what `vsodprep train` wrote; rows without a loss are passed over.

    Raises:
        InputError: The file is missing, has no columns `step` and `loss`, or a value is no number.
    """
    reader = csv.DictReader(read_text(path, "metrics.csv of vsodprep train").splitlines())
    columns = list(reader.fieldnames or ())
    if not {"step", "loss"} <= set(columns):
        raise InputError(path, f"columns {', '.join(columns)}", "columns step and loss")
    names = [column for column in columns if column not in _FIXED]
    found = Losses([], [], {name: [] for name in names}, {})
    for row in reader:
        if not row["loss"]:
            continue
        try:
            found.steps.append(float(row["step"]))
            found.loss.append(float(row["loss"]))
            for name in names:
                found.terms[name].append(float(row[name]) if row[name] else None)
        except (TypeError, ValueError) as error:
            raise InputError(path, f"line {reader.line_num}: {error}", "numbers") from error
        found.stages.setdefault(row.get("stage") or "", found.steps[-1])
    return found


def thinned(steps: Sequence[float], values: Sequence[float | None]) -> tuple[list[float], list[float | None]]:
    """Average neighbouring steps until at most `POINTS` are left; short series stay as they are."""
    width = -(-len(steps) // POINTS)
    if width <= 1:
        return list(steps), list(values)
    groups = [slice(start, start + width) for start in range(0, len(steps), width)]
    means = [_average(values[group]) for group in groups]
    return [sum(steps[group]) / len(steps[group]) for group in groups], means


def _average(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
