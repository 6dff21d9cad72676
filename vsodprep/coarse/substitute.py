"""The substitute for erasing wrong regions by hand: components that nothing supports are dropped.

STAN and MSST erase wrong regions of their coarse labels manually, which nobody can repeat. This rule can be repeated,
but it is not what the papers did: whatever is made with it says so.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray


class Substituted(NamedTuple):
    """A label after the substitute.

    Attributes:
        label: bool `(H, W)`, nowhere foreground where the given label is not.
        components: Components of the given label.
        erased_components: How many of them were erased.
        erased_pixels: How many pixels these had.
        spared: Whether the best supported component stayed although its support did not suffice, because the label
            would have been empty.
    """

    label: NDArray[np.bool_]
    components: int
    erased_components: int
    erased_pixels: int
    spared: bool


def erase_unsupported(
    label: NDArray[np.bool_], support: NDArray[np.float32], *, threshold: float, share: float
) -> Substituted:
    """Erase the components of a label that too few supported pixels speak for.

    A component goes if fewer than `share` of its pixels have a support of at least `threshold`. Pixels whose support is
    not known do not count, and a component without any other stays. If all would go, the best supported one is
    spared: the one with the largest share, then the highest mean support, then the most pixels, then the topmost,
    then the leftmost.

    Args:
        label: bool `(H, W)`.
        support: float32 `(H, W)` in [0, 1]; NaN where it is not known.
        threshold: Support from which on a pixel is supported, in (0, 1].
        share: Smallest share of a component's pixels, in (0, 1].

    Returns:
        What is left of the label, and what was erased.
    """
    count, components, stats, _ = cv2.connectedComponentsWithStats(label.astype(np.uint8), connectivity=8)
    inside, support = components[label], support[label]
    known = ~np.isnan(support)
    looked_at = np.bincount(inside[known], minlength=count)
    supported = np.bincount(inside[support >= threshold], minlength=count)
    shares = supported / np.maximum(looked_at, 1)
    kept = (shares >= share) | (looked_at == 0)
    kept[0] = False  # the background
    spared = count > 1 and not kept.any()
    if spared:
        means = np.bincount(inside[known], support[known], count) / np.maximum(looked_at, 1)
        left, top, pixels = (stats[:, column] for column in (cv2.CC_STAT_LEFT, cv2.CC_STAT_TOP, cv2.CC_STAT_AREA))
        kept[max(range(1, count), key=lambda one: (shares[one], means[one], pixels[one], -top[one], -left[one]))] = True
    erased = ~kept
    erased[0] = False
    return Substituted(
        kept[components], count - 1, int(erased.sum()), int(stats[erased, cv2.CC_STAT_AREA].sum()), spared
    )
