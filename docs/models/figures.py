"""Draws the architecture figures of the model cards: `python docs/models/figures.py` writes them beside itself."""

from pathlib import Path
from xml.sax.saxutils import escape

COLOURS = {  # fill and edge
    "input": ("#f4f4f2", "#8a8a86"),
    "spatial": ("#dcebf7", "#3d7ab0"),
    "temporal": ("#fbe6d0", "#c9772b"),
    "shared": ("#ece6f5", "#7d5fb0"),
    "fusion": ("#dff0e0", "#4a8f50"),
    "output": ("#fdf6cc", "#a58f1f"),
}
LINE = 15  # px between lines of text

Point = tuple[float, float]


class Figure:
    """Boxes joined by arrows.

    Args:
        width: Width in px.
        height: Height in px.
        title: What a screen reader says.
    """

    def __init__(self, width: int, height: int, title: str) -> None:
        self.size = (width, height)
        self.title = title
        self.boxes: dict[str, tuple[float, float, float, float]] = {}
        self.below: list[str] = []
        self.parts: list[str] = []

    def box(self, name: str, kind: str, centre: Point, size: Point, *lines: str) -> None:
        """Draw a box whose first line is bold."""
        (x, y), (w, h) = centre, size
        fill, edge = COLOURS[kind]
        self.boxes[name] = (x, y, w, h)
        self.parts.append(
            f'<rect x="{x - w / 2:g}" y="{y - h / 2:g}" width="{w:g}" height="{h:g}" rx="6" '
            f'fill="{fill}" stroke="{edge}" stroke-width="1.4"/>'
        )
        top = y - (len(lines) - 1) * LINE / 2 + 4
        for index, line in enumerate(lines):
            style = ' font-weight="600"' if index == 0 else ' fill="#444"'
            self.parts.append(f'<text x="{x:g}" y="{top + index * LINE:g}"{style}>{escape(line)}</text>')

    def note(self, x: float, y: float, text: str) -> None:
        """Write a small remark."""
        self.parts.append(f'<text x="{x:g}" y="{y:g}" class="note">{escape(text)}</text>')

    def _side(self, name: str, side: str) -> Point:
        x, y, w, h = self.boxes[name]
        return {"l": (x - w / 2, y), "r": (x + w / 2, y), "t": (x, y - h / 2), "b": (x, y + h / 2)}[side]

    def arrow(self, start: str, end: str, sides: str = "rl", *, dashed: bool = False, bend: float = 0.5) -> None:
        """Join two boxes from a side of the first to a side of the second (l, r, t, b), with right angles."""
        (x1, y1), (x2, y2) = self._side(start, sides[0]), self._side(end, sides[1])
        if sides[0] in "lr" and sides[1] in "lr":
            middle = x1 + (x2 - x1) * bend
            path = f"M{x1:g} {y1:g} H{middle:g} V{y2:g} H{x2:g}"
        elif sides[0] in "tb" and sides[1] in "tb":
            middle = y1 + (y2 - y1) * bend
            path = f"M{x1:g} {y1:g} V{middle:g} H{x2:g} V{y2:g}"
        elif sides[0] in "lr":
            path = f"M{x1:g} {y1:g} H{x2:g} V{y2:g}"
        else:
            path = f"M{x1:g} {y1:g} V{y2:g} H{x2:g}"
        dash = ' stroke-dasharray="4 3"' if dashed else ""
        self.below.append(f'<path d="{path}"{dash} marker-end="url(#tip)"/>')

    def write(self, path: Path) -> None:
        """Write the SVG."""
        width, height = self.size
        path.write_text(
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
            f'font-family="Helvetica, Arial, sans-serif" font-size="12.5" text-anchor="middle">\n'
            f"<title>{escape(self.title)}</title>\n"
            "<style>.note { font-size: 11px; fill: #666 }</style>\n"
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
            'orient="auto"><path d="M0 0 L8 4 L0 8 Z" fill="#555"/></marker></defs>\n'
            f'<rect width="{width}" height="{height}" fill="#ffffff"/>\n'
            '<g fill="none" stroke="#555" stroke-width="1.3">\n' + "\n".join(self.below) + "\n</g>\n"
            '<g fill="#222">\n' + "\n".join(self.parts) + "\n</g>\n</svg>\n",
            encoding="utf-8",
        )


