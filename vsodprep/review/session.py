"""What the review page shows and changes: labels, frames, flow, and the file of edits."""

import io
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vsodprep.coarse.edits import HEADER, Edit, apply_edit, edits_by_frame, parse_edit, read_edits
from vsodprep.coarse.substitute import erase_unsupported
from vsodprep.coding import Reading
from vsodprep.config.coarse import Substitute
from vsodprep.errors import InputError, check_known, check_size
from vsodprep.files import read_text, write_text
from vsodprep.flow.store import open_flow
from vsodprep.images import FOREGROUND_ABOVE, encode_jpeg, find_image, natural_key, read_frame
from vsodprep.manifest import frame_path
from vsodprep.markers import MANIFEST
from vsodprep.prior.store import open_prior
from vsodprep.review.carried import carried_edits
from vsodprep.review.marks import Marks, read_marks, write_marks
from vsodprep.saliency.folders import list_maps, map_of, read_map, reading_of

_THUMBNAIL = 72  # pixels of height
_AT_HAND = 16  # edited labels that are kept
_TINT = (255, 70, 70)
_OPACITY = bytes((0, 95, 255))  # of all else, a label's inside, its outline


@dataclass
class Session:
    """A folder of labels under review.

    Attributes:
        labels: `{seq}/{frame}.png`.
        frames: A normalised benchmark, or a folder with `{seq}/frames/` or `{seq}/` of images.
        edits: The file of edits; made with the first edit.
        flow: Folder with `{seq}.h5` of flow, to be shown and to carry edits along.
        prior: Folder with `{seq}.h5` of the motion prior, which suggests what to erase.
    """

    labels: Path
    frames: Path
    edits: Path
    flow: Path | None = None
    prior: Path | None = None
    _done: list[list[str]] = field(default_factory=list, repr=False)
    _undone: list[list[str]] = field(default_factory=list, repr=False)
    _read: tuple[Any, tuple[Edit, ...]] | None = field(default=None, repr=False)
    _edited: dict[Path, tuple[int, tuple[Edit, ...], NDArray[np.bool_] | None]] = field(
        default_factory=dict, repr=False
    )
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
        """Return the recorded edits in order; the file is read again once it has changed."""
        if not self.edits.is_file():
            return ()
        stat = self.edits.stat()
        state = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        if self._read is None or self._read[0] != state:
            self._read = (state, read_edits(self.edits))
        return self._read[1]

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
        """Return a frame's label with its edits applied, bool `(H, W)`; of what was just shown only new edits are."""
        path, edits = map_of(self.labels, f"{sequence}/{frame}"), tuple(self.edits_of(sequence, frame))
        written = path.stat().st_mtime_ns if path.is_file() else 0
        before, done, label = self._edited.pop(path, (0, (), None))
        if label is None or before != written or edits[: len(done)] != done:
            label, done = read_map(path, None, self._reading) > FOREGROUND_ABOVE, ()
        for edit in edits[len(done) :]:
            label = apply_edit(label, edit)
        self._edited[path] = (written, edits, label)
        for earlier in list(self._edited)[:-_AT_HAND]:
            self._edited.pop(earlier, None)
        return label

    def overlay(self, sequence: str, frame: str) -> bytes:
        """Return the label as a PNG to lay over the frame: its outline opaque, its inside tinted, all else clear."""
        levels = self.label(sequence, frame).astype(np.uint8)
        inner = cv2.erode(levels, cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3)))
        # Two bits a pixel and a palette: soon made, and drawn by a browser as it is.
        image = Image.fromarray(levels + levels - inner)
        image.putpalette(_TINT * 3)
        file = io.BytesIO()
        image.save(file, "PNG", bits=2, transparency=_OPACITY, compress_level=1)
        return file.getvalue()

    def thumbnail(self, sequence: str, frame: str) -> bytes:
        """Return the frame as a small JPEG with its label's inside tinted."""
        picture, label = read_frame(self.frame_file(sequence, frame)), self.label(sequence, frame)
        size = (max(1, round(picture.shape[1] * _THUMBNAIL / picture.shape[0])), _THUMBNAIL)
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        share = cv2.resize(label.astype(np.float32), size, interpolation=cv2.INTER_AREA)[..., None] * np.float32(0.5)
        return encode_jpeg((small * (1 - share) + np.array(_TINT, np.float32) * share).astype(np.uint8))

    def flow_picture(self, sequence: str, frame: str) -> NDArray[np.uint8]:
        """Return a frame's flow picture, uint8 `(H, W, 3)` RGB.

        Raises:
            InputError: There is no flow of this frame.
        """
        path = self._flow_file(sequence)
        with open_flow(path, pictures=True) as flow:
            frames = flow.frames or tuple(self.sequences[sequence])
            picture = flow.picture(frames.index(frame)) if frame in frames else None
            if picture is None:
                raise InputError(path, f"no flow of frame {frame}", "a frame that has a flow")
            return picture

    def _flow_file(self, sequence: str) -> Path:
        if self.flow is None:
            raise InputError("flow", "none given", "--flow DIR")
        return self.flow / f"{sequence}.h5"

    def suggestions(self, sequence: str, frame: str) -> list[dict[str, Any]]:
        """Return the components that the motion prior does not support, as the step `substitute` would erase them.

        Returns:
            `edit`: the line that erases it; `point`: one of its pixels; `box`: left, top, width and height. Those that
            were refused are left out.
        """
        if self.prior is None:
            return []
        with open_prior(self.prior / f"{sequence}.h5") as known:
            prior = known.of_frame(frame)
        if prior is None:
            return []
        label = self.label(sequence, frame)
        check_size(self.prior / f"{sequence}.h5", prior.shape, label.shape, f"the label of {frame}")
        support = prior.astype(np.float32) / np.float32(255)
        rule = Substitute()
        kept = erase_unsupported(label, support, threshold=rule.threshold, share=rule.share).label
        count, components, stats, _ = cv2.connectedComponentsWithStats((label & ~kept).astype(np.uint8), connectivity=8)
        found = []
        for number in range(1, count):
            left, y, width = stats[number, [cv2.CC_STAT_LEFT, cv2.CC_STAT_TOP, cv2.CC_STAT_WIDTH]].tolist()
            x = left + int(np.argmax(components[y, left : left + width] == number))
            edit = Edit(sequence, frame, "erase", "component", ((x, y),))
            found.append({"edit": edit.line(), "point": f"{x},{y}", "box": stats[number, :4].tolist()})
        refused = self.all_marks().refused
        return [each for each in found if (sequence, frame, each["point"]) not in refused]

    @property
    def marks(self) -> Path:
        """The file of marks, beside the edits."""
        return self.edits.with_name(f"{self.edits.stem}.reviewed{self.edits.suffix}")

    def all_marks(self) -> Marks:
        """Return what was marked so far."""
        return read_marks(self.marks)

    def mark(self, sequence: str, frame: str, *, reviewed: bool | None = None, refused: str | None = None) -> Marks:
        """Mark a frame as reviewed or take the mark back, or refuse a suggestion by its point."""
        with self._lock:
            marks = self.all_marks()
            if reviewed is not None:
                place = frozenset({(sequence, frame)})
                marks = replace(marks, reviewed=marks.reviewed | place if reviewed else marks.reviewed - place)
            if refused is not None:
                marks = replace(marks, refused=marks.refused | {(sequence, frame, refused)})
            write_marks(self.marks, marks)
        return marks

    def add(self, line: str) -> list[str]:
        """Append an edit to the file, atomically; return its line.

        Raises:
            InputError: The line is no edit, or names a sequence or frame that has no label.
        """
        return self._append([self._checked(line)])

    def carry(self, line: str, last: str) -> list[str]:
        """Append an edit and what it becomes along the flow, up to frame `last`; return the lines.

        Raises:
            InputError: The line is no edit of a component or polygon in one frame, or there is no flow on the way.
        """
        edit = self._checked(line)
        frames = self.sequences[edit.sequence]
        later = frames[frames.index(edit.frame) :] if edit.frame in frames else []
        if edit.shape == "all" or last not in later:
            raise InputError("edit", f"{line} up to {last}", "a component or polygon of one frame, and a later frame")
        with open_flow(self._flow_file(edit.sequence)) as flow:
            check_known(flow.path, [edit.frame, last], flow.frames, "frame")
            edits = carried_edits(
                edit, last, lambda frame: self.label(edit.sequence, frame) if frame in later else None, flow
            )
        return self._append(edits)

    def _checked(self, line: str) -> Edit:
        edit = parse_edit(line, "edit")
        check_known("edit", [edit.sequence], self.sequences, "sequence")
        edits_by_frame([edit], edit.sequence, self.sequences[edit.sequence], "edit")
        return edit

    def _append(self, edits: Sequence[Edit], *, again: bool = False) -> list[str]:
        lines = [edit.line() for edit in edits]
        with self._lock:
            before = read_text(self.edits, "a file of edits") if self.edits.is_file() else HEADER
            separator = "" if before.endswith("\n") or not before else "\n"
            write_text(self.edits, before + separator + "".join(f"{line}\n" for line in lines))
            self._done.append(lines)
            if not again:
                self._undone.clear()
        return lines

    def undo(self) -> list[str]:
        """Take back the last edit in the file, with all that it became along the flow; return the lines."""
        with self._lock:
            if not self.edits.is_file():
                return []
            lines = read_text(self.edits, "a file of edits").splitlines()
            numbers = [number for number, line in enumerate(lines) if line.strip() and line.strip()[0] != "#"]
            last = self._done.pop() if self._done else []
            count = len(last) if last and [lines[number] for number in numbers[-len(last) :]] == last else 1
            removed = [lines.pop(number) for number in reversed(numbers[-count:])][::-1]
            if removed:
                write_text(self.edits, "".join(f"{line}\n" for line in lines))
                self._undone.append(removed)
        return removed

    def redo(self) -> list[str]:
        """Make the edit again that was taken back last, unless another was made since; return the lines."""
        with self._lock:
            lines = self._undone.pop() if self._undone else []
        return self._append([self._checked(line) for line in lines], again=True) if lines else []
