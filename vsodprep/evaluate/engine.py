"""Scores whole folders of maps: one pass over the frames, on all cores, in memory that does not grow with them."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodprep.archives import Tree, open_tree
from vsodprep.coding import AS_VALUES, Reading, What, is_two_valued, kind_of, look, recognise
from vsodprep.config.coding import Coding, ScoredVoid
from vsodprep.errors import InputError
from vsodprep.evaluate.aggregate import SequenceTotals, mean_over, summarize
from vsodprep.evaluate.cache import Digests, ScoreCache
from vsodprep.evaluate.frame import DEFAULT_FAMILIES, OF_PIXELS, Family, FrameScores, score_frame
from vsodprep.evaluate.inputs import ScoredFrame, ScoringInputs, pair
from vsodprep.evaluate.protocols import Protocol, find_protocol
from vsodprep.evaluate.resize import resize
from vsodprep.evaluate.truth import FileMasks, Masks, Truth, image_names, open_truth
from vsodprep.markers import written_here
from vsodprep.progress import track
from vsodprep.workers import mapped

# Frames that a process takes at once: few enough that a long sequence keeps all cores busy.
_CHUNK = 8
_KEPT = 30 << 20  # bytes
# What is counted of maps and masks, and stands in a score file.
_COUNTED = (
    *("resized", "constant_maps", "coloured_maps", "two_valued_maps", "nearly_black_maps"),
    *("full_masks", "gray_masks"),
)


Scored = tuple[FrameScores, dict[str, int]]


@dataclass(frozen=True)
class _Reader:
    """All that a process needs to score frames."""

    masks: Masks
    maps: Tree
    reading: Reading
    protocol: Protocol
    measures: tuple[Family, ...]

    def score(self, item: ScoredFrame) -> Scored:
        """Return a frame's scores, and what was noticed about its map and mask."""
        values, _, void = self.masks.decode(item.mask)
        mask = values > self.protocol.foreground_above
        saliency, noticed = self._map(item.map, mask.shape)
        if void is not None:
            if void.all():
                raise InputError(item.mask, "void everywhere", "a mask that says something of a pixel")
            saliency, mask = saliency[~void][np.newaxis], mask[~void][np.newaxis]
            noticed["void_pixels"] = int(np.count_nonzero(void))
        scores = score_frame(saliency, mask, self.protocol, self.measures)
        if "t" in self.measures:
            scores.scalars["t"] = self._instability(item, saliency)
        noticed |= {"constant_maps": scores.constant, "full_masks": scores.positives == scores.pixels}
        if not is_two_valued(values):
            gray = np.count_nonzero((values > 0) & (values < 255))
            noticed |= {"gray_masks": 1, "gray_pixels": int(gray), "pixels_of_gray_masks": values.size}
        return scores, noticed

    def _map(self, name: str, size: tuple[int, ...]) -> tuple[NDArray[np.uint8], dict[str, int]]:
        """Read a map and bring it to its mask's size; say what was noticed."""
        where = self.maps.where(name)
        saliency, coloured, _ = self.reading.decode(self.maps.read(name), where, self.protocol.channel)
        fitted = resize(saliency, size[0], size[1], self.protocol.resize, where)
        noticed: dict[str, int] = {"coloured_maps": coloured, "two_valued_maps": is_two_valued(saliency)}
        noticed["nearly_black_maps"] = int(saliency.max()) == 1
        return fitted, noticed | {"resized": fitted.shape != saliency.shape}

    def _instability(self, item: ScoredFrame, saliency: NDArray[np.uint8]) -> float:
        """Return T between the frame before and this one, NaN where it is not defined."""
        from vsodprep.evaluate.measures.stability import instability  # noqa: PLC0415 - SciPy is slow to import

        if item.previous is None:
            return math.nan
        before, _ = self._map(item.previous, saliency.shape)
        found = instability(before >= self.protocol.binary_from, saliency >= self.protocol.binary_from)
        return math.nan if found is None else found


def _keep_freed_memory() -> None:
    """Let this process keep the memory of one frame for the next: giving it back costs a sixteenth of the time.

    Once glibc has freed a block of this size, it takes smaller ones for passing and keeps up to twice that.
    """
    np.empty(_KEPT, np.uint8)


def _start_worker() -> None:
    _keep_freed_memory()
    cv2.setNumThreads(1)  # the processes share the cores among them already


def _score_chunk(reader: _Reader, items: tuple[ScoredFrame, ...]) -> list[Scored]:
    return [reader.score(item) for item in items]


