"""The one look of all figures, and how they become bytes that are the same on every machine."""

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vsodprep.files import atomic_path

INK = "#1d2329"
FAINT = "#c9ced4"
# Distinct for colour-blind readers, and legible on white as on black.
COLOURS = ("#2f7ed8", "#e0822c", "#1f9e77", "#c84c9b", "#8467d7", "#b3922a", "#3fa7c4", "#d1495b")
REFERENCE_COLOUR = "#8b949e"
REFERENCE_DASHES = ("--", ":", "-.", (0, (3, 1, 1, 1, 1, 1)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")

_SETTINGS: dict[Any, Any] = {
    **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), INK),
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # it ships with Matplotlib: any other may be missing
    "font.size": 9,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.8,
    "lines.solid_capstyle": "round",
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "text.parse_math": False,  # a label may hold dollars
    "svg.fonttype": "none",  # text stays text: small, searchable, in the page's own face
    "svg.hashsalt": "vsodprep",
    "pdf.fonttype": 42,
}


@contextmanager
def house_style() -> Iterator[None]:
    """Apply the house style to figures made and saved within."""
    with mpl.rc_context(_SETTINGS):
        yield


def legend_label(name: str) -> str:
    """Return a name as a legend takes it: Matplotlib leaves out what begins with an underscore."""
    return f"\N{ZERO WIDTH SPACE}{name}" if name.startswith("_") else name


def line_style(index: int) -> dict[str, Any]:
    """Return how the line of a method is drawn: where its colour was used before, dashed, then with markers."""
    turn, colour = divmod(index, len(COLOURS))
    return _dashed(turn, ("-", *REFERENCE_DASHES)) | {"color": COLOURS[colour]}


def reference_style(index: int) -> dict[str, Any]:
    """Return how the line of a method that is only to compare with is drawn: grey, dashed, then with markers."""
    return _dashed(index, REFERENCE_DASHES) | {"color": REFERENCE_COLOUR, "linewidth": 1.3}


def _dashed(turn: int, dashes: Sequence[Any]) -> dict[str, Any]:
    marked, dash = divmod(turn, len(dashes))
    marker = {"marker": MARKERS[marked % len(MARKERS)], "markevery": 0.1} if marked else {}
    return {"linestyle": dashes[dash], **marker}


def new_figure(width: float, height: float) -> tuple[Figure, Axes]:
    """Return an empty figure with one pair of axes, free of Matplotlib's global state.

    Args:
        width: Width in inches.
        height: Height in inches.
    """
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def save(figure: Figure, path: Path, *, dpi: int = 200) -> None:
    """Write a figure in the format that the path's ending names, without date or program version.

    Args:
        figure: The figure.
        path: File that ends in `.svg`, `.pdf` or `.png`.
        dpi: Resolution of a PNG, and of pictures inside the other two.
    """
    unset = {".svg": ("Date", "Creator"), ".pdf": ("CreationDate", "Creator", "Producer"), ".png": ("Software",)}
    metadata = dict.fromkeys(unset.get(path.suffix, ()))
    with house_style(), atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=dpi, metadata=metadata)


def inline_svg(figure: Figure, prefix: str, label: str) -> str:
    """Return a figure as an `<svg>` element that takes its ink from the page around it.

    Args:
        figure: The figure.
        prefix: Put before the element's ids, which have to be unique within a page.
        label: What a screen reader says.

    Returns:
        The element; ink is `currentColor`, grid lines are `var(--grid)`, the ground is transparent.
    """
    stream = io.StringIO()
    with house_style():
        figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = stream.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r' width="[\d.]+pt" height="[\d.]+pt"', "", svg, count=1)
    svg = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{prefix}-", svg)
    svg = svg.replace(INK, "currentColor").replace(FAINT, "var(--grid)")
    escaped = label.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    return svg.replace("<svg", f'<svg role="img" aria-label="{escaped}"', 1).strip()