def dsnet() -> Figure:
    """Two branches, weights per level, aggregation from coarse to fine."""
    f = Figure(1000, 560, "DS-Net: spatial and temporal branch, dynamic weight generators, cross attentive aggregation")
    for kind, y, picture in (("spatial", 110, "frame"), ("temporal", 450, "flow picture")):
        up = kind == "spatial"
        f.box(f"{kind} input", "input", (65, y), (100, 44), picture, "3 × 512 × 512")
        f.box(f"{kind} backbone", kind, (210, y), (130, 60), "ResNet-34", "stride 16", "f1 … f4")
        f.box(f"{kind} aspp", kind, (365, y), (100, 60), "ASPP", "d 1, 6, 12, 18", "f5")
        f.box(f"{kind} head", kind, (505, y + (-60 if up else 60)), (110, 44), "coarse head", "3 convolutions")
        f.box(
            f"{kind} dwg",
            kind,
            (505, y + (60 if up else -60)),
            (130, 60),
            "weight generator",
            "f1 … f5: conv → 64",
            "conv → 5, mean",
        )
        f.arrow(f"{kind} input", f"{kind} backbone")
        f.arrow(f"{kind} backbone", f"{kind} aspp")
        f.arrow(f"{kind} aspp", f"{kind} head")
        f.arrow(f"{kind} aspp", f"{kind} dwg")
    f.box("v", "fusion", (505, 280), (150, 60), "cross softmax, Eq. 2", "threshold τ = 0.6, Eq. 3", "v: 2 × 5 weights")
    f.arrow("spatial dwg", "v", "bt")
    f.arrow("temporal dwg", "v", "tb")
    f.box("mix", "fusion", (285, 280), (170, 60), "weighted sum, Eq. 4", "v_s f_s + v_t f_t", "at each of five levels")
    f.arrow("v", "mix", "lr")
    f.arrow("spatial backbone", "mix", "bt", bend=0.6)
    f.arrow("temporal backbone", "mix", "tb", bend=0.6)
    f.arrow("spatial aspp", "mix", "bt", bend=0.6)
    f.arrow("temporal aspp", "mix", "tb", bend=0.6)
    f.box("caa", "fusion", (100, 280), (120, 74), "aggregation", "CAA5 → CAA1", "T(·): 3 convs,", "enlarge, add")
    f.arrow("mix", "caa", "lr")
    f.box("coarse", "output", (690, 280), (130, 60), "fused map S_c", "ε_s S_s + ε_t S_t", "Eq. 6")
    f.arrow("v", "coarse")
    f.box("spatial map", "output", (690, 50), (100, 40), "S_s")
    f.box("temporal map", "output", (690, 510), (100, 40), "S_t")
    f.arrow("spatial head", "spatial map")
    f.arrow("temporal head", "temporal map")
    f.arrow("spatial map", "coarse", "bt")
    f.arrow("temporal map", "coarse", "tb")
    f.box("attention", "fusion", (840, 280), (110, 60), "attention", "F S_c + F", "Eq. 7")
    f.box("head", "fusion", (840, 400), (110, 44), "final head", "3 convolutions")
    f.box("final", "output", (940, 490), (90, 44), "S_f", "512 × 512")
    f.arrow("coarse", "attention")
    f.arrow("attention", "head", "bt")
    f.arrow("head", "final", "rt")
    f.below.append('<path d="M40 280 H7 V16 H840 V248" marker-end="url(#tip)"/>')
    f.note(430, 11, "F_final = T(F_1), 64 channels")
    f.note(830, 548, "yellow: supervised maps")
    return f


