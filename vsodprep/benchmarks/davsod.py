"""DAVSOD: attention shifts between objects, every frame annotated.

Facts: 61 training, 46 validation and 80 test videos (35 easy, 25 normal, 20 difficult; the names of the last two were
never published). Frames are PNG, 640x360, named by their number in the source video; masks are in `GT_object_level`.
The repack of 2019 writes `select0616-1/Imgs/select0616-1_0390.jpg` for `select_0616_1/Imgs/0390.png`. Masks are empty
where attention is on nothing.
"""

import re

from vsodprep.archives import Delivery
from vsodprep.benchmarks.benchmark import Benchmark, SourceFile, Split, read_counts, read_list
from vsodprep.benchmarks.layout import FrameFiles, Layout, SequenceFiles, repack

_FRAMES, _MASKS = read_counts("davsod")
_REPACKED = re.compile(r"select(\d{4})(?:-(\d+))?")
_SETS = {"test-normal": re.compile(r"normal-?25", re.I), "test-difficult": re.compile(r"difficult-?20", re.I)}
_LISTED = frozenset(read_list("davsod_train") + read_list("davsod_val") + read_list("davsod_easy35"))


def _layout(delivery: Delivery, _resolution: str) -> Layout:
    found = repack(delivery, dense=True)
    official = not any(_REPACKED.fullmatch(name) for name in found)
    return Layout(
        "official" if official else "repack",
        tuple(_sequence(delivery, name, files) for name, files in found.items()),
    )


def _sequence(delivery: Delivery, name: str, files: tuple[FrameFiles, ...]) -> SequenceFiles:
    match = _REPACKED.fullmatch(name)
    original: tuple[str, ...] = ()
    if match:
        original = tuple(one.id.removeprefix(f"{name}_") for one in files)
        name = f"select_{match[1]}" + (f"_{match[2]}" if match[2] else "")
    return SequenceFiles(name, files, original=original, splits=_split(delivery, name, files))


def _split(delivery: Delivery, name: str, files: tuple[FrameFiles, ...]) -> tuple[str, ...]:
    """Return the test set that an unlisted video is in, by its folder, its archive or that one's published name."""
    paths = [path for one in files[:1] for path in (one.frame, *one.masks) if path]
    if name in _LISTED or not paths:
        return ()
    for text in (paths[0], delivery.published(paths[0]), delivery.where(paths[0])):
        ends = {match.end(): split for split, pattern in _SETS.items() for match in pattern.finditer(text)}
        if ends:
            return (ends[max(ends)],)  # what is nearest to the video counts
    return ()


_PAGE = "https://github.com/DengPingFan/DAVSOD"


# Drive folder and Baidu code of each part, for people whom the quota keeps out.
_TRAIN = ("1_seEomJRkLWipHyEl28FQfmjbma-v0_8", "wvi3")
_VAL = ("1nJ3LhgKOE-Dy73sslxTlD8aSxufC3eQw", "9tbb")
_TEST = ("18nCaMmLBzwAiNslODiPXMsKyP-qX0pi0", "v5ss")


def _file(name: str, drive: str, size: int, part: tuple[str, str]) -> SourceFile:
    note = f"also in the Drive folder {part[0]}, and on Baidu by the page's link with code {part[1]}"
    return SourceFile(name, (f"drive:{drive}",), bytes=size, page=_PAGE, status="quota", note=note)


BENCHMARK = Benchmark(
    name="davsod",
    title="DAVSOD",
    version="2019 (links of 2021-02-18)",
    licence="non-commercial research use, as reported; the repository has no licence file",
    citation=(
        "D.-P. Fan, W. Wang, M.-M. Cheng, J. Shen: Shifting More Attention to Video Salient Object "
        "Detection. CVPR 2019."
    ),
    homepage=_PAGE,
    year=2019,
    splits={
        "train": Split(read_list("davsod_train"), "official, as released: short videos merged, 90 in the paper"),
        "val": Split(read_list("davsod_val"), "official"),
        "test": Split(read_list("davsod_easy35"), "official Easy-35; what most papers report"),
        "test-normal": Split(None, "official Normal-25; its list was never published"),
        "test-difficult": Split(None, "official Difficult-20; its list was never published"),
    },
    layout=_layout,
    expects="SEQUENCE/Imgs and SEQUENCE/GT_object_level (or SEQUENCE/ground-truth)",
    files=(
        _file("DAVSOD-TrainingSet.zip", "1DnkirrC5R16DSrqEPkMMwY516GudVnYX", 3275931542, _TRAIN),
        _file("DAVSOD-ValidationSet.zip", "1loE9_f947tpkrmM3MkRR04VFi7plJFUN", 2476015874, _VAL),
        _file("Easy-35.zip", "1hwlb1t7S_Zahp6GSKW9qlRMQh7lMUhph", 2236362741, _TEST),
        _file("Normal-25.zip", "1bclC888a-3yXc-yTVB5PPnwyPiPi2hNJ", 1535830992, _TEST),
        _file("Difficult-20.zip", "1ZHf3y96tF7m92L08DnctI3uRh7h-gZo9", 1488447205, _TEST),
    ),
    frames=_FRAMES,
    annotated=_MASKS,
    published={"sequences": 187},
    size=(360, 640),
    tolerated=frozenset({"empty-mask"}),
    notes=(
        "226 videos in the paper, 187 released; of the source videos 0124, 0291, 0413 and 0556 are missing.",
        "VSOD repacks of all benchmarks lie in the Drive folder 1AgDKaFESTwpRESqT3XecvWUNHxQYsLg1.",
    ),
    revised=(
        "DAVSOD was revised after papers had printed SSAV with max F 0.603, S 0.724 and MAE 0.092: its authors' results"
        " on today's 35 sequences are 0.640, 0.744 and 0.087"
    ),
)
