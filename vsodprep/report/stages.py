"""What the stages between sources and training made: flow, and how far each kind of map agrees with the masks."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vsodprep.flow.store import open_flow
from vsodprep.images import read_mask
from vsodprep.manifest import Sequence, mask_path
from vsodprep.report.collect import Results
from vsodprep.report.maps import Reader, coarse_reader, fitted, prior_reader, saliency_reader

SAMPLE = 10


@dataclass(frozen=True)
class FlowStage:
    """One flow block on one benchmark.

    Attributes:
        block: Name of the block.
        benchmark: Benchmark name.
        method: The method.
        sequences: Sequences with a flow file.
        pairs: Pairs of frames.
        clipped: Values beyond what the file format holds.
        photometric: Mean grey difference after warping in levels of 255; None where the files do not tell.
        inconsistent: Mean share of pixels whose forward and backward flow disagree; None likewise.
    """

    block: str
    benchmark: str
    method: str
    sequences: int
    pairs: int
    clipped: int
    photometric: float | None
    inconsistent: float | None


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


def flow_stages(results: Results) -> list[FlowStage]:
    """Return a row per flow block and benchmark that has flow."""
    made = []
    for block, config in results.config.flow.items():
        for name, manifest in results.manifests.items():
            paths = [Path(results.paths.flow(block, name, sequence.name)) for sequence in manifest.sequences]
            paths = [path for path in paths if path.is_file()]
            if paths:
                made.append(_flow_stage(block, name, config.method, paths))
    return made


def _flow_stage(block: str, benchmark: str, method: str, paths: list[Path]) -> FlowStage:
    pairs = clipped = 0
    numbers: dict[str, list[NDArray[np.float32]]] = {"photometric": [], "inconsistent": []}
    for path in paths:
        with open_flow(path) as reader:
            pairs += len(reader.pairs)
            clipped += int(reader.attributes.get("clipped", 0))
            for name, values in numbers.items():
                stored = reader.numbers(name)
                if stored is not None:
                    values.append(stored)
    means = {name: _finite_mean(np.concatenate(values)) if values else None for name, values in numbers.items()}
    return FlowStage(block, benchmark, method, len(paths), pairs, clipped, means["photometric"], means["inconsistent"])


def _finite_mean(values: NDArray[np.float32]) -> float | None:
    finite = values[np.isfinite(values)]
    return float(finite.mean(dtype=np.float64)) if finite.size else None


def map_stages(results: Results) -> list[MapStage]:
    """Return a row per kind of map and benchmark: saliency maps, coarse labels, motion priors."""
    config = results.config
    kinds = [("saliency map", block, saliency_reader) for block in config.saliency]
    kinds += [("coarse label", block, coarse_reader) for block in config.coarse]
    kinds += [("motion prior", block, prior_reader) for block in config.prior]
    made = []
    for stage, block, reader in kinds:
        for benchmark in results.manifests:
            measured = _measure(results, benchmark, partial(reader, results, block, benchmark))
            if len(measured):
                mae, overlap = measured.mean(axis=0)
                made.append(MapStage(stage, block, benchmark, len(measured), float(mae), float(overlap)))
    return made


def _measure(results: Results, benchmark: str, reader: Callable[[Sequence], Reader]) -> NDArray[np.float64]:
    """Return MAE and overlap of every frame looked at, float64 `(frames, 2)`."""
    folder = results.folder(benchmark)

    def of_sequence(sequence: Sequence) -> list[tuple[float, float]]:
        read = reader(sequence)
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
    made = fitted(made, mask)
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