def cagdde() -> Figure:
    """One encoder, gates and differential enhancement at five levels, a decoder."""
    f = Figure(1000, 430, "CAG-DDE: shared encoder, confidence-guided gates, dual differential enhancement, decoder")
    f.box("frame", "spatial", (65, 120), (100, 44), "frame", "3 × 448 × 448")
    f.box("flow", "temporal", (65, 310), (100, 44), "flow picture", "3 × 448 × 448")
    f.box("encoder", "shared", (210, 215), (130, 74), "ResNet-101", "shared", "five levels", "1/2 … 1/16")
    f.box("reduce", "shared", (350, 215), (110, 60), "reduction", "1×1, shared", "48, 48, 48, 48, 256")
    f.arrow("frame", "encoder", "rl")
    f.arrow("flow", "encoder", "rl")
    f.arrow("encoder", "reduce")
    f.box(
        "frame gate",
        "spatial",
        (515, 110),
        (160, 74),
        "CAG, shared weights",
        "map P_i: 3 convolutions",
        "score s_i: 3 convs + GAP",
        "feature × s_i",
    )
    f.box(
        "flow gate",
        "temporal",
        (515, 320),
        (160, 74),
        "CAG, shared weights",
        "map P_i: 3 convolutions",
        "score s_i: 3 convs + GAP",
        "feature × s_i",
    )
    f.arrow("reduce", "frame gate")
    f.arrow("reduce", "flow gate")
    f.box("frame maps", "output", (515, 35), (160, 36), "5 maps, 5 scores")
    f.box("flow maps", "output", (515, 395), (160, 36), "5 maps, 5 scores")
    f.arrow("frame gate", "frame maps", "tb")
    f.arrow("flow gate", "flow maps", "bt")
    f.box("x", "fusion", (690, 150), (130, 50), "conv(Y − X) + X", "Eq. 7")
    f.box("y", "fusion", (690, 280), (130, 50), "conv(X − Y) + Y", "Eq. 7")
    for gate in ("frame gate", "flow gate"):
        f.arrow(gate, "x", bend=0.45)
        f.arrow(gate, "y", bend=0.45)
    f.box("fuse", "fusion", (810, 215), (80, 50), "concat", "1×1")
    f.arrow("x", "fuse", "rt")
    f.arrow("y", "fuse", "rb")
    f.box("decoder", "shared", (925, 215), (110, 74), "decoder", "ASPP, then 5 ×", "concat, 2 convs,", "enlarge")
    f.arrow("fuse", "decoder")
    f.box("final", "output", (925, 330), (100, 44), "map", "448 × 448")
    f.arrow("decoder", "final", "bt")
    f.note(690, 215, "X: frame, Y: flow")
    return f


def contrastive() -> Figure:
    """Single frame; self-attention and cross-level co-attention; regions contrasted over a video."""
    f = Figure(1000, 440, "Contrastive network: self-attention, cross-level co-attention, contrastive loss")
    f.box("frame", "input", (65, 200), (100, 44), "frame", "3 × 473 × 473")
    f.box("encoder", "spatial", (210, 200), (130, 74), "ResNet-101", "stride 8", "stem 1/2, stage 1 1/4", "stage 2 1/8")
    f.box("aspp", "spatial", (360, 200), (110, 60), "ASPP", "d 1, 12, 24, 36", "x: 256 at 1/8")
    f.arrow("frame", "encoder")
    f.arrow("encoder", "aspp")
    f.box(
        "self",
        "fusion",
        (545, 60),
        (190, 74),
        "self-attention, Eq. 4-5",
        "y = x (x^T x) / N",
        "z: dynamic depthwise 3×3 of y,",
        "kernels from x, and + x",
    )
    f.box(
        "co", "fusion", (545, 300), (190, 60), "co-attention, Eq. 6", "softmax(v W x^T) x", "v: stage 1, 3×3 stride 2"
    )
    f.arrow("aspp", "self", bend=0.4)
    f.arrow("aspp", "co", bend=0.4)
    f.arrow("encoder", "co", "bl")
    f.box("gate self", "fusion", (710, 60), (90, 50), "gate", "Eq. 7")
    f.box("gate co", "fusion", (710, 300), (90, 50), "gate", "Eq. 8")
    f.arrow("self", "gate self")
    f.arrow("co", "gate co")
    f.box("concat", "shared", (710, 180), (110, 50), "concat", "3 × 256")
    f.arrow("aspp", "concat")
    f.arrow("gate self", "concat", "bt")
    f.arrow("gate co", "concat", "tb")
    f.box("head", "shared", (855, 180), (110, 60), "head, 1×1", "3 × enlarge by 2,", "+ skip at each")
    f.arrow("concat", "head")
    f.box("skips", "spatial", (420, 405), (250, 40), "skips: 3×3 → 1 at 1/8, 1/4, 1/2")
    f.arrow("encoder", "skips", "bl", dashed=True)
    f.below.append('<path d="M545 405 H855 V210" stroke-dasharray="4 3" marker-end="url(#tip)"/>')
    f.box("map", "output", (945, 300), (90, 44), "map", "473 × 473")
    f.arrow("head", "map", "rt")
    f.box("contrast", "output", (870, 60), (160, 60), "contrastive loss, Eq. 9", "regions of 8 frames,", "hard mining")
    f.below.append('<path d="M745 155 V118 H870 V90" marker-end="url(#tip)"/>')
    return f


