"""Which frames to show: the best, the median and the worst of a method on a split."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodprep.images import read_gray, read_mask
from vsodprep.manifest import Manifest, mask_path
from vsodprep.progress import track


@dataclass(frozen=True, order=True)
class FrameError:
    """How far a map is from its mask; sorts by error, then by name."""

    mae: float
    sequence: str
    frame: str


def frame_mae(saliency: NDArray[np.uint8], mask: NDArray[np.bool_]) -> float:
    """Return the mean absolute error of one map after min-max normalisation, as in the DAVSOD toolbox.

    Args:
        saliency: uint8 `(h, w)`; resized to the mask where it differs. A constant map is only divided by 255.
        mask: bool `(H, W)`.
    """
    if saliency.shape != mask.shape:
        saliency = cv2.resize(saliency, mask.shape[::-1], interpolation=cv2.INTER_LINEAR).astype(np.uint8)
    low, high = int(saliency.min()), int(saliency.max())
    scaled = (saliency - float(low)) / (high - low) if high > low else saliency / 255.0
    return float(np.abs(scaled - mask).mean())


def frame_errors(predictions: Path, folder: Path, manifest: Manifest, split: str) -> list[FrameError]:
    """Measure every annotated frame of a split that has a map.

    Args:
        predictions: Folder of `{seq}/{frame}.png`.
        folder: The normalised benchmark.
        manifest: Its manifest.
        split: Name of the split.

    Returns:
        One error per frame, in manifest order.
    """
    jobs = [
        (predictions / sequence.name / f"{frame}.png", sequence.name, frame)
        for sequence in manifest.split(split)
        for frame in sequence.annotated
    ]
    jobs = [job for job in jobs if job[0].is_file()]

    def measure(job: tuple[Path, str, str]) -> FrameError:
        path, sequence, frame = job
        return FrameError(frame_mae(read_gray(path), read_mask(mask_path(folder, sequence, frame))), sequence, frame)

    with ThreadPoolExecutor() as pool:  # OpenCV decodes outside the interpreter lock
        return list(track(pool.map(measure, jobs), f"frames of {manifest.name}", total=len(jobs)))


def choose(errors: Sequence[FrameError], count: int) -> dict[str, list[FrameError]]:
    """Choose frames to look at: no frame twice, and no sequence twice in a group while others are left.

    Args:
        errors: All frames of a method.
        count: How many of each kind.

    Returns:
        `best`, `median` and `worst`, each with its most extreme (or most central) frame first.
    """
    ordered = sorted(errors)
    middle = (len(ordered) - 1) / 2
    central = sorted(range(len(ordered)), key=lambda rank: (abs(rank - middle), rank))
    used: set[FrameError] = set()
    best = _distinct(ordered, count, used)
    worst = _distinct(reversed(ordered), count, used)
    median = _distinct((ordered[rank] for rank in central), count, used)
    return {"best": best, "median": median, "worst": worst}


def _distinct(candidates: Iterable[FrameError], count: int, used: set[FrameError]) -> list[FrameError]:
    free = [candidate for candidate in candidates if candidate not in used]
    first_of: dict[str, FrameError] = {}
    for candidate in free:
        first_of.setdefault(candidate.sequence, candidate)
    fresh = list(first_of.values())
    chosen = (fresh + [candidate for candidate in free if candidate not in fresh])[:count]
    used.update(chosen)
    return chosen
