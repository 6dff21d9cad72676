"""A measure along a sequence, with the frames behind its extremes."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from vsodprep.figures.curves import Curve, draw_lines
from vsodprep.figures.style import INK, house_style


def extremes(values: Sequence[float | None], count: int) -> list[int]:
    """Choose the lowest and highest values, `count` of each, none beside another while there are others.

    Args:
        values: One per frame.
        count: How many of each end.

    Returns:
        Indices, ascending.
    """
    numbers = np.array(values, dtype=float)
    finite = np.flatnonzero(np.isfinite(numbers))
    apart = max(1, len(numbers) // (3 * count))
    chosen: list[int] = []
    for order in (np.argsort(numbers[finite], kind="stable"), np.argsort(-numbers[finite], kind="stable")):
        wanted = len(chosen) + count
        for distance in (apart, 1):  # first well apart, then whatever is left
            for index in finite[order].tolist():
                if len(chosen) < wanted and all(abs(index - other) >= distance for other in chosen):
                    chosen.append(index)
    return sorted(chosen)


def timeline(
    frames: Sequence[str],
    lines: Mapping[str, Sequence[float | None]],
    label: str,
    pictures: Mapping[int, Sequence[NDArray[np.uint8]]] | None = None,
    where: str = "frame",
) -> Figure:
    """Draw a measure of every frame, and below it the frames that stand out.

    Args:
        frames: Frame ids, in order.
        lines: Per method, one value per frame; None where there is none.
        label: Name of the measure.
        pictures: Per index of a frame to show, pictures to stack below the plot, uint8 `(H, W)` or `(H, W, 3)`.
        where: What stands below the axis of frames.
    """
    pictures = dict(sorted((pictures or {}).items()))
    depth = max((len(stack) for stack in pictures.values()), default=0)
    width = 9.4
    with house_style():
        tall = 0.0
        if depth:
            first = next(iter(pictures.values()))[0]
            tall = depth * (width / max(len(pictures), 4)) * first.shape[0] / first.shape[1] + 0.25
        figure = Figure(figsize=(width, 2.8 + tall), layout="constrained")
        spec = figure.add_gridspec(
            1 + depth, max(len(pictures), 1), height_ratios=[2.8, *[tall / depth] * depth] if depth else None
        )
        axes = figure.add_subplot(spec[0, :])
        index = np.arange(len(frames))
        draw_lines(axes, [Curve(name, index.tolist(), values) for name, values in lines.items()])
        ticks = np.unique(np.linspace(0, len(frames) - 1, min(len(frames), 9)).round().astype(int))
        axes.set_xticks(ticks, [frames[tick] for tick in ticks])
        axes.set(xlabel=where, ylabel=label, xlim=(-0.5, len(frames) - 0.5))
        finite = [value for of in lines.values() for value in of if value is not None]
        axes.set_ylim(0, 1.08 * max(finite, default=0.0) or 1.0)  # rings at the top stay whole
        if len(lines) > 1:
            axes.legend(loc="best", ncols=3)
        values = np.array(next(iter(lines.values())), dtype=float)
        for column, (at, stack) in enumerate(pictures.items()):
            axes.plot(at, values[at], "o", ms=8, mfc="none", mec=INK, mew=1.1)
            for row, picture in enumerate(stack):
                below = figure.add_subplot(spec[1 + row, column])
                below.imshow(picture, cmap="gray", vmin=0, vmax=255, interpolation="antialiased")
                below.set_axis_off()
                if row == 0:
                    below.set_title(f"{frames[at]}: {values[at]:.3f}", fontsize=8.5, loc="center")
    return figure
