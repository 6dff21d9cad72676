"""Ablations as bars: one bar per variant, one panel per benchmark and measure."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from vsodprep.figures.style import COLOURS, REFERENCE_COLOUR, house_style


def panels(
    count: int, width: float, height: float, *, rows: int = 1, shared: bool = True
) -> tuple[Figure, list[list[Axes]]]:
    """Return a figure with panels side by side, and the panels of each row.

    Args:
        count: Number of panels of a row.
        width: Width of the figure in inches.
        height: Height in inches.
        rows: Number of rows.
        shared: Whether they share their ordinate.
    """
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, [list(row) for row in figure.subplots(rows, count, sharey=shared, squeeze=False)]


class Bars(NamedTuple):
    """What is drawn of one benchmark.

    Attributes:
        variants: Per variant, in the order of the bars, its scores by measure.
        printed: What a paper prints for the same variants and measures, drawn as hollow diamonds.
        unranked: Variants that are never marked as the best.
    """

    variants: Mapping[str, Mapping[str, float | None]]
    printed: Mapping[str, Mapping[str, float | None]] | None = None
    unranked: Collection[str] = ()


def ablation(benchmarks: Mapping[str, Bars], measures: Mapping[str, bool], *, full: str | None = None) -> Figure:
    """Draw a bar per variant and measure, with its value; abscissae start where differences can be seen.

    Args:
        benchmarks: Benchmarks, a row of panels each; all have the same variants.
        measures: Measures, one panel each, and whether small is good.
        full: The variant that the others are compared with: a line through its bar's end.
    """
    names = list(next(iter(benchmarks.values())).variants)
    height = (0.9 + 0.34 * len(names)) * len(benchmarks)
    with house_style():
        figure, every = panels(len(measures), 1.2 + 3.2 * len(measures), height, rows=len(benchmarks))
        for row, (benchmark, bars) in zip(every, benchmarks.items(), strict=True):
            for axes, (measure, small) in zip(row, measures.items(), strict=True):
                _draw(axes, bars, measure, small, full)
                where = f"{benchmark}: " if len(benchmarks) > 1 else ""
                axes.set_title(f"{where}{measure} ({'lower' if small else 'higher'} is better)")
        every[0][0].set_yticks(np.arange(len(names)), names)
        every[0][0].set_ylim(len(names) - 0.5, -0.5)
        legends = [axes.get_legend_handles_labels() for row in every for axes in row]
        if legend := next((found for found in legends if found[1]), None):
            figure.legend(*legend, loc="outside lower right")
    return figure


def _draw(axes: Axes, bars: Bars, measure: str, small: bool, full: str | None) -> None:
    names = list(bars.variants)
    rows = np.arange(len(names))
    values = np.array([bars.variants[name].get(measure) for name in names], dtype=float)
    best = best_of(np.where([name in bars.unranked for name in names], np.nan, values), small)
    colours = [COLOURS[0] if row == best else "#9db7d5" for row in rows]
    axes.barh(rows, np.nan_to_num(values), height=0.62, color=colours)
    for row, value in zip(rows, values, strict=True):
        if np.isfinite(value):
            right = axes.get_yaxis_transform()
            axes.text(0.995, float(row), f"{value:.3f}", transform=right, ha="right", va="center")
    marks = np.array([(bars.printed or {}).get(name, {}).get(measure) for name in names], dtype=float)
    if np.isfinite(marks).any():
        axes.plot(marks, rows, "D", mfc="none", mec=REFERENCE_COLOUR, ms=5, label="printed in the paper")
    level = bars.variants[full].get(measure) if full is not None else None
    if level is not None:
        axes.axvline(level, color=REFERENCE_COLOUR, linewidth=1, linestyle=":")
    axes.set_xlim(*_window(np.concatenate([values, marks])))
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.grid(visible=False, axis="y")


def best_of(values: np.ndarray, small: bool) -> int | None:
    """Return the place of the best value, None if there is none but NaN."""
    if not np.isfinite(values).any():
        return None
    return int(np.nanargmin(values) if small else np.nanargmax(values))


def _window(values: np.ndarray) -> tuple[float, float]:
    """Return limits that leave the smallest bar a fifth of the panel and the labels their room."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    span = max(high - low, 0.05 * max(abs(high), 1e-6))
    return max(0.0, low - 0.4 * span), high + 0.35 * span
