"""StripPicture strips: one frame through the pipeline, from the frame to its mask."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vsodprep.config.train import DELIVERED
from vsodprep.images import read_frame
from vsodprep.manifest import frame_path
from vsodprep.report.collect import Results
from vsodprep.report.frames import FrameError
from vsodprep.report.maps import MapKind, MapsOf, Reader, reader_of, reader_of_folder
from vsodprep.report.thumbnails import Thumbnail, thumbnail

_CAPTIONS: dict[MapKind, str] = {"flow": "flow", "prior": "motion prior", "coarse": "coarse label"}


@dataclass(frozen=True)
class StripPicture:
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
    mae: float | None
    pictures: tuple[StripPicture, ...]


Blocks = dict[MapKind, str | None]
"""The block of each kind whose pictures a strip shows; None for none."""


def inputs(results: Results, model: str, run: str) -> Blocks:
    """Return a run's own flow, prior and labels, and the first of the configuration's where it has none of its own.

    A method of `methods:` was made of none of them.
    """
    config = results.config
    own = results.run(model, run)
    if own is None:
        return {}
    labels = [data.labels for stage in own.stages for data in stage.data if data.labels not in DELIVERED]
    return {
        "flow": own.flow or next(iter(config.flow), None),
        "prior": own.prior or next(iter(config.prior), None),
        "coarse": next(iter([*labels, *config.coarse]), None),
    }


def strip(
    results: Results,
    benchmark: str,
    error: FrameError,
    *,
    place: str,
    blocks: Blocks,
    predictions: Mapping[str, MapsOf],
) -> Strip:
    """Make one strip.

    Args:
        results: The results folder.
        benchmark: Benchmark name.
        error: The frame and its error.
        place: `best`, `median` or `worst`.
        blocks: Which flow, prior and labels to show.
        predictions: Maps per caption.
    """
    folder = results.folder(benchmark)
    sequence = results.manifests[benchmark].sequence(error.sequence)
    readers: list[tuple[str, Reader]] = []
    for kind, block in blocks.items():
        if block and (kind == "coarse" or not sequence.still):
            readers.append((_CAPTIONS[kind], reader_of(kind, results, block, benchmark, sequence)))
    readers += [(label, maps(error.sequence)) for label, maps in predictions.items()]
    readers.append(("mask", reader_of_folder(folder / error.sequence / "masks")))
    return Strip(place, error.sequence, error.frame, error.mae, _pictures(folder, error.sequence, error.frame, readers))


def side_by_side(
    results: Results, benchmark: str, sequence: str, frame: str, maps: Mapping[str, tuple[MapsOf, float]]
) -> Strip:
    """Make a strip of one frame, its mask, and the maps of several methods.

    Args:
        results: The results folder.
        benchmark: Benchmark name.
        sequence: Sequence name.
        frame: Frame id.
        maps: Per method, its maps and the MAE of the frame.
    """
    folder = results.folder(benchmark)
    readers = [("mask", reader_of_folder(folder / sequence / "masks"))]
    readers += [(f"{name} {mae:.3f}", of(sequence)) for name, (of, mae) in maps.items()]
    return Strip("apart", sequence, frame, None, _pictures(folder, sequence, frame, readers))


def _pictures(
    folder: Path, sequence: str, frame: str, readers: Sequence[tuple[str, Reader]]
) -> tuple[StripPicture, ...]:
    """Return a frame, and what readers give of it."""
    images = [(label, read(frame)) for label, read in readers]
    shown = [("frame", read_frame(frame_path(folder, sequence, frame))), *images]
    return tuple(StripPicture(label, None if image is None else thumbnail(image)) for label, image in shown)
