"""Precision-recall curves, F-measure against threshold, and losses against steps."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vsodprep.figures.style import COLOURS, REFERENCE_COLOUR, REFERENCE_DASHES, house_style, new_figure


@dataclass(frozen=True)
class Line:
    """One line of a plot.

    Attributes:
        label: Its name in the legend.
        x: Abscissae.
        y: Ordinates; None where there is none.
        reference: Whether it is something to compare with, drawn grey and dashed.
    """

    label: str
    x: Sequence[float | None]
    y: Sequence[float | None]
    reference: bool = False


def _draw(axes: Axes, lines: Sequence[Line]) -> None:
    coloured = dashed = 0
    for line in lines:
        x = np.array(line.x, dtype=float)
        y = np.array(line.y, dtype=float)
        if line.reference:
            style = REFERENCE_DASHES[dashed % len(REFERENCE_DASHES)]
            axes.plot(x, y, color=REFERENCE_COLOUR, linestyle=style, linewidth=1.3, label=line.label)
            dashed += 1
        else:
            axes.plot(x, y, color=COLOURS[coloured % len(COLOURS)], label=line.label)
            coloured += 1


def _legend_rows(lines: Sequence[Line]) -> int:
    return -(-len(lines) // 2)


def _legend(figure: Figure, lines: Sequence[Line]) -> None:
    """Put the legend above the axes, where it hides no line."""
    figure.legend(loc="outside upper left", ncols=2, borderaxespad=0, columnspacing=1.4)


def precision_recall(lines: Sequence[Line]) -> Figure:
    """Plot precision against recall.

    Args:
        lines: Recall as `x` and precision as `y`, both in [0, 1], one pair per threshold.
    """
    with house_style():
        figure, axes = new_figure(4.6, 3.4 + 0.2 * _legend_rows(lines))
        _draw(axes, lines)
        axes.set(xlim=(0, 1), ylim=(0, 1.005), xlabel="recall", ylabel="precision")
        _legend(figure, lines)
    return figure


def f_threshold(lines: Sequence[Line]) -> Figure:
    """Plot the F-measure against the threshold that binarises the maps.

    Args:
        lines: Threshold (0 to 255) as `x` and F-measure in [0, 1] as `y`.
    """
    with house_style():
        figure, axes = new_figure(4.6, 3.4 + 0.2 * _legend_rows(lines))
        _draw(axes, lines)
        axes.set(xlim=(0, 255), ylim=(0, 1.005), xlabel="threshold", ylabel="F-measure (β² = 0.3)")
        axes.set_xticks([0, 64, 128, 192, 255])
        _legend(figure, lines)
    return figure


def losses(lines: Sequence[Line], ylabel: str = "loss") -> Figure:
    """Plot training losses against the optimiser's steps.

    Args:
        lines: Step as `x` and loss as `y`.
        ylabel: What the loss is.
    """
    with house_style():
        figure, axes = new_figure(9.4, 2.8)
        _draw(axes, lines)
        axes.set(xlabel="step", ylabel=ylabel)
        axes.set_xlim(left=0)
        axes.set_ylim(bottom=0)
        if len(lines) > 1:
            axes.legend(loc="upper right", ncols=min(len(lines), 4))
    return figure
