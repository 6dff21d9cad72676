"""MSRA10K: 10,000 images with their masks beside them, `NUMBER.jpg` and `NUMBER.png` in one folder."""

from vsodprep.benchmarks.benchmark import Benchmark, SourceFile, Split, read_list
from vsodprep.benchmarks.stills import still_layout

_NAME = "MSRA10K"
_STEMS = read_list("msra10k_stems")
_PAGE = "https://mmcheng.net/msra10k/"

BENCHMARK = Benchmark(
    name="msra10k",
    title="MSRA10K",
    version="2014",
    licence="research use, with citation",
    citation=(
        "M.-M. Cheng, N. J. Mitra, X. Huang, P. H. S. Torr, S.-M. Hu: Global Contrast Based Salient Region Detection. "
        "IEEE Transactions on Pattern Analysis and Machine Intelligence 37(3), 2015."
    ),
    homepage=_PAGE,
    year=2014,
    tested="all",
    splits={"all": Split((_NAME,), "no official split")},
    layout=still_layout(_NAME, images="Imgs", masks="Imgs", suffixes=((".jpg", ".jpeg"), (".png",))),
    expects="MSRA10K_Imgs_GT/Imgs with NUMBER.jpg and NUMBER.png",
    files=(
        SourceFile(
            "MSRA10K_Imgs_GT.zip",
            ("http://mftp.mmcheng.net/Data/MSRA10K_Imgs_GT.zip",),
            about="195 MB",
            page=_PAGE,
        ),
    ),
    frames={_NAME: len(_STEMS)},
    annotated={_NAME: len(_STEMS)},
    size=(300, 400),
    still=frozenset({_NAME}),
    stems={_NAME: _STEMS},
)
