"""What coarse labels are worth by the maps that they are fused from: agreement with masks.

Run: python speed/sources.py NORMALIZED [--split NAME] [--every N] --blocks FILE LABELS=BLOCK[,BLOCK...]...

NORMALIZED is a normalised benchmark. FILE has saliency blocks of a configuration, as YAML or JSON; `mbd`, `rbd` and
`ft` need no entry. Maps are fused uniformly and cut by Otsu, and refined by the CRF preset `stan`.
"""

import argparse
from pathlib import Path

import numpy as np
from substitute import agreement

from vsodprep.coarse.chain import Chain, label_frame
from vsodprep.coarse.fuse import uniform
from vsodprep.config.base import validated
from vsodprep.config.coarse import Coarse
from vsodprep.config.crf import PRESETS
from vsodprep.config.saliency import Saliency
from vsodprep.config.yaml_text import read_given
from vsodprep.images import read_frame, read_mask
from vsodprep.manifest import frame_path, mask_path, read_manifest
from vsodprep.progress import track
from vsodprep.saliency.folders import to_bytes
from vsodprep.saliency.maps import method_of

ORDERS = ("fuse,otsu", "fuse,otsu,crf")
PLAIN = ("mbd", "rbd", "ft")


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("normalized", type=Path)
    parser.add_argument("labels", nargs="+", metavar="LABELS=BLOCK,...")
    parser.add_argument("--split")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--blocks", default="{}")
    given = parser.parse_args()
    where, values = read_given(given.blocks, "blocks", "saliency blocks, as YAML or JSON")
    values = {name: {"method": name} for name in PLAIN} | values
    chosen = {name: of.split(",") for name, _, of in (one.partition("=") for one in given.labels)}
    blocks = {name: validated(Saliency, values[name], where) for of in chosen.values() for name in of}
    methods = {name: method_of(block, threads=2) for name, block in blocks.items()}
    manifest = read_manifest(given.normalized)
    sequences = manifest.sequences if given.split is None else manifest.split(given.split)
    frames = [
        (one.name, frame)
        for one in sequences
        if not one.still
        for frame in one.annotated[given.every // 2 :: given.every]
    ]
    found: dict[tuple[str, str], list[tuple[float, float, float]]] = {}
    for sequence, frame in track(frames, "frames", len(frames)):
        picture = read_frame(frame_path(given.normalized, sequence, frame))
        mask = read_mask(mask_path(given.normalized, sequence, frame))
        maps = {name: to_bytes(method.maps([picture])[0]) for name, method in methods.items()}
        for labels, names in chosen.items():
            stack = np.stack([maps[name] for name in names])
            for order in ORDERS:
                chain = Chain(Coarse(order=tuple(order.split(","))), uniform(len(names)), PRESETS["stan"])
                found.setdefault((labels, order), []).append(agreement(label_frame(picture, stack, chain).label, mask))
    print(
        f"{len(frames)} frames of {manifest.name}\n\n| maps | order | J | F | MAE |\n| --- | --- | ---: | ---: | ---: |"
    )
    for (labels, order), values in found.items():
        f_measure, mae, overlap = np.mean(values, axis=0)
        print(f"| {labels} | {order.replace(',', ', ')} | {overlap:.3f} | {f_measure:.3f} | {mae:.4f} |")


if __name__ == "__main__":
    main()
