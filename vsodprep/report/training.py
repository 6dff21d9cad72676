"""Training losses on the page."""

from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from vsodprep.config import Run
from vsodprep.figures.history import draw_losses, read_losses
from vsodprep.figures.style import inline_svg
from vsodprep.report.collect import Results
from vsodprep.report.methods import method_name


@dataclass(frozen=True)
class Training:
    """The losses of one run, all its seeds in one figure."""

    figure: Markup
    last: str


def training(results: Results, model: str, name: str, run: Run) -> Training | None:
    """Draw the losses of a run; None if no `metrics.csv` of it is there."""
    read = {}
    for seed in run.seeds:
        path = Path(results.paths.metrics(model, name, seed))
        if path.is_file():
            read[f"seed {seed}"] = read_losses(path)
    read = {seed: each for seed, each in read.items() if each.loss}
    if not read:
        return None
    svg = inline_svg(draw_losses(read), f"loss-{model}-{name}", f"Training loss of {method_name(model, name, 'raw')}")
    return Training(Markup(svg), ", ".join(_short(each.loss[-1]) for each in read.values()))


def _short(loss: float) -> str:
    """Write a loss with three decimals, or whole where it is a sum over pixels."""
    return f"{loss:,.0f}" if loss >= 100 else f"{loss:.3f}"
