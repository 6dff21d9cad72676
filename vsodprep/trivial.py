"""Maps that nothing has been learned for: what a network has to beat."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vsodprep.config.report import Trivial
from vsodprep.errors import InputError
from vsodprep.flow.picture import recorded
from vsodprep.images import write_png
from vsodprep.manifest import ManifestSequence
from vsodprep.predictions import writing_maps
from vsodprep.progress import note, track
from vsodprep.shards import Shard, layout, open_shard

SIGMA = 0.25


def centre_prior(height: int, width: int, sigma: float = SIGMA) -> NDArray[np.float64]:
    """Return a Gaussian about the frame's centre, stretched to the frame's shape.

    Args:
        height: In px.
        width: In px.
        sigma: Standard deviation, as a fraction of the height and of the width.

    Returns:
        float64 `(H, W)` in (0, 1], 1 at the centre.

    Source: the centre baseline of Judd, Durand and Torralba, "A Benchmark of Computational Models of Saliency to
    Predict Human Fixations", MIT-CSAIL-TR-2012-001; its width is ours.
    """
    y = (np.arange(height) - 0.5 * (height - 1)) / (sigma * height)
    x = (np.arange(width) - 0.5 * (width - 1)) / (sigma * width)
    gaussian: NDArray[np.float64] = np.exp(-0.5 * (y[:, None] ** 2 + x[None, :] ** 2))
    return gaussian


def flow_magnitude(flow: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return how fast each pixel moves, as a fraction of the frame's fastest one.

    Args:
        flow: float32 `(H, W, 2)`, (u, v) in px.

    Returns:
        float64 `(H, W)` in [0, 1]; all 0 where nothing moves.
    """
    u, v = flow[..., 0].astype(np.float64), flow[..., 1].astype(np.float64)
    speed: NDArray[np.float64] = np.hypot(u, v)
    fastest = float(speed.max())
    return speed / fastest if fastest else speed


def write_trivial(kind: Trivial, shard: Path, out: Path, split: str, flow: str | None = None) -> None:
    """Write a trivial map for every frame of a split that maps are made of, laid out as predictions are.

    A frame without flow gets an empty map, and their number is told.

    Args:
        kind: Which map.
        shard: The packed benchmark.
        out: Gets `{seq}/{frame}.png` at each frame's own size and, last, `predictions.json`.
        split: The split.
        flow: The flow block that `flow-magnitude` reads, without the camera's motion where its pictures are; None
            takes the shard's first.

    Raises:
        InputError: The shard has no such split, no such flow, or, for `flow-magnitude`, holds still images there;
            or a file of somebody else would be overwritten.
    """
    opened = open_shard(shard)
    sequences = opened.manifest.split(split)
    block = _flow_block(opened, sequences, flow) if kind == "flow-magnitude" else None
    frames = [(sequence, index) for sequence in sequences for index in opened[sequence.name].predicted]
    settings = {"sigma": SIGMA} if block is None else {"flow": block}
    made_by = {"method": kind, "settings": settings, "benchmark": opened.manifest.name}
    without_flow = 0
    names = {each.name: [each.frames[index] for index in opened[each.name].predicted] for each in sequences}
    with writing_maps(out, made_by, names):
        for sequence, index in track(frames, kind, len(frames)):
            size = sequence.size(index)
            if block is None:
                values = centre_prior(*size)
            else:
                arrays = opened[sequence.name]
                stored = arrays.flow(block, index)
                shown = recorded(arrays.attributes(f"{layout.FLOW}/{block}")).shown  # as networks see it
                values = np.zeros(size) if stored is None else flow_magnitude(shown(stored))
                without_flow += stored is None
            path = out / sequence.name / f"{sequence.frames[index]}.png"
            write_png(path, np.floor(values * 255 + 0.5).astype(np.uint8))
    if without_flow:
        note(f"{out}: {without_flow} frames have no flow; their maps are black")


def _flow_block(shard: Shard, sequences: Iterable[ManifestSequence], name: str | None) -> str:
    """Return the flow block to read, the shard's first if none is named."""
    stills = [sequence.name for sequence in sequences if sequence.still]
    if stills:
        raise InputError(shard.path, f"still images in {stills[0]}", "videos; still images have no flow")
    if name is None:
        if not shard.contents["flow"]:
            raise InputError(shard.path, "no flow vectors", "a shard packed with --flow")
        return shard.contents["flow"][0]
    shard.require("flow", name)
    return name
