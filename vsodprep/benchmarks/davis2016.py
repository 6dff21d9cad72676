"""DAVIS-2016: 50 sequences, every frame annotated, masks of 0 and 255.

Facts: 30 training and 20 validation sequences, 3,455 frames, 854x480 (or 1920x1080), zero-based numbers of five digits.
One training mask is grey with alpha, fifteen are empty. Archives of DAVIS-2017 hold the same sequences with object ids
as palette colours; the ids are united. The fifteen attributes are those of the paper's table 1, by sequence as in
the file `db_info.yaml` of the authors' DAVIS-2017 code.
"""

from vsodprep.archives import Delivery
from vsodprep.benchmarks.benchmark import (
    Benchmark,
    SourceFile,
    Split,
    read_attributes,
    read_counts,
    read_list,
    uvos_pack,
    vsod_repack,
)
from vsodprep.benchmarks.layout import Layout, SequenceFiles, original_names, paired, repacked

_FOLDERS = {"480p": "480p", "1080p": "1080p|Full-Resolution"}  # the second name is DAVIS-2017's
_FRAMES, _MASKS = read_counts("davis2016")
_SEQUENCES = frozenset(_FRAMES)


def _layout(delivery: Delivery, resolution: str) -> Layout:
    folder = _FOLDERS[resolution]
    frames, masks = (f"(?:.*/)?{kind}/(?:{folder})/(?P<seq>[^/]+)/[^/]+" for kind in ("JPEGImages", "Annotations"))
    found = paired(delivery, frames, masks, dense=True)
    if found:
        davis2017 = any("ImageSets/2017/" in name for name in delivery.names) or len(found.keys() - _SEQUENCES) > 1
        names = found.keys() & _SEQUENCES if davis2017 else found
        return Layout(
            "davis2017" if davis2017 else "official", tuple(SequenceFiles(name, found[name]) for name in names)
        )
    return repacked(delivery, lambda _, files: original_names(files, "", first=0, digits=5), dense=True)


_HALF = read_list("davis2016_msst-train")
_HOSTS = (
    "https://graphics.ethz.ch/Downloads/Data/Davis",
    "https://cgl.ethz.ch/Downloads/Data/Davis",
    "https://data.vision.ee.ethz.ch/csergi/share/davis",
)

BENCHMARK = Benchmark(
    name="davis2016",
    title="DAVIS-2016",
    version="2016",
    licence="research use; the authors' code is BSD, a README that travels with the 480p set says CC BY-NC 4.0",
    citation=(
        "F. Perazzi, J. Pont-Tuset, B. McWilliams, L. Van Gool, M. Gross, A. Sorkine-Hornung: A Benchmark Dataset and "
        "Evaluation Methodology for Video Object Segmentation. CVPR 2016."
    ),
    homepage="https://davischallenge.org/davis2016/code.html",
    year=2016,
    tested="val",
    splits={
        "train": Split(read_list("davis2016_train"), "official"),
        "val": Split(read_list("davis2016_val"), "official; the test set of VSOD papers"),
        "msst-train": Split(
            _HALF,
            "MSST trains on half of DAVIS and does not name it: one of the halves with 1,706 frames, as it counts",
            open=True,
        ),
        "msst-test": Split(tuple(sorted(_SEQUENCES - {*_HALF})), "the other half", open=True),
    },
    layout=_layout,
    expects="JPEGImages/480p/SEQUENCE and Annotations/480p/SEQUENCE, or SEQUENCE/Imgs and SEQUENCE/ground-truth",
    files=(
        SourceFile(
            "DAVIS-data.zip",
            tuple(f"{host}/DAVIS-data.zip" for host in _HOSTS),
            checksum="md5:0cb3cf9c5617209fa3cc4794e52a2ffa",
            about="about 1.9 GB",
            page="https://davischallenge.org/davis2016/code.html",
        ),
        SourceFile(
            "DAVIS-2017-trainval-480p.zip",
            (
                "https://data.vision.ee.ethz.ch/csergi/share/davis/DAVIS-2017-trainval-480p.zip",
                "https://data.vision.ee.ethz.ch/jpont/davis/DAVIS-2017-trainval-480p.zip",
            ),
            resolution="480p",
            optional=True,
            note="the 2016 sequences with object ids, which are united",
        ),
        vsod_repack("DAVIS.zip", "1slc9rE6stq8ASyl0Mocznx6PLvu_zxOc", "842 MB", ", re-encoded and renumbered", "480p"),
        uvos_pack("DAVIS-flow.zip", "1kx-Cs5qQU99dszJQJOGKNb-wD_090q6c", "480p"),
    ),
    frames=_FRAMES,
    annotated=_MASKS,
    attributes=read_attributes("davis2016"),
    resolutions=("480p", "1080p"),
    known_empty=frozenset([f"bmx-bumps/{number:05d}" for number in (60, *range(62, 75))] + ["surf/00054"]),
)
