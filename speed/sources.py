"""What coarse labels are worth by the maps that they are fused from: agreement with masks.

Run: python speed/sources.py CONFIGURATION BENCHMARK SPLIT [--every N] LABELS=BLOCK[,BLOCK...]...

CONFIGURATION has the saliency blocks. The benchmark is normalised and the runs that the blocks name are trained before.
Maps are fused uniformly and cut by Otsu, and refined by the CRF preset `stan`.
"""

import argparse
from pathlib import Path

import numpy as np
from substitute import agreement

from vsodprep.coarse.chain import Chain, label_frame
from vsodprep.coarse.fuse import uniform
from vsodprep.config import complete, read
from vsodprep.config.coarse import Coarse
from vsodprep.config.crf import PRESETS
from vsodprep.config.defaults import default
from vsodprep.images import read_frame, read_mask
from vsodprep.manifest import frame_path, mask_path, read_manifest
from vsodprep.progress import track
from vsodprep.saliency.folders import to_bytes
from vsodprep.saliency.maps import method_of
from vsodprep.workflow.plan import Plan

ORDERS = ("fuse,otsu", "fuse,otsu,crf")


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("configuration", type=Path)
    parser.add_argument("benchmark")
    parser.add_argument("split")
    parser.add_argument("labels", nargs="+", metavar="LABELS=BLOCK,...")
    parser.add_argument("--every", type=int, default=1)
    given = parser.parse_args()
    config = complete(read(given.configuration), default().model_dump(mode="json"), str(given.configuration))
    targets = Plan.of(config).targets
    chosen = {name: of.split(",") for name, _, of in (one.partition("=") for one in given.labels)}
    methods = {}
    for name in sorted({name for of in chosen.values() for name in of}):
        block = config.saliency[name].model_copy(update={"checkpoint": targets.saliency_checkpoint(name)})
        methods[name] = method_of(block, config.device, config.torch_threads)
    normalized = Path(targets.paths.manifest(given.benchmark)).parent
    tested = targets.catalogue.split(given.benchmark, given.split)
    frames = [
        (one.name, frame)
        for one in read_manifest(normalized).sequences
        if one.name in tested and not one.still
        for frame in one.annotated[given.every // 2 :: given.every]
    ]
    found: dict[tuple[str, str], list[tuple[float, float, float]]] = {}
    for sequence, frame in track(frames, "frames", len(frames)):
        picture = read_frame(frame_path(normalized, sequence, frame))
        mask = read_mask(mask_path(normalized, sequence, frame))
        maps = {name: to_bytes(method.maps([picture])[0]) for name, method in methods.items()}
        for labels, names in chosen.items():
            stack = np.stack([maps[name] for name in names])
            for order in ORDERS:
                chain = Chain(Coarse(order=tuple(order.split(","))), uniform(len(names)), PRESETS["stan"])
                found.setdefault((labels, order), []).append(agreement(label_frame(picture, stack, chain).label, mask))
    print(f"{len(frames)} frames of {given.benchmark}, {given.split}\n")
    print("| maps | order | J | F | MAE |\n| --- | --- | ---: | ---: | ---: |")
    for (labels, order), values in found.items():
        f_measure, mae, overlap = np.mean(values, axis=0)
        print(f"| {labels} | {order.replace(',', ', ')} | {overlap:.3f} | {f_measure:.3f} | {mae:.4f} |")


if __name__ == "__main__":
    main()
