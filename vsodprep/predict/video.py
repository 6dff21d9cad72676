"""A network's maps of a video file, as a folder of maps and as videos to look at."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from vsodprep.benchmarks.videos import Video
from vsodprep.config.device import TOGETHER
from vsodprep.config.saliency import Saliency
from vsodprep.config.train import Run
from vsodprep.errors import InputError
from vsodprep.files import real_path
from vsodprep.images import write_png
from vsodprep.models import saved
from vsodprep.models.inference import placed, predict_maps, record_of, to_map
from vsodprep.models.network import ClipNetwork
from vsodprep.normalize.checks import told
from vsodprep.predict.encode import ALPHA, OPAQUE, clock_of, writing_video
from vsodprep.predict.images import record_by
from vsodprep.predict.sources import flow_to_estimate
from vsodprep.predict.streamed import StreamedVideo
from vsodprep.predictions import writing_maps
from vsodprep.progress import note, timed, track
from vsodprep.saliency.folders import to_bytes
from vsodprep.saliency.maps import method_of, with_first
from vsodprep.shards.clips import SplitSource
from vsodprep.threads import restores_threads

Picture = NDArray[np.uint8]
_COLOUR = np.array([255, 0, 90], np.float32)  # seldom in nature, and told from grey by the colour-blind
_SHARE = 0.5  # of the colour where the map is white


def overlay(frame: Picture, saliency: Picture) -> Picture:
    """Tint a frame where its map is bright.

    Args:
        frame: uint8 `(H, W, 3)` RGB.
        saliency: uint8 `(H, W)`.

    Returns:
        uint8 `(H, W, 3)` RGB.
    """
    share = saliency[..., None].astype(np.float32) * np.float32(_SHARE / 255)
    return np.rint(frame + share * (_COLOUR - frame)).astype(np.uint8)


def side_by_side(frame: Picture, saliency: Picture) -> Picture:
    """Set a frame, uint8 `(H, W, 3)` RGB, beside its map, uint8 `(H, W)`; returns uint8 `(H, 2 W, 3)`."""
    return np.hstack([frame, np.repeat(saliency[..., None], 3, axis=2)])


def cutout(frame: Picture, saliency: Picture) -> Picture:
    """Give a frame, uint8 `(H, W, 3)` RGB, its map, uint8 `(H, W)`, as alpha channel; returns uint8 `(H, W, 4)`."""
    return np.dstack([frame, saliency])


DRAWN: Mapping[str, Callable[[Picture, Picture], Picture]] = {
    "overlay": overlay,
    "side-by-side": side_by_side,
    "cutout": cutout,
}
CODECS = {"overlay": OPAQUE, "side-by-side": OPAQUE, "cutout": ALPHA}


@restores_threads
def predict_video(
    checkpoint: Path,
    source: Path,
    out: Path | None = None,
    drawn: Mapping[str, Path] | None = None,
    classifier: Path | None = None,
    *,
    allow: tuple[str, ...] = (),
    device: str = "cpu",
    threads: int = 2,
    batch: int = TOGETHER,
    content: Mapping[str, Any] | None = None,
) -> dict[str, int]:
    """Predict every frame of a video file, in one pass in which a few frames are in memory.

    Args:
        checkpoint: The trained network; flow is estimated as for its training.
        source: The video file.
        out: Folder that gets `{seq}/{frame}.png`, as from `predict_shard`, if any.
        drawn: Video files to write, by a name of `DRAWN`; each frame is shown as long as in the source.
        classifier: The motion prior's classifier, where the network reads a prior.
        allow: Kinds of issue of the video that do not stop.
        device: `cpu` or `cuda`.
        threads: Threads of torch, of the flow and of the encoders.
        batch: Frames that go through the network together.
        content: What `saved.adopt` has read of the file, where it is no checkpoint of ours.

    Returns:
        Frames predicted, by sequence.

    Raises:
        InputError: The checkpoint or the video cannot be read or does not say all that is needed, the video has an
            issue that is not allowed, or an output is the source, or another output.
    """
    _check_files(source, drawn or {})
    torch.set_num_threads(threads)
    content = content or saved.load(checkpoint)
    block = flow_to_estimate(checkpoint, content, Run.model_validate(content["recipe"]), classifier)
    network, run = placed(checkpoint, content, device)
    # A clip network keeps what it has encoded.
    kept = 1 if isinstance(network, ClipNetwork) else (network.clip_length - 1) * run.reading.clip_stride + 1
    flow = (run.flow, block) if run.flow and block else None
    prior = (run.prior, classifier) if run.prior and classifier else None
    video = StreamedVideo(source, flow, prior, kept=kept, allow=allow, device=device, threads=threads)
    made_by = record_of(checkpoint, video.manifest.name, None)
    spent: dict[str, float] = {}
    predicted = predict_maps(network, run, SplitSource(video), device=device, batch=batch, spent=spent)
    maps = (to_map(probability, size, run.maps) for _, _, probability, size in predicted)
    return _write(video, maps, made_by, out, drawn or {}, threads, spent)


def predict_video_by(
    block: Saliency,
    source: Path,
    out: Path | None = None,
    drawn: Mapping[str, Path] | None = None,
    *,
    allow: tuple[str, ...] = (),
    device: str = "cpu",
    threads: int = 2,
) -> dict[str, int]:
    """Predict every frame of a video file by an ONNX network.

    Args:
        block: Of method `onnx`.
        source: The video file.
        out: Folder that gets `{seq}/{frame}.png`, as from `predict_by`, if any.
        drawn: See `predict_video`.
        allow: Kinds of issue of the video that do not stop.
        device: `cpu` or `cuda`.
        threads: Threads of onnxruntime and of the encoders.

    Returns:
        Frames predicted, by sequence.

    Raises:
        InputError: See `predict_video`.
    """
    _check_files(source, drawn or {})
    method = method_of(block, device, threads)
    video = StreamedVideo(source, allow=allow)
    made_by = record_by(block, method, video.manifest.name, None)
    (name,) = video.names
    frames = (video[name].frame(number) for number in range(len(video[name])))
    maps = with_first(to_bytes(method.maps([frame])[0]) for frame in frames)
    return _write(video, maps, made_by, out, drawn or {}, threads, {})


def _check_files(source: Path, drawn: Mapping[str, Path]) -> None:
    if not source.is_file():
        raise InputError(source, "no such file", "a video file")
    read = {real_path(source)}
    for path in drawn.values():
        if real_path(path) in read:
            raise InputError(
                path, "the input, or a file that another option writes", "a file of its own for each video"
            )
        read.add(real_path(path))


def _write(
    video: StreamedVideo,
    maps: Iterator[Picture],
    made_by: Mapping[str, Any],
    out: Path | None,
    drawn: Mapping[str, Path],
    threads: int,
    spent: dict[str, float],
) -> dict[str, int]:
    for line in told(video.manifest.issues):
        note(line)
    (sequence,) = video.manifest.sequences
    with ExitStack() as open_ones:
        if out is not None:
            open_ones.enter_context(writing_maps(out, made_by, {sequence.name: sequence.frames}, [video.path]))
        clock = clock_of(video.video)
        writers = {
            name: open_ones.enter_context(writing_video(path, clock, CODECS[name][path.suffix.lower()], threads))
            for name, path in drawn.items()
        }
        done = track(maps, f"predict {video.path.name}", len(sequence.frames), spent=spent)
        for number, frame, saliency in zip(sequence.frames, Video(video.path), done, strict=True):
            if out is not None:
                write_png(out / sequence.name / f"{number}.png", saliency)
            with timed(spent, "video"):
                for name, add in writers.items():
                    add(DRAWN[name](frame, saliency))
    return {sequence.name: len(sequence.frames)}
