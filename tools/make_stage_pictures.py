"""Draw docs/images/stages/, what each stage makes of four frames: `python tools/make_stage_pictures.py results`.

`results` is the results folder of a run on synth.
"""

import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodprep.images import read_gray
from vsodprep.shards import open_shard

FRAMES = (("plain-turtle", 6), ("stop-gecko", 5), ("occlusion-beetles", 4), ("similar-fish", 10))
OUT = Path(__file__).parent.parent / "docs" / "images" / "stages"


def main(results: Path) -> None:
    """Write one row of pictures a stage."""
    shard = open_shard(results / "shards" / "synth.zarr")
    predictions = results / "predictions" / "dsnet" / "full" / "seed0" / "raw" / "synth"
    rows: dict[str, list[NDArray[np.uint8] | None]] = {}
    for name, number in FRAMES:
        video = shard[name]
        frame = f"{video.sequence.frames[number]}.png"
        maps = [read_gray(results / "saliency" / method / "synth" / name / frame) for method in ("mbd", "rbd")]
        for stage, image in {
            "frame": video.frame(number),
            "mask": video.mask(number),
            "flow": video.picture("dis", number),
            "prior": video.prior("light", number),
            "fused": np.mean(maps, axis=0).round().astype(np.uint8),  # uniform weights
            "coarse": video.mask(number, "weightfree"),
            "prediction": read_gray(predictions / name / frame),
        }.items():
            rows.setdefault(stage, []).append(image)
    OUT.mkdir(parents=True, exist_ok=True)
    for stage, images in rows.items():
        coloured = [image if image.ndim == 3 else np.dstack([image] * 3) for image in images if image is not None]
        spaced = [cv2.copyMakeBorder(each, 0, 0, 0, 4, cv2.BORDER_CONSTANT, value=(255, 255, 255)) for each in coloured]
        cv2.imwrite(str(OUT / f"{stage}.jpg"), np.hstack(spaced)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 80])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
