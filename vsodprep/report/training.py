"""Training losses, from the `metrics.csv` beside each checkpoint."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from vsodprep.config import Run
from vsodprep.errors import InputError
from vsodprep.figures.curves import Line, losses
from vsodprep.figures.style import inline_svg
from vsodprep.report.collect import Results
from vsodprep.report.methods import method_name

POINTS = 300  # more cannot be told apart at the figure's width


@dataclass(frozen=True)
class Training:
    """The losses of one run, all its seeds in one figure."""

    figure: Markup
    last: str


def training(results: Results, model: str, name: str, run: Run) -> Training | None:
    """Draw the losses of a run; None if no `metrics.csv` of it is there."""
    lines = []
    for seed in run.seeds:
        path = Path(results.paths.checkpoint(model, name, seed)).parent / "metrics.csv"
        if path.is_file():
            lines.append(Line(f"seed {seed}", *thinned(*read_losses(path))))
    if not lines:
        return None
    svg = inline_svg(losses(lines), f"loss-{model}-{name}", f"Training loss of {method_name(model, name, 'raw')}")
    return Training(Markup(svg), ", ".join(f"{line.y[-1]:.3f}" for line in lines if line.y))


def read_losses(path: Path) -> tuple[list[float], list[float]]:
    """Read steps and losses; rows without a loss (validation, learning rate) are passed over.

    Raises:
        InputError: There are no columns `step` and `loss`, or a value is no number.
    """
    steps, values = [], []
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        if not {"step", "loss"} <= set(reader.fieldnames or ()):
            raise InputError(path, f"columns {', '.join(reader.fieldnames or ())}", "columns step and loss")
        for row in reader:
            if row["loss"]:
                try:
                    steps.append(float(row["step"]))
                    values.append(float(row["loss"]))
                except ValueError as error:
                    raise InputError(path, f"line {reader.line_num}: {error}", "numbers") from error
    return steps, values


def thinned(steps: Sequence[float], values: Sequence[float]) -> tuple[list[float], list[float]]:
    """Average neighbouring steps until at most `POINTS` are left; short series stay as they are."""
    width = -(-len(steps) // POINTS)
    if width <= 1:
        return list(steps), list(values)
    groups = [slice(start, start + width) for start in range(0, len(steps), width)]
    return [_average(steps[group]) for group in groups], [_average(values[group]) for group in groups]


def _average(values: Sequence[float]) -> float:
    return sum(values) / len(values)
