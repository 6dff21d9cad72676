"""The contact sheet of synth: `python speed/synth_sheet.py results/normalized/synth docs/images/synth.jpg`."""

import sys
from pathlib import Path

import cv2
import numpy as np

from vsodprep.flow.picture import colour
from vsodprep.images import read_frame, read_mask
from vsodprep.manifest import ManifestSequence, frame_path, mask_path, read_manifest

TILE = (104, 156)  # rows, columns
GAP, CAPTION = 3, 17
INK = (60, 60, 60)


def tile(image: np.ndarray) -> np.ndarray:
    """Scale to the tile's size, and leave a margin on the right and below."""
    small = cv2.resize(image, TILE[::-1], interpolation=cv2.INTER_AREA)
    return cv2.copyMakeBorder(small, 0, GAP, 0, GAP, cv2.BORDER_CONSTANT, value=(255, 255, 255))


def caption(text: str, width: int) -> np.ndarray:
    """A line of text on white."""
    line = np.full((CAPTION, width, 3), 255, np.uint8)
    return cv2.putText(line, text, (1, 13), cv2.FONT_HERSHEY_SIMPLEX, 0.4, INK, 1, cv2.LINE_AA)


def outlined(folder: Path, sequence: str, frame: str) -> np.ndarray:
    """The frame with the mask's outline."""
    image, mask = read_frame(frame_path(folder, sequence, frame)), read_mask(mask_path(folder, sequence, frame))
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return cv2.drawContours(image.copy(), contours, -1, (255, 0, 120), 1)


def strip(folder: Path, sequence: ManifestSequence) -> np.ndarray:
    """First frame, a later one with its mask's outline, and that one's exact flow."""
    later = sequence.frames[12]
    flow = cv2.readOpticalFlow(str(folder / sequence.name / "flow_gt" / f"{later}.flo"))
    first = read_frame(frame_path(folder, sequence.name, sequence.frames[2]))
    images = np.hstack([tile(image) for image in (first, outlined(folder, sequence.name, later), colour(flow))])
    text = f"{sequence.name} ({sequence.splits[0]}): {', '.join(sequence.attributes)}"
    return np.vstack([caption(text, images.shape[1]), images])


def main() -> None:
    folder, out = Path(sys.argv[1]), Path(sys.argv[2])
    manifest = read_manifest(folder)
    strips = [strip(folder, sequence) for split in ("train", "test") for sequence in manifest.split(split)]
    pairs = [np.hstack(strips[at : at + 2]) for at in range(0, len(strips), 2)]
    (stills,) = manifest.split("stills")
    pictures = [tile(read_frame(frame_path(folder, stills.name, frame))) for frame in stills.frames[24:36]]
    rows = [np.hstack(pictures[at : at + 6]) for at in (0, 6)]
    sheet = np.vstack([*pairs, caption(f"{stills.name}: 12 of {len(stills.frames)}", rows[0].shape[1]), *rows])
    out.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(out), sheet[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 72])


if __name__ == "__main__":
    main()
