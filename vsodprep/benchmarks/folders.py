"""The user's own videos: `PATH/SEQ/frames` with optional `PATH/SEQ/masks`, or video files."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from vsodprep.archives import Delivery
from vsodprep.benchmarks.benchmark import Benchmark, KnownSequence, Split, present_sequences
from vsodprep.benchmarks.layout import Layout, SequenceFiles, collect, is_mask_folder, pair
from vsodprep.benchmarks.videos import decode_video
from vsodprep.errors import InputError
from vsodprep.files import visible
from vsodprep.images import IMAGE_SUFFIXES, copied, gap, natural_key
from vsodprep.manifest import Issue

SPLIT = "all"
VIDEO_SUFFIXES = (".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".webm")
EXPECTS = (
    f"SEQUENCE/frames with images in it ({', '.join(IMAGE_SUFFIXES)}; SEQUENCE/masks if there are masks), "
    "or video files"
)
_NAMED_EACH = 3  # of more files that are not read in one folder, the folder is named


def safe_name(name: str) -> str:
    """Return a sequence's name as paths and commands can have it: of letters, digits and `_.+-`, no `.` or `-` first.

    A name that is safe stays as it is; accents that macOS takes apart are joined to their letters.
    """
    composed = unicodedata.normalize("NFC", name)
    if re.fullmatch(r"[\w+][\w.+-]*", composed):
        return composed
    return re.sub(r"[^\w.+-]+", "_", composed).strip("_").lstrip(".-") or "unnamed"


def _safe_names(names: Iterable[str], where: Path | str) -> dict[str, str]:
    """Return the safe name of each sequence.

    Raises:
        InputError: Two names become one.
    """
    given: dict[str, str] = {}
    for name in sorted(names):
        other = given.setdefault(safe_name(name), name)
        if other != name:
            raise InputError(
                where,
                f"sequences {other!r} and {name!r}, which would both be named {safe_name(name)}",
                "names that stay different",
            )
    return {name: safe for safe, name in given.items()}


def _layout(delivery: Delivery, _resolution: str) -> Layout:
    frames = collect(delivery, r"(?:.*/)?(?P<seq>[^/]+)/frames/[^/]+")
    for name, files in frames.items():
        places = {path.rpartition("/")[0]: path for paths in files.values() for path in paths}
        if len(places) > 1:
            raise InputError(
                delivery.where(places[max(places)]),
                f"a second sequence named {name}",
                "a name of its own for each sequence",
            )
    masks = collect(delivery, r"(?:.*/)?(?P<seq>[^/]+)/masks/[^/]+")
    used = {path for of in (*frames.values(), *masks.values()) for paths in of.values() for path in paths}
    return Layout(
        "folder",
        tuple(
            SequenceFiles(
                safe,
                pair(_with_copies(frames.get(name, {})), _with_copies(masks.get(name, {})), dense=False),
                splits=(SPLIT,),
                upright=True,
                issues=tuple(_odd(name, safe, sorted(_with_copies(frames.get(name, {})), key=natural_key))),
            )
            for name, safe in _safe_names({*frames, *masks}, str(delivery)).items()
        ),
        tuple(_unused(delivery, used)),
    )


def _with_copies(files: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Put copies of a file, such as `00003 (1).png`, beside the file: they are no frames of their own."""
    copies = {stem: first for stem in files if (first := copied(stem)) in files}
    found = {stem: paths for stem, paths in files.items() if stem not in copies}
    for stem, first in copies.items():
        if first in found:
            found[first] = (*found[first], *files[stem])
        else:  # a copy of a copy
            found[stem] = files[stem]
    return found


def _odd(given: str, name: str, stems: list[str]) -> Iterator[Issue]:
    if given != name:
        yield Issue("renamed", name, f"called {given!r} in the folder")
    missing = gap(stems)
    if missing is not None:
        yield Issue("frame-gap", f"{name}/{missing[0]}", f"followed by number {missing[1]}, and not by {missing[2]}")


def _unused(delivery: Delivery, used: set[str]) -> Iterator[Issue]:
    """Name what is there and not read; a folder with many such files is named once."""
    unused: dict[str, list[str]] = defaultdict(list)
    for name in delivery.names:
        on_top = Path(delivery.where(name)).parent == delivery.origin(name)
        if name not in used and not (on_top and PurePosixPath(name).suffix.lower() in VIDEO_SUFFIXES):
            unused[name.rpartition("/")[0]].append(name)
    for folder, names in unused.items():
        images = [name for name in names if PurePosixPath(name).suffix.lower() in IMAGE_SUFFIXES]
        if images and is_mask_folder(folder.rpartition("/")[2]):
            yield Issue("unused-masks", folder, f"{len(images)} images in a folder of masks that is not read")
        elif len(names) > _NAMED_EACH:
            yield Issue("stray-file", folder, f"{len(names)} files that are not read, first {names[0]}")
        else:
            for name in names:
                why = "in no folder that is read" if name in images else "no image of a kind that is read"
                yield Issue("stray-file", name, why)


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
        tolerated=frozenset({"empty-mask", "leading-masks"}),
    )


def videos(path: Path) -> tuple[Path, ...]:
    """Return the video files in a folder, sorted, or the one that the path is.

    Raises:
        InputError: There is no such file or folder, or it cannot be read.
    """
    if path.is_file():
        return (path,) if path.suffix.lower() in VIDEO_SUFFIXES else ()
    if not path.is_dir():
        raise InputError(path, "no such file or folder", EXPECTS)
    return tuple(file for file in visible(path) if file.suffix.lower() in VIDEO_SUFFIXES and file.is_file())


def scan_folder(path: Path) -> tuple[KnownSequence, ...]:
    """Return the sequences of a user's own folder, sorted by name; a video's frames are not counted.

    Raises:
        InputError: It holds none, or a name twice.
    """
    stems = [video.stem for video in videos(path)]
    for video in videos(path):
        if stems.count(video.stem) > 1:
            raise InputError(video, "a second video of this name in the folder", "a name of its own for each video")
    found = {name: KnownSequence(name, (SPLIT,), None, None) for name in _safe_names(stems, path).values()}
    if path.is_dir() or not found:
        for one in present_sequences(own_benchmark(path.name), [path]):
            if one.name in found:
                raise InputError(
                    path / one.name, "a folder and a video have this name", "a name of its own for each sequence"
                )
            found[one.name] = one
    if not found:
        raise InputError(path, "no sequence in it", EXPECTS)
    return tuple(found[name] for name in sorted(found))


@contextmanager
def with_videos_decoded(path: Path, scratch: Path) -> Iterator[tuple[tuple[Path, ...], tuple[Issue, ...]]]:
    """Decode the video files of a user's own folder, one frame in memory at a time.

    Args:
        path: The folder, or one video file.
        scratch: Where a temporary folder is made.

    Yields:
        Folders that together hold every sequence as `SEQ/frames`, and what is odd about the videos.
    """
    files = videos(path)
    folders = (path,) if not path.is_file() or not files else ()
    with TemporaryDirectory(prefix=".videos-", dir=scratch) as temporary:
        issues: list[Issue] = []
        for file in files:
            issues += decode_video(file, Path(temporary) / file.stem / "frames")
        yield ((*folders, Path(temporary)) if files else folders), tuple(issues)
