"""Scores against one parameter, such as DS-Net's threshold tau."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from vsodprep.figures.bars import best_of, panels
from vsodprep.figures.curves import Curve, draw_lines
from vsodprep.figures.style import INK, house_style


def sweep(
    parameter: str,
    values: Sequence[float],
    scores: Mapping[str, Mapping[str, Sequence[float | None]]],
    measures: Mapping[str, bool],
) -> Figure:
    """Draw one panel per measure, one line per benchmark, the best value of each line ringed.

    Args:
        parameter: Name of the parameter.
        values: Its values, ascending.
        scores: Per benchmark and measure, one score per value.
        measures: Measures, one panel each, and whether small is good.
    """
    with house_style():
        figure, (every,) = panels(len(measures), 0.6 + 3.2 * len(measures), 3.0, shared=False)
        for axes, (measure, small) in zip(every, measures.items(), strict=True):
            lines = [Curve(name, values, of[measure]) for name, of in scores.items() if measure in of]
            draw_lines(axes, lines, marker="o")
            for line in lines:
                y = np.array(line.y, dtype=float)
                best = best_of(y, small)
                if best is not None:
                    axes.plot(values[best], y[best], "o", ms=11, mfc="none", mec=INK, mew=1)
            axes.set(xlabel=parameter, title=f"{measure} ({'lower' if small else 'higher'} is better)")
        if len(scores) > 1:
            handles, labels = every[0].get_legend_handles_labels()
            figure.legend(handles, labels, loc="outside upper left", ncols=4)
    return figure
