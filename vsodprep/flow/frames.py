"""The frames of a sequence: which files they are, and their pixels, each decoded once and ahead of use."""

import json
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice, pairwise
from pathlib import Path

from PIL import Image

from vsodprep.errors import InputError
from vsodprep.flow.estimator import Frame
from vsodprep.images import list_images, read_frame
from vsodprep.manifest import MANIFEST, frame_paths, read_manifest


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
    benchmark = folder.absolute().parent.parent
    if folder.name == "frames" and (benchmark / MANIFEST).is_file():
        return tuple(frame_paths(benchmark, read_manifest(benchmark).sequence(folder.absolute().parent.name)))
    paths = list_images(folder)
    if not allow_gaps:
        _check_numbers(paths)
    return paths


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
    except OSError as error:
        raise InputError(path, "unreadable image", "a whole image file") from error


def _check_numbers(paths: Sequence[Path]) -> None:
    found = [re.fullmatch(r"(.*?)(\d+)", path.stem) for path in paths]
    stems = {match[1] for match in found if match}
    if len(stems) != 1 or None in found:
        return
    numbers = [int(match[2]) for match in found if match]
    steps = Counter(second - first for first, second in pairwise(numbers))
    usual = steps.most_common(1)[0][0] if steps else 1
    for path, (first, second) in zip(paths, pairwise(numbers), strict=False):
        if second - first != usual:
            expected = f"number {first + usual}; --allow-gaps takes the folder as it is"
            raise InputError(path.parent, f"a frame is missing: {path.name} is followed by number {second}", expected)


def read_frame_list(path: Path, frames: Sequence[Path]) -> tuple[int, ...]:
    """Read a JSON list of frame ids and return their indices.

    Raises:
        InputError: It is no such list, or names a frame that the sequence does not have.
    """
    try:
        names = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(path, "unreadable", "a JSON list of frame ids") from error
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise InputError(path, "no list of strings", "a JSON list of frame ids")
    index = {frame.stem: number for number, frame in enumerate(frames)}
    for name in names:
        if name not in index:
            raise InputError(path, f"frame {name!r} is not in {frames[0].parent}", "ids of frames of the sequence")
    return tuple(sorted({index[name] for name in names}))


@contextmanager
def read_ahead(paths: Sequence[Path], order: Iterable[int], ahead: int = 8) -> Iterator[Iterator[tuple[int, Frame]]]:
    """Decode frames in a thread of their own, some ahead of the one that is asked for.

    Args:
        paths: Frames of the sequence.
        order: Indices into `paths` in the order of use.
        ahead: Frames that may wait decoded.

    Yields:
        An iterator over index and pixels, uint8 `(H, W, 3)` RGB.

    Raises:
        InputError: A frame is unreadable, or its size is not the first one's.
    """
    waiting: deque[tuple[int, Future[Frame]]] = deque()
    pool = ThreadPoolExecutor(1)

    def frames() -> Iterator[tuple[int, Frame]]:
        remaining = iter(order)
        first: tuple[Path, tuple[int, ...]] | None = None
        while True:
            for index in islice(remaining, ahead - len(waiting)):
                waiting.append((index, pool.submit(read_frame, paths[index])))
            if not waiting:
                return
            index, future = waiting.popleft()
            frame = future.result()
            size = frame.shape[:2]
            first = first or (paths[index], size)
            if size != first[1]:
                found, expected = (f"{height} x {width} pixels" for height, width in (size, first[1]))
                raise InputError(paths[index], found, f"{expected}, as {first[0].name}")
            yield index, frame

    try:
        yield frames()
    finally:
        pool.shutdown(cancel_futures=True)
