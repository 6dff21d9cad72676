"""Quality and time of the motion prior by what describes its regions: contrast, and a network by mdf and by roi.

Run: OMP_NUM_THREADS=1 python speed/prior.py NORMALIZED FLOW [--train train] [--test val] [--frames 12] [--scale 0.25]
The classifier learns from one frame of each of so many sequences of a split, and is applied to as many of another.
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
from vsodprep.prior.apply import motion_priors
from vsodprep.prior.classifier import Settings
from vsodprep.prior.fit import FitSource, annotated, collect, learned, spread, with_network

PROTOCOL = find_protocol("pysod")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("normalized", type=Path)
    parser.add_argument("flow", type=Path)
    parser.add_argument("--train", default="train")
    parser.add_argument("--test", default="val")
    parser.add_argument("--frames", type=int, default=12)
    parser.add_argument("--scale", type=float, default=0.25)
    parser.add_argument("--weights", default="random")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    train, test = (
        spread(list(annotated(FitSource(arguments.normalized, arguments.flow, split), 1)), arguments.frames)
        for split in (arguments.train, arguments.test)
    )
    print(f"{len(train)} frames of {arguments.train}, {len(test)} of {arguments.test}, scale {arguments.scale}")
    print("| features | max F | MAE | CPU s a frame |\n| --- | ---: | ---: | ---: |", flush=True)
    for features, windows in (("contrast", "mdf"), ("alexnet", "roi"), ("alexnet", "mdf")):
        network = {} if features == "contrast" else {"windows": windows, "weights": arguments.weights}
        block = Prior(features=features, levels=LIGHT, scale=arguments.scale, **network)
        described, settings = with_network(Settings.of(block), "cpu")
        samples = collect(train, settings, block.purity, described)
        classifier = learned(samples, settings, block, {})
        start = time.process_time()
        priors = [prior for prior, _ in motion_priors((moving for moving, _ in test), classifier, described)]
        seconds = (time.process_time() - start) / len(test)
        totals = SequenceTotals()
        for number, (prior, (_, mask)) in enumerate(zip(priors, test, strict=True)):
            totals.add(
                str(number),
                score_frame(np.rint(prior * 255).astype(np.uint8), SharedMask(mask), PROTOCOL, ("mae", "f")),
                {},
            )
        scores = summarize([totals], PROTOCOL)
        name = features if features == "contrast" else f"{features}, {windows}"
        print(f"| {name} | {scores['max_f']:.3f} | {scores['mae']:.3f} | {seconds:.2f} |", flush=True)


if __name__ == "__main__":
    main()
