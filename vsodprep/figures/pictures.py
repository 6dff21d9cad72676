"""Figures that show frames: qualitative grids, and time lines with the frames behind their extremes."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from vsodprep.errors import InputError, expected_one
from vsodprep.evaluate.pictures import MapPictures, open_maps
from vsodprep.figures.compare import scored_on
from vsodprep.figures.grid import GridRow, grid, outlined
from vsodprep.figures.timeline import extremes, timeline
from vsodprep.images import read_frame, read_gray, read_mask
from vsodprep.manifest import frame_path, mask_path, read_manifest
from vsodprep.scores.measures import measure
from vsodprep.scores.read import Scores

OUTLINE = (255, 64, 64)
# Score files call the per-frame values behind these means by other names.
_PER_FRAME = {"j_mean": "j", "boundary_mean": "boundary_f"}


def grid_of(folder: Path, maps: Mapping[str, Path], frames: Sequence[str], scores: Sequence[Scores] = ()) -> Figure:
    """Lay out frames, masks and the maps of several methods.

    Args:
        folder: The normalised benchmark.
        maps: Per method, the folder or archive of its maps.
        frames: `SEQUENCE/FRAME` of each row.
        scores: Score files under the methods' labels; where given, each map shows its MAE.

    Raises:
        InputError: A frame or a map is missing.
    """
    manifest = read_manifest(folder)
    known = {each.label: each for each in scores}
    rows = []
    with ExitStack() as stack:
        opened = [stack.enter_context(_opened(of, folder, known.get(label))) for label, of in maps.items()]
        for name in frames:
            sequence, _, frame = name.partition("/")
            if frame not in manifest.sequence(sequence).frames:
                raise InputError(f"sequence {sequence}", f"no frame {frame!r}", "SEQUENCE/FRAME of the benchmark")
            pictures = [read_frame(frame_path(folder, sequence, frame)), _mask(folder, sequence, frame)]
            pictures += [_read(of, sequence, frame) for of in opened]
            values = [known[label].frames(sequence, "mae").get(frame) if label in known else None for label in maps]
            notes = ["" if value is None else f"MAE {value:.3f}" for value in values]
            rows.append(GridRow(name, tuple(pictures), ("", "", *notes)))
    return grid([f"frame of {manifest.name}", "mask", *maps], rows)


def _opened(maps: Path, folder: Path, scores: Scores | None) -> AbstractContextManager[MapPictures]:
    """Open a method's maps; they are read as the score file says that they were for scoring."""
    return open_maps(maps, folder, **(scores.files[0].get("inputs", {}).get("told", {}) if scores else {}))


def _read(maps: MapPictures, sequence: str, frame: str) -> NDArray[np.uint8]:
    found = maps.read(sequence, frame)
    if found is None:
        raise InputError(f"{maps.maps.path}: {sequence}/{frame}", "no map of this frame", "one map per frame")
    return found


def _mask(folder: Path, sequence: str, frame: str) -> NDArray[np.uint8] | None:
    path = mask_path(folder, sequence, frame)
    return read_gray(path) if path.is_file() else None


def timeline_of(
    scores: Sequence[Scores],
    sequence: str,
    key: str,
    *,
    folder: Path | None = None,
    maps: Path | None = None,
    count: int = 2,
) -> Figure:
    """Draw a measure along a sequence, with the frames behind the first method's extremes.

    Args:
        scores: The methods.
        sequence: Name of the sequence.
        key: Key of the measure.
        folder: The normalised benchmark, whose frames are shown with their masks outlined; none if None.
        maps: Folder or archive of the first method's maps, which are shown below the frames; none if None.
        count: Number of lowest and of highest frames.

    Raises:
        InputError: No such measure, or the score files do not go down to frames of that sequence.
    """
    of = measure(key)
    values = {each.label: each.frames(sequence, _PER_FRAME.get(key, key)) for each in scores}
    first = next(iter(values.values()))
    if not any(value is not None for value in first.values()):
        known = expected_one(sequence, scores[0].files[0]["sequences"])
        raise InputError(f"sequence {sequence}", f"no {key} of its frames in the score file", known)
    frames = list(first)
    pictures = {}
    if folder is not None:
        with nullcontext() if maps is None else _opened(maps, folder, scores[0]) as opened:
            for index in extremes(list(first.values()), count):
                pictures[index] = _stack(folder, opened, sequence, frames[index])
    lines = {label: [column.get(frame) for frame in frames] for label, column in values.items()}
    where = ", ".join(filter(None, (f"frame of {sequence}", scored_on(scores))))
    return timeline(frames, lines, of.heading, pictures, where)


def _stack(folder: Path, maps: MapPictures | None, sequence: str, frame: str) -> list[NDArray[np.uint8]]:
    picture = read_frame(frame_path(folder, sequence, frame))
    path = mask_path(folder, sequence, frame)
    if path.is_file():
        picture = outlined(picture, read_mask(path), OUTLINE)
    return [picture] if maps is None else [picture, _read(maps, sequence, frame)]
