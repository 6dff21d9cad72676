"""Frames of video files."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vsodprep.errors import InputError
from vsodprep.images import encode_png
from vsodprep.manifest import Issue

_TRIES = 64  # after a frame that cannot be decoded
# Above it a container's rate is the unit of its time stamps, and tells nothing of the number of frames.
HIGHEST_RATE = 240
# Containers without an index tell their length in seconds, from which a number of frames is rounded.
_ROUNDED = 2
_COUNTED = (".avi", ".m4v", ".mov", ".mp4")


class Video:
    """A video's frames in order, turned upright as the container says, one in memory at a time.

    Args:
        path: The video file.

    Attributes:
        told: Number of frames that the container tells; right only once all have been read.
        rate: Frames a second that the container tells.
        milliseconds: When each frame is shown, of those that have been read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.told = self.rate = 0.0
        self.milliseconds: list[float] = []
        self._turned = self._repeated = 0

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        """Yield the frames, uint8 `(H, W, 3)` RGB.

        Raises:
            InputError: No frame can be decoded.
        """
        import cv2  # noqa: PLC0415  a plan, which looks into the folder only, does without

        capture = cv2.VideoCapture(str(self.path))
        capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)
        self.told, self.rate = capture.get(cv2.CAP_PROP_FRAME_COUNT), capture.get(cv2.CAP_PROP_FPS)
        self._turned, self._repeated = round(capture.get(cv2.CAP_PROP_ORIENTATION_META)) % 360, 0
        self.milliseconds = []
        before: NDArray[np.uint8] | None = None
        try:
            failed = 0
            while failed == 0 or (failed < _TRIES and len(self.milliseconds) < self.told):
                ok, frame = capture.read()
                failed = 0 if ok else failed + 1
                if ok:
                    rgb = np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), dtype=np.uint8)
                    self._repeated += before is not None and np.array_equal(rgb, before)
                    before = rgb
                    self.milliseconds.append(capture.get(cv2.CAP_PROP_POS_MSEC))
                    yield rgb
        finally:
            capture.release()
        if before is None:
            expected = "a whole video file, of a kind that OpenCV reads"
            raise InputError(self.path, "no frame that can be decoded", expected)

    @property
    def numbers(self) -> list[int]:
        """The numbers of all frames; that of one that is missing is left out, as far as the others' times tell."""
        count = len(self.milliseconds)
        numbers = [round(one * self.rate / 1000) for one in self.milliseconds]
        holes = self._short and numbers == sorted(set(numbers)) and numbers[-1] >= count
        return numbers if holes else list(range(count))

    @property
    def issues(self) -> tuple[Issue, ...]:
        """What is odd about it, once all frames have been read; kinds as of `decode_video`."""
        return (*self._rotated(), *self._same(), *self._lacking())

    @property
    def _short(self) -> bool:
        count = len(self.milliseconds)
        slack = 0 if self.path.suffix.lower() in _COUNTED else _ROUNDED
        ends = self.milliseconds[-1] * self.rate / 1000 >= self.told * (1 - 1 / count)
        return count < self.told - slack and not (self.rate > HIGHEST_RATE and ends)

    def _rotated(self) -> Iterator[Issue]:
        if self._turned:
            yield Issue("rotated", self.path.name, f"frames turned by {self._turned} degrees, as the container says")

    def _same(self) -> Iterator[Issue]:
        # OpenCV 5.0 hands over what its buffer held where FFmpeg refuses to convert a frame, as an interlaced one.
        count = len(self.milliseconds)
        if self._repeated and self._repeated == count - 1:
            detail = f"all {count} frames are the same, as of an interlaced video that OpenCV cannot convert"
            yield Issue("same-frames", self.path.name, detail)
        elif self._repeated:
            detail = f"{self._repeated} of {count} frames are the same as the one before"
            yield Issue("repeated-frames", self.path.name, detail)

    def _lacking(self) -> Iterator[Issue]:
        if self._short:
            first = next((number for number, known in enumerate(self.numbers) if number != known), None)
            hole = "" if first is None else f", the first that is missing is {first:05d}"
            detail = f"{len(self.milliseconds)} frames of {self.told:.0f} that the container tells{hole}"
            yield Issue("short-video", self.path.name, detail)


def decode_video(path: Path, target: Path) -> tuple[Issue, ...]:
    """Write a video's frames as PNG.

    They are named `00000.png` and so on, by `Video.numbers`.

    Args:
        path: The video file.
        target: Folder for its frames.

    Returns:
        `rotated`, if the frames were turned; `short-video`, if there are fewer frames than the container tells;
        `same-frames` and `repeated-frames`, if all or some are the same as the one before.

    Raises:
        InputError: No frame can be decoded.
    """
    target.mkdir(parents=True)
    video = Video(path)
    for number, frame in enumerate(video):
        (target / f"{number:05d}.png").write_bytes(encode_png(frame))
    for old, new in reversed(list(enumerate(video.numbers))):  # a number only grows, so that none is overwritten
        if old != new:
            (target / f"{old:05d}.png").rename(target / f"{new:05d}.png")
    return video.issues
