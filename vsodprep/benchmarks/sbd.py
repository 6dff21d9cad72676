"""SBD, the Semantic Boundaries Dataset: 11,355 images of PASCAL VOC 2011 whose masks are the ids of 20 classes."""

from vsodprep.benchmarks.benchmark import Benchmark, SourceFile, Split
from vsodprep.benchmarks.classes import ClassIds, class_layout, matlab_ids

_PAGE = "http://home.bharathh.info/pubs/codes/SBD/download.html"

BENCHMARK = Benchmark(
    name="sbd",
    title="SBD",
    version="benchmark_RELEASE",
    licence="not stated; images from flickr, under its terms of use",
    citation=(
        "B. Hariharan, P. Arbelaez, L. Bourdev, S. Maji, J. Malik: Semantic Contours from Inverse Detectors. ICCV 2011."
    ),
    homepage=_PAGE,
    year=2011,
    tested="val",
    splits={part: Split((f"SBD-{part}",), "official") for part in ("train", "val")},
    layout=class_layout(
        "SBD",
        images="dataset/img",
        masks="dataset/cls",
        lists=r"dataset/(?P<part>train|val)\.txt",
        ending=".mat",
        coding=ClassIds(matlab_ids),
    ),
    expects="benchmark_RELEASE/dataset with img, cls, train.txt and val.txt",
    files=(
        SourceFile(
            "benchmark.tgz",
            ("https://www2.eecs.berkeley.edu/Research/Projects/CS/vision/grouping/semantic_contours/benchmark.tgz",),
            about="1.4 GB",
            checksum="md5:82b4d87ceb2ed10f6038a1cba92111cb",
            page=_PAGE,
        ),
    ),
    frames={"SBD-train": 8498, "SBD-val": 2857},
    size=(375, 500),
    still=frozenset({"SBD-train", "SBD-val"}),
    masks=False,
    class_ids=True,
    notes=("Its parts are not VOC's: images of `train` are in voc2012's `val`.",),
)
