"""One picture of a whole benchmark, on which a wrong mask is seen at a glance."""

import math
from collections.abc import Collection
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodprep.images import read_frame, read_mask
from vsodprep.manifest import ManifestSequence, frame_path, mask_path, read_manifest

STILLS = 12  # pictures shown of a set of still images, which has one sequence for all
_OUTLINE = (255, 0, 255)
_PAPER = 255
_GAP, _CAPTION = 4, 14


def contact_sheet(folder: Path, tile: tuple[int, int] = (120, 160), columns: int | None = None) -> NDArray[np.uint8]:
    """Draw a frame with its mask outlined from every sequence of a normalised benchmark.

    Args:
        folder: The normalised benchmark.
        tile: Height and width in pixels of one picture.
        columns: Pictures in a row; None for a sheet about as wide as it is high, of at most eight.

    Returns:
        uint8 `(H, W, 3)` RGB; the annotated frame in the middle of each sequence, its name below.

    Raises:
        InputError: The folder is no normalised benchmark, or an image is missing.
    """
    manifest = read_manifest(folder)
    shown = [(sequence, frame) for sequence in manifest.sequences for frame in _chosen(folder, sequence)]
    columns = columns or max(1, min(8, math.ceil(math.sqrt(len(shown)))))
    rows = max(1, math.ceil(len(shown) / columns))
    height, width = tile[0] + _CAPTION + _GAP, tile[1] + _GAP
    sheet = np.full((rows * height + _GAP, columns * width + _GAP, 3), _PAPER, np.uint8)
    for number, (sequence, frame) in enumerate(shown):
        top, left = _GAP + number // columns * height, _GAP + number % columns * width
        picture = _picture(folder, sequence, frame, tile)
        sheet[top : top + tile[0], left : left + tile[1]] = picture
        label = _caption(sequence, frame, tile[1])
        sheet[top + tile[0] : top + tile[0] + _CAPTION, left : left + tile[1]] = label
    return sheet


def _chosen(folder: Path, sequence: ManifestSequence) -> list[str]:
    frames = sequence.annotated or sequence.frames
    if not sequence.still:
        return [_telling(folder, sequence, frames)]
    places = np.linspace(0, len(frames) - 1, min(STILLS, len(frames)))
    return [frames[int(place)] for place in places]


def _telling(folder: Path, sequence: ManifestSequence, frames: Collection[str]) -> str:
    """Return the frame nearest to the middle whose mask is not empty; the middle one if the nearest nine are."""
    middle = len(frames) // 2
    nearest = [frame for _, frame in sorted(enumerate(frames), key=lambda item: abs(item[0] - middle))][:9]
    shown = (
        one for one in nearest if one in sequence.annotated and read_mask(mask_path(folder, sequence.name, one)).any()
    )
    return next(shown, nearest[0])


def _picture(folder: Path, sequence: ManifestSequence, frame: str, tile: tuple[int, int]) -> NDArray[np.uint8]:
    image = read_frame(frame_path(folder, sequence.name, frame))
    scale = min(tile[0] / image.shape[0], tile[1] / image.shape[1])
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    if frame in sequence.annotated:
        mask = read_mask(mask_path(folder, sequence.name, frame)).astype(np.uint8)
        # INTER_AREA and "at all" keep small objects, which nearest neighbour would lose.
        outline = (cv2.resize(mask * 255, size, interpolation=cv2.INTER_AREA) > 0).astype(np.uint8)
        contours, _ = cv2.findContours(outline, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        small = cv2.drawContours(np.ascontiguousarray(small), contours, -1, _OUTLINE, 1)
    canvas = np.full((*tile, 3), _PAPER, np.uint8)
    top, left = (tile[0] - size[1]) // 2, (tile[1] - size[0]) // 2
    canvas[top : top + size[1], left : left + size[0]] = small
    return canvas


def _caption(sequence: ManifestSequence, frame: str, width: int) -> NDArray[np.uint8]:
    text = frame if sequence.still else sequence.name
    label = np.full((_CAPTION, width, 3), _PAPER, np.uint8)
    return np.asarray(
        cv2.putText(label, text, (1, _CAPTION - 4), cv2.FONT_HERSHEY_SIMPLEX, 0.35, (0, 0, 0), 1, cv2.LINE_AA),
        dtype=np.uint8,
    )
