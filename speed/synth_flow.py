"""How well DIS estimates the exact flow of synth: `python speed/synth_flow.py results/normalized/synth`."""

import sys
from pathlib import Path

import cv2
import numpy as np

from vsodprep.flow.dis import Dis
from vsodprep.images import read_frame, read_mask
from vsodprep.manifest import ManifestSequence, frame_paths, mask_path, read_manifest

NEAR = 4  # px from the outline of a salient object


def errors(folder: Path, sequence: ManifestSequence) -> dict[str, float]:
    """Mean end-point errors in px, and how fast things move."""
    dis = Dis()
    encoded = dis.encode([read_frame(path) for path in frame_paths(folder, sequence)], [])
    pooled: dict[str, list[np.ndarray]] = {}
    for time, frame in enumerate(sequence.frames[:-1]):
        exact = cv2.readOpticalFlow(str(folder / sequence.name / "flow_gt" / f"{frame}.flo"))
        visible = read_mask(folder / sequence.name / "flow_gt" / f"{frame}.png")
        mask = read_mask(mask_path(folder, sequence.name, frame))
        (estimate,) = dis.estimate([(encoded[time], encoded[time + 1])])
        error = np.linalg.norm(estimate - exact, axis=-1)
        outline = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
        near = cv2.dilate(outline, np.ones((2 * NEAR + 1, 2 * NEAR + 1), np.uint8)) > 0
        for name, values in {
            "speed": np.linalg.norm(exact, axis=-1).ravel(),
            "all": error.ravel(),
            "seen again": error[visible],
            "salient": error[mask],
            "near outlines": error[near],
            "over 1 px": error.ravel() > 1.0,
        }.items():
            pooled.setdefault(name, []).append(values)
    return {name: float(np.concatenate(values).mean()) for name, values in pooled.items()}


def main() -> None:
    folder = Path(sys.argv[1])
    videos = [sequence for sequence in read_manifest(folder).sequences if not sequence.still]
    rows = {video.name: errors(folder, video) for video in sorted(videos, key=lambda video: video.splits, reverse=True)}
    names = list(next(iter(rows.values())))
    rows["mean"] = {name: float(np.mean([row[name] for row in rows.values()])) for name in names}
    print(f"| sequence | {' | '.join(names)} |\n|---|{'---|' * len(names)}")
    for sequence, row in rows.items():
        cells = [f"{value:.1%}" if name == "over 1 px" else f"{value:.2f}" for name, value in row.items()]
        print(f"| {sequence} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
