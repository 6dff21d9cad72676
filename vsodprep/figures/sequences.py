"""Scores of single sequences, ranked."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from vsodprep.figures.style import COLOURS, FAINT, MARKERS, REFERENCE_COLOUR, house_style, legend_label, new_figure


def ranking(
    scores: Mapping[str, Mapping[str, float | None]],
    label: str,
    *,
    ascending: bool = False,
    references: Sequence[str] = (),
) -> Figure:
    """Draw one row per sequence with a mark per method, the sequences ordered by the first method's score.

    The first method's mark ends a bar. Methods of one colour have different marks.

    Args:
        scores: Per method, per sequence, the score; None where it has none.
        label: Name of the measure.
        ascending: Whether small is good, so that the smallest value stands at the top.
        references: Methods that are only to compare with, drawn grey and hollow.
    """
    methods = list(scores)
    first = scores[methods[0]]

    def place(name: str) -> tuple[bool, float, str]:
        value = first.get(name)
        return value is None, 0.0 if value is None else (value if ascending else -value), name

    names = sorted({name for values in scores.values() for name in values}, key=place)
    with house_style():
        figure, axes = new_figure(9.4, 0.8 + 0.26 * len(names) + 0.2 * (len(methods) // 4))
        rows = np.arange(len(names))
        shown = [method for method in methods if method not in references]
        for method in methods:
            values = np.array([scores[method].get(name) for name in names], dtype=float)
            if method in references:
                marker = ("o", "D", "s", "^", *MARKERS[4:])[references.index(method) % len(MARKERS)]
                axes.plot(values, rows, marker, mfc="none", mec=REFERENCE_COLOUR, ms=5, label=legend_label(method))
            else:
                turn, colour = divmod(shown.index(method), len(COLOURS))
                if method == methods[0]:
                    axes.hlines(rows, 0, values, color=FAINT, linewidth=5, label=f"up to {method}")
                axes.plot(
                    values, rows, MARKERS[turn % len(MARKERS)], color=COLOURS[colour], ms=6, label=legend_label(method)
                )
        axes.set_yticks(rows, names)
        axes.set(xlabel=label, xlim=(0, None), ylim=(len(names) - 0.4, -0.6))
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        if len(methods) > 1:
            figure.legend(loc="outside upper left", ncols=4)
    return figure