def _streams(f: Figure) -> None:
    for kind, y, picture, channels in (
        ("spatial", 100, "frames", "T × 3"),
        ("temporal", 270, "frames + prior", "T × 4"),
    ):
        f.box(f"{kind} input", "input", (70, y), (110, 44), picture, channels)
        f.box(f"{kind} fcn", kind, (220, y), (120, 60), "VGG-16", "stride 8", "conv5 d2, fc6 d12")
        f.box(f"{kind} low", kind, (375, y - 32), (130, 44), "after pool 4", "3×3 128, 1×1 1")
        f.box(f"{kind} high", kind, (375, y + 32), (130, 44), "after fc7", "3×3 128, 1×1 1")
        f.arrow(f"{kind} input", f"{kind} fcn")
        f.arrow(f"{kind} fcn", f"{kind} low")
        f.arrow(f"{kind} fcn", f"{kind} high")
    f.box("maps", "shared", (515, 185), (90, 60), "4 maps", "per frame,", "enlarged")
    for kind in ("spatial", "temporal"):
        for level in ("low", "high"):
            f.arrow(f"{kind} {level}", "maps")


def msst() -> Figure:
    """Two streams of two levels; a ConvLSTM over their maps."""
    f = Figure(1000, 380, "MSST-ConvLSTM: two streams, two levels each, ConvLSTM over four frames, sum")
    _streams(f)
    f.box("s", "spatial", (670, 80), (130, 50), "W^s * X^s", "1×1, last frame")
    f.box("lstm", "fusion", (670, 185), (140, 60), "ConvLSTM, T = 4", "hidden 32, 3×3", "1×1 → O^T")
    f.box("t", "temporal", (670, 290), (130, 50), "W^t * X^t", "1×1, last frame")
    for name in ("s", "lstm", "t"):
        f.arrow("maps", name)
    f.box("sum", "shared", (820, 185), (80, 50), "sum", "Eq. 5")
    f.arrow("s", "sum", "rt")
    f.arrow("lstm", "sum")
    f.arrow("t", "sum", "rb")
    f.box("map", "output", (935, 185), (90, 44), "map", "512 × 512")
    f.arrow("sum", "map")
    f.box("aux", "output", (820, 340), (150, 40), "auxiliary loss, β = 0.1")
    f.below.append('<path d="M755 185 V340" stroke-dasharray="4 3"/>')
    return f


def stan() -> Figure:
    """Two streams of two levels; three maps joined by attention."""
    f = Figure(1000, 380, "STAN: two streams, their fusion, ConvLSTM and 3D convolution, joined by attention")
    _streams(f)
    f.box("st", "fusion", (670, 80), (140, 60), "O_st, Eq. 5", "1×1 per level,", "last frame")
    f.box("lstm", "fusion", (670, 185), (140, 60), "O_m: ConvLSTM", "T = 4, hidden 32", "1×1")
    f.box("conv", "fusion", (670, 290), (140, 60), "O_c: 3D conv", "4×3×3", "T = 4")
    for name in ("st", "lstm", "conv"):
        f.arrow("maps", name)
    f.box(
        "attention", "shared", (825, 185), (110, 74), "attention, Eq. 7", "3×3 256, 1×1 3", "softmax,", "weighted sum"
    )
    f.arrow("st", "attention", "rt")
    f.arrow("lstm", "attention")
    f.arrow("conv", "attention", "rb")
    f.box("map", "output", (940, 185), (90, 44), "map", "512 × 512")
    f.arrow("attention", "map")
    return f


