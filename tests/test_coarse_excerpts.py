"""The steps from frames to labels on real frames of DAVIS-2016."""

import zipfile

import cv2
import numpy as np
import pytest

from vsodprep.coarse.chain import Chain, label_frame, parse_order
from vsodprep.coarse.crf import PRESETS
from vsodprep.coarse.fuse import uniform
from vsodprep.images import FOREGROUND_ABOVE, decode
from vsodprep.saliency.maps import METHODS

SIZE = (427, 240)


@pytest.fixture(scope="module")
def car(excerpts):
    """A white car on a road: frame and mask at half size."""
    with zipfile.ZipFile(excerpts / "DAVIS-data-sample.zip") as archive:
        frame, mask = (
            np.frombuffer(archive.read(f"DAVIS/{name}"), np.uint8)
            for name in ("JPEGImages/480p/car-shadow/00015.jpg", "Annotations/480p/car-shadow/00015.png")
        )
    small = cv2.resize(decode(frame, "frame"), SIZE, interpolation=cv2.INTER_AREA)
    truth = cv2.resize(decode(mask, "mask", gray=True), SIZE, interpolation=cv2.INTER_AREA) > FOREGROUND_ABOVE
    return small, truth


@pytest.mark.parametrize("method", ["mbd", "rbd"])
def test_the_car_is_more_salient_than_the_rest(method, car):
    frame, truth = car
    saliency = METHODS[method]([frame])[0]
    assert saliency[truth].mean() > 2 * saliency[~truth].mean()


@pytest.mark.parametrize(("order", "least"), [("fuse,otsu", 0.5), ("fuse,otsu,crf", 0.65)])
def test_label_overlaps_the_mask(order, least, car):
    frame, truth = car
    maps = np.stack([np.round(METHODS[method]([frame])[0] * 255).astype(np.uint8) for method in ("mbd", "rbd")])
    label = label_frame(frame, maps, Chain(parse_order(order), uniform(2), PRESETS["stan"], 0.7)).label
    assert (label & truth).sum() / (label | truth).sum() > least
