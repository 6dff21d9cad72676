"""A look at a stored flow: frames, pictures, what the flow explains and where it contradicts itself."""

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodprep.errors import InputError
from vsodprep.flow.dis import Dis
from vsodprep.flow.picture import picture_of
from vsodprep.flow.quality import grey, inconsistency, inconsistent_share, warp
from vsodprep.flow.store import FlowFile
from vsodprep.images import read_frame

MOST_GREY_LEVELS = 64  # photometric error that is drawn in the brightest colour
MOST_PIXELS = 4.0  # inconsistency that is
_MARGIN = 4
_TITLE = 18


class Panels(NamedTuple):
    """Pictures of one pair, each uint8 `(H, W, 3)` RGB.

    Attributes:
        frame: The frame on whose grid the flow is.
        flow: The flow as its block draws it.
        warped: The other frame, brought back along the flow.
        error: Grey difference of the two, dark where there is none.
        inconsistency: Distance between a pixel and where forward and backward flow lead it; black where it leaves the
            image.
    """

    frame: NDArray[np.uint8]
    flow: NDArray[np.uint8]
    warped: NDArray[np.uint8]
    error: NDArray[np.uint8]
    inconsistency: NDArray[np.uint8]


class Summary(NamedTuple):
    """Quality of a sequence's flow; pairs of rest are left out.

    Attributes:
        pairs: Number of pairs.
        photometric: Mean grey difference that the flow leaves inside the image, 0 to 255; None where nothing is.
        still: The same without any flow.
        unexplained: Pairs whose difference the flow does not make smaller, or that it leads out of the image
            altogether: a sign of broken flow or of a cut.
        inconsistent: Mean share of pixels whose forward and backward flow disagree; None unless both are stored.
        worst: Row of the pair with the largest difference, or of the first that leaves the image.
    """

    pairs: int
    photometric: float | None
    still: float | None
    unexplained: int
    inconsistent: float | None
    worst: int | None


def summarise(flow: FlowFile) -> Summary:
    """Return the quality of a sequence's flow, from the numbers stored with it."""
    moving = flow.pairs[:, 0] != flow.pairs[:, 1]
    photometric, still, inconsistent = (
        np.full(len(moving), np.nan) if values is None else np.where(moving, values, np.nan)
        for values in map(flow.numbers, ("photometric", "still", "inconsistent"))
    )
    looked_at = moving if flow.numbers("photometric") is not None else np.zeros_like(moving)
    lost = looked_at & np.isnan(photometric)
    errors = np.where(lost, np.inf, photometric)
    return Summary(
        int(np.count_nonzero(moving)),
        _mean(photometric),
        _mean(still),
        int(np.count_nonzero(errors[looked_at] >= np.maximum(still[looked_at], 1))),
        _mean(inconsistent),
        int(np.nanargmax(errors)) if looked_at.any() else None,
    )


def _mean(values: NDArray[np.float64]) -> float | None:
    return float(np.nanmean(values)) if np.isfinite(values).any() else None


def describe(flow: FlowFile, disagreeing: float | None = None) -> str:
    """Return the quality of a sequence's flow in a few lines of text.

    Args:
        flow: The stored flow.
        disagreeing: What `disagreement` found on some pairs, for a flow without its way back.
    """
    found = summarise(flow)
    method, policy = flow.attributes.get("method", "?"), flow.attributes.get("policy", {})
    lines = [f"{found.pairs} pairs by {method}, {policy.get('direction', '?')}, stride {policy.get('stride', '?')}"]
    if found.photometric is not None and found.still is not None:
        lines.append(f"photometric error {found.photometric:.2f} gray levels, without flow {found.still:.2f}")
    if found.worst is not None:
        lines.append(f"{found.unexplained} pairs whose frames the flow does not bring closer")
    if found.inconsistent is not None:
        lines.append(f"{found.inconsistent:.1%} of pixels with forward and backward flow that disagree")
    elif disagreeing is not None:
        lines.append(f"{disagreeing:.1%} of pixels disagree with a way back by DIS, in the pairs looked at")
    if found.worst is not None:
        first, second = (flow.frame_id(int(index)) for index in flow.pairs[found.worst])
        lines.append(f"largest error from {first} to {second}")
    return "\n".join(lines)


def check_frames(path: Path, flow: FlowFile, frames: Sequence[Path]) -> None:
    """Raise InputError if a folder's frames are not those that a flow was estimated from."""
    if flow.frames and flow.frames != tuple(frame.stem for frame in frames):
        found = f"flow of {len(flow.frames)} frames, {flow.frames[0]} to {flow.frames[-1]}"
        expected = f"the {len(frames)} frames of {frames[0].parent}, {frames[0].stem} to {frames[-1].stem}"
        raise InputError(path, found, expected)


