"""VOS: 200 videos, about every fifteenth frame annotated.

Facts: 7,650 key frames; ids are bare numbers with gaps. The lists in circulation name 96 of the 97 easy videos, so that
one video is unknown until the archive is seen; a video that no list names is taken for that one.
"""

from vsodprep.archives import Delivery
from vsodprep.benchmarks.benchmark import Benchmark, SourceFile, Split, read_list, vsod_repack
from vsodprep.benchmarks.layout import Layout, SequenceFiles, davis_tree, repack

_LISTED = frozenset(read_list("vos_easy")) | frozenset(read_list("vos_normal"))
_SEAV = "6:2:2 by the authors of RCRNet and SSAV, not by those of VOS"


def _layout(delivery: Delivery, _resolution: str) -> Layout:
    found = davis_tree(delivery, dense=False)
    kind = "official" if found else "repack"
    found = found or repack(delivery, dense=False)
    unknown = [name for name in found if name not in _LISTED]
    return Layout(
        kind,
        tuple(
            SequenceFiles(name, files, splits=("easy",) if unknown == [name] else ()) for name, files in found.items()
        ),
    )


_PAGE = "http://cvteam.net/projects/TIP18-VOS/VOS.html"

BENCHMARK = Benchmark(
    name="vos",
    title="VOS",
    version="2018",
    licence="not stated; research use",
    citation=(
        "J. Li, C. Xia, X. Chen: A Benchmark Dataset and Saliency-Guided Stacked Autoencoders for Video-Based Salient "
        "Object Detection. IEEE Transactions on Image Processing 27(1), 2018."
    ),
    homepage=_PAGE,
    year=2018,
    splits={
        "train": Split(read_list("vos_train"), _SEAV),
        "val": Split(read_list("vos_val"), _SEAV),
        "test": Split(read_list("vos_test"), f"{_SEAV}; the test set of VSOD papers"),
        "easy": Split(read_list("vos_easy"), "official VOS-E, as far as lists in circulation go", unnamed=1),
        "normal": Split(read_list("vos_normal"), "official VOS-N"),
        **{
            f"{level}-{part}": Split(read_list(f"vos_{level}-{part}"), f"the {level} videos of {part}")
            for level in ("easy", "normal")
            for part in ("train", "val", "test")
        },
    },
    layout=_layout,
    expects="JPEGImages/VIDEO and Annotations/VIDEO, or VIDEO/Imgs and VIDEO/ground-truth",
    files=(
        SourceFile(
            "VOS.zip",
            about="3.33 GB as a repack",
            page=_PAGE,
            status="manual",
            note="public code also names Baidu 18UsV8ns30mkeXpXjPSFvcQ (password oip1)",
        ),
        vsod_repack("VOS_test.zip", "1ld3zHXjMO0I9OJAtIa6Ux-0UA1XfB7dG", "672 MB", " of the 40 test videos"),
    ),
    published={"sequences": 200, "frames": 116103, "annotated": 7650},
    size=(448, 800),
    notes=(
        "Frames and masks per video are not published; they are unknown until the archive is seen.",
        "One of the 97 easy videos is in no list; it is recognised in the archive.",
    ),
)
