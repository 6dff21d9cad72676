"""One video of a shard: arrays of frames, masks, flow, priors and coarse labels."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import numpy as np
import zarr
from numpy.typing import NDArray

from vsodprep.config.frames import Prepared
from vsodprep.errors import InputError, check_size
from vsodprep.files import read_object
from vsodprep.flow.store import SCALE, FlowFile, open_flow, quantise
from vsodprep.images import read_frame, read_mask
from vsodprep.manifest import ManifestSequence, frame_path, mask_path
from vsodprep.markers import PROVENANCE
from vsodprep.prepared import prepared_frames
from vsodprep.prior.store import PriorFile, open_prior
from vsodprep.shards import layout
from vsodprep.shards.transform import resize


def pack_video(
    group: zarr.Group,
    folder: Path,
    video: ManifestSequence,
    contents: layout.Contents,
) -> None:
    """Fill a video's group; no more than one shard file's frames are in memory.

    Args:
        group: The video's empty group.
        folder: The normalised benchmark.
        video: The video's entry in the manifest.
        contents: What goes in beside frames and masks.

    Raises:
        InputError: A file is missing, unreadable, or of another size than the manifest says.
    """
    if video.height is None or video.width is None:
        raise InputError(folder / video.name, "frames of several sizes", "a video whose frames have one size")
    size = (video.height, video.width)
    index = {frame: number for number, frame in enumerate(video.frames)}
    annotated = [index[frame] for frame in video.annotated]
    block = Prepared() if video.name in contents.whole else contents.prepared
    prepared = prepared_frames(block, len(video.frames), annotated)
    write = partial(layout.write_rows, group, frames_per_shard=contents.block.frames_per_shard)

    paths = {row: frame_path(folder, video.name, video.frames[row]) for row in prepared}
    stored_size = contents.block.video_size or size

    def frame(row: int) -> NDArray[np.uint8]:
        image = read_frame(paths[row])
        check_size(paths[row], image.shape, size, "the manifest says")
        return image

    def resized(read: Callable[[int], NDArray[np.uint8]]) -> Callable[[int], NDArray[np.uint8]]:
        return lambda row: resize(read(row), stored_size)

    def binary_at(path: Path) -> NDArray[np.uint8]:
        mask = read_mask(path)
        check_size(path, mask.shape, size, "its frame")
        return mask.astype(np.uint8) * 255

    if contents.block.video_frames == "encoded":
        for row in prepared:
            frame(row)
        layout.write_files(group, layout.FRAMES, paths)
    else:
        write(layout.FRAMES, prepared, resized(frame), (*stored_size, 3), kind="frames")
    truth = partial(mask_path, folder, video.name)
    write(layout.MASKS, annotated, lambda row: binary_at(truth(video.frames[row])), size, kind="maps")
    for name, labels in contents.coarse.items():
        if not _labelled(labels, video.name):
            continue
        read_label = _labels(labels / video.name, video.frames, binary_at)
        write(f"{layout.COARSE}/{name}", prepared, read_label, size, kind="maps")
    chosen = set(prepared)
    with ExitStack() as files:
        for name, flows in contents.flow.items():
            path = flows / f"{video.name}.h5"
            given = name in contents.given
            reader = files.enter_context(open_flow(path, pictures=given))
            if given and reader.datasets:
                raise InputError(path, "flow as vectors", "flow as pictures, as the first sequence has it")
            rows = [row for row in _flow_rows(reader, path, video, size) if row in chosen]
            known = reader.attributes | {"scale": SCALE}
            if not given:
                stored = partial(_stored_flow, reader)
                write(f"{layout.FLOW}/{name}", rows, stored, (*size, 2), kind="flow", attributes=known)
            if given or name in contents.block.pictures:
                known = reader.attributes if given else {}
                drawn = resized(partial(_picture, reader))
                write(f"{layout.PICTURES}/{name}", rows, drawn, (*stored_size, 3), kind="pictures", attributes=known)
        for name, priors in contents.prior.items():
            path = priors / f"{video.name}.h5"
            source = files.enter_context(open_prior(path))
            write(
                f"{layout.PRIOR}/{name}",
                [row for row in _prior_rows(source, path, index, size) if row in chosen],
                resized(lambda row, source=source: source.of_frame(video.frames[row])),  # type: ignore[misc]
                stored_size,
                kind="maps",
                attributes=source.attributes,
            )


def _labelled(labels: Path, sequence: str) -> bool:
    """Return whether a sequence gets labels: what `provenance.json` lists, or every one where there is no such list."""
    listing = labels / PROVENANCE
    if not listing.is_file():
        return True
    expected = "a record written by vsodprep coarse collect"
    sequences = read_object(listing, expected).get("sequences")
    if not isinstance(sequences, dict):
        raise InputError(listing, "no sequences in it", expected)
    return sequence in sequences


def _labels(
    folder: Path, frames: Sequence[str], read: Callable[[Path], NDArray[np.uint8]]
) -> Callable[[int], NDArray[np.uint8]]:
    if not folder.is_dir():
        raise InputError(folder, "no such folder", "one coarse label per frame")
    return lambda row: read(folder / f"{frames[row]}.png")


def _flow_rows(reader: FlowFile, path: Path, video: ManifestSequence, size: tuple[int, int]) -> tuple[int, ...]:
    check_size(path, reader.size, size, "the frames")
    rows = reader.frame_indices
    if rows and rows[-1] >= len(video.frames):
        raise InputError(
            path, f"flow of frame {rows[-1]}", f"flow of {len(video.frames)} frames, as the manifest lists"
        )
    return rows


def _stored_flow(reader: FlowFile, row: int) -> NDArray[np.int16]:
    flow = reader.of_frame(row)
    assert flow is not None
    return quantise(flow).values


def _picture(reader: FlowFile, row: int) -> NDArray[np.uint8]:
    picture = reader.picture(row)
    assert picture is not None
    return picture


def _prior_rows(prior: PriorFile, path: Path, index: Mapping[str, int], size: tuple[int, int]) -> list[int]:
    """Return the rows of the frames that have a prior; those without flow have none."""
    check_size(path, prior.shape[1:], size, "the frames")
    unknown = [name for name in prior.frames if name not in index]
    if unknown:
        raise InputError(path, f"a prior of frame {unknown[0]}", "frames that the manifest lists")
    return [index[name] for name in prior.frames]
