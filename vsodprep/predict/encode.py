"""Video files from pictures, encoded one by one."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vsodprep.benchmarks.videos import HIGHEST_RATE, Video
from vsodprep.files import atomic_path

Add = Callable[[NDArray[np.uint8]], None]


class Codec(NamedTuple):
    """How a kind of file is encoded.

    Attributes:
        name: FFmpeg's name of the encoder.
        pixels: FFmpeg's name of what it stores.
        options: Its options.
    """

    name: str
    pixels: str
    options: Mapping[str, str] = {}


# CRF 18 of H.264 and 24 of VP9 look like the original.
_H264 = Codec("libx264", "yuv420p", {"crf": "18"})
_VP9 = {"crf": "24", "b": "0", "cpu-used": "4"}
_GIF = Codec("gif", "pal8")
OPAQUE = {".mp4": _H264, ".mov": _H264, ".webm": Codec("libvpx-vp9", "yuv420p", _VP9), ".gif": _GIF}
ALPHA = {
    ".webm": Codec("libvpx-vp9", "yuva420p", _VP9),
    ".mov": Codec("prores_ks", "yuva444p10le", {"profile": "4444"}),
    ".gif": _GIF,
}
_HUNDREDTH, _LEAST = Fraction(1, 100), 2  # a GIF's unit of time, and the shortest that browsers show a picture
_UNIT = Fraction(1, 90_000)  # of time where the rate varies, as in MPEG
_TOLERANCE = 1.0  # milliseconds, to which Matroska rounds


class Clock(NamedTuple):
    """When the frames of a video are shown.

    Attributes:
        unit: Seconds of a unit of time.
        rate: Frames a second, on average where the rate varies.
        times: When each frame is shown, in units, from 0.
    """

    unit: Fraction
    rate: Fraction
    times: tuple[int, ...]


def clock_of(video: Video) -> Clock:
    """Return when the frames of a video are shown: at a fixed rate, or each at its own time.

    Args:
        video: A video whose frames have all been read. Where its times do not ascend, its rate holds.
    """
    first, count = video.milliseconds[0], len(video.milliseconds)
    known = 0 < video.rate <= HIGHEST_RATE
    rate = Fraction(video.rate if known else 25).limit_denominator(1001)
    times = [one - first for one in video.milliseconds]
    ascend = all(one < other for one, other in pairwise(times))
    fixed = known and all(abs(one - 1000 * number / rate) <= _TOLERANCE for number, one in enumerate(times))
    if fixed or not ascend:
        return Clock(1 / rate, rate, tuple(range(count)))
    return Clock(_UNIT, rate, tuple(round(one / 1000 / _UNIT) for one in times))


@contextmanager
def writing_video(path: Path, clock: Clock, codec: Codec, threads: int = 1) -> Iterator[Add]:
    """Write a video file atomically, a picture at a time.

    Args:
        path: The file; its ending says the container. Of an odd height or width, the last row or column is doubled
            where the codec halves colours.
        clock: When the pictures are shown.
        codec: How they are encoded. A GIF counts hundredths of a second, and leaves out what follows sooner than two.
        threads: Threads of the encoder.

    Yields:
        A function that takes the pictures in order, uint8 `(H, W, 3)` RGB, or `(H, W, 4)` with an alpha channel.

    Raises:
        InputError: It cannot be written.
    """
    import av  # noqa: PLC0415  (a folder of maps needs none)

    with atomic_path(path) as temporary:
        try:
            faststart = {"movflags": "faststart"} if path.suffix.lower() in (".mp4", ".mov") else {}
            with av.open(str(temporary), "w", options={"fflags": "bitexact", **faststart}) as container:
                encoder = _Encoder(av, container, clock, codec, threads)
                yield encoder.add
                encoder.end()
        except av.FFmpegError as error:
            raise OSError(error.errno, error.strerror) from error


class _Encoder:
    def __init__(self, av: Any, container: Any, clock: Clock, codec: Codec, threads: int) -> None:
        self._av, self._container, self._clock, self._codec, self._threads = av, container, clock, codec, threads
        self._gif = codec.name == "gif"
        self._unit = _HUNDREDTH if self._gif else clock.unit
        self._number, self._last = 0, -_LEAST
        self._stream: Any = None
        self._graph: Any = None

    def add(self, picture: NDArray[np.uint8]) -> None:
        time = round(self._clock.times[self._number] * self._clock.unit / self._unit)
        self._number += 1
        if self._gif and time < self._last + _LEAST:
            return
        self._last = time
        if "420" in self._codec.pixels:
            odd = [(0, length % 2) for length in picture.shape[:2]]
            picture = np.pad(picture, [*odd, (0, 0)], "edge") if (0, 1) in odd else picture
        form = "rgba" if picture.shape[2] == 4 else "rgb24"
        frame = self._av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format=form)
        frame.pts, frame.time_base = time, self._unit
        if self._stream is None:
            self._begin(frame)
        if self._graph is not None:
            self._graph.push(frame)
            frame = self._graph.pull()
        self._container.mux(self._stream.encode(frame))

    def _begin(self, frame: Any) -> None:
        self._stream = self._container.add_stream(
            self._codec.name, rate=self._clock.rate, options=dict(self._codec.options)
        )
        self._stream.width, self._stream.height, self._stream.pix_fmt = frame.width, frame.height, self._codec.pixels
        self._stream.codec_context.time_base = self._unit
        self._stream.codec_context.thread_count = self._threads
        if self._gif:
            self._graph = _palettes(self._av, frame, self._unit)

    def end(self) -> None:
        if self._stream is not None:
            self._container.mux(self._stream.encode())


def _palettes(av: Any, frame: Any, unit: Fraction) -> Any:
    """Return a graph of filters that gives each picture the 256 colours that suit it best."""
    graph = av.filter.Graph()
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=unit)
    split, made = graph.add("split"), graph.add("palettegen", "stats_mode=single")
    used, sink = graph.add("paletteuse", "new=1:dither=bayer:bayer_scale=3"), graph.add("buffersink")
    source.link_to(split)
    split.link_to(used, 0, 0)
    split.link_to(made, 1, 0)
    made.link_to(used, 0, 1)
    used.link_to(sink)
    graph.configure()
    return graph
