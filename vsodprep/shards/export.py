"""Shards as the folders, or the tar files, that other code bases read."""

import io
import json
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vsodprep.errors import InputError
from vsodprep.files import atomic_directory, nothing
from vsodprep.images import encode_jpeg, encode_png
from vsodprep.manifest import ManifestSequence
from vsodprep.progress import note, track
from vsodprep.shards.read import Shard, ShardSequence, open_shard
from vsodprep.shards.transform import resize, resize_mask

Layout = Literal["davsod", "fsnet", "davis", "webdataset"]
Format = Literal["jpg", "png"]

SAMPLES_PER_TAR = 1000


@dataclass(frozen=True)
class ExportOptions:
    """What is exported, and how.

    Attributes:
        split: Split of the shard; everything if None.
        flow: Flow block whose pictures are exported, where the layout has any.
        image_format: Format of frames and flow pictures; most loaders look for `.jpg`.
        quality: Quality of JPEG.
        annotated: Only frames with a mask; those that were not packed are left out in any case.
    """

    split: str | None = None
    flow: str | None = None
    image_format: Format = "jpg"
    quality: int = 95
    annotated: bool = False


File = tuple[int, str, bytes]
"""Of a frame (0), its mask (1) or the picture of its flow (2): which it is, its ending, its content."""


def export(shard_path: Path, layout: Layout, out: Path, choice: ExportOptions | None = None) -> int:
    """Write a shard in another code base's layout; the folder appears whole.

    Args:
        shard_path: The shard.
        layout: `davsod`: `{seq}/Imgs` and `{seq}/ground-truth`. `fsnet`: `{seq}/Frame`, `{seq}/OF_FlowNet2` and
            `{seq}/GT`. `davis`: `JPEGImages/480p/{seq}`, `Annotations/480p/{seq}` and `ImageSets/480p/{split}.txt`.
            `webdataset`: tar files. Still images go to `{split}/{split}-Image` and `{split}/{split}-Mask`, as in DUTS.
        out: Folder to write, new or empty.
        choice: What is exported.

    Returns:
        Frames written.

    Raises:
        InputError: The folder is not empty, or the shard lacks the split, the flow or, if asked for, masks.
    """
    choice = choice or ExportOptions()
    shard = open_shard(shard_path)
    videos = shard.manifest.sequences if choice.split is None else shard.manifest.split(choice.split)
    flow = choice.flow
    if layout == "fsnet" and flow is None and any(not video.still for video in videos):
        known = sorted({*shard.contents["flow"], *shard.contents["pictures"]})
        raise InputError(shard_path, "no flow chosen", f"--flow with one of {', '.join(known) or 'none'}")
    if flow is not None:
        shard.flow_array(flow)
    total = sum(len(video.annotated if choice.annotated else shard[video.name].prepared) for video in videos)
    if choice.annotated and not total:
        raise InputError(shard_path, f"no frame with a mask in {choice.split or 'it'}", "frames without --annotated")
    unpacked = sum(len(shard[video.name]) - len(shard[video.name].prepared) for video in videos)
    if unpacked and not choice.annotated:
        note(f"{shard_path}: {unpacked} frames were not packed, and are left out; `frames: all` packs them")
    samples = track(_samples(shard, videos, choice), f"export {shard.manifest.name}", total)
    with atomic_directory(out, nothing) as folder:
        if layout == "webdataset":
            _write_tars(folder, shard.manifest.name, samples)
        for video, frame, files in samples:
            folders = _OF_STILLS if video.still else FOLDERS[layout]
            for which, ending, content in files:
                _write(folder / folders[which].format(seq=video.name) / f"{frame}.{ending}", content)
        if layout == "davis":
            _write_image_sets(folder, videos, choice)
    return total


def _samples(
    shard: Shard, videos: Sequence[ManifestSequence], choice: ExportOptions
) -> Iterator[tuple[ManifestSequence, str, list[File]]]:
    """Yield the frames: of each its video, its id and its files."""
    for video in videos:
        arrays: ShardSequence = shard[video.name]
        for number in arrays.prepared:
            frame = video.frames[number]
            mask = arrays.mask(number)
            if choice.annotated and mask is None:
                continue
            picture = arrays.picture(choice.flow, number) if choice.flow is not None else None
            image = arrays.frame(number)
            size = image.shape[:2]  # of which masks, and flow, are not always stored
            mask = None if mask is None else resize_mask(mask, size)
            picture = None if picture is None else resize(picture, size)
            yield video, frame, list(_files((image, mask, picture), choice))


# Where each layout has frames, masks and flow pictures.
FOLDERS = {
    "davsod": ("{seq}/Imgs", "{seq}/ground-truth", "{seq}/flow"),
    "fsnet": ("{seq}/Frame", "{seq}/GT", "{seq}/OF_FlowNet2"),
    "davis": ("JPEGImages/480p/{seq}", "Annotations/480p/{seq}", "OpticalFlow/480p/{seq}"),
}
_OF_STILLS = ("{seq}/{seq}-Image", "{seq}/{seq}-Mask", "")
_KINDS = ("", ".mask", ".flow")  # what they are called in tar files


def _files(images: Iterable[NDArray[np.uint8] | None], choice: ExportOptions) -> Iterator[File]:
    for which, image in enumerate(images):
        if image is not None:
            lossless = which == 1 or choice.image_format == "png"
            yield (
                which,
                "png" if lossless else "jpg",
                encode_png(image) if lossless else encode_jpeg(image, choice.quality),
            )


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _write_image_sets(folder: Path, videos: Sequence[ManifestSequence], choice: ExportOptions) -> None:
    """Write DAVIS's lists: a line per frame with a mask, both paths from the root."""
    for split in sorted({split for video in videos for split in video.splits}):
        lines = [
            f"/JPEGImages/480p/{video.name}/{frame}.{choice.image_format} /Annotations/480p/{video.name}/{frame}.png\n"
            for video in videos
            if split in video.splits and not video.still
            for frame in video.annotated
        ]
        if lines:
            _write(folder / "ImageSets" / "480p" / f"{split}.txt", "".join(lines).encode())


def _write_tars(folder: Path, name: str, samples: Iterator[tuple[ManifestSequence, str, list[File]]]) -> None:
    """Write WebDataset tars: of each sample `{key}.jpg`, `.mask.png`, `.flow.jpg` and `.json`."""
    for number, group in groupby(enumerate(samples), lambda each: each[0] // SAMPLES_PER_TAR):
        with tarfile.open(folder / f"{name}-{number:06d}.tar", "w", format=tarfile.USTAR_FORMAT) as tar:
            for _, (video, frame, files) in group:
                key = f"{video.name}/{frame}".replace(".", "_")  # a dot would begin the ending
                for which, ending, content in files:
                    _add(tar, f"{key}{_KINDS[which]}.{ending}", content)
                record = {"sequence": video.name, "frame": frame, "splits": list(video.splits), "still": video.still}
                _add(tar, f"{key}.json", json.dumps(record, sort_keys=True).encode())


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)  # time 0 and no owner, so that equal content gives equal bytes
    entry.size = len(content)
    entry.mode = 0o644
    tar.addfile(entry, io.BytesIO(content))
