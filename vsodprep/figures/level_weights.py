"""What a network says about its levels and branches, over the frames of a split."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from vsodprep.figures.style import COLOURS, house_style, new_figure

# Names of the quantities that networks read out, as a reader knows them.
_NAMES = {
    "weight_spatial": "spatial branch",
    "weight_temporal": "temporal branch",
    "score_frame": "frame branch",
    "score_flow": "flow branch",
}


def level_weights(
    quantities: Mapping[str, NDArray[np.float64]], label: str = "weight", tau: float | None = None
) -> Figure:
    """Draw quantities of every level: boxes over frames, whiskers from the 5th to the 95th percentile.

    Args:
        quantities: Per name, float64 `(frames, levels)` in [0, 1], level 1 first.
        label: What the quantities are.
        tau: With two branches, the threshold on their difference beyond which the weaker one is left out (DS-Net,
            Eq. 3); its share of frames is written above each level.

    Raises:
        ValueError: The shapes differ.
    """
    shapes = {values.shape for values in quantities.values()}
    if len(shapes) != 1:
        raise ValueError(f"quantities of shapes {sorted(shapes)}")
    ((_, count),) = shapes
    levels = np.arange(1, count + 1)
    width = 0.76 / len(quantities)
    with house_style():
        figure, axes = new_figure(1.8 + 0.95 * count, 3.2)
        for index, (name, values) in enumerate(quantities.items()):
            colour = COLOURS[index % len(COLOURS)]
            box = axes.boxplot(
                list(values.T),
                positions=levels + (index - (len(quantities) - 1) / 2) * width,
                widths=0.8 * width,
                whis=(5, 95),
                showfliers=False,
                patch_artist=True,
                manage_ticks=False,
                medianprops={"color": "white", "linewidth": 1.4},
                boxprops={"facecolor": colour, "edgecolor": colour},
                whiskerprops={"color": colour},
                capprops={"color": colour},
            )
            box["boxes"][0].set_label(_NAMES.get(name, name))
        if tau is not None and len(quantities) == 2:
            first, second = quantities.values()
            for level, share in zip(levels, left_out(first, second, tau), strict=True):
                axes.annotate(f"{share:.0%}", (level, 1.04), ha="center", fontsize=8, annotation_clip=False)
            axes.annotate(f"one branch left out (τ = {tau:g})", (0.5, 1.11), fontsize=8, annotation_clip=False)
        axes.set_xticks(levels)
        axes.set(xlabel="level", ylabel=label, ylim=(0, 1), xlim=(0.4, count + 0.6))
        axes.grid(visible=False, axis="x")
        if len(quantities) > 1:
            figure.legend(loc="outside lower right", ncols=2)
    return figure


def left_out(first: NDArray[np.float64], second: NDArray[np.float64], tau: float) -> NDArray[np.float64]:
    """Return, per level, the share of frames in which the weaker branch is left out, float64 `(levels,)`."""
    return np.asarray((np.abs(second - first) > tau).mean(axis=0), dtype=np.float64)
