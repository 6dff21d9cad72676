"""PASCAL-S: 850 images of PASCAL VOC 2010 whose masks say how many of twelve people chose each object."""

from vsodprep.benchmarks.benchmark import Benchmark, SourceFile, Split
from vsodprep.benchmarks.stills import still_layout

_NAME = "PASCAL-S"
_STEMS = tuple(str(number) for number in range(1, 851))
_PAGE = "http://cbs.ic.gatech.edu/salobj/"

BENCHMARK = Benchmark(
    name="pascals",
    title="PASCAL-S",
    version="2014",
    licence="not stated; research use, with citation",
    citation="Y. Li, X. Hou, C. Koch, J. M. Rehg, A. L. Yuille: The Secrets of Salient Object Segmentation. CVPR 2014.",
    homepage=_PAGE,
    year=2014,
    tested="all",
    splits={"all": Split((_NAME,), "no official split; papers test on all of it")},
    # the archive has other data sets beside it: imgs/bruce, masks/ft, ...
    layout=still_layout(_NAME, images="imgs/pascal", masks="masks/pascal"),
    expects="datasets/imgs/pascal/*.jpg and datasets/masks/pascal/*.png",
    files=(
        SourceFile(
            "salObj.zip",
            (f"{_PAGE}download/salObj.zip",),
            about="175 MB",
            checksum="md5:e48b4e5deac08bddcaec55ce56e4d420",
            page=_PAGE,
        ),
    ),
    frames={_NAME: len(_STEMS)},
    annotated={_NAME: len(_STEMS)},
    size=(375, 500),
    still=frozenset({_NAME}),
    tolerated=frozenset({"empty-mask", "faint-mask"}),
    stems={_NAME: _STEMS},
    notes=(
        "An object is foreground where more than half chose it, as the authors' own code has it (0.5); a mask in which "
        "no object is that clear is empty.",
        "RFCN and DSMT learn classes from images of PASCAL VOC: those of `sbd`, and of `voc2012`'s `val`, may be among "
        "these.",
    ),
)
