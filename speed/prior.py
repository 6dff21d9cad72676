"""Quality and time of the motion prior by what describes its regions: contrast, and a network by mdf and by roi.

Run: OMP_NUM_THREADS=1 python speed/prior.py NORMALIZED FLOW [--test val] [--frames 12] [--levels 5] [--scale 0.25]
The classifier learns from one frame of each of so many sequences of a split, and is applied to as many of another. Time
is the processor's, and on a card (--device cuda) the clock's.
"""

import argparse
import time
from pathlib import Path

import cv2
import numpy as np
import torch

from vsodprep.config.prior import LIGHT, Prior
from vsodprep.evaluate.aggregate import SequenceTotals, summarize
from vsodprep.evaluate.frame import score_frame
from vsodprep.evaluate.measures.masks import SharedMask
from vsodprep.evaluate.protocols import find_protocol
from vsodprep.flow.store import open_flow
from vsodprep.images import read_frame, read_mask
from vsodprep.manifest import frame_path, mask_path, read_manifest
from vsodprep.prior.apply import motion_priors
from vsodprep.prior.classifier import Settings
from vsodprep.prior.fit import collect, learned, spread, with_network
from vsodprep.prior.frame import Moving

PROTOCOL = find_protocol("pysod")


def chosen(normalized, flows, split, count):
    """Yield the middle annotated frame of each of so many sequences of a split, and its mask."""
    videos = [video for video in read_manifest(normalized).split(split) if not video.still]
    for video in spread(videos, count):
        with open_flow(flows / f"{video.name}.h5") as flow:
            known = [name for name in video.annotated if video.frames.index(name) in flow.frame_indices]
            name = known[len(known) // 2]
            index = video.frames.index(name)
            frame = read_frame(frame_path(normalized, video.name, name))
            yield (
                Moving(frame, flow.of_frame(index), flow.picture(index)),
                read_mask(mask_path(normalized, video.name, name)),
            )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("normalized", type=Path)
    parser.add_argument("flow", type=Path)
    parser.add_argument("--train", default="train")
    parser.add_argument("--test", default="val")
    parser.add_argument("--frames", type=int, default=12)
    parser.add_argument("--levels", type=int, default=5)
    parser.add_argument("--scale", type=float, default=0.25)
    parser.add_argument("--weights", default="random")
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    clock = time.process_time if arguments.device == "cpu" else time.perf_counter
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    train, test = (
        list(chosen(arguments.normalized, arguments.flow, split, arguments.frames))
        for split in (arguments.train, arguments.test)
    )
    of = f"{len(train)} frames of {arguments.train}, {len(test)} of {arguments.test}"
    print(f"{of}, {arguments.levels} levels, scale {arguments.scale}")
    print("| features | max F | MAE | s a frame |\n| --- | ---: | ---: | ---: |", flush=True)
    for features, windows in (("contrast", "mdf"), ("alexnet", "roi"), ("alexnet", "mdf")):
        network = {} if features == "contrast" else {"windows": windows, "weights": arguments.weights}
        block = Prior(features=features, levels=LIGHT[: arguments.levels], scale=arguments.scale, **network)
        described, settings = with_network(Settings.of(block), arguments.device)
        samples = collect(train, settings, block.purity, described)
        classifier = learned(samples, settings, block, {})
        start = clock()
        priors = [prior for prior, _ in motion_priors((moving for moving, _ in test), classifier, described)]
        seconds = (clock() - start) / len(test)
        totals = SequenceTotals()
        for number, (prior, (_, mask)) in enumerate(zip(priors, test, strict=True)):
            stored = np.rint(prior * 255).astype(np.uint8)
            totals.add(str(number), score_frame(stored, SharedMask(mask), PROTOCOL, ("mae", "f")))
        scores = summarize([totals], PROTOCOL)
        name = features if features == "contrast" else f"{features}, {windows}"
        print(f"| {name} | {scores['max_f']:.3f} | {scores['mae']:.3f} | {seconds:.2f} |", flush=True)


if __name__ == "__main__":
    main()
