"""Long-Videos: three long videos, some evenly spaced frames of each annotated, masks of object ids.

Facts: 7,411 frames (2,470 a video, as papers write), 63 of them annotated. `JPEGImages/SEQ` and `Annotations/SEQ`.
Frames by video are those that the authors of CLVOS23 print in their paper; the table in their repository has others.
The archive that XMem passes on holds two variants beside it (`long_video_x3`, `long_video_davis`), which are left out.
"""

from vsodprep.archives import Delivery
from vsodprep.benchmarks.benchmark import Benchmark, SourceFile, Split, read_counts, read_list, uvos_pack
from vsodprep.benchmarks.layout import Layout, SequenceFiles, davis_tree

_FRAMES, _ = read_counts("longvideos")


def _layout(delivery: Delivery, _resolution: str) -> Layout:
    found = davis_tree(delivery, dense=False, below="(?:(?:.*/)?(?!long_video_)[^/]+/)?")
    return Layout("official", tuple(SequenceFiles(name, files) for name, files in found.items()))


_PAGE = "https://www.kaggle.com/datasets/gvclsu/long-videos"

BENCHMARK = Benchmark(
    name="longvideos",
    title="Long-Videos",
    version="2020",
    licence="not seen; the authors' code is for academic use only",
    citation=(
        "Y. Liang, X. Li, N. Jafari, J. Chen: Video Object Segmentation with Adaptive Feature Bank and "
        "Uncertain-Region Refinement. NeurIPS 2020."
    ),
    homepage=_PAGE,
    year=2020,
    splits={"test": Split(read_list("longvideos_test"), "no official split; UVOS papers test on all three")},
    layout=_layout,
    expects="JPEGImages/SEQUENCE and Annotations/SEQUENCE",
    files=(
        SourceFile(
            "LongTimeVideo.zip",
            ("drive:100MxAuV0_UL20ca5c-5CNpqQ5QYPDSoz",),
            page="https://github.com/hkchengrex/XMem/blob/main/docs/GETTING_STARTED.md",
            status="quota",
            note="as XMem passes it on, with two variants beside it; the authors' own is on Kaggle",
        ),
        SourceFile(
            "long-videos.zip",
            page=_PAGE,
            status="manual",
            optional=True,
            note="the authors' own; called so here, as Kaggle's name for it is not known",
        ),
        uvos_pack("LVID-flow.zip", "1gZm1QBT_6JmHhphNrxuSztcqkm_eI6Sq"),
    ),
    frames=_FRAMES,
    published={"sequences": 3, "frames": 7411, "annotated": 63},
    size=(480, 854),
    tolerated=frozenset({"empty-mask"}),
    notes=("Masks per video are not published (63 in all); they are unknown until the archive is seen.",),
)
