"""Precision-recall curves, F-measure against threshold, and losses against steps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vsodprep.figures.style import FAINT, house_style, legend_label, line_style, new_figure, reference_style


@dataclass(frozen=True)
class Curve:
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


def draw_lines(axes: Axes, lines: Sequence[Curve], marker: str = "") -> None:
    """Draw lines in the house's colours, references in grey; no two of them look the same.

    Args:
        axes: Where to.
        lines: The lines.
        marker: Matplotlib marker of each point; a line of one point always has one.
    """
    coloured = dashed = 0
    for line in lines:
        x = np.array(line.x, dtype=float)
        y = np.array(line.y, dtype=float)
        style = reference_style(dashed) if line.reference else line_style(coloured)
        axes.plot(x, y, label=legend_label(line.label), **{"marker": marker or ("o" if len(x) == 1 else ""), **style})
        dashed, coloured = dashed + line.reference, coloured + (not line.reference)


def _with_legend(lines: Sequence[Curve]) -> tuple[Figure, Axes]:
    """Return a figure with the lines, and their names above them, where they hide nothing."""
    figure, axes = new_figure(4.6, 3.4 + 0.2 * -(-len(lines) // 2))
    draw_lines(axes, lines)
    figure.legend(loc="outside upper left", ncols=2, borderaxespad=0, columnspacing=1.4)
    return figure, axes


def precision_recall(lines: Sequence[Curve]) -> Figure:
    """Plot precision against recall.

    Args:
        lines: Recall as `x` and precision as `y`, both in [0, 1], one pair per threshold.
    """
    with house_style():
        figure, axes = _with_legend(lines)
        axes.set(xlim=(0, 1), ylim=(0, 1.005), xlabel="recall", ylabel="precision")
    return figure


def f_threshold(lines: Sequence[Curve], beta2: float = 0.3) -> Figure:
    """Plot the F-measure against the threshold that binarises the maps.

    Args:
        lines: Threshold (0 to 255) as `x` and F-measure in [0, 1] as `y`.
        beta2: Weight of precision in F, for the label.
    """
    with house_style():
        figure, axes = _with_legend(lines)
        axes.set(xlim=(0, 255), ylim=(0, 1.005), xlabel="threshold", ylabel=f"F-measure (β² = {beta2:g})")
        axes.set_xticks([0, 64, 128, 192, 255])
    return figure


def losses(lines: Sequence[Curve], terms: Sequence[Curve] = (), stages: Mapping[str, float] | None = None) -> Figure:
    """Plot training losses against steps.

    Args:
        lines: Step as `x` and loss as `y`.
        terms: The loss's terms, drawn thin.
        stages: Step at which each stage starts, where there are several.
    """
    with house_style():
        figure, axes = new_figure(9.4, 2.8)
        for name, start in (stages or {}).items():
            axes.axvline(start, color=FAINT, linewidth=1)
            axes.annotate(
                name, (start, 1), xycoords=("data", "axes fraction"), xytext=(3, -9), textcoords="offset points"
            )
        draw_lines(axes, lines)
        for index, term in enumerate(terms):
            style = line_style(len(lines) + index) | {"linewidth": 0.9}
            axes.plot(np.array(term.x, float), np.array(term.y, float), label=legend_label(term.label), **style)
        axes.set(xlabel="step", ylabel="loss")
        axes.set_xlim(left=0)
        axes.set_ylim(bottom=0)
        if len(lines) + len(terms) > 1:
            axes.legend(loc="upper right", ncols=min(len(lines) + len(terms), 4))
    return figure
