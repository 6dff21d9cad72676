"""PASCAL VOC 2012, the part that is segmented: 2,913 images whose masks are the ids of 20 classes."""

from vsodprep.benchmarks.benchmark import Benchmark, SourceFile, Split
from vsodprep.benchmarks.classes import ClassIds, class_layout, palette_ids

_PAGE = "http://host.robots.ox.ac.uk/pascal/VOC/voc2012/"

BENCHMARK = Benchmark(
    name="voc2012",
    title="PASCAL VOC 2012 segmentation",
    version="VOCtrainval_11-May-2012",
    licence="images from flickr, under its terms of use; research use, with citation",
    citation=(
        "M. Everingham, L. Van Gool, C. K. I. Williams, J. Winn, A. Zisserman: The PASCAL Visual Object Classes "
        "Challenge 2012 (VOC2012) Results."
    ),
    homepage=_PAGE,
    year=2012,
    tested="val",
    splits={part: Split((f"VOC2012-{part}",), "official") for part in ("train", "val")},
    layout=class_layout(
        "VOC2012",
        images="JPEGImages",
        masks="SegmentationClass",
        lists=r"ImageSets/Segmentation/(?P<part>train|val)\.txt",
        ending=".png",
        coding=ClassIds(palette_ids),
    ),
    expects="VOCdevkit/VOC2012 with JPEGImages, SegmentationClass and ImageSets/Segmentation",
    files=(
        SourceFile(
            "VOCtrainval_11-May-2012.tar",
            (
                "https://thor.robots.ox.ac.uk/pascal/VOC/voc2012/VOCtrainval_11-May-2012.tar",
                f"{_PAGE}VOCtrainval_11-May-2012.tar",
            ),
            about="2.0 GB",
            checksum="md5:6cd6e144f989b92b3379bac3b3de84fd",
            page=_PAGE,
        ),
    ),
    frames={"VOC2012-train": 1464, "VOC2012-val": 1449},
    size=(375, 500),
    still=frozenset({"VOC2012-train", "VOC2012-val"}),
    masks=False,
    class_ids=True,
    notes=(
        "RFCN and DSMT were trained on VOC 2010 (10,103 images, annotated further); this and `sbd` stand in for it.",
    ),
)
