"""Recorded human edits of labels: a text file with one edit per line, applied in order."""

import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodprep.errors import InputError
from vsodprep.files import read_text

ACTIONS = ("erase", "keep")
SHAPES = ("component", "polygon", "all")
HEADER = "# sequence frame action shape coordinates; see docs/coarse.md\n"
_LINE = "SEQUENCE FRAME erase|keep component X,Y | polygon X,Y X,Y X,Y ... | all"
_POINT = re.compile(r"(-?\d+),(-?\d+)$")


@dataclass(frozen=True)
class Edit:
    """One edit.

    Attributes:
        sequence: Sequence name.
        frame: Frame id, `*` for all frames, or `FIRST..LAST`, both included.
        action: `erase` makes the region background; `keep` makes all but the region background.
        shape: `component`: the 8-connected foreground around a point. `polygon`: its inside and outline. `all`: the
            whole frame.
        points: (x, y) in pixels from the top left corner.
    """

    sequence: str
    frame: str
    action: str
    shape: str
    points: tuple[tuple[int, int], ...] = ()

    def line(self) -> str:
        """Return the edit as its line in the file, without the line's end."""
        points = [f"{x},{y}" for x, y in self.points]
        frame = self.frame if self.frame == "*" else shlex.quote(self.frame)
        return " ".join([shlex.quote(self.sequence), frame, self.action, self.shape, *points])


@lru_cache(maxsize=1 << 16)  # a page of review reads the whole file again after each edit
def parse_edit(line: str, where: str) -> Edit:
    """Read one line.

    Args:
        line: The line; names with blanks stand in quotes.
        where: What to name in an error.

    Raises:
        InputError: It is no edit.
    """
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise InputError(where, f"{line!r} ({error})", _LINE) from error
    if len(words) < 4 or words[2] not in ACTIONS or words[3] not in SHAPES:
        raise InputError(where, repr(line), _LINE)
    matches = [_POINT.match(word) for word in words[4:]]
    points = tuple((int(match[1]), int(match[2])) for match in matches if match)
    shape = words[3]
    needed = {"component": len(points) == 1, "polygon": len(points) >= 3, "all": not points}
    if len(points) != len(matches) or not needed[shape]:
        raise InputError(where, repr(line), _LINE)
    return Edit(words[0], words[1], words[2], shape, points)


def read_edits(path: Path) -> tuple[Edit, ...]:
    """Read an edits file; empty lines and lines that begin with # are skipped.

    Raises:
        InputError: The file is unreadable, or a line is no edit; the line is named by its number.
    """
    lines = enumerate(read_text(path, "a file of edits").splitlines(), start=1)
    numbered = ((number, line.strip()) for number, line in lines)
    return tuple(parse_edit(line, f"{path}:{number}") for number, line in numbered if line and line[0] != "#")


def edits_by_frame(edits: Iterable[Edit], sequence: str, frames: Sequence[str], where: str) -> dict[str, list[Edit]]:
    """Sort a sequence's edits by the frames that they concern.

    Args:
        edits: Edits of any sequences.
        sequence: Sequence name.
        frames: The sequence's frame ids in order.
        where: What to name in an error.

    Returns:
        Edits of each frame that has any, in the file's order.

    Raises:
        InputError: An edit names a frame that the sequence does not have.
    """
    position = {frame: index for index, frame in enumerate(frames)}
    chosen: dict[str, list[Edit]] = {}
    for edit in edits:
        if edit.sequence != sequence:
            continue
        for frame in _frames_of(edit, frames, position, where):
            chosen.setdefault(frame, []).append(edit)
    return chosen


def _frames_of(edit: Edit, frames: Sequence[str], position: dict[str, int], where: str) -> Sequence[str]:
    if edit.frame == "*":
        return frames
    if edit.frame in position:
        return (edit.frame,)
    first, dots, last = edit.frame.partition("..")
    if dots and first in position and last in position and position[first] <= position[last]:
        return frames[position[first] : position[last] + 1]
    raise InputError(
        where, f"no frame {edit.frame!r} in sequence {edit.sequence}", f"{frames[0]} to {frames[-1]}, or *"
    )


def apply_edit(label: NDArray[np.bool_], edit: Edit) -> NDArray[np.bool_]:
    """Apply one edit.

    Args:
        label: bool `(H, W)`.
        edit: The edit; a component whose point is background is empty, and then nothing changes.

    Returns:
        bool `(H, W)`, nowhere foreground where `label` is not.
    """
    region = region_of(label, edit)
    if edit.shape == "component" and not region.any():
        return label
    return label & (region if edit.action == "keep" else ~region)


def region_of(label: NDArray[np.bool_], edit: Edit) -> NDArray[np.bool_]:
    """Return what an edit is about, bool `(H, W)`: empty for a component whose point is background."""
    if edit.shape == "all":
        return np.ones(label.shape, dtype=np.bool_)
    if edit.shape == "polygon":
        canvas = np.zeros(label.shape, dtype=np.uint8)
        cv2.fillPoly(canvas, [np.array(edit.points, dtype=np.int32)], 1)
        return canvas > 0
    ((x, y),) = edit.points
    if not (0 <= y < label.shape[0] and 0 <= x < label.shape[1] and label[y, x]):
        return np.zeros(label.shape, dtype=np.bool_)
    _, components = cv2.connectedComponents(label.astype(np.uint8), connectivity=8)
    return np.asarray(components == components[y, x])
