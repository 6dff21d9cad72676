"""HKU-IS: 4,447 images, with several objects, objects at the border, or objects that look like their surroundings."""

from vsodprep.benchmarks.benchmark import Benchmark, SourceFile, Split, read_list
from vsodprep.benchmarks.stills import still_layout

_NAME = "HKU-IS"
_STEMS = read_list("hkuis_stems")
_PAGE = "https://i.cs.hku.hk/~gbli/deep_saliency.html"

BENCHMARK = Benchmark(
    name="hkuis",
    title="HKU-IS",
    version="2015",
    licence="not stated; research use, with citation",
    citation="G. Li, Y. Yu: Visual Saliency Based on Multiscale Deep Features. CVPR 2015.",
    homepage=_PAGE,
    year=2015,
    tested="all",
    splits={"all": Split((_NAME,), "all of it, which most papers test on")},
    layout=still_layout(_NAME, images="imgs", masks="gt"),
    expects="HKU-IS/imgs/*.png and HKU-IS/gt/*.png",
    files=(
        SourceFile("HKU-IS.rar", ("drive:0BxNhBO0S5JCRQ1N6V25VeVh6cHc",), about="900 MB", page=_PAGE, status="quota"),
    ),
    frames={_NAME: len(_STEMS)},
    annotated={_NAME: len(_STEMS)},
    size=(300, 400),
    still=frozenset({_NAME}),
    stems={_NAME: _STEMS},
    notes=(
        "DCL was tested on the authors' 1,447 test images. Their parts (2,500, 500, 1,447) are MATLAB files in the "
        "archive, which are not read.",
        "Size and checksum of the archive were found nowhere.",
    ),
)
