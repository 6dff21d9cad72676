"""Qualitative comparison: frames as rows, methods as columns."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from vsodprep.figures.style import FAINT, house_style


@dataclass(frozen=True)
class GridRow:
    """One frame of a comparison.

    Attributes:
        label: What stands beside it.
        pictures: One per column, uint8 `(H, W)` or RGB `(H, W, 3)`; None leaves a gap.
        notes: One per column, shown in the picture's corner; empty for none.
    """

    label: str
    pictures: tuple[NDArray[np.uint8] | None, ...]
    notes: tuple[str, ...] = ()


def grid(columns: Sequence[str], rows: Sequence[GridRow], width: float = 1.7) -> Figure:
    """Lay pictures out in a grid without gaps between them that would carry no meaning.

    Args:
        columns: Heading of each column.
        rows: The frames.
        width: Width of a picture in inches; all pictures of a row get the height of its first.

    Raises:
        ValueError: A row has another number of pictures than there are columns.
    """
    heights = []
    for row in rows:
        first = next((picture for picture in row.pictures if picture is not None), None)
        if len(row.pictures) != len(columns) or first is None:
            raise ValueError(f"row {row.label!r} has {len(row.pictures)} pictures for {len(columns)} columns")
        heights.append(width * first.shape[0] / first.shape[1])
    gap, top, left = 0.04, 0.28, 0.4
    total_width = left + len(columns) * (width + gap)
    total_height = top + sum(heights) + gap * len(rows)
    with house_style():
        figure = Figure(figsize=(total_width, total_height))
        y = total_height - top
        for row, height in zip(rows, heights, strict=True):
            y -= height
            lines = row.label.rsplit("/", 1)
            figure.text(
                left / 2 / total_width, (y + height / 2) / total_height, "\n".join(lines),
                rotation=90, ha="center", va="center", fontsize=_fitting(max(map(len, lines)), height),
            )  # fmt: skip
            for column, picture in enumerate(row.pictures):
                if picture is None:
                    continue
                x = left + column * (width + gap)
                box = (x / total_width, y / total_height, width / total_width, height / total_height)
                axes = figure.add_axes(box)
                axes.imshow(picture, cmap="gray", vmin=0, vmax=255, aspect="auto", interpolation="antialiased")
                axes.set(xticks=(), yticks=())
                axes.spines[:].set(visible=True, color=FAINT, linewidth=0.5)  # else a white map is lost on the page
                note = row.notes[column] if column < len(row.notes) else ""
                if note:
                    axes.text(
                        0.98, 0.04, note, transform=axes.transAxes, ha="right", va="bottom", fontsize=7.5,
                        color="white", bbox={"facecolor": "black", "alpha": 0.55, "pad": 1.5, "edgecolor": "none"},
                    )  # fmt: skip
            y -= gap
        for column, heading in enumerate(columns):
            x = left + column * (width + gap) + width / 2
            figure.text(x / total_width, 1 - top / 2 / total_height, heading, ha="center", va="center", fontsize=9)
    return figure


def _fitting(letters: int, length: float) -> float:
    """Return the font size, at most 8 points, in which a line of letters is no longer than `length` inches."""
    return min(8.0, 72 * length / (0.62 * max(letters, 1)))  # DejaVu Sans: on average 0.6 of its size wide


def outlined(frame: NDArray[np.uint8], mask: NDArray[np.bool_], colour: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Draw a mask's outline on a frame.

    Args:
        frame: RGB uint8 `(H, W, 3)`.
        mask: bool `(H, W)`.
        colour: RGB.

    Returns:
        A new picture; the line grows with the frame, about one pixel in 300.
    """
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    thickness = max(1, round(max(mask.shape) / 300))
    return np.asarray(cv2.drawContours(frame.copy(), contours, -1, colour, thickness), dtype=np.uint8)
