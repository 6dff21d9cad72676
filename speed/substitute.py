"""What the substitute for erasing by hand does to coarse labels: agreement with exact masks, with it and without.

Run: snakemake --cores 2 synth && python speed/substitute.py results [SPLIT [FLOW]]

Frames whose masks are carried to others are left out, of all rows.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vsodprep.coarse.chain import Chain, label_frame
from vsodprep.coarse.fuse import uniform
from vsodprep.coarse.substitute import erase_unsupported
from vsodprep.coarse.support import PriorSupport, TruthSupport
from vsodprep.coding import AS_VALUES
from vsodprep.config.coarse import Coarse
from vsodprep.config.crf import PRESETS
from vsodprep.images import read_frame, read_mask
from vsodprep.manifest import frame_paths, mask_path, read_manifest
from vsodprep.progress import track
from vsodprep.saliency.folders import stack_maps

MAPS = ("mbd", "rbd")
ORDERS = ("fuse,otsu", "fuse,otsu,crf")
EVERY = (10, 20)  # frames from one annotated frame to the next
THRESHOLDS = (0.25, 0.5, 0.75)
SHARES = (0.1, 0.25, 0.5, 0.75, 0.9)
BETA_SQUARED = 0.3


class Frame(NamedTuple):
    """One frame: labels by order, supports by what they are from, and the exact mask."""

    labels: dict[str, np.ndarray]
    supports: dict[str, np.ndarray]
    mask: np.ndarray


def frames_of(results: Path, split: str, block: str) -> Iterator[Frame]:
    folder = results / "normalized" / "synth"
    videos = [one for one in read_manifest(folder).split(split) if not one.still]
    for video in track(videos, "sequences", unit="sequence"):
        paths = list(frame_paths(folder, video))
        prior = results / "prior/light/synth" / f"{video.name}.h5"
        sources = {"prior": {one.frame: one for one in PriorSupport(prior).of_frames(paths)}}
        flow = results / "flow" / block / "synth" / f"{video.name}.h5"
        for every in EVERY:
            with tempfile.TemporaryDirectory() as masks:
                for frame in video.frames[every // 2 :: every]:
                    (Path(masks) / f"{frame}.png").symlink_to(mask_path(folder, video.name, frame).resolve())
                carried = TruthSupport(flow, Path(masks)).of_frames(paths)
                sources[f"truth, every {every}th frame"] = {one.frame: one for one in carried}
        carried_from = {index for every in EVERY for index in range(every // 2, len(paths), every)}
        for index, path in enumerate(paths):
            if index in carried_from:
                continue
            picture, mask = read_frame(path), read_mask(mask_path(folder, video.name, path.stem))
            maps = [results / "saliency" / method / "synth" / video.name / f"{path.stem}.png" for method in MAPS]
            stack = stack_maps(maps, mask.shape, [AS_VALUES] * len(maps))
            chains = {
                order: Chain(Coarse(order=tuple(order.split(","))), uniform(len(MAPS)), PRESETS["stan"])
                for order in ORDERS
            }
            labels = {order: label_frame(picture, stack, chain).label for order, chain in chains.items()}
            yield Frame(labels, {name: of[index].values for name, of in sources.items()}, mask)


def agreement(label: np.ndarray, mask: np.ndarray) -> tuple[float, float, float]:
    """Return the F-measure, MAE, and J (intersection over union) of a binary label."""
    hit = np.count_nonzero(label & mask)
    precision, recall = hit / max(np.count_nonzero(label), 1), hit / max(np.count_nonzero(mask), 1)
    weighted = BETA_SQUARED * precision + recall
    f_measure = (1 + BETA_SQUARED) * precision * recall / weighted if weighted else 0.0
    return f_measure, np.count_nonzero(label ^ mask) / mask.size, hit / max(np.count_nonzero(label | mask), 1)


def erased(
    frames: list[Frame], order: str, support: str | None, threshold=0.5, share=0.25
) -> tuple[list[float], int, int]:
    """Return mean F, MAE and J, and how many components were erased and frames had one spared."""
    rows, components, spared = [], 0, 0
    for frame in frames:
        label = frame.labels[order]
        if support is not None:
            made = erase_unsupported(label, frame.supports[support], threshold=threshold, share=share)
            label, components, spared = made.label, components + made.erased_components, spared + made.spared
        rows.append(agreement(label, frame.mask))
    return np.mean(rows, axis=0).tolist(), components, spared


def main():
    split, flow = (*sys.argv[2:], *("train", "dis")[len(sys.argv) - 2 :])
    frames = list(frames_of(Path(sys.argv[1]), split, flow))
    print(f"{len(frames)} frames of synth {split}, flow {flow}\n")
    print("| order | support | F | MAE | J | erased components | spared |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
    for order in ORDERS:
        for support in (None, *frames[0].supports):
            (f_measure, mae, overlap), components, spared = erased(frames, order, support)
            name = "without the step" if support is None else support
            print(f"| {order} | {name} | {f_measure:.3f} | {mae:.4f} | {overlap:.3f} | {components} | {spared} |")
    for support in frames[0].supports:
        print(f"\n{ORDERS[0]}, {support}: F by threshold (rows) and share (columns)\n")
        print(f"| | {' | '.join(f'{share:g}' for share in SHARES)} |\n| ---: |{' ---: |' * len(SHARES)}")
        for threshold in THRESHOLDS:
            cells = (erased(frames, ORDERS[0], support, threshold, share)[0][0] for share in SHARES)
            print(f"| {threshold:g} | {' | '.join(f'{cell:.3f}' for cell in cells)} |")


if __name__ == "__main__":
    main()
