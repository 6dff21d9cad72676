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
_FIXED = ("step", "stage", "lr", "loss")


@dataclass(frozen=True)
class Training:
    """The losses of one run, all its seeds in one figure."""

    figure: Markup
    last: str


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


def training(results: Results, model: str, name: str, run: Run) -> Training | None:
    """Draw the losses of a run; None if no `metrics.csv` of it is there.

    One seed is drawn with the loss's terms, several without.
    """
    read = {}
    for seed in run.seeds:
        path = Path(results.paths.checkpoint(model, name, seed)).parent / "metrics.csv"
        if path.is_file():
            read[seed] = read_losses(path)
    read = {seed: each for seed, each in read.items() if each.loss}
    if not read:
        return None
    first = next(iter(read.values()))
    if len(read) > 1:
        lines = [Line(f"seed {seed}", *thinned(each.steps, each.loss)) for seed, each in read.items()]
        terms = []
    else:
        lines = [Line("loss", *thinned(first.steps, first.loss))]
        terms = [Line(term, *thinned(first.steps, values)) for term, values in first.terms.items()]
    figure = losses(lines, terms, first.stages if len(first.stages) > 1 else None)
    svg = inline_svg(figure, f"loss-{model}-{name}", f"Training loss of {method_name(model, name, 'raw')}")
    return Training(Markup(svg), ", ".join(f"{each.loss[-1]:.3f}" for each in read.values()))


def read_losses(path: Path) -> Losses:
    """Read what `vsodprep train` wrote; rows without a loss are passed over.

    Raises:
        InputError: There are no columns `step` and `loss`, or a value is no number.
    """
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
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