def choose_rows(flow: FlowFile, count: int, frames: Collection[str] = ()) -> tuple[int, ...]:
    """Return the rows to look at: those of the frames that are asked for, else some over the sequence and the worst.

    Args:
        flow: The stored flow.
        count: How many, unless frames are asked for.
        frames: Frame ids.

    Raises:
        InputError: A frame has no flow.
    """
    shown = [flow.frame_id(int(index)) for index in flow.frame_of_pair]
    for frame in frames:
        if frame not in shown:
            raise InputError(f"frame {frame!r}", "has no flow", f"a frame from {shown[0]} to {shown[-1]}")
    if frames or not shown:
        return tuple(shown.index(frame) for frame in frames)
    rows = {round(place) for place in np.linspace(0, len(shown) - 1, max(count - 1, 1))}
    worst = summarise(flow).worst
    return tuple(sorted(rows if worst is None or count < 2 else rows | {worst}))


def panels(flow: FlowFile, row: int, source: NDArray[np.uint8], target: NDArray[np.uint8]) -> Panels:
    """Draw one pair.

    Args:
        flow: The stored flow.
        row: Row of the pair.
        source: Frame where its flow starts, uint8 `(H, W, 3)` RGB.
        target: Frame where it ends.

    Returns:
        The pictures; where the way back is not stored, DIS estimates it.
    """
    there = flow.row(row)
    back = flow.row(row, flow.datasets[1]) if len(flow.datasets) > 1 else _way_back(source, target)
    warped = warp(target, there)
    return Panels(
        source,
        picture_of(there, flow.attributes),
        warped,
        _heat(cv2.absdiff(grey(source), grey(warped)), MOST_GREY_LEVELS),
        _heat(inconsistency(there, back), MOST_PIXELS),
    )


def disagreement(flow: FlowFile, frames: Sequence[Path], rows: Iterable[int]) -> float | None:
    """Return the mean share of pixels that the way back, estimated by DIS, does not lead to where they came from.

    Args:
        flow: The stored flow.
        frames: All frames of the sequence.
        rows: Rows of the pairs to look at.

    Returns:
        Share from 0 to 1; None if no pair moves, or every pixel leaves the image.
    """
    shares = []
    for row in rows:
        first, second = (int(index) for index in flow.pairs[row])
        if first != second:
            back = _way_back(read_frame(frames[first]), read_frame(frames[second]))
            shares.append(inconsistent_share(flow.row(row), back))
    return _mean(np.array(shares))


def _way_back(source: NDArray[np.uint8], target: NDArray[np.uint8]) -> NDArray[np.float32]:
    method = Dis()
    first, second = method.encode([target, source], [True, False])
    return method.estimate([(first, second)])[0]


def _heat(values: NDArray[Any], most: float) -> NDArray[np.uint8]:
    levels = np.nan_to_num(255 * np.clip(values / most, 0, 1)).astype(np.uint8)
    colours = cv2.cvtColor(cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)
    colours[np.isnan(values)] = 0
    return np.asarray(colours, dtype=np.uint8)


def sheet(flow: FlowFile, frames: Sequence[Path], rows: Sequence[int], width: int = 320) -> NDArray[np.uint8]:
    """Draw pairs below one another, with titles.

    Args:
        flow: The stored flow.
        frames: All frames of the sequence.
        rows: Rows of the pairs.
        width: Width of a picture in pixels.

    Returns:
        uint8 `(H, W, 3)` RGB.
    """
    height = max(1, round(width * flow.size[0] / flow.size[1]))
    columns = len(Panels._fields)
    strip = (_TITLE + height + _MARGIN, columns * (width + _MARGIN) - _MARGIN)
    drawn = np.full((max(len(rows), 1) * strip[0], strip[1], 3), 255, np.uint8)
    way_back = "inconsistency" if len(flow.datasets) > 1 else "inconsistency (way back: DIS)"
    for place, row in enumerate(rows):
        first, second = (int(index) for index in flow.pairs[row])
        shown = flow.frame_id(int(flow.frame_of_pair[row]))
        titles = (
            f"{flow.frame_id(first)}, shown to {shown}",
            "flow",
            f"{flow.frame_id(second)} warped",
            "error",
            way_back,
        )
        pictures = panels(flow, row, read_frame(frames[first]), read_frame(frames[second]))
        for column, (title, picture) in enumerate(zip(titles, pictures, strict=True)):
            x, y = column * (width + _MARGIN), place * strip[0]
            cv2.putText(drawn, title, (x, y + 13), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (0, 0, 0), 1, cv2.LINE_AA)
            y += _TITLE
            drawn[y : y + height, x : x + width] = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    return drawn
