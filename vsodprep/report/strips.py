"""Picture strips: one frame through the pipeline, from the frame to its mask."""

from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from vsodprep.flow.picture import colour
from vsodprep.flow.store import open_flow
from vsodprep.images import read_frame, read_gray
from vsodprep.manifest import Sequence, frame_path, mask_path
from vsodprep.report.collect import Results
from vsodprep.report.frames import FrameError
from vsodprep.report.thumbnails import Thumbnail, thumbnail


@dataclass(frozen=True)
class Picture:
    """One picture of a strip.

    Attributes:
        label: What it shows.
        image: The picture; None where there is none.
    """

    label: str
    image: Thumbnail | None


@dataclass(frozen=True)
class Strip:
    """One frame through the pipeline."""

    place: str
    sequence: str
    frame: str
    mae: float
    pictures: tuple[Picture, ...]


@dataclass(frozen=True)
class Inputs:
    """Blocks of the configuration whose pictures a strip shows; None for none."""

    flow: str | None
    prior: str | None
    coarse: str | None


def inputs(results: Results, model: str, run: str) -> Inputs:
    """Return a run's own flow, prior and labels, and the first of the configuration's where it has none of its own."""
    config = results.config
    own = results.run(model, run)
    labels = [data.labels for stage in own.stages for data in stage.data if data.labels != "masks"] if own else []
    return Inputs(
        (own and own.flow) or next(iter(config.flow), None),
        (own and own.prior) or next(iter(config.prior), None),
        next(iter([*labels, *config.coarse]), None),
    )


def strip(
    results: Results,
    benchmark: str,
    error: FrameError,
    *,
    place: str,
    blocks: Inputs,
    predictions: dict[str, Path],
) -> Strip:
    """Make one strip.

    Args:
        results: The results folder.
        benchmark: Benchmark name.
        error: The frame and its error.
        place: `best`, `median` or `worst`.
        blocks: Which flow, prior and labels to show.
        predictions: Per caption, the folder of `{seq}/{frame}.png`.
    """
    folder = results.folder(benchmark)
    sequence = results.manifests[benchmark].sequence(error.sequence)
    index = sequence.frames.index(error.frame)
    shown = [Picture("frame", thumbnail(read_frame(frame_path(folder, error.sequence, error.frame))))]
    if not sequence.still:
        if blocks.flow:
            path = Path(results.paths.flow(blocks.flow, benchmark, error.sequence))
            shown.append(_picture("flow", _flow(path, index)))
        if blocks.prior:
            path = Path(results.paths.prior(blocks.prior, benchmark, error.sequence))
            shown.append(_picture("motion prior", _prior(path, sequence, index)))
    if blocks.coarse:
        marker = Path(results.paths.coarse(blocks.coarse, benchmark, error.sequence))
        shown.append(_picture("coarse label", _map(marker.with_suffix("") / f"{error.frame}.png")))
    for label, maps in predictions.items():
        shown.append(_picture(label, _map(maps / error.sequence / f"{error.frame}.png")))
    shown.append(_picture("mask", _map(mask_path(folder, error.sequence, error.frame))))
    return Strip(place, error.sequence, error.frame, error.mae, tuple(shown))


def _picture(label: str, image: NDArray[np.uint8] | None) -> Picture:
    return Picture(label, None if image is None else thumbnail(image))


def _map(path: Path) -> NDArray[np.uint8] | None:
    return read_gray(path) if path.is_file() else None


def _flow(path: Path, index: int) -> NDArray[np.uint8] | None:
    if not path.is_file():
        return None
    with open_flow(path) as reader:
        flow = reader.of_frame(index)
    return None if flow is None else colour(flow)


def _prior(path: Path, sequence: Sequence, index: int) -> NDArray[np.uint8] | None:
    if not path.is_file():
        return None
    with h5py.File(path) as file:
        frames = [frame.decode() for frame in file["frames"]]
        frame = sequence.frames[index]
        return np.asarray(file["prior"][frames.index(frame)], dtype=np.uint8) if frame in frames else None
