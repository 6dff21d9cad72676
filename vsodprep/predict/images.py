"""Saliency maps of a shard by an image method that is no network of ours."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodprep.config.saliency import Saliency
from vsodprep.images import write_png
from vsodprep.manifest import ManifestSequence
from vsodprep.predictions import writing_maps
from vsodprep.progress import track
from vsodprep.saliency.folders import to_bytes
from vsodprep.saliency.maps import Method, with_first
from vsodprep.shards.read import Shard, open_shard


def predict_by(block: Saliency, method: Method, shard: Path, out: Path, *, split: str | None = None) -> dict[str, int]:
    """Predict a shard's split by an ONNX network and write 8-bit maps.

    Every frame gets one; of a video that was not packed whole, every frame with a mask.

    Args:
        block: Of method `onnx`.
        method: What `method_of` makes of it.
        shard: What it is applied to.
        out: Folder that gets `{seq}/{frame}.png`, and `predictions.json` last.
        split: Split of the shard; everything if None.

    Returns:
        Frames written, by sequence.

    Raises:
        InputError: The network cannot be run, the shard cannot be read, or what is in `out` is of something else.
    """
    opened = open_shard(shard)
    sequences = opened.manifest.sequences if split is None else opened.manifest.split(split)
    frames = {one.name: [one.frames[number] for number in opened[one.name].predicted] for one in sequences}
    made_by = record_by(block, method, opened.manifest.name, split)
    total = sum(map(len, frames.values()))
    made = with_first(_made(method, opened, sequences))
    with writing_maps(out, made_by, frames):
        for path, saliency in track(made, f"predict {opened.manifest.name}", total):
            write_png(out / path, to_bytes(saliency))
    return {name: len(ids) for name, ids in frames.items()}


def record_by(block: Saliency, method: Method, benchmark: str, split: str | None) -> dict[str, Any]:
    """Return what the record of a folder of maps says of them beside their sequences."""
    return {"method": block.method, **method.settings, "benchmark": benchmark, "split": split}


def _made(
    method: Method, shard: Shard, sequences: Iterable[ManifestSequence]
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    for one in sequences:
        arrays = shard[one.name]
        for number in arrays.predicted:
            yield f"{one.name}/{one.frames[number]}.png", method.maps([arrays.frame(number)])[0]
