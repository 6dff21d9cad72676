"""Scores with the uncertainty that comes from the choice of sequences."""

from collections.abc import Collection, Mapping

import numpy as np
from matplotlib.figure import Figure

from vsodprep.figures.style import COLOURS, REFERENCE_COLOUR, house_style, new_figure
from vsodprep.scores.bootstrap import Interval


def intervals(
    scores: Mapping[str, Interval], label: str, *, zero: bool = False, references: Collection[str] = ()
) -> Figure:
    """Draw a row per method: its score, and its interval as a line.

    Args:
        scores: Per method, in the order of the rows.
        label: Name of the measure, with the interval's level.
        zero: Mark zero, and draw intervals that contain it in grey (differences between methods).
        references: Methods that are only to compare with, drawn in grey too.
    """
    names = list(scores)
    with house_style():
        figure, axes = new_figure(9.4, 0.8 + 0.28 * len(names))
        for row, (name, (value, low, high)) in enumerate(scores.items()):
            grey = name in references or (zero and low <= 0 <= high)
            colour = REFERENCE_COLOUR if grey else COLOURS[0]
            axes.plot([low, high], [row, row], color=colour, linewidth=2.4)
            axes.plot([value], [row], "o", color=colour, ms=7)
            text = f"{value:+.3f}" if zero else f"{value:.3f}"
            axes.annotate(text, (high, row), (7, 0), textcoords="offset points", va="center", fontsize=8)
        if zero:
            axes.axvline(0, color=REFERENCE_COLOUR, linewidth=1, linestyle=":")
        axes.set_yticks(np.arange(len(names)), names)
        axes.set(xlabel=label, ylim=(len(names) - 0.5, -0.5))
        axes.margins(x=0.12)
        axes.grid(visible=False, axis="y")
    return figure
