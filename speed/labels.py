"""Time per frame of the steps from frames to motion prior and coarse labels, on one core, and of those who do the same.

Run: OMP_NUM_THREADS=1 python speed/labels.py [FRAMES]
FRAMES: folder with two frames of a video, in place of a scene made at random. Where there is a card, the CRF runs there
too; the process waits for it busily, so that its time counts.
"""

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

import cv2
import numpy as np
import torch

from vsodprep.coarse.carry import pull, push
from vsodprep.coarse.edits import Edit, apply_edit
from vsodprep.coarse.fuse import fuse, uniform
from vsodprep.coarse.substitute import erase_unsupported
from vsodprep.config.crf import PRESETS
from vsodprep.config.prior import DRFI, LIGHT
from vsodprep.config.saliency import Saliency
from vsodprep.crf.refine import refine
from vsodprep.flow.picture import colour
from vsodprep.images import list_images, read_frame
from vsodprep.prior.apply import motion_priors
from vsodprep.prior.channels import channels
from vsodprep.prior.classifier import Classifier, Settings, layer_sizes
from vsodprep.prior.contrast import contrasts
from vsodprep.prior.frame import Moving
from vsodprep.prior.pieces import Pieces
from vsodprep.prior.segmentation import segmentations
from vsodprep.saliency.folders import to_bytes
from vsodprep.saliency.maps import method_of
from vsodprep.saliency.otsu import otsu

ROUNDS = 7
SIZES = {"128 x 192": (128, 192), "480 x 854": (480, 854)}

PEER = "; "  # in the name of a step, before who else does it

FEATURES = 86  # that `contrast` gives of a region


def scene(height, width):
    """A textured object that moves over a textured background; the noise is smooth, as in video."""
    rng = np.random.default_rng(0)

    def smooth(channels, sigma):
        field = cv2.GaussianBlur(rng.normal(size=(height, width, channels)).astype(np.float32), (0, 0), sigma)
        return field / np.abs(field).max()

    y, x = np.mgrid[:height, :width]
    inside = ((x / width - 0.45) / 0.17) ** 2 + ((y / height - 0.5) / 0.25) ** 2 < 1
    colours = np.where(inside[..., None], (190, 90, 70), (80, 120, 90))
    frame = np.clip(colours + 60 * smooth(3, 2) + 30 * smooth(3, height / 20), 0, 255).astype(np.uint8)
    flow = np.where(inside[..., None], (6, -3), (1, 0.5)) + smooth(2, height / 15)
    return frame, flow.astype(np.float32), inside


def classifier(levels, scale):
    """A classifier of the right shape whose weights are zero."""
    sizes = layer_sizes(FEATURES, (300, 300))
    return Classifier(
        np.zeros(FEATURES, np.float32),
        np.ones(FEATURES, np.float32),
        tuple(np.zeros((out, into), np.float32) for into, out in sizes),
        tuple(np.zeros(out, np.float32) for _, out in sizes),
        Settings(levels=levels, scale=scale),
        {},
    )


