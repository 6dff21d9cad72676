"""SegTrack-v2: 14 sequences, every frame annotated, one folder of masks for each object.

Facts: 13 sequences with 1,025 frames in VSOD papers, which leave out `penguin` as badly annotated. Frames and masks are
png or bmp, differing by sequence and between frames and masks; masks are antialiased RGB; sequences with several
objects have numbered folders below `GroundTruth/SEQ`. A stray picture lies beside the folders of frames.
"""

import re
from collections.abc import Collection
from dataclasses import replace
from pathlib import PurePosixPath

from vsodprep.archives import Delivery
from vsodprep.benchmarks.benchmark import Benchmark, SourceFile, Split, read_counts, read_list, vsod_repack
from vsodprep.benchmarks.layout import Files, FrameFiles, Layout, SequenceFiles, collect, original_names, pair, repacked
from vsodprep.images import IMAGE_SUFFIXES
from vsodprep.manifest import Issue

_FRAMES, _MASKS = read_counts("segtrackv2")
# Prefix, first number and digits of the original names, for the sequences of which they are known.
_ORIGINAL = {"birdfall": ("birdfall2_", 18, 5), "bmx": ("bmx_", 6668, 5), "girl": ("5117-8_", 70161, 5)}


def _layout(delivery: Delivery, _resolution: str) -> Layout:
    frames = collect(delivery, r"(?:.*/)?JPEGImages/(?P<seq>[^/]+)/[^/]+")
    masks = collect(delivery, r"(?:.*/)?GroundTruth/(?P<seq>[^/]+(?:/\d+)?)/[^/]+")
    if frames and masks:
        stray = tuple(
            Issue("stray-file", name, "belongs to no sequence")
            for name in delivery.names
            if re.fullmatch(r"(?:.*/)?JPEGImages/[^/]+", name) and PurePosixPath(name).suffix.lower() in IMAGE_SUFFIXES
        )
        names = sorted({*frames, *(name.split("/")[0] for name in masks)})
        sequences = [_sequence(delivery, name, frames.get(name, {}), masks) for name in names]
        return Layout("official", tuple(sequences), stray)
    return repacked(delivery, _original, dense=True)


def _sequence(delivery: Delivery, name: str, frames: dict[str, tuple[str, ...]], masks: Files) -> SequenceFiles:
    objects = [files for key, files in sorted(masks.items()) if key.split("/")[0] == name]
    stems = {stem for files in objects for stem in files}
    united = {stem: tuple(files[stem][0] for files in objects if stem in files) for stem in stems}
    spare = {stem: tuple(path for files in objects for path in files.get(stem, ())[1:]) for stem in stems}
    issues = [
        Issue("object-mask", f"{name}/{stem}", f"masks of {len(paths)} of {len(objects)} objects")
        for stem, paths in sorted(united.items())
        if len(paths) < len(objects)
    ]
    issues += _unlisted(delivery, name, frames)
    files = tuple(
        replace(one, masks=united.get(one.id, ()), spare=(*frames.get(one.id, ())[1:], *spare.get(one.id, ())))
        for one in pair(frames, united, dense=True)
    )
    return SequenceFiles(name, files, issues=tuple(issues))


def _unlisted(delivery: Delivery, name: str, frames: Collection[str]) -> list[Issue]:
    """Compare a sequence's frames with the delivery's own list: a line with their folder, then a stem per line."""
    path = next(
        (path for path in delivery.names if re.fullmatch(rf"(?:.*/)?ImageSets/{re.escape(name)}\.txt", path)), None
    )
    if path is None:
        return []
    folder, *stems = delivery.read(path).decode("latin-1").split() or [""]
    issues = [
        Issue("listed-missing", f"{folder}{stem}", f"listed in {path}, not delivered")
        for stem in stems
        if stem not in frames
    ]
    return issues + [
        Issue("extra-frame", f"{name}/{stem}", f"delivered, not listed in {path}")
        for stem in sorted(set(frames) - set(stems))
    ]


def _original(name: str, files: tuple[FrameFiles, ...]) -> tuple[str, ...]:
    return original_names(files, *_ORIGINAL[name]) if name in _ORIGINAL else ()


_PAGE = "https://web.engr.oregonstate.edu/~lif/SegTrack2/dataset.html"

BENCHMARK = Benchmark(
    name="segtrackv2",
    title="SegTrack-v2",
    version="2",
    licence="not stated; research use",
    citation=(
        "F. Li, T. Kim, A. Humayun, D. Tsai, J. M. Rehg: Video Segmentation by Tracking Many Figure-Ground Segments. "
        "ICCV 2013."
    ),
    homepage=_PAGE,
    year=2013,
    tested="vsod13",
    splits={
        "all": Split(read_list("segtrackv2_all14"), "official"),
        "vsod13": Split(read_list("segtrackv2_vsod13"), "VSOD papers since the DAVSOD benchmark: without penguin"),
    },
    layout=_layout,
    expects="JPEGImages/SEQUENCE and GroundTruth/SEQUENCE, or SEQUENCE/Imgs and SEQUENCE/ground-truth",
    files=(
        SourceFile(
            "SegTrackv2.zip",
            ("https://web.engr.oregonstate.edu/~lif/SegTrack2/SegTrackv2.zip",),
            about="about 200 MB",
            page=_PAGE,
        ),
        vsod_repack("SegTrack-V2.zip", "1xQznG6etAtbNEjb1R2ZbjXDD4RCWTHax", "84.9 MB", ", without penguin"),
    ),
    frames=_FRAMES,
    annotated=_MASKS,
    size=(360, 640),
    notes=("The number of penguin's frames is not published; it is unknown until the archive is seen.",),
)
