"""DUT-OMRON: 5,168 images, longest side 400 pixels, masks in an archive of their own."""

from vsodprep.benchmarks.benchmark import Benchmark, SourceFile, Split, read_list
from vsodprep.benchmarks.stills import still_layout

_NAME = "DUT-OMRON"
_STEMS = read_list("dutomron_stems")
_SITE = "http://saliencydetection.net/dut-omron"

BENCHMARK = Benchmark(
    name="dutomron",
    title="DUT-OMRON",
    version="2013",
    licence="not stated; research use",
    citation=(
        "C. Yang, L. Zhang, H. Lu, X. Ruan, M.-H. Yang: Saliency Detection via Graph-Based Manifold Ranking. CVPR 2013."
    ),
    homepage=f"{_SITE}/",
    year=2013,
    tested="all",
    splits={"all": Split((_NAME,), "no official split; papers test on all of it")},
    layout=still_layout(_NAME, images="DUT-OMRON-image", masks="pixelwiseGT-new-PNG"),
    expects="DUT-OMRON-image and pixelwiseGT-new-PNG",
    files=(
        SourceFile(
            "DUT-OMRON-image.zip",
            (f"{_SITE}/download/DUT-OMRON-image.zip",),
            checksum="md5:a8951db9297afacf78bc0e5079103cf1",
            page=f"{_SITE}/",
        ),
        SourceFile(
            "DUT-OMRON-gt-pixelwise.zip.zip",
            (f"{_SITE}/download/DUT-OMRON-gt-pixelwise.zip.zip",),
            page=f"{_SITE}/",
            note="the double ending is the publisher's",
        ),
        SourceFile(
            "DUT-OMRON-eye-fixations.zip",
            (f"{_SITE}/download/DUT-OMRON-eye-fixations.zip",),
            checksum="md5:d9f4f83fcc78b1e5efb579ae9fb0edc2",
            page=f"{_SITE}/",
            optional=True,
            note="fixations, which nothing here needs",
        ),
    ),
    frames={_NAME: len(_STEMS)},
    annotated={_NAME: len(_STEMS)},
    size=(300, 400),
    still=frozenset({_NAME}),
    stems={_NAME: _STEMS},
)