@contextmanager
def _scored(reader: _Reader, items: list[ScoredFrame], jobs: int) -> Iterator[Iterator[Scored]]:
    """Give the scores of all frames in order."""
    chunks = [tuple(items[start : start + _CHUNK]) for start in range(0, len(items), _CHUNK)]
    if min(jobs, len(chunks)) <= 1:
        _keep_freed_memory()
        yield map(reader.score, items)
        return
    with mapped(partial(_score_chunk, reader), chunks, jobs, start=_start_worker) as results:
        yield chain.from_iterable(results)


def _recognise(
    images: Tree, names: list[str], what: What, known: Digests | None, beyond: Sequence[str] = (), **told: Any
) -> Reading:
    """Tell how maps or masks are coded, of what is not known already from the files themselves.

    Args:
        images: Where they lie.
        names: Those that are scored.
        what: Masks or maps.
        known: What is known already, if it is kept.
        beyond: Others of the set, which are looked at where those leave doubt.
        told: What the user tells.
    """
    kind = partial(known.kind, images) if known else lambda name: kind_of(images.read(name), images.where(name))
    facts = partial(known.look, images) if known else lambda name: look(images.read(name), images.where(name))

    def others(wanted: str) -> Iterator[str]:
        return (name for name in beyond if kind(name) == wanted)

    return recognise({name: kind(name) for name in names}, facts, what, where=images.where, others=others, **told)


def _total(reader: _Reader, inputs: ScoringInputs, jobs: int, stored: ScoreCache | None) -> dict[str, SequenceTotals]:
    """Sum the frames of each sequence."""
    known = {name: totals for name in inputs.pairs if stored and (totals := stored.load(name))}
    waiting = {name: items for name, items in inputs.pairs.items() if name not in known}
    every = [item for items in waiting.values() for item in items]
    with _scored(reader, every, jobs) as results:
        scores = track(results, "evaluate", len(every))
        for name, items in waiting.items():
            totals = SequenceTotals()
            for item in items:
                found, seen = next(scores)
                if found.positives or reader.protocol.empty_masks != "unscored":
                    totals.add(item.frame, found, seen)
                else:
                    totals.noticed["unscored"] += 1
            known[name] = totals
            if stored:
                stored.save(name, totals)
        for _ in scores:  # let the bar end
            pass
    return {name: known[name] for name in inputs.pairs}


def _per_frame(totals: SequenceTotals) -> dict[str, Any]:
    known = {name: [None if math.isnan(one) else one for one in values] for name, values in totals.scalars.items()}
    return {"frame": totals.frames, **known}


def _unscored(noticed: Counter[str]) -> dict[str, int]:
    """Return how many frames no measure scores, where the protocol leaves out any."""
    return {"unscored": noticed["unscored"]} if noticed["unscored"] else {}


def _attributes(truth: Truth, totals: dict[str, SequenceTotals], protocol: Protocol) -> dict[str, Any]:
    """Summarise the sequences of each of the benchmark's attributes."""
    names = sorted({attribute for sequence in truth.sequences for attribute in sequence.attributes})
    return {
        name: summarize([totals[each.name] for each in truth.sequences if name in each.attributes], protocol)
        | {"sequences": [each.name for each in truth.sequences if name in each.attributes]}
        for name in names
    }


