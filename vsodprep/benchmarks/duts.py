"""DUTS: 10,553 training and 5,019 test images, each with a mask.

Facts: masks have grays between 0 and 255. Three training masks come twice, a bad PNG and a good JPEG.
"""

from dataclasses import replace

from vsodprep.archives import Delivery
from vsodprep.benchmarks.benchmark import Benchmark, SourceFile, Split, read_list
from vsodprep.benchmarks.layout import Layout
from vsodprep.benchmarks.stills import still_layout

_STEMS = {"DUTS-TR": read_list("duts_tr_stems"), "DUTS-TE": read_list("duts_te_stems")}
_GOOD_JPEG = dict.fromkeys(("ILSVRC2014_train_00023530", "n01532829_13482", "n04442312_17818"), ".jpg")
_OFFICIAL = still_layout("DUTS-TE", "DUTS-TR", images="{}-Image", masks="{}-Mask", right=_GOOD_JPEG)
_PACK = still_layout("DUTS-TR", images="JPEGImages", masks="Annotations", right=_GOOD_JPEG)


def _layout(delivery: Delivery, resolution: str) -> Layout:
    """Find the official folders, or the training set as the authors of TMO pass it on."""
    found = _OFFICIAL(delivery, resolution)
    return found if found.sequences else replace(_PACK(delivery, resolution), kind="davis")


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
    expects="DUTS-TR/DUTS-TR-Image and DUTS-TR/DUTS-TR-Mask, and the same for DUTS-TE; or JPEGImages and Annotations",
    files=(
        SourceFile("DUTS-TR.zip", (f"{_PAGE}download/DUTS-TR.zip",), about="about 260 MB", page=_PAGE),
        SourceFile("DUTS-TE.zip", (f"{_PAGE}download/DUTS-TE.zip",), about="132 to 133 MB", page=_PAGE),
        SourceFile(
            "DUTS-pack.zip",
            ("drive:1Q-bvC1XM0cAp41a1oTSwhRsy8o6titr7",),
            page="https://github.com/suhwan-cho/TMO",
            status="quota",
            optional=True,
            note="the training set as TMO shares it; called so here",
        ),
    ),
    frames=_COUNTS,
    annotated=_COUNTS,
    size=(300, 400),
    still=frozenset(_STEMS),
    stems=_STEMS,
)
