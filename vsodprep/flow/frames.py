"""The frames of a sequence: which files they are, and their pixels."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from PIL import Image

from vsodprep.config.frames import Prepared
from vsodprep.errors import InputError, check_size
from vsodprep.files import read_json
from vsodprep.flow.estimator import Frame
from vsodprep.images import gap, list_images, read_frame
from vsodprep.manifest import ManifestSequence, frame_paths, read_manifest
from vsodprep.markers import MANIFEST
from vsodprep.prepared import prepared_frames


def _in_benchmark(folder: Path) -> tuple[Path, ManifestSequence] | None:
    """Return the normalised benchmark that a folder of frames is part of, and its sequence."""
    folder = folder.absolute()
    benchmark = folder.parent.parent
    if folder.name != "frames" or not (benchmark / MANIFEST).is_file():
        return None
    return benchmark, read_manifest(benchmark).sequence(folder.parent.name)


def sequence_frames(folder: Path, *, allow_gaps: bool = False) -> tuple[Path, ...]:
    """Return the frames of a sequence in order.

    Inside a normalised benchmark its manifest says which they are; elsewhere they are the folder's images, in natural
    order of their names.

    Args:
        folder: Folder of frames.
        allow_gaps: Accept a folder without a manifest whose file numbers have gaps.

    Raises:
        InputError: There are none, one that the manifest lists is missing, or a file number is.
    """
    found = _in_benchmark(folder)
    if found is not None:
        return tuple(frame_paths(*found))
    paths = list_images(folder)
    if not allow_gaps:
        missing = gap([path.stem for path in paths])
        if missing is not None:
            before, after, number = missing
            expected = f"number {number}, or --allow-gaps, which accepts the gap"
            raise InputError(folder, f"a frame is missing: {before} is followed by number {after}", expected)
    return paths


def annotated_frames(folder: Path) -> tuple[int, ...]:
    """Return the indices of a sequence's annotated frames, as the normalised benchmark's manifest has them.

    Raises:
        InputError: The folder is not in a normalised benchmark.
    """
    found = _in_benchmark(folder)
    if found is None:
        expected = "the frames of a sequence of a normalised benchmark, or --only with a list of frames"
        raise InputError(folder, "it is unknown which of the frames are annotated", expected)
    _, sequence = found
    index = {frame: number for number, frame in enumerate(sequence.frames)}
    return tuple(index[frame] for frame in sequence.annotated)


def chosen_frames(folder: Path, frames: int, block: Prepared) -> tuple[int, ...] | None:
    """Return the indices of the frames of a sequence that are prepared; None for all of them.

    Args:
        folder: The frames.
        frames: Their number.
        block: What is read with an annotated frame.

    Raises:
        InputError: Only annotated frames are, and the folder is not in a normalised benchmark.
    """
    chosen = () if block.frames == "all" else prepared_frames(block, frames, annotated_frames(folder))
    return chosen if 0 < len(chosen) < frames else None


def sequence_name(folder: Path) -> str:
    """Return the name of the sequence whose frames a folder holds."""
    folder = folder.absolute()
    return folder.parent.name if folder.name == "frames" else folder.name


def image_size(path: Path) -> tuple[int, int]:
    """Return an image's height and width without decoding it.

    Raises:
        InputError: It is no image.
    """
    try:
        with Image.open(path) as image:
            return image.height, image.width
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise InputError(path, "unreadable image", "a whole image file") from error


def read_frame_list(path: Path, frames: Sequence[Path]) -> tuple[int, ...]:
    """Read a JSON list of frame ids and return their indices.

    Raises:
        InputError: It is no such list, or names a frame that the sequence does not have.
    """
    names = read_json(path, "a JSON list of frame ids")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise InputError(path, "no list of strings", "a JSON list of frame ids")
    index = {frame.stem: number for number, frame in enumerate(frames)}
    for name in names:
        if name not in index:
            raise InputError(path, f"frame {name!r} is not in {frames[0].parent}", "names of frames in it")
    return tuple(sorted({index[name] for name in names}))


def read_frames(paths: Sequence[Path], order: Iterable[int]) -> Iterator[tuple[int, Frame]]:
    """Decode frames.

    Args:
        paths: Frames of the sequence.
        order: Indices into `paths` in the order of use.

    Yields:
        Index and pixels, uint8 `(H, W, 3)` RGB.

    Raises:
        InputError: A frame is unreadable, or its size is not that of the sequence's first frame.
    """
    expected = image_size(paths[0])
    for index in order:
        frame = read_frame(paths[index])
        check_size(paths[index], frame.shape, expected, paths[0].name)
        yield index, frame
