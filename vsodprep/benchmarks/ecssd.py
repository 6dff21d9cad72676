"""ECSSD: 1,000 images; the masks are those revised on 2015-04-09, which differ from older copies."""

from vsodprep.benchmarks.benchmark import Benchmark, SourceFile, Split
from vsodprep.benchmarks.stills import still_layout

_NAME = "ECSSD"
_PAGE = "http://www.cse.cuhk.edu.hk/leojia/projects/hsaliency/dataset.html"
_DATA = "http://www.cse.cuhk.edu.hk/leojia/projects/hsaliency/data/ECSSD"

BENCHMARK = Benchmark(
    name="ecssd",
    title="ECSSD",
    version="masks of 2015-04-09",
    licence="not stated; research use",
    citation=(
        "J. Shi, Q. Yan, L. Xu, J. Jia: Hierarchical Image Saliency Detection on Extended CSSD. "
        "IEEE Transactions on Pattern Analysis and Machine Intelligence 38(4), 2016."
    ),
    homepage=_PAGE,
    year=2016,
    tested="all",
    splits={"all": Split((_NAME,), "no official split; papers test on all of it")},
    layout=still_layout(_NAME, images="images", masks="ground_truth_mask"),
    expects="images/*.jpg and ground_truth_mask/*.png",
    files=(
        SourceFile("images.zip", (f"{_DATA}/images.zip",), about="64.6 MB", page=_PAGE),
        SourceFile("ground_truth_mask.zip", (f"{_DATA}/ground_truth_mask.zip",), about="1.78 MB", page=_PAGE),
    ),
    frames={_NAME: 1000},
    annotated={_NAME: 1000},
    size=(300, 400),
    still=frozenset({_NAME}),
)
