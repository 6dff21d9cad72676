"""DAVIS-2017's unsupervised track: 90 sequences, every frame annotated, masks of object ids, which are united.

Facts: 60 training and 30 validation sequences, 6,208 frames, the 50 of DAVIS-2016 among them. Masks are palette PNGs;
255 is void. `Annotations_unsupervised` (2019) has every object that stands out; `Annotations` (2017) those that the
semi-supervised track asks for, and is read where the other is not there. Test sequences have no masks and are left out.
"""

from vsodprep.archives import Delivery
from vsodprep.benchmarks.benchmark import Benchmark, SourceFile, Split, read_counts, read_list
from vsodprep.benchmarks.layout import Layout, SequenceFiles, paired

_FRAMES, _MASKS = read_counts("davis2017")
_UNSUPERVISED = "Annotations_unsupervised"


def _layout(delivery: Delivery, _resolution: str) -> Layout:
    unsupervised = any(f"{_UNSUPERVISED}/480p/" in name for name in delivery.names)
    kinds = ("JPEGImages", _UNSUPERVISED if unsupervised else "Annotations")
    frames, masks = (f"(?:.*/)?{kind}/480p/(?P<seq>[^/]+)/[^/]+" for kind in kinds)
    found = paired(delivery, frames, masks, dense=True)
    return Layout(
        "official" if unsupervised else "semi-supervised",
        tuple(SequenceFiles(name, files) for name, files in found.items() if name in _FRAMES),
    )


_PAGE = "https://davischallenge.org/davis2017/code.html"
_HOST = "https://data.vision.ee.ethz.ch/csergi/share/davis"

BENCHMARK = Benchmark(
    name="davis2017",
    title="DAVIS-2017 (unsupervised)",
    version="2017, annotations of 2019",
    licence="CC BY 4.0 by a README that travels with the set, where its SOURCES.md says nothing else",
    citation=(
        "S. Caelles, J. Pont-Tuset, F. Perazzi, A. Montes, K.-K. Maninis, L. Van Gool: The 2019 DAVIS Challenge on "
        "VOS: Unsupervised Multi-Object Segmentation. arXiv, 2019."
    ),
    homepage=_PAGE,
    year=2019,
    tested="val",
    splits={
        "train": Split(read_list("davis2017_train"), "official"),
        "val": Split(read_list("davis2017_val"), "official"),
    },
    layout=_layout,
    expects="JPEGImages/480p/SEQUENCE and Annotations_unsupervised/480p/SEQUENCE",
    files=(
        SourceFile(
            "DAVIS-2017-Unsupervised-trainval-480p.zip",
            (f"{_HOST}/DAVIS-2017-Unsupervised-trainval-480p.zip",),
            page=_PAGE,
        ),
        SourceFile(
            "DAVIS-2017-trainval-480p.zip",
            (
                f"{_HOST}/DAVIS-2017-trainval-480p.zip",
                "https://data.vision.ee.ethz.ch/jpont/davis/DAVIS-2017-trainval-480p.zip",
            ),
            page=_PAGE,
            optional=True,
            note="the semi-supervised track's masks, which show fewer objects",
        ),
    ),
    frames=_FRAMES,
    annotated=_MASKS,
    tolerated=frozenset({"empty-mask"}),
    notes=(
        "Objects are united, as one map shows them; the track scores each object for itself, which is not done here.",
        "How many masks are empty, where all objects are out of sight, is not published; none of them stops.",
    ),
)
