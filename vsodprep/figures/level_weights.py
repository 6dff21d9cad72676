"""How much each branch of a two-stream network contributes at each level."""

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from vsodprep.figures.style import COLOURS, house_style, new_figure


def level_weights(spatial: NDArray[np.float64], temporal: NDArray[np.float64], tau: float | None = None) -> Figure:
    """Draw the two branches' weights of every level: boxes over frames, whiskers from the 5th to the 95th percentile.

    Args:
        spatial: Weight of the spatial branch, float64 `(frames, levels)`, level 1 first, in [0, 1].
        temporal: Weight of the temporal branch, likewise.
        tau: Threshold on the difference beyond which the weaker branch is left out; its share of frames is written
            above each level (DS-Net, Eq. 3).

    Raises:
        ValueError: The shapes differ.
    """
    if spatial.shape != temporal.shape or spatial.ndim != 2:
        raise ValueError(f"weights of shapes {spatial.shape} and {temporal.shape}")
    levels = np.arange(1, spatial.shape[1] + 1)
    with house_style():
        figure, axes = new_figure(1.6 + 0.95 * len(levels), 3.2)
        for name, weights, shift, colour in (
            ("spatial", spatial, -0.19, COLOURS[0]),
            ("temporal", temporal, 0.19, COLOURS[1]),
        ):
            box = axes.boxplot(
                list(weights.T),
                positions=levels + shift,
                widths=0.3,
                whis=(5, 95),
                showfliers=False,
                patch_artist=True,
                manage_ticks=False,
                medianprops={"color": "white", "linewidth": 1.4},
                boxprops={"facecolor": colour, "edgecolor": colour},
                whiskerprops={"color": colour},
                capprops={"color": colour},
            )
            box["boxes"][0].set_label(name)
        if tau is not None:
            for level, share in zip(levels, left_out(spatial, temporal, tau), strict=True):
                axes.annotate(f"{share:.0%}", (level, 1.04), ha="center", fontsize=8, annotation_clip=False)
            axes.annotate(
                f"one branch left out (τ = {tau:g})", (levels[0] - 0.5, 1.11), fontsize=8, annotation_clip=False
            )
        axes.set_xticks(levels)
        axes.set(xlabel="level (1 is the finest)", ylabel="weight", ylim=(0, 1), xlim=(0.4, len(levels) + 0.6))
        axes.grid(visible=False, axis="x")
        figure.legend(loc="outside lower right", ncols=2)
    return figure


def left_out(spatial: NDArray[np.float64], temporal: NDArray[np.float64], tau: float) -> NDArray[np.float64]:
    """Return, per level, the share of frames in which the weaker branch is left out, float64 `(levels,)`."""
    return np.asarray((np.abs(temporal - spatial) > tau).mean(axis=0), dtype=np.float64)
