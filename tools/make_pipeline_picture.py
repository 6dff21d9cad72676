"""Draw docs/images/pipeline.svg, the pipeline at a glance: `python tools/make_pipeline_picture.py`."""

from pathlib import Path
from xml.sax.saxutils import escape

TARGET = Path(__file__).parent.parent / "docs" / "images" / "pipeline.svg"
WIDTH, HEIGHT, GAP = 118, 56, 26

# name, what it is, column, row
BOXES = [
    ("download", "archives, verified", 0, 1),
    ("normalize", "one layout", 1, 1),
    ("flow", "DIS, RAFT, FlowNet2", 2, 0),
    ("prior", "motion prior", 3, 0),
    ("saliency", "maps", 2, 2),
    ("coarse", "fuse, Otsu, CRF, edits", 3, 2),
    ("pack", "Zarr shards", 4, 1),
    ("train", "five networks", 5, 1),
    ("predict", "maps", 6, 1),
    ("evaluate", "scores", 7, 1),
    ("report", "a page to look at", 8, 1),
]
ARROWS = [
    ("download", "normalize"),
    ("normalize", "flow"),
    ("normalize", "saliency"),
    ("normalize", "pack"),
    ("flow", "prior"),
    ("prior", "pack"),
    ("saliency", "coarse"),
    ("coarse", "pack"),
    ("pack", "train"),
    ("train", "predict"),
    ("predict", "evaluate"),
    ("evaluate", "report"),
]
STYLE = """
    text { font-family: system-ui, sans-serif; text-anchor: middle; fill: #1c2733; }
    .name { font-size: 14px; font-weight: 600; }
    .what { font-size: 10.5px; fill: #4a5a6a; }
    .box { fill: #eef4fb; stroke: #2f6db5; stroke-width: 1.2; }
    .arrow { fill: none; stroke: #2f6db5; stroke-width: 1.6; marker-end: url(#head); }
"""


def place(column: int, row: int) -> tuple[float, float]:
    """Return the upper left corner of a box."""
    return 12 + column * (WIDTH + GAP), 12 + row * (HEIGHT + 16)


def draw() -> str:
    """Return the picture as SVG."""
    at = {name: place(column, row) for name, _, column, row in BOXES}
    width = max(x for x, _ in at.values()) + WIDTH + 12
    height = max(y for _, y in at.values()) + HEIGHT + 12
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-label="The pipeline">',
        f"  <style>{STYLE}  </style>",
        '  <defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0 L8 4 L0 8 z" fill="#2f6db5"/></marker></defs>',
        f'  <rect width="{width}" height="{height}" rx="8" fill="#ffffff"/>',
    ]
    for start, end in ARROWS:
        x0, y0 = at[start][0] + WIDTH, at[start][1] + HEIGHT / 2
        x1, y1 = at[end][0], at[end][1] + HEIGHT / 2
        bend = GAP / 2
        lines.append(f'  <path class="arrow" d="M{x0} {y0} C{x0 + bend} {y0} {x1 - bend} {y1} {x1} {y1}"/>')
    for name, what, column, row in BOXES:
        x, y = place(column, row)
        lines.append(f'  <rect class="box" x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="7"/>')
        lines.append(f'  <text class="name" x="{x + WIDTH / 2}" y="{y + 24}">{escape(name)}</text>')
        lines.append(f'  <text class="what" x="{x + WIDTH / 2}" y="{y + 41}">{escape(what)}</text>')
    return "\n".join([*lines, "</svg>", ""])


if __name__ == "__main__":
    TARGET.write_text(draw(), encoding="utf-8")
