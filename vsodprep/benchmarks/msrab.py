"""MSRA-B: 5,000 images with their masks beside them, in the three parts that DRFI's authors drew."""

from dataclasses import replace

from vsodprep.archives import Delivery
from vsodprep.benchmarks.benchmark import Benchmark, SourceFile, Split, read_list
from vsodprep.benchmarks.layout import Layout, SequenceFiles
from vsodprep.benchmarks.stills import still_layout

_PAGE = "https://mmcheng.net/msra10k/"
_STEMS = {f"MSRA-B-{part}": read_list(f"msrab_{part}") for part in ("train", "valid", "test")}
_ORIGIN = "drawn for DRFI (CVPR 2013), and what DCL, DSS and NLDF train and test on; as public code lists it"
# beside one another as in the archive, or in two folders as NLDF's and DSS's code has them
_whole = still_layout(
    "MSRA-B", images="(?:MSRA-B|image)", masks="(?:MSRA-B|annotation)", suffixes=((".jpg", ".jpeg"), (".png",))
)


def _layout(delivery: Delivery, resolution: str) -> Layout:
    whole = _whole(delivery, resolution)
    of_stem = {stem: name for name, stems in _STEMS.items() for stem in stems}
    found = []
    for sequence in whole.sequences:
        for name in _STEMS:
            # a name that no list has is told of in the last part
            files = tuple(one for one in sequence.frames if of_stem.get(one.id, "MSRA-B-test") == name)
            if files:
                found.append(SequenceFiles(name, files, issues=sequence.issues if name == "MSRA-B-test" else ()))
    return replace(whole, sequences=tuple(found))


BENCHMARK = Benchmark(
    name="msrab",
    title="MSRA-B",
    version="masks of 2013",
    licence="not stated; research use, with citation",
    citation=(
        "H. Jiang, J. Wang, Z. Yuan, Y. Wu, N. Zheng, S. Li: Salient Object Detection: A Discriminative Regional "
        "Feature Integration Approach. CVPR 2013. Images: T. Liu, J. Sun, N.-N. Zheng, X. Tang, H.-Y. Shum: Learning "
        "to Detect A Salient Object. CVPR 2007."
    ),
    homepage=_PAGE,
    year=2013,
    splits={name.rpartition("-")[2]: Split((name,), _ORIGIN) for name in _STEMS},
    layout=_layout,
    expects="MSRA-B with NAME.jpg and NAME.png, or MSRA-B/image and MSRA-B/annotation",
    files=(
        SourceFile(
            "MSRA-B.zip",
            ("https://mftp.mmcheng.net/Data/MSRA-B.zip", "http://mftp.mmcheng.net/Data/MSRA-B.zip"),
            bytes=114_133_760,
            checksum="sha256:1c82ee25d81284922c1d3bd7be971d1010999bb7a85b6fefc5d3246ee07937d8",
            page=_PAGE,
        ),
    ),
    frames={name: len(stems) for name, stems in _STEMS.items()},
    annotated={name: len(stems) for name, stems in _STEMS.items()},
    size=(300, 400),
    still=frozenset(_STEMS),
    stems=_STEMS,
    notes=("MSRA10K has most of its images: a network trained on one is not to be tested on the other.",),
)
