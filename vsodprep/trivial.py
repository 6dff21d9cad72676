"""Maps that no network has learned: what a network has to beat."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vsodprep.config.report import Written
from vsodprep.errors import InputError
from vsodprep.flow.picture import recorded
from vsodprep.images import write_png
from vsodprep.manifest import ManifestSequence
from vsodprep.predictions import writing_maps
from vsodprep.progress import note, track
from vsodprep.shards import Shard, ShardSequence, layout, open_shard
from vsodprep.shards.transform import resize

SIGMA = 0.25
READS = {"flow-magnitude": layout.FLOW, "motion-prior": layout.PRIOR}


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


def write_trivial(kind: Written, shard: Path, out: Path, split: str, name: str | None = None) -> None:
    """Write a trivial map for every frame of a split that maps are made of, laid out as predictions are.

    A frame without what its map is made of gets an empty map, and their number is told.

    Args:
        kind: Which map.
        shard: The packed benchmark.
        out: Gets `{seq}/{frame}.png` at each frame's own size and, last, `predictions.json`.
        split: The split.
        name: The flow block that `flow-magnitude` reads, without the camera's motion where its pictures are, or the
            prior block of `motion-prior`, enlarged where a shard holds it smaller; None takes the shard's first.

    Raises:
        InputError: The shard has no such split, no such block, or, for a block's map, holds still images there; or a
            file of somebody else would be overwritten.
    """
    opened = open_shard(shard)
    sequences = opened.manifest.split(split)
    read = READS.get(kind)
    block = _block(opened, sequences, read, name) if read else None
    frames = [(sequence, index) for sequence in sequences for index in opened[sequence.name].predicted]
    settings = {read: block} if read else {"sigma": SIGMA}
    made_by = {"method": kind, "settings": settings, "benchmark": opened.manifest.name}
    without = 0
    names = {each.name: [each.frames[index] for index in opened[each.name].predicted] for each in sequences}
    with writing_maps(out, made_by, names):
        for sequence, index in track(frames, kind, len(frames)):
            size = sequence.size(index)
            if block is None:
                values = _bytes_of(centre_prior(*size))
            else:
                arrays = opened[sequence.name]
                found = _flow_map(arrays, block, index) if read == layout.FLOW else arrays.prior(block, index)
                values = np.zeros(size, np.uint8) if found is None else resize(found, size, "opencv")
                without += found is None
            write_png(out / sequence.name / f"{sequence.frames[index]}.png", values)
    if without:
        note(f"{out}: {without} frames have no {read}; their maps are black")


def _flow_map(arrays: ShardSequence, block: str, index: int) -> NDArray[np.uint8] | None:
    """Return the length of the flow as networks see it."""
    stored = arrays.flow(block, index)
    shown = recorded(arrays.attributes(f"{layout.FLOW}/{block}")).shown
    return None if stored is None else _bytes_of(flow_magnitude(shown(stored)))


def _bytes_of(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.floor(values * 255 + 0.5).astype(np.uint8)


def _block(shard: Shard, sequences: Iterable[ManifestSequence], kind: str, name: str | None) -> str:
    """Return the block of a kind to read, the shard's first if none is named."""
    stills = [sequence.name for sequence in sequences if sequence.still]
    if stills:
        raise InputError(shard.path, f"holds still images ({stills[0]})", f"videos; still images have no {kind}")
    if name is None:
        if not shard.contents[kind]:
            found = "no flow vectors" if kind == layout.FLOW else f"no {kind}"
            raise InputError(shard.path, found, f"a shard packed with --{kind}")
        return shard.contents[kind][0]
    shard.require(kind, name)
    return name
