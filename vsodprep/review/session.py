"""What the review page shows and changes: labels, frames, flow, and the file of edits."""

import threading
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodprep.coarse.edits import HEADER, Edit, apply_edit, edits_by_frame, parse_edit, read_edits
from vsodprep.coding import Reading
from vsodprep.errors import InputError, check_known
from vsodprep.files import read_text, write_text
from vsodprep.flow.store import open_flow
from vsodprep.images import FOREGROUND_ABOVE, encode_png, find_image, natural_key
from vsodprep.manifest import frame_path
from vsodprep.markers import MANIFEST
from vsodprep.saliency.folders import list_maps, map_of, read_map, reading_of


@dataclass
class Session:
    """A folder of labels under review.

    Attributes:
        labels: `{seq}/{frame}.png`.
        frames: A normalised benchmark, or a folder with `{seq}/frames/` or `{seq}/` of images.
        edits: The file of edits; made with the first edit.
        flow: Folder with `{seq}.h5`, if flow is to be shown.
    """

    labels: Path
    frames: Path
    edits: Path
    flow: Path | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @cached_property
    def sequences(self) -> dict[str, list[str]]:
        """The frame ids of each sequence that has labels, listed once."""
        found: dict[str, list[str]] = {}
        for key in list_maps(self.labels):
            sequence, slash, frame = key.partition("/")
            if slash:
                found.setdefault(sequence, []).append(frame)
        return {sequence: found[sequence] for sequence in sorted(found, key=natural_key)}

    @cached_property
    def _reading(self) -> Reading:
        labels = list_maps(self.labels).values()
        return reading_of(labels, self.labels, what="masks")

    def all_edits(self) -> tuple[Edit, ...]:
        """Return the recorded edits in order."""
        return read_edits(self.edits) if self.edits.is_file() else ()

    def edits_of(self, sequence: str, frame: str) -> list[Edit]:
        """Return the edits that concern a frame, in order."""
        frames = self.sequences[sequence]
        return edits_by_frame(self.all_edits(), sequence, frames, str(self.edits)).get(frame, [])

    def frame_file(self, sequence: str, frame: str) -> Path:
        """Return the path of a frame.

        Raises:
            InputError: There is none.
        """
        if (self.frames / MANIFEST).is_file() or (self.frames / sequence / "frames").is_dir():
            return frame_path(self.frames, sequence, frame)
        path = find_image(self.frames / sequence, frame)
        if path is not None:
            return path
        raise InputError(self.frames / sequence / frame, "no such frame", "a frame for each label")

    def label(self, sequence: str, frame: str) -> NDArray[np.bool_]:
        """Return a frame's label with its edits applied, bool `(H, W)`."""
        label = read_map(map_of(self.labels, f"{sequence}/{frame}"), None, self._reading) > FOREGROUND_ABOVE
        for edit in self.edits_of(sequence, frame):
            label = apply_edit(label, edit)
        return label

    def overlay(self, sequence: str, frame: str) -> bytes:
        """Return the label as a PNG to lay over the frame: foreground tinted, its outline opaque."""
        label = self.label(sequence, frame)
        inner = cv2.erode(label.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))) > 0
        # 255 is the outline, 128 the inside: the page turns the grey levels into colours.
        return encode_png(np.where(label & ~inner, 255, np.where(label, 128, 0)).astype(np.uint8))

    def flow_picture(self, sequence: str, frame: str) -> bytes:
        """Return a frame's flow picture as PNG.

        Raises:
            InputError: There is no flow of this frame.
        """
        if self.flow is None:
            raise InputError("flow", "none given", "--flow DIR")
        path = self.flow / f"{sequence}.h5"
        with open_flow(path, pictures=True) as flow:
            frames = flow.frames or tuple(self.sequences[sequence])
            picture = flow.picture(frames.index(frame)) if frame in frames else None
            if picture is None:
                raise InputError(path, f"no flow of frame {frame}", "a frame that has a flow")
            return encode_png(picture)

    def add(self, line: str) -> Edit:
        """Append an edit to the file, atomically.

        Raises:
            InputError: The line is no edit, or names a sequence or frame that has no label.
        """
        edit = parse_edit(line, "edit")
        sequences = self.sequences
        check_known("edit", [edit.sequence], sequences, "sequence")
        edits_by_frame([edit], edit.sequence, sequences[edit.sequence], "edit")
        with self._lock:
            before = read_text(self.edits, "a file of edits") if self.edits.is_file() else HEADER
            separator = "" if before.endswith("\n") or not before else "\n"
            write_text(self.edits, f"{before}{separator}{edit.line()}\n")
        return edit

    def undo(self) -> str | None:
        """Take back the last edit in the file; return its line, or None if there is none."""
        with self._lock:
            if not self.edits.is_file():
                return None
            lines = read_text(self.edits, "a file of edits").splitlines()
            numbers = [number for number, line in enumerate(lines) if line.strip() and line.strip()[0] != "#"]
            if not numbers:
                return None
            removed = lines.pop(numbers[-1])
            write_text(self.edits, "".join(f"{line}\n" for line in lines))
        return removed
