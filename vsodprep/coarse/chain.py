"""The chain from saliency maps to a coarse label, its steps in any order."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vsodprep.coarse.edits import Edit, apply_edit
from vsodprep.coarse.fuse import fuse
from vsodprep.coarse.substitute import Substituted, erase_unsupported
from vsodprep.config.coarse import Coarse
from vsodprep.config.crf import Crf
from vsodprep.crf.refine import refine
from vsodprep.saliency.folders import to_bytes
from vsodprep.saliency.otsu import otsu


@dataclass(frozen=True)
class Chain:
    """A block of coarse labels with all that it names.

    Attributes:
        block: The block.
        weights: float64 `(K,)`, one weight per map.
        crf: Settings of the dense CRF.
        device: Where the CRF's engine `torch` computes.
    """

    block: Coarse
    weights: NDArray[np.float64]
    crf: Crf
    device: str = "cpu"


@dataclass(frozen=True)
class Labelled:
    """A frame's label.

    Attributes:
        label: bool `(H, W)`.
        threshold: Otsu's threshold in 0..255, or None if the chain has no such step.
        ineffective: Edits that changed nothing.
        substituted: What the substitute erased, or None if the chain has no such step or nothing is known to support.
    """

    label: NDArray[np.bool_]
    threshold: int | None
    ineffective: tuple[Edit, ...]
    substituted: Substituted | None


def label_frame(
    frame: NDArray[np.uint8],
    maps: NDArray[np.uint8],
    chain: Chain,
    edits: Sequence[Edit] = (),
    support: NDArray[np.float32] | None = None,
) -> Labelled:
    """Make one frame's coarse label.

    Args:
        frame: uint8 `(H, W, 3)` RGB.
        maps: uint8 `(K, H, W)`; 0..255 stands for [0, 1].
        chain: Settings.
        edits: The frame's edits in order.
        support: float32 `(H, W)` in [0, 1], NaN where it is not known; for the step `substitute`, which does nothing
            without it.

    Returns:
        The label; a chain that ends in a soft map is cut at one half (STAN, MSST: section on coarse labels).
    """
    soft = maps[0].astype(np.float32) / 255
    label: NDArray[np.bool_] | None = None
    threshold: int | None = None
    ineffective: list[Edit] = []
    substituted: Substituted | None = None
    for step in chain.block.order:
        if step == "fuse":
            soft = fuse(maps.astype(np.float32) / 255, chain.weights)
        elif step == "otsu":
            threshold, label = otsu(to_bytes(soft))
        elif step == "crf":
            given = soft if label is None else np.where(label, chain.block.certainty, 1 - chain.block.certainty)
            soft = refine(frame, given, chain.crf, chain.device)
            label = None if label is None else soft > 0.5
        elif step == "substitute":
            label = soft > 0.5 if label is None else label
            if support is not None:
                settings = chain.block.substitute
                substituted = erase_unsupported(label, support, threshold=settings.threshold, share=settings.share)
                label = substituted.label
        else:
            label, ineffective = _edited(soft > 0.5 if label is None else label, edits)
    return Labelled(soft > 0.5 if label is None else label, threshold, tuple(ineffective), substituted)


def _edited(label: NDArray[np.bool_], edits: Sequence[Edit]) -> tuple[NDArray[np.bool_], list[Edit]]:
    ineffective = []
    for edit in edits:
        edited = apply_edit(label, edit)
        if np.array_equal(edited, label):
            ineffective.append(edit)
        label = edited
    return label, ineffective
