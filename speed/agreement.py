"""How often the engine `compiled` of the dense CRF gives pydensecrf's label, on frames that are given.

Run: OMP_NUM_THREADS=1 python speed/agreement.py FRAME... [--presets stan,dss,deeplab-v2] [--onnx WEIGHTS]
The map that is refined is the mean of mbd, rbd and ft, or with --onnx that of a network such as IS-Net.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

from vsodprep.config.crf import PRESETS
from vsodprep.config.saliency import Saliency
from vsodprep.crf.refine import refine
from vsodprep.images import read_frame
from vsodprep.saliency.maps import method_of


def agreement(frame, saliency, crf):
    """Return the share of pixels with equal labels, and of those whose probability is the same in 8 bits."""
    of = {"output": "probability"}
    ours, theirs = (
        refine(frame, saliency, crf.model_copy(update={"engine": e} | of)) for e in ("compiled", "pydensecrf")
    )
    rounded = (np.rint(each * 255) for each in (ours, theirs))
    return ((ours > 0.5) == (theirs > 0.5)).mean(), np.equal(*rounded).mean()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("frames", nargs="+", type=Path)
    parser.add_argument("--presets", default="stan,dss,deeplab-v2")
    parser.add_argument("--onnx", type=Path)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    network = {"method": "onnx", "preset": "isnet-general-use", "weights": arguments.onnx}
    blocks = [network] if arguments.onnx else [{"method": name} for name in ("mbd", "rbd", "ft")]
    methods = [method_of(Saliency(**block)) for block in blocks]
    found = {name: [] for name in arguments.presets.split(",")}
    for path in arguments.frames:
        frame = read_frame(path)
        saliency = np.mean([method.maps([frame])[0] for method in methods], axis=0)
        for name, of in found.items():
            of.append(agreement(frame, saliency, PRESETS[name]))
            print(path.parent.name, path.stem, name, *(f"{100 * share:.4f} %" for share in of[-1]), flush=True)
    print("| preset | least, labels | mean | least, 8 bits | mean |\n| --- | ---: | ---: | ---: | ---: |")
    for name, of in found.items():
        columns = (f"{100 * share:.4f} %" for each in zip(*of, strict=True) for share in (min(each), np.mean(each)))
        print(f"| `{name}` | {' | '.join(columns)} |")


if __name__ == "__main__":
    main()
