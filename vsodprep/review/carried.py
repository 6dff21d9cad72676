"""Following an edit's region along the flow, to the frames after its own."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodprep.coarse.edits import Edit, region_of
from vsodprep.coarse.support import carried, steps_of
from vsodprep.flow.store import FlowFile

Label = Callable[[str], NDArray[np.bool_] | None]
Found = tuple[tuple[tuple[int, int], ...], NDArray[np.bool_]]  # points of an edit, and the pixels that it is about

_INSIDE = 0.5  # share of a component's pixels that the region has to reach


def carried_edits(edit: Edit, last: str, label: Label, flow: FlowFile) -> list[Edit]:
    """Repeat an edit of one frame in the frames after it, where the flow takes its region.

    A component goes on as the components that lie in the moved region for the better part, a polygon as the moved
    region's outline. `keep` goes on as the largest of them alone, as two of it would leave nothing. The edit ends where
    nothing is left of its region: it has left the image, is hidden, or has grown together with something else.

    Args:
        edit: An edit of one frame, of a component or polygon.
        last: Id of the last frame.
        label: Returns a frame's label, bool `(H, W)`, or None for a frame without one.
        flow: The sequence's flow.

    Returns:
        The edit, and one or several a frame thereafter.

    Raises:
        InputError: There is no flow between two neighbours on the way.
    """
    frames = list(flow.frames)
    shown = label(edit.frame)
    assert shown is not None
    region, edits, steps = region_of(shown, edit), [edit], steps_of(flow)
    for start, end in pairwise(range(frames.index(edit.frame), frames.index(last) + 1)):
        region = carried(region.astype(np.float32), flow, steps, start, end) >= _INSIDE  # what is not known ends here
        shown = label(frames[end])
        if shown is not None:
            found = _polygons(region) if edit.shape == "polygon" else _components(shown, region)
            found = found[:1] if edit.action == "keep" else found
            edits += [replace(edit, frame=frames[end], points=points) for points, _ in found]
            if edit.shape == "component":
                region = np.logical_or.reduce([part for _, part in found], initial=False, axis=0) & shown
        if not region.any():
            break
    return edits


def _components(label: NDArray[np.bool_], region: NDArray[np.bool_]) -> list[Found]:
    """Return a point of each component that lies in the region, and its pixels; the largest first."""
    count, components = cv2.connectedComponents(label.astype(np.uint8), connectivity=8)
    sizes = np.bincount(components.ravel(), minlength=count)
    inside = np.bincount(components[region], minlength=count)
    chosen = [one for one in range(1, count) if inside[one] >= _INSIDE * sizes[one]]
    found: list[Found] = []
    for one in sorted(chosen, key=lambda one: (-sizes[one], one)):
        part = np.asarray(components == one)
        y, x = np.argwhere(part)[0].tolist()
        found.append((((x, y),), part))
    return found


def _polygons(region: NDArray[np.bool_]) -> list[Found]:
    """Return the outline of each part of the region, and its pixels; the largest first."""
    outlines, _ = cv2.findContours(region.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    found: list[Found] = []
    for outline in sorted(outlines, key=cv2.contourArea, reverse=True):
        corners = cv2.approxPolyDP(outline, 1, closed=True)[:, 0].tolist()
        if len(corners) >= 3:
            found.append((tuple((x, y) for x, y in corners), region))
    return found
