"""The steps from frames to labels on real frames of DAVIS-2016 and FBMS."""

import zipfile

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from vsodprep.cli import cli
from vsodprep.coarse.chain import Chain, label_frame
from vsodprep.coarse.fuse import uniform
from vsodprep.coarse.support import TruthSupport
from vsodprep.config.coarse import Coarse
from vsodprep.config.crf import PRESETS
from vsodprep.config.saliency import Saliency
from vsodprep.crf.refine import refine
from vsodprep.images import FOREGROUND_ABOVE, decode, list_images, read_mask
from vsodprep.saliency.maps import method_of

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
    saliency = method_of(Saliency(method=method)).maps([frame])[0]
    assert saliency[truth].mean() > 2 * saliency[~truth].mean()


@pytest.mark.parametrize(("order", "least"), [("fuse,otsu", 0.5), ("fuse,otsu,crf", 0.65)])
def test_label_overlaps_the_mask(order, least, car):
    frame, truth = car
    made = [method_of(Saliency(method=method)).maps([frame])[0] for method in ("mbd", "rbd")]
    maps = np.round(np.stack(made) * 255).astype(np.uint8)
    label = label_frame(frame, maps, Chain(Coarse(order=tuple(order.split(","))), uniform(2), PRESETS["stan"])).label
    assert (label & truth).sum() / (label | truth).sum() > least


@pytest.mark.parametrize("engine", ["compiled", "torch"])
def test_a_crf_labels_the_car_as_pydensecrf_does(engine, car):
    frame = car[0]
    saliency = method_of(Saliency(method="mbd")).maps([frame])[0]
    crfs = (PRESETS["stan"].model_copy(update={"engine": each}) for each in (engine, "pydensecrf"))
    found, expected = (refine(frame, saliency, crf) for crf in crfs)
    assert ((found > 0.5) == (expected > 0.5)).mean() > 0.999
    assert (np.abs(found - expected) < 1 / 255).mean() > 0.999


def run(*words):
    done = CliRunner().invoke(cli, [str(word) for word in words])
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize(("direction", "least"), [("forward", 0.85), ("both", 0.86)])
def test_a_mask_is_carried_over_nineteen_frames(excerpts, tmp_path, direction, least):
    archive, flow = excerpts / "FBMS_Trainingset-sample.zip", tmp_path / "bear01.h5"
    bear = tmp_path / "fbms" / "bear01"
    run("normalize", "fbms", archive, "--partial", "--out", bear.parent)
    frames = list_images(bear / "frames")
    truth = read_mask(bear / "masks" / "bear01_0020.png")
    for path in (bear.parent / "manifest.json", *frames[20:], *list_images(bear / "masks")[1:]):
        path.unlink()
    run("flow", "dis", bear / "frames", "--direction", direction, "--out", flow)
    *_, last = TruthSupport(flow, bear / "masks").of_frames(frames[:20])
    assert (last.frame, last.truth) == (19, 0)
    known = ~np.isnan(last.values)
    carried = last.values >= 0.5
    assert (carried & truth).sum() / ((carried | truth) & known).sum() > least
    assert known[truth].mean() > 0.85
