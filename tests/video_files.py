"""Small video files for tests, and what is in one."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np


def disc(number: int, size: tuple[int, int] = (48, 64)) -> np.ndarray:
    """A disc that moves to the right over a plain ground, uint8 `(H, W, 3)`."""
    rows, columns = np.indices(size)
    inside = (rows - size[0] // 2) ** 2 + (columns - 12 - 3 * number) ** 2 < 80
    return np.where(inside[..., None], (230, 60, 40), (30, 90, 160)).astype(np.uint8)


def write(
    path: Path, pictures: Iterable[np.ndarray], times: Sequence[int] | None = None, unit: Fraction = Fraction(1, 25)
) -> Path:
    """Write a video as H.264, or as VP9 where the container is WebM.

    Args:
        path: The file.
        pictures: uint8 `(H, W, 3)` RGB of even height and width.
        times: When each is shown, in units; 0, 1, 2 and so on if None.
        unit: A unit of time in seconds.
    """
    codec = "libvpx-vp9" if path.suffix == ".webm" else "libx264"
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=1 / unit, options={"crf": "10"})
        stream.codec_context.time_base = unit
        for number, picture in enumerate(pictures):
            if not number:
                stream.height, stream.width = picture.shape[:2]
                stream.pix_fmt = "yuv420p"
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number if times is None else times[number], unit
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def read(path: Path) -> tuple[np.ndarray, list[float]]:
    """Return a video's pictures, uint8 `(n, H, W, 4)` RGBA, and when each is shown, in seconds."""
    with av.open(str(path)) as container:
        stream: Any = container.streams.video[0]
        decoder = stream.codec_context
        if decoder.name == "vp9":  # only the other decoder knows of alpha
            decoder = av.CodecContext.create("libvpx-vp9", "r")
        frames: list[Any] = [frame for packet in container.demux(stream) for frame in decoder.decode(packet)]
        times = [float(frame.pts * stream.time_base) for frame in frames]
        return np.stack([frame.to_ndarray(format="rgba") for frame in frames]), times


def turn(path: Path, degrees: int) -> None:
    """Write a display matrix into an MP4's track header, as a phone does (ISO/IEC 14496-12, section 8.3.2)."""
    data = bytearray(path.read_bytes())
    matrix = {90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}[degrees]
    a, b, c, d = (value << 16 for value in matrix)
    start = data.index(b"tkhd") + 4 + 40
    words = (a, b, 0, c, d, 0, 0, 0, 1 << 30)
    data[start : start + 36] = b"".join(word.to_bytes(4, "big", signed=True) for word in words)
    path.write_bytes(data)
