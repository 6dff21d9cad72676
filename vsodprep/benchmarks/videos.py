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
_HIGHEST_RATE = 240
# Containers without an index tell their length in seconds, from which a number of frames is rounded.
_ROUNDED = 2
_COUNTED = (".avi", ".m4v", ".mov", ".mp4")


def decode_video(video: Path, target: Path) -> tuple[Issue, ...]:
    """Write a video's frames as PNG, turned upright as the container says, one frame in memory at a time.

    They are named `00000.png` and so on. The number of a frame in the middle that cannot be decoded is left out, as far
    as the others' times tell it.

    Args:
        video: The video file.
        target: Folder for its frames.

    Returns:
        `rotated`, if the frames were turned; `short-video`, if there are fewer frames than the container tells;
        `same-frames` and `repeated-frames`, if all or some are the same as the one before.

    Raises:
        InputError: No frame can be decoded.
    """
    target.mkdir(parents=True)
    import cv2  # noqa: PLC0415  a plan, which looks into the folder only, does without

    capture = cv2.VideoCapture(str(video))
    capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)
    told, rate = capture.get(cv2.CAP_PROP_FRAME_COUNT), capture.get(cv2.CAP_PROP_FPS)
    turned = round(capture.get(cv2.CAP_PROP_ORIENTATION_META)) % 360
    milliseconds: list[float] = []
    before: NDArray[np.uint8] | None = None
    repeated = 0
    try:
        failed = 0
        while failed == 0 or (failed < _TRIES and len(milliseconds) < told):
            ok, frame = capture.read()
            failed = 0 if ok else failed + 1
            if ok:
                rgb = np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), dtype=np.uint8)
                repeated += before is not None and np.array_equal(rgb, before)
                before = rgb
                (target / f"{len(milliseconds):05d}.png").write_bytes(encode_png(rgb))
                milliseconds.append(capture.get(cv2.CAP_PROP_POS_MSEC))
    finally:
        capture.release()
    if not milliseconds:
        raise InputError(video, "no frame that can be decoded", "a whole video file, of a kind that OpenCV reads")
    short = _short(video, target, told, rate, milliseconds)
    return (*_rotated(video, turned), *_repeated(video, repeated, len(milliseconds)), *short)


def _rotated(video: Path, degrees: int) -> Iterator[Issue]:
    if degrees:
        yield Issue("rotated", video.name, f"frames turned by {degrees} degrees, as the container says")


def _repeated(video: Path, repeated: int, count: int) -> Iterator[Issue]:
    # OpenCV 5.0 hands over what its buffer held before where FFmpeg refuses to convert a frame, as an interlaced one.
    if repeated and repeated == count - 1:
        detail = f"all {count} frames are the same, as of an interlaced video that OpenCV cannot convert"
        yield Issue("same-frames", video.name, detail)
    elif repeated:
        yield Issue("repeated-frames", video.name, f"{repeated} of {count} frames are the same as the one before")


def _short(video: Path, target: Path, told: float, rate: float, milliseconds: list[float]) -> Iterator[Issue]:
    count = len(milliseconds)
    slack = 0 if video.suffix.lower() in _COUNTED else _ROUNDED
    ends = milliseconds[-1] * rate / 1000 >= told * (1 - 1 / count)
    if count >= told - slack or (rate > _HIGHEST_RATE and ends):
        return
    numbers = [round(one * rate / 1000) for one in milliseconds]
    holes = sorted(set(range(numbers[-1])) - set(numbers)) if numbers == sorted(set(numbers)) else []
    if holes:
        for old, new in reversed(list(enumerate(numbers))):  # a number only grows, so that none is overwritten
            (target / f"{old:05d}.png").rename(target / f"{new:05d}.png")
    hole = f", the first that is missing is {holes[0]:05d}" if holes else ""
    yield Issue("short-video", video.name, f"{count} frames of {told:.0f} that the container tells{hole}")
