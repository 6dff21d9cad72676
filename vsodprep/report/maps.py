"""Reading one frame's map wherever a stage keeps it."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vsodprep.flow.store import open_flow
from vsodprep.images import read_gray
from vsodprep.manifest import ManifestSequence
from vsodprep.prior.store import open_prior
from vsodprep.report.collect import Results
from vsodprep.shards.read import open_shard

MapKind = Literal["saliency", "coarse", "prior", "flow"]
Reader = Callable[[str], NDArray[np.uint8] | None]
"""From a frame id to uint8 `(H, W)` or `(H, W, 3)`; None where that frame has no map."""


MapsOf = Callable[[str], Reader]
"""From a sequence's name to the reader of a method's maps of it."""


def reader_of_folder(folder: Path) -> Reader:
    """Read `{frame}.png` of a folder."""

    def read(frame: str) -> NDArray[np.uint8] | None:
        path = folder / f"{frame}.png"
        return read_gray(path) if path.is_file() else None

    return read


def maps_in(folder: Path) -> MapsOf:
    """Read `{seq}/{frame}.png` of a folder."""
    return lambda sequence: reader_of_folder(folder / sequence)


def reader_of(
    kind: MapKind,
    results: Results,
    block: str,
    benchmark: str,
    sequence: ManifestSequence,
) -> Reader:
    """Read what a block made of a sequence, one frame at a time; flow as colour pictures.

    What was not kept is read from the shard, as far as that has it.

    Raises:
        InputError: When called, if the file is no motion prior, or no flow.
    """
    path = Path(getattr(results.paths, kind)(block, benchmark, sequence.name))
    if kind in ("saliency", "coarse"):
        return reader_of_folder(path.parent)

    def read(frame: str) -> NDArray[np.uint8] | None:
        if not path.is_file():
            return _from_shard(kind, results, block, benchmark, sequence, frame)
        if kind == "prior":
            with open_prior(path) as prior:
                return prior.of_frame(frame)
        with open_flow(path, pictures=True) as reader:
            return reader.picture(sequence.frames.index(frame))

    return read


def _from_shard(
    kind: MapKind, results: Results, block: str, benchmark: str, sequence: ManifestSequence, frame: str
) -> NDArray[np.uint8] | None:
    path = Path(results.paths.shard(benchmark))
    if not path.is_file():
        return None
    shard, number = open_shard(path.parent), sequence.frames.index(frame)
    if sequence.name not in {
        each.name for each in shard.manifest.sequences
    }:  # a shard lacks sequences that no run reads
        return None
    if kind == "prior":
        return shard[sequence.name].prior(block, number) if block in shard.contents["prior"] else None
    packed = {*shard.contents["flow"], *shard.contents["pictures"]}
    return shard[sequence.name].picture(block, number) if block in packed else None
