"""How far the maps that stages between sources and training made agree with the masks."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodprep.config.coarse import Coarse
from vsodprep.images import read_mask
from vsodprep.manifest import ManifestSequence, mask_path
from vsodprep.report.collect import Results
from vsodprep.report.maps import MapKind, reader_of

SAMPLE = 10


@dataclass(frozen=True)
class MapStage:
    """One kind of map on one benchmark, against the masks.

    Attributes:
        stage: What the maps are.
        block: Name of the block.
        benchmark: Benchmark name.
        frames: Annotated frames looked at, at most `SAMPLE` per sequence.
        mae: Mean absolute error, mean over frames.
        overlap: Intersection over union of mask and map above one half, mean over frames.
    """

    stage: str
    block: str
    benchmark: str
    frames: int
    mae: float
    overlap: float


def map_stages(results: Results) -> list[MapStage]:
    """Return a row per kind of map and benchmark: saliency maps, coarse labels, motion priors."""
    config = results.config
    blocks: list[tuple[str, MapKind, str]] = [("saliency map", "saliency", block) for block in config.saliency]
    blocks += [(stage_of(coarse), "coarse", block) for block, coarse in config.coarse.items()]
    blocks += [("motion prior", "prior", block) for block in config.prior]
    made = []
    for stage, kind, block in blocks:
        for benchmark in results.manifests:
            measured = _measure(results, benchmark, kind, block)
            if len(measured):
                mae, overlap = measured.mean(axis=0)
                made.append(MapStage(stage, block, benchmark, len(measured), float(mae), float(overlap)))
    return made


def stage_of(coarse: Coarse) -> str:
    """Return what a block of coarse labels is called: one that was erased by the substitute says so."""
    return "coarse label, with the substitute for erasing" if "substitute" in coarse.order else "coarse label"


def _measure(results: Results, benchmark: str, kind: MapKind, block: str) -> NDArray[np.float64]:
    """Return MAE and overlap of every frame looked at, float64 `(frames, 2)`."""
    folder = results.folder(benchmark)

    def of_sequence(sequence: ManifestSequence) -> list[tuple[float, float]]:
        read = reader_of(kind, results, block, benchmark, sequence)
        pairs = ((read(frame), mask_path(folder, sequence.name, frame)) for frame in spread(sequence.annotated, SAMPLE))
        return [agreement(made, read_mask(path)) for made, path in pairs if made is not None]

    with ThreadPoolExecutor() as pool:
        measured = [pair for pairs in pool.map(of_sequence, results.manifests[benchmark].sequences) for pair in pairs]
    return np.array(measured, dtype=np.float64).reshape(-1, 2)


def agreement(made: NDArray[np.uint8], mask: NDArray[np.bool_]) -> tuple[float, float]:
    """Return mean absolute error, and intersection over union of mask and map above one half.

    Args:
        made: Map, uint8 `(h, w)`, 255 for certainly salient; resized to the mask where it differs.
        mask: bool `(H, W)`; the overlap of two empty regions is 1.
    """
    if made.shape != mask.shape:
        made = np.asarray(cv2.resize(made, mask.shape[::-1], interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
    above = made > 127
    union = np.count_nonzero(above | mask)
    overlap = np.count_nonzero(above & mask) / union if union else 1.0
    return float(np.abs(made / 255 - mask).mean()), float(overlap)


def spread(names: tuple[str, ...], count: int) -> Iterator[str]:
    """Yield at most `count` names, evenly spread, first and last among them."""
    if len(names) <= count:
        yield from names
    else:
        for index in np.linspace(0, len(names) - 1, count).round().astype(int):
            yield names[index]
