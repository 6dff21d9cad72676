"""YouTube-Objects with the masks of Jain and Grauman: 126 videos of ten classes, about every tenth frame annotated.

Facts: masks lie in `CLASS/data/VIDEO/shots/001/labels/0001.jpg`, frames beside them in `images/`, as `frame0001` in one
copy; masks are JPEG. A sequence is called `CLASS_VIDEO`, and its class is its attribute. Of two videos one frame alone
is annotated (`cow_0019`, `motorbike_0007`). UVOS papers print J by class; some masks are empty, and TMO's code scores
no frame of an empty mask.
"""

import re
from collections.abc import Iterator

from vsodprep.archives import Delivery
from vsodprep.benchmarks.benchmark import Benchmark, SourceFile, Split, read_list, uvos_pack
from vsodprep.benchmarks.layout import FrameFiles, Layout, SequenceFiles, collect, pair

CLASSES = ("aeroplane", "bird", "boat", "car", "cat", "cow", "dog", "horse", "motorbike", "train")
_VIDEOS = read_list("ytobjects_test")
_NUMBER = re.compile(r"\d+$")


def _layout(delivery: Delivery, _resolution: str) -> Layout:
    classes = "|".join(CLASSES)
    shot = rf"(?:.*/)?(?P<seq>(?:{classes})/data/[^/]+/shots/[^/]+)/{{}}/[^/]+"
    found = dict(_sequences(delivery, shot.format("images"), shot.format("labels")))
    if found:
        shots = [name.rpartition("_")[0] for name in found]
        names = {name: name.rpartition("_")[0] if shots.count(name.rpartition("_")[0]) == 1 else name for name in found}
        return Layout("official", tuple(SequenceFiles(names[name], files) for name, files in found.items()))
    video = rf"(?:.*/)?{{}}/(?P<seq>(?:{classes})/[^/]+)/[^/]+"
    found = dict(_sequences(delivery, video.format("JPEGImages"), video.format("Annotations")))
    return Layout("davis", tuple(SequenceFiles(name, files) for name, files in found.items()))


def _sequences(delivery: Delivery, frames: str, masks: str) -> Iterator[tuple[str, tuple[FrameFiles, ...]]]:
    """Yield sequences, named by the parts of their path that tell them apart, with masks matched by number."""
    of_frames, of_masks = collect(delivery, frames), collect(delivery, masks)
    for path in sorted({*of_frames, *of_masks}):
        there = of_frames.get(path, {})
        by_number = {int(number[0]): stem for stem in there if (number := _NUMBER.search(stem))}
        labels: dict[str, tuple[str, ...]] = {}
        for stem, paths in of_masks.get(path, {}).items():
            number = _NUMBER.search(stem)
            frame = stem if stem in there or number is None else by_number.get(int(number[0]), stem)
            labels[frame] = (*labels.get(frame, ()), *paths)
        name = "_".join(part for part in path.split("/") if part not in ("data", "shots"))
        yield name, pair(there, labels, dense=False)


_PAGE = "http://vision.cs.utexas.edu/projects/videoseg/data_download_register.html"

BENCHMARK = Benchmark(
    name="ytobjects",
    title="YouTube-Objects",
    version="masks of 2014",
    licence="not seen; the masks are given to those who register",
    citation=(
        "A. Prest, C. Leistner, J. Civera, C. Schmid, V. Ferrari: Learning Object Class Detectors from Weakly "
        "Annotated Video. CVPR 2012; masks: S. D. Jain, K. Grauman: Supervoxel-Consistent Foreground Propagation in "
        "Video. ECCV 2014."
    ),
    homepage=_PAGE,
    year=2014,
    splits={
        "test": Split(_VIDEOS, "no official split; UVOS papers test on all 126, as named in public code of OnAVOS"),
    },
    layout=_layout,
    expects="CLASS/data/VIDEO/shots/SHOT/images and .../labels, or JPEGImages/CLASS/VIDEO and Annotations/CLASS/VIDEO",
    files=(
        SourceFile(
            "youtube_masks.zip",
            page=_PAGE,
            status="manual",
            note="public code unpacks it as youtube_masks; the archive's own name is not known",
        ),
        uvos_pack("YTOBJ-flow.zip", "1t_eeHXJ30TWBNmMzE7vfS0izEafiBfgn"),
    ),
    size=(360, 480),
    attributes={name: (name.partition("_")[0],) for name in _VIDEOS},
    classes=True,
    tolerated=frozenset({"empty-mask"}),
    notes=(
        "Frames and masks per video are not published; they are unknown until the archive is seen.",
        "Papers print J by class and a mean: HCPN's and HGPU's is that of the ten classes, that of TMO's code of all "
        "videos.",
    ),
)
