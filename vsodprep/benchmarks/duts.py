"""DUTS: 10,553 training and 5,019 test images, each with a mask.

Facts: masks have grays between 0 and 255. Three training masks come twice, a bad PNG and a good JPEG.
"""

from vsodprep.archives import Delivery
from vsodprep.benchmarks.benchmark import Benchmark, SourceFile, Split, read_list
from vsodprep.benchmarks.layout import Layout
from vsodprep.benchmarks.stills import still_set

_STEMS = {"DUTS-TR": read_list("duts_tr_stems"), "DUTS-TE": read_list("duts_te_stems")}
_GOOD_JPEG = dict.fromkeys(("ILSVRC2014_train_00023530", "n01532829_13482", "n04442312_17818"), ".jpg")


def _layout(delivery: Delivery, _resolution: str) -> Layout:
    sets = (
        still_set(delivery, name, images=f"{name}-Image", masks=f"{name}-Mask", right=_GOOD_JPEG)
        for name in ("DUTS-TE", "DUTS-TR")
    )
    return Layout("official", tuple(sequence for found in sets for sequence in found))


_PAGE = "http://saliencydetection.net/duts/"
_COUNTS = {name: len(stems) for name, stems in _STEMS.items()}

BENCHMARK = Benchmark(
    name="duts",
    title="DUTS",
    version="2017",
    licence="not stated; the images come from ImageNet DET and SUN",
    citation=(
        "L. Wang, H. Lu, Y. Wang, M. Feng, D. Wang, B. Yin, X. Ruan: Learning to Detect Salient Objects with "
        "Image-Level Supervision. CVPR 2017."
    ),
    homepage=_PAGE,
    year=2017,
    splits={"train": Split(("DUTS-TR",), "official"), "test": Split(("DUTS-TE",), "official")},
    layout=_layout,
    expects="DUTS-TR/DUTS-TR-Image and DUTS-TR/DUTS-TR-Mask, and the same for DUTS-TE",
    files=(
        SourceFile("DUTS-TR.zip", (f"{_PAGE}download/DUTS-TR.zip",), about="about 260 MB", page=_PAGE),
        SourceFile("DUTS-TE.zip", (f"{_PAGE}download/DUTS-TE.zip",), about="132 to 133 MB", page=_PAGE),
    ),
    frames=_COUNTS,
    annotated=_COUNTS,
    size=(300, 400),
    still=frozenset(_STEMS),
    stems=_STEMS,
)
