"""The top of the page: what ran, how it came out, and what it is not."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from vsodprep.config.train import Run
from vsodprep.figures.history import draw_losses, read_losses
from vsodprep.figures.style import inline_svg
from vsodprep.report.collect import Results
from vsodprep.report.methods import Method, method_name
from vsodprep.report.paper import departures
from vsodprep.report.sections import ReportSection
from vsodprep.report.strips import Strip
from vsodprep.report.tables import Table
from vsodprep.scores.measures import Measure

SHORT = 2_000  # steps; scores of the default run's few are known to move by several hundredths, see docs/training.md


@dataclass(frozen=True)
class RunView:
    """A run as the page describes it.

    Attributes:
        name: What the page calls it.
        run: Its configuration.
        departures: In which ways it is not the paper's training.
        losses: The losses of all its seeds, if they are there.
        last: The last loss of each seed.
    """

    name: str
    run: Run
    departures: tuple[str, ...]
    losses: Markup | None
    last: str

    @property
    def short(self) -> bool:
        """Whether its training is so short that rounding decides which network comes out."""
        steps = [stage.steps for stage in self.run.trained]
        return bool(steps) and sum(each or SHORT for each in steps) < SHORT

    @property
    def summary(self) -> str:
        """Why it is not the paper's training, in a few words."""
        lengths = " then ".join(f"{s.steps:,} steps" if s.steps else f"{s.epochs:g} epochs" for s in self.run.stages)
        width = f"width {self.run.width:g}, " if self.run.width != 1 else ""
        weights = "" if self.run.pretrained else ", no ImageNet weights"
        if not self.run.stages:
            return "the authors' weights, otherwise used"
        rounds = f"{self.run.rounds} rounds of " if self.run.rounds > 1 else ""
        return f"{width}{rounds}{lengths}{weights}"


@dataclass(frozen=True)
class Card:
    """The best method of one table, against the better trivial map.

    Attributes:
        table: The table.
        measure: Its first measure.
        method: The best method that is no trivial map.
        value: Its score.
        rival: The better of the trivial maps, if they were scored.
        margin: How much better the method is, positive where it is.
    """

    table: Table
    measure: Measure
    method: Method
    value: float
    rival: Method | None
    margin: float | None


def run_views(results: Results) -> list[RunView]:
    """Return every configured run, in order."""
    views = []
    for (model, name), run in results.targets.runs.items():
        title = method_name(model, name, "raw")
        views.append(RunView(title, run, tuple(departures(results, model, run)), *_losses(results, model, name, run)))
    return views


def _losses(results: Results, model: str, name: str, run: Run) -> tuple[Markup | None, str]:
    """Draw the losses of a run, and write the last of each seed; nothing if no `metrics.csv` of it is there."""
    paths = {f"seed {seed}": Path(results.paths.metrics(model, name, seed)) for seed in run.seeds}
    read = {seed: each for seed, path in paths.items() if path.is_file() and (each := read_losses(path)).loss}
    if not read:
        return None, ""
    svg = inline_svg(draw_losses(read), f"loss-{model}-{name}", f"Training loss of {method_name(model, name, 'raw')}")
    return Markup(svg), ", ".join(_short(each.loss[-1]) for each in read.values())


def _short(loss: float) -> str:
    """Write a loss with three decimals, or whole where it is a sum over pixels."""
    return f"{loss:,.0f}" if loss >= 100 else f"{loss:.3f}"


def typical(cards: Sequence[Card], sections: Sequence[ReportSection]) -> tuple[str, Strip] | None:
    """Choose one strip for the top of the page: the best run's median frame on the first split.

    Args:
        cards: The cards; the first one names the run.
        sections: The sections of results.

    Returns:
        The run's name and the strip, or None where there are no pictures.
    """
    if not cards:
        return None
    name = cards[0].method.unrefined
    strips = [strip for gallery in sections[0].galleries if gallery.run == name for strip in gallery.strips]
    return next(((name, strip) for strip in strips if strip.place == "median"), None)


def card(table: Table) -> Card | None:
    """Return what is worth saying first about a table; None if it has only trivial maps."""
    measure = table.measures[0]
    sign = -1 if measure.small else 1
    scored = [(row.method, row.cells[0].value) for row in table.rows]
    known = [(method, value) for method, value in scored if value is not None]
    ordered = sorted(known, key=lambda pair: -sign * pair[1])
    others = [pair for pair in ordered if not pair[0].trivial]
    trivial = [pair for pair in ordered if pair[0].trivial]
    if not others:
        return None
    method, value = others[0]
    rival, margin = (trivial[0][0], sign * (value - trivial[0][1])) if trivial else (None, None)
    return Card(table, measure, method, value, rival, margin)
