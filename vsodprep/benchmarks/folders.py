"""The user's own videos: `PATH/SEQ/frames` with optional `PATH/SEQ/masks`, or video files."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

import numpy as np

from vsodprep.archives import Delivery
from vsodprep.benchmarks.benchmark import Benchmark, KnownSequence, Split, present_sequences
from vsodprep.benchmarks.layout import Layout, SequenceFiles, check_name, collect, ordered, pair
from vsodprep.errors import InputError
from vsodprep.images import IMAGE_SUFFIXES, encode_png
from vsodprep.manifest import Issue

SPLIT = "all"
VIDEO_SUFFIXES = (".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".webm")
EXPECTS = (
    f"SEQUENCE/frames with images in it ({', '.join(IMAGE_SUFFIXES)}; SEQUENCE/masks if there are masks), "
    "or video files"
)


def _layout(delivery: Delivery, _resolution: str) -> Layout:
    frames = collect(delivery, r"(?:.*/)?(?P<seq>[^/]+)/frames/[^/]+")
    for name, files in frames.items():
        places = {path.rpartition("/")[0]: path for paths in files.values() for path in paths}
        if len(places) > 1:
            raise InputError(delivery.where(places[max(places)]), f"another sequence {name}", "each name once")
    masks = collect(delivery, r"(?:.*/)?(?P<seq>[^/]+)/masks/[^/]+")
    return Layout(
        "folder",
        ordered(
            SequenceFiles(name, pair(frames.get(name, {}), masks.get(name, {}), dense=False), splits=(SPLIT,))
            for name in {*frames, *masks}
        ),
        tuple(
            Issue("stray-file", name, "no image of a kind that is read")
            for name in delivery.names
            if re.fullmatch(r"(?:.*/)?(?:frames|masks)/[^/]+", name)
            and PurePosixPath(name).suffix.lower() not in IMAGE_SUFFIXES
        ),
    )


def own_benchmark(name: str) -> Benchmark:
    """Return the registry's entry for a user's own folder."""
    return Benchmark(
        name=name,
        title=name,
        version="",
        licence="the user's own",
        citation="",
        homepage="",
        year=0,
        splits={SPLIT: Split(None, "all sequences of the folder")},
        layout=_layout,
        expects=EXPECTS,
        masks=False,
        tolerated=frozenset({"empty-mask"}),
    )


def videos(path: Path) -> tuple[Path, ...]:
    """Return the video files in a folder, sorted, or the one that the path is.

    Raises:
        InputError: There is no such file or folder.
    """
    if path.is_file():
        return (path,) if path.suffix.lower() in VIDEO_SUFFIXES else ()
    if not path.is_dir():
        raise InputError(path, "no such file or folder", EXPECTS)
    return tuple(sorted(file for file in path.iterdir() if file.suffix.lower() in VIDEO_SUFFIXES))


def scan_folder(path: Path) -> tuple[KnownSequence, ...]:
    """Return the sequences of a user's own folder, sorted by name; a video's frames are not counted.

    Raises:
        InputError: It holds none, a name twice, or a name that no path can have.
    """
    found: dict[str, KnownSequence] = {}
    for video in videos(path):
        check_name(video.stem)
        if video.stem in found:
            raise InputError(video, "another video of that name", "each sequence once")
        found[video.stem] = KnownSequence(video.stem, (SPLIT,), None, None)
    if path.is_dir() or not found:
        for one in present_sequences(own_benchmark(path.name), [path]):
            if one.name in found:
                raise InputError(path / one.name, "a folder and a video of one name", "each sequence once")
            found[one.name] = one
    if not found:
        raise InputError(path, "no sequence in it", EXPECTS)
    return tuple(found[name] for name in sorted(found))


@contextmanager
def with_videos_decoded(path: Path, scratch: Path) -> Iterator[tuple[Path, ...]]:
    """Decode the video files of a user's own folder, one frame in memory at a time.

    Args:
        path: The folder, or one video file.
        scratch: Where a temporary folder is made.

    Yields:
        Folders that together hold every sequence as `SEQ/frames`.
    """
    files = videos(path)
    folders = (path,) if not path.is_file() or not files else ()
    with TemporaryDirectory(prefix=".videos-", dir=scratch) as temporary:
        for file in files:
            decode_video(file, Path(temporary) / file.stem / "frames")
        yield (*folders, Path(temporary)) if files else folders


def decode_video(video: Path, target: Path) -> int:
    """Write a video's frames as PNG, named `00000.png` and so on.

    Args:
        video: The video file.
        target: Folder for its frames.

    Returns:
        The number of frames.

    Raises:
        InputError: No frame can be decoded.
    """
    target.mkdir(parents=True)
    import cv2  # noqa: PLC0415  a plan, which looks into the folder only, does without

    capture = cv2.VideoCapture(str(video))
    count = 0
    try:
        while True:
            ok, frame = capture.read()
            if not ok:
                break
            (target / f"{count:05d}.png").write_bytes(
                encode_png(np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), dtype=np.uint8))
            )
            count += 1
    finally:
        capture.release()
    if count == 0:
        raise InputError(video, "no frame that can be decoded", "a video file that OpenCV reads")
    return count