def steps(frame, flow, inside) -> dict[str, tuple[Callable[[], object], int]]:
    """Return each step with the number of frames that one call handles."""
    half = (frame.shape[1] // 2, frame.shape[0] // 2)
    picture = cv2.resize(colour(flow), half, interpolation=cv2.INTER_AREA)
    small_frame, small_flow = (cv2.resize(one, half, interpolation=cv2.INTER_AREA) for one in (frame, flow))

    def cut(backend):
        return segmentations(picture, LIGHT, scale=0.5, min_regions=16, backend=backend)

    def whole(levels, scale):
        return list(motion_priors([Moving(frame, flow, colour(flow))], classifier(levels, scale)))

    levels, given = cut("compiled"), channels(small_frame, small_flow, picture)
    maps = np.stack([to_bytes(method_of(Saliency(method=method)).maps([frame])[0]) for method in ("mbd", "rbd")])
    fused = fuse(maps / np.float32(255), uniform(2))
    speckled, support = inside | (fused > fused.mean()), inside.astype(np.float32)
    edit = Edit("s", "0", "erase", "component", ((frame.shape[1] // 2, frame.shape[0] // 2),))
    return {
        "prior: colour picture": (lambda: colour(flow), 1),
        "prior: 5 segmentations, half size": (lambda: cut("compiled"), 1),
        f"prior: 5 segmentations, half size{PEER}OpenCV": (lambda: cut("opencv"), 1),
        f"prior: 5 segmentations, half size{PEER}scikit-image": (lambda: cut("skimage"), 1),
        "prior: channels": (lambda: channels(small_frame, small_flow, picture), 1),
        "prior: contrast features": (lambda: contrasts(levels, Pieces.of([one.labels for one in levels]), given), 1),
        "prior: whole, light (M = 5, half size)": (
            lambda: whole(LIGHT, 0.5),
            1,
        ),
        "prior: whole, DRFI's 15 (half size)": (
            lambda: whole(DRFI, 0.5),
            1,
        ),
        "prior: whole, DRFI's 15 (full size)": (
            lambda: whole(DRFI, 1.0),
            1,
        ),
        "saliency: mbd, one frame": (lambda: method_of(Saliency(method="mbd")).maps([frame]), 1),
        "saliency: mbd, 16 together": (lambda: method_of(Saliency(method="mbd")).maps([frame] * 16), 16),
        "saliency: rbd": (lambda: method_of(Saliency(method="rbd")).maps([frame]), 1),
        "saliency: ft": (lambda: method_of(Saliency(method="ft")).maps([frame]), 1),
        "coarse: fuse two maps": (lambda: fuse(maps / np.float32(255), uniform(2)), 1),
        "coarse: Otsu": (lambda: otsu(to_bytes(fused)), 1),
        **{
            f"coarse: CRF {name} ({PRESETS[name].iterations} iterations){peer}": (partial(refine, frame, fused, crf), 1)
            for name in ("stan", "dss", "deeplab-v2")
            for peer, crf in (
                ("", PRESETS[name]),
                (f"{PEER}pydensecrf", PRESETS[name].model_copy(update={"engine": "pydensecrf"})),
            )
        },
        **(
            {
                f"coarse: CRF {name}, on a card": (
                    partial(refine, frame, fused, PRESETS[name].model_copy(update={"engine": "torch"}), "cuda"),
                    1,
                )
                for name in ("stan", "dss", "deeplab-v2")
            }
            if torch.cuda.is_available()
            else {}
        ),
        "coarse: one edit": (lambda: apply_edit(inside, edit), 1),
        "coarse: substitute": (lambda: erase_unsupported(speckled, support, threshold=0.5, share=0.25), 1),
        "coarse: carry a mask, flow one way": (lambda: push(support, flow), 1),
        "coarse: carry a mask, flow both ways": (lambda: pull(support, flow, -flow), 1),
    }


def video(folder):
    """The first of two frames, its DIS flow, and where that is fastest."""
    first, second = (read_frame(path) for path in list_images(folder)[:2])
    gray = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in (first, second)]
    flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM).calc(*gray, None)
    length = np.linalg.norm(flow, axis=2)
    return first, flow, length > np.percentile(length, 90)


def main():
    cv2.setNumThreads(1)
    given = sys.argv[1:]
    scenes = {folder: video(Path(folder)) for folder in given} or {name: scene(*size) for name, size in SIZES.items()}
    tables = {name: steps(*each) for name, each in scenes.items()}
    for table in tables.values():  # what is compiled, or kept for a video's later frames
        for call, _ in table.values():
            call()
    times = {name: {step: [] for step in table} for name, table in tables.items()}
    for _ in range(ROUNDS):
        for name, table in tables.items():
            for step, (call, frames) in table.items():
                start = time.process_time()
                call()
                times[name][step].append((time.process_time() - start) / frames * 1000)
    print(f"| CPU ms per frame, median of {ROUNDS} | {' | '.join(times)} |\n| --- |{' ---: |' * len(times)}")
    for step in next(iter(times.values())):
        print(f"| {step.replace(PEER, ', ')} | {' | '.join(f'{median(each[step]):.1f}' for each in times.values())} |")
    print(f"\n| times as fast, median of {ROUNDS} | {' | '.join(times)} |\n| --- |{' ---: |' * len(times)}")
    for step in (step for step in next(iter(times.values())) if PEER in step):
        ours, _, peer = step.partition(PEER)
        ratios = [median(b / a for a, b in zip(each[ours], each[step], strict=True)) for each in times.values()]
        print(f"| {ours} as {peer} | {' | '.join(f'{ratio:.1f}' for ratio in ratios)} |")


if __name__ == "__main__":
    main()
