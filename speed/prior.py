"""Quality and time of the motion prior by what describes its regions: contrast, and a network by mdf and by roi.

Run: OMP_NUM_THREADS=1 python speed/prior.py NORMALIZED FLOW [--test val] [--frames 12] [--levels 5] [--scale 0.25]
The classifier learns from one frame of each of so many sequences of a split, and is applied to as many of another, in
rounds in which all take turns; the median of the rounds counts. Time is the processor's, and on a card (--device cuda)
the clock's. --levels 15 are DRFI's fifteen segmentations, fewer the first of the default's five.
"""

import argparse
import statistics
import time
from pathlib import Path

import cv2
import numpy as np
import torch

from vsodprep.config.prior import DRFI, LIGHT, Prior
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
WINDOWS = ("contrast", "roi", "mdf")


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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("normalized", type=Path)
    parser.add_argument("flow", type=Path)
    parser.add_argument("--train", default="train")
    parser.add_argument("--test", default="val")
    parser.add_argument("--frames", type=int, default=12)
    parser.add_argument("--levels", type=int, choices=range(1, 1 + len(DRFI)), default=5)
    parser.add_argument("--scale", type=float, default=0.25)
    parser.add_argument("--windows", default=",".join(WINDOWS), help="Which of these, with commas between them.")
    parser.add_argument("--network", choices=("alexnet", "vgg16"), default="alexnet")
    parser.add_argument("--weights", default="random")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    clock = time.process_time if arguments.device == "cpu" else time.perf_counter
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    train, test = (
        list(chosen(arguments.normalized, arguments.flow, split, arguments.frames))
        for split in (arguments.train, arguments.test)
    )
    of = f"{len(train)} frames of {arguments.train}, {len(test)} of {arguments.test}"
    print(f"{of}, {arguments.levels} levels, scale {arguments.scale}, {arguments.rounds} rounds", flush=True)
    levels = (LIGHT if arguments.levels <= len(LIGHT) else DRFI)[: arguments.levels]
    known = {}
    for windows in arguments.windows.split(","):
        network = {"features": arguments.network, "windows": windows, "weights": arguments.weights}
        block = Prior(levels=levels, scale=arguments.scale, **({} if windows == "contrast" else network))
        described, settings = with_network(Settings.of(block), arguments.device)
        samples = collect(train, settings, block.purity, described)
        known[windows] = learned(samples, settings, block, {}), described
    seconds, priors = {windows: [] for windows in known}, {}
    for _ in range(arguments.rounds):
        for windows, (classifier, described) in known.items():
            start = clock()
            made = motion_priors((moving for moving, _ in test), classifier, described)
            priors[windows] = [prior for prior, _ in made]
            seconds[windows].append((clock() - start) / len(test))
    print("| features | max F | MAE | s a frame | of all rounds |\n| --- | ---: | ---: | ---: | --- |")
    for windows, maps in priors.items():
        totals = SequenceTotals()
        for number, (prior, (_, mask)) in enumerate(zip(maps, test, strict=True)):
            stored = np.rint(prior * 255).astype(np.uint8)
            totals.add(str(number), score_frame(stored, SharedMask(mask), PROTOCOL, ("mae", "f")))
        scores = summarize([totals], PROTOCOL)
        name = windows if windows == "contrast" else f"{arguments.network}, {windows}"
        each = ", ".join(f"{one:.3f}" for one in seconds[windows])
        median = statistics.median(seconds[windows])
        print(f"| {name} | {scores['max_f']:.3f} | {scores['mae']:.3f} | {median:.3f} | {each} |")


if __name__ == "__main__":
    main()