def dcl() -> Figure:
    """A stream over pixels and one over superpixels."""
    f = Figure(1000, 330, "DCL: MS-FCN with four side branches, a stream over superpixels, fused")
    f.box("frame", "input", (70, 110), (100, 44), "frame", "321 × 321")
    f.box("fcn", "spatial", (230, 110), (140, 60), "VGG-16", "stride 8, conv5 d2", "fc6 4×4 d4, fc7")
    f.box("sides", "spatial", (420, 60), (160, 60), "pools 1 to 4", "3×3 128, stride 4 2 1 1", "1×1 128, 1×1 1")
    f.box("fc8", "spatial", (420, 145), (160, 40), "fc8", "1×1 1")
    f.box("merge", "fusion", (595, 110), (110, 50), "merge", "5 maps, 1×1")
    f.box("slic", "input", (70, 260), (110, 44), "superpixels", "SLIC, about 250")
    f.box(
        "regions",
        "temporal",
        (300, 260),
        (190, 74),
        "regions of conv5_3",
        "superpixel, neighbours,",
        "the rest; 2×2 cells each",
        "6,144 numbers",
    )
    f.box("score", "temporal", (520, 260), (120, 60), "score", "300, 300, 1", "painted")
    f.box("fusion", "fusion", (760, 180), (110, 50), "fusion", "1×1")
    f.box("map", "output", (905, 180), (90, 44), "map", "321 × 321")
    for start, end, sides in (
        ("frame", "fcn", "rl"),
        ("fcn", "sides", "rl"),
        ("fcn", "fc8", "rl"),
        ("sides", "merge", "rl"),
        ("fc8", "merge", "rl"),
        ("merge", "fusion", "rt"),
        ("frame", "slic", "bt"),
        ("slic", "regions", "rl"),
        ("fcn", "regions", "bt"),
        ("regions", "score", "rl"),
        ("score", "fusion", "rb"),
        ("fusion", "map", "rl"),
    ):
        f.arrow(start, end, sides)
    return f


def rfcn() -> Figure:
    """One network that reads its own foreground."""
    f = Figure(1000, 260, "RFCN: a network that reads the frame and a prior, then its own foreground")
    f.box("frame", "input", (80, 70), (110, 44), "frame", "3 channels")
    f.box("prior", "input", (80, 190), (130, 60), "prior", "200 superpixels,", "contrast and centre")
    f.box(
        "first",
        "spatial",
        (300, 130),
        (170, 74),
        "step 1: FCN",
        "VGG-16, stride 32",
        "fc6 7×7, fc7",
        "deconvolution 64/32",
    )
    f.box("foreground", "fusion", (490, 130), (120, 50), "foreground", "softmax of two")
    f.box("second", "spatial", (690, 130), (150, 60), "step 2: FCN", "the same weights")
    f.box("map", "output", (890, 130), (120, 60), "map", "foreground,", "mean of 3 scales")
    f.arrow("frame", "first")
    f.arrow("prior", "first")
    f.arrow("first", "foreground")
    f.arrow("foreground", "second")
    f.below.append('<path d="M80 48 V35 H690 V100" marker-end="url(#tip)"/>')
    f.arrow("second", "map")
    return f


def dsmt() -> Figure:
    """A trunk of two tasks, and the refinement."""
    f = Figure(1000, 270, "DSMT: a trunk that saliency and segmentation share, and a refinement over superpixels")
    f.box("frame", "input", (75, 100), (100, 60), "frame", "500 × 500", "padded to 698")
    f.box(
        "trunk",
        "shared",
        (260, 100),
        (180, 74),
        "trunk of 15 convolutions",
        "VGG-16, 349 175 88 44 22",
        "conv6 7×7, conv7",
        "16 × 16, 4,096 channels",
    )
    f.box("saliency", "spatial", (470, 60), (150, 60), "saliency", "score 1×1 1", "deconvolution 63/31")
    f.box("classes", "temporal", (470, 200), (170, 60), "classes, in training", "score 1×1 21", "deconvolution 63/31")
    f.box("coarse", "fusion", (635, 60), (90, 44), "map", "500 × 500")
    f.box(
        "graph",
        "fusion",
        (780, 60),
        (150, 74),
        "graph of superpixels",
        "border as background,",
        "then f^0.2 m^0.8;",
        "two regressions",
    )
    f.box("map", "output", (930, 60), (90, 44), "refined map")
    f.arrow("frame", "trunk")
    f.arrow("trunk", "saliency")
    f.arrow("trunk", "classes", dashed=True)
    f.arrow("saliency", "coarse")
    f.arrow("coarse", "graph")
    f.arrow("graph", "map")
    return f


if __name__ == "__main__":
    for draw in (dsnet, cagdde, contrastive, stan, msst, dcl, rfcn, dsmt):
        draw().write(Path(__file__).with_name(f"{draw.__name__}.svg"))
