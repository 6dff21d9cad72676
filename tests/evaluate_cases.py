"""Generated maps and masks for the tests of the evaluation."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vsodprep.images import read_gray, write_png
from vsodprep.manifest import Manifest, ManifestSequence, write_manifest


def disk(height: int, width: int, row: float, column: float, radius: float) -> NDArray[np.bool_]:
    rows, columns = np.mgrid[:height, :width]
    return (rows - row) ** 2 + (columns - column) ** 2 <= radius**2


def soft_map(mask: NDArray[np.bool_], seed: int) -> NDArray[np.uint8]:
    noise = np.random.default_rng(seed).integers(0, 90, mask.shape)
    return (mask * 150 + noise).astype(np.uint8)


def write_tree(root: Path, lengths: dict[str, int], size: tuple[int, int] = (30, 40)) -> tuple[Path, Path]:
    """Write maps and masks of moving disks; return both folders."""
    maps, masks = root / "maps", root / "masks"
    for number, (name, length) in enumerate(lengths.items()):
        for frame in range(length):
            mask = disk(*size, 12 + number, 10 + 2 * frame, 5 + number)
            write_png(masks / name / f"{frame:05d}.png", mask.astype(np.uint8) * 255)
            write_png(maps / name / f"{frame:05d}.png", soft_map(mask, 100 * number + frame))
    return maps, masks


def normalized(root: Path, masks: Path) -> Path:
    """Bring the masks into a normalised benchmark; frames are not read by an evaluation."""
    sequences = []
    for number, folder in enumerate(sorted(masks.iterdir())):
        frames = tuple(sorted(path.stem for path in folder.iterdir()))
        for frame in frames:
            mask = read_gray(folder / f"{frame}.png")
            write_png(root / folder.name / "masks" / f"{frame}.png", mask)
            write_png(root / folder.name / "frames" / f"{frame}.png", np.stack([mask] * 3, axis=2))
        attributes = ("occlusion",) if number == 0 else ("occlusion", "motion blur")
        sequence = ManifestSequence(folder.name, ("test", folder.name), frames, frames, 30, 40, attributes=attributes)
        sequences.append(sequence)
    write_manifest(root, Manifest("own", "1", "Own", "-", "-", "-", (), tuple(sequences)))
    return root


def figures(scores: dict[str, Any]) -> dict[str, Any]:
    """Everything but what the inputs were called."""
    kept = {key: value for key, value in scores.items() if key not in ("benchmark", "split", "inputs", "attributes")}
    return {
        **kept,
        "sequences": {
            name: {key: value for key, value in each.items() if key != "per_frame"}
            for name, each in scores["sequences"].items()
        },
    }


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