def evaluate_folders(
    pred: Path | str,
    gt: Path | str,
    *,
    split: str | None = None,
    benchmark: str | None = None,
    protocol: Protocol | str = "davsod",
    measures: tuple[Family, ...] = DEFAULT_FAMILIES,
    jobs: int = 1,
    allow_missing: bool = False,
    naming: str = "auto",
    coding: Coding = "auto",
    gt_coding: Coding = "auto",
    void: ScoredVoid = "background",
    cache_folder: Path | None = None,
    results: Path = Path("results"),
) -> dict[str, Any]:
    """Score saliency maps against masks.

    Args:
        pred: Folder or archive of maps, `SEQUENCE/FRAME.png` or in one of the other conventions of `naming`.
        gt: What `open_truth` takes: a normalised benchmark, a shard, masks, or a benchmark's name.
        split: A split of the benchmark, or a file of sequence names; None for all sequences.
        benchmark: Name of the benchmark, where the masks do not tell it.
        protocol: A protocol, the name of a built-in one, or a file of settings.
        measures: What to compute, by default all but T, which is slow; the scores of the others are None.
        jobs: Number of processes; does not change any score.
        allow_missing: Leave out frames without a map instead of stopping.
        naming: `auto`, `stem`, `number` or `position`.
        coding: How the maps are coded: `values`, `ids`, `alpha`, or `auto` to recognise it over all of them.
        gt_coding: How the masks are coded, likewise.
        void: What id 255 means beside other ids; `ignore` leaves such pixels of the masks out, also of the stretch.
        cache_folder: Keep each sequence's scores there, and score again only what changed.
        results: Where named benchmarks lie.

    Returns:
        The content of a score file: scores of the benchmark, its curves (thresholds from high to low), settings,
        what was noticed about the inputs, and the scores of every sequence, frame and attribute.

    Raises:
        InputError: Masks or maps are missing, unreadable or do not fit one another; or pixels are to be left out of
            measures that need all of them.
    """
    whole = [name for name in measures if name not in OF_PIXELS]
    if void == "ignore" and whole:
        able = ",".join(name for name in OF_PIXELS if name in measures) or "mae"
        found = f"{', '.join(whole)}, which are not defined on an image with holes"
        raise InputError("void ignore", found, f"measures of pixels alone: --measure {able}")
    if isinstance(protocol, str):
        protocol = find_protocol(protocol)
    with closing(open_truth(gt, split, results).named(benchmark)) as truth, closing(open_tree(Path(pred))) as maps:
        inputs = pair(truth, maps, protocol, naming=naming, allow_missing=allow_missing)
        stored = ScoreCache(cache_folder, truth.where, maps.path) if cache_folder else None
        masks = truth.masks
        if isinstance(masks, FileMasks) and masks.reading is None:
            keys = [key for sequence in truth.sequences for key in sequence.masks.values()]
            told: dict[str, Any] = {"asked": gt_coding, "void": void, "option": "--gt-coding"}
            known = stored.truth if stored else None
            masks = replace(masks, reading=_recognise(masks.images, keys, "masks", known, **told))
        elif void == "ignore":
            found = "masks of a normalised benchmark, which are 0 and 255 alone"
            raise InputError("void ignore", found, "the masks as they were delivered")
        reading, of_maps = AS_VALUES, "background" if void == "ignore" else void
        names = [item.map for items in inputs.pairs.values() for item in items]
        records = {maps.path / name: name for name in maps.names if name.endswith(".json")}
        folders = {(maps.path / name).parent for name in names}
        ours = written_here(folders, lambda path: maps.read(records[path]) if path in records else None)
        if coding != "auto" or not ours:
            beyond = sorted(set(image_names(maps)) - set(names))
            known = stored.maps if stored else None
            reading = _recognise(maps, names, "maps", known, beyond, asked=coding, void=of_maps)
        reader = _Reader(masks, maps, reading, protocol, measures)
        if stored:
            stored.prepare(masks, maps, inputs.pairs, protocol, measures, reading)
        totals = _total(reader, inputs, jobs, stored)
    every = list(totals.values())
    if not any(each.frames for each in every):
        raise InputError(truth.where, "no mask with foreground among those to score", "one at least")
    summary = summarize(every, protocol)
    noticed: Counter[str] = sum((each.noticed for each in every), Counter())
    return {
        "protocol": protocol.name,
        "settings": protocol.model_dump(exclude={"name"}),
        "benchmark": truth.benchmark,
        "split": Path(split).stem if split else None,
        "measures": list(measures),
        **{key: value for key, value in summary.items() if key != "empty_masks"},
        "inputs": {
            "missing": list(inputs.missing),
            "extra": list(inputs.extra),
            "naming": inputs.naming,
            "fewer": inputs.fewer,
            "coding": {"maps": str(reading), "masks": str(masks.reading)},
            "empty_masks": summary["empty_masks"],
            "gray_share": noticed["gray_pixels"] / max(noticed["pixels_of_gray_masks"], 1),
            **{name: noticed[name] for name in _COUNTED},
            **({"void_pixels": noticed["void_pixels"]} if void == "ignore" else {}),
            **_unscored(noticed),
            **({"one_sequence": truth.sequences[0].name} if truth.flat else {}),
        },
        "attributes": (attributes := _attributes(truth, totals, protocol)),
        **({"class_mean": mean_over([*attributes.values()])} if truth.classes else {}),
        "sequences": {
            name: summarize([each], protocol) | _unscored(each.noticed) | {"per_frame": _per_frame(each)}
            for name, each in totals.items()
        },
    }
