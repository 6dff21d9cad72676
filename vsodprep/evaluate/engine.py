"""Scores whole folders of maps: one pass over the frames, on all cores, in memory that does not grow with them."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import chain
from pathlib import Path
from time import monotonic
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vsodprep.archives import Tree, open_tree
from vsodprep.coding import AS_VALUES, Decoded, Reading, What, is_two_valued, kind_of, look, recognise
from vsodprep.config.coding import Coding, ScoredVoid
from vsodprep.errors import InputError
from vsodprep.evaluate.aggregate import SequenceTotals, mean_over, summarize
from vsodprep.evaluate.cache import Digests, KeptScores, ScoreCache
from vsodprep.evaluate.frame import DEFAULT_FAMILIES, OF_PIXELS, Family, FrameScores, score_frame
from vsodprep.evaluate.inputs import ScoredFrame, ScoringInputs, pair
from vsodprep.evaluate.measures.masks import SharedMask
from vsodprep.evaluate.protocols import Protocol, find_protocol
from vsodprep.evaluate.resize import resize
from vsodprep.evaluate.truth import FileMasks, Masks, Truth, image_names, open_truth
from vsodprep.markers import written_here
from vsodprep.progress import track
from vsodprep.workers import mapped

# Frames that a process takes at once: few enough that a long sequence keeps all cores busy.
_CHUNK = 8
# Seconds in which one process scores alone: others take that long to start.
_ALONE = 1.0
# Masks of a process on which compiled distances save what loading Numba takes.
_MANY = 200
_KEPT = 30 << 20  # bytes
# What is counted of maps and masks, and stands in a score file.
_COUNTED = (
    *("resized", "constant_maps", "coloured_maps", "two_valued_maps", "nearly_black_maps"),
    *("full_masks", "gray_masks"),
)


Scored = tuple[FrameScores, dict[str, int]]
_Fitted = tuple[NDArray[np.uint8], dict[str, int]]


@dataclass(frozen=True)
class _Task:
    """A frame, and what each protocol that scores it takes for it, by the protocol's place."""

    mask: str
    scored: tuple[tuple[int, ScoredFrame], ...]


@dataclass(frozen=True)
class _Way:
    """A protocol, and the maps that it scores: where they lie, and how they are read."""

    protocol: Protocol
    maps: Tree
    reading: Reading


class _Mask:
    """A mask that was read, for all that is scored against it.

    Args:
        decoded: What was read.
        name: What to name in an error.
    """

    def __init__(self, decoded: Decoded, name: str) -> None:
        self.values, self.void = decoded.values, decoded.void
        self.noticed: dict[str, int] = {}
        if self.void is not None:
            if self.void.all():
                raise InputError(name, "all pixels of the mask are void", "a mask with pixels that are not")
            self.noticed["void_pixels"] = int(np.count_nonzero(self.void))
        if not is_two_valued(self.values):
            gray = np.count_nonzero((self.values > 0) & (self.values < 255))
            self.noticed |= {"gray_masks": 1, "gray_pixels": int(gray), "pixels_of_gray_masks": self.values.size}
        self._shared: dict[int, SharedMask] = {}

    def told(self, image: NDArray[Any]) -> NDArray[Any]:
        """Return an image of this size, without the pixels of which the mask tells nothing."""
        return image if self.void is None else image[~self.void][np.newaxis]

    def above(self, level: int) -> SharedMask:
        """Return the foreground: the pixels above a level."""
        if level not in self._shared:
            self._shared[level] = SharedMask(self.told(self.values > level))
        return self._shared[level]


@dataclass(frozen=True)
class _Reader:
    """All that a process needs to score frames: masks, and the ways in which maps are read and scored."""

    masks: Masks
    ways: tuple[_Way, ...]
    measures: tuple[Family, ...]
    compiled: bool = False

    def score(self, task: _Task) -> tuple[Scored, ...]:
        """Return a frame's scores in each way, and what was noticed about its map and mask; reads each image once."""
        mask, fitted = _Mask(self.masks.decode(task.mask), task.mask), dict[Any, _Fitted]()
        return tuple(self._score(place, item, mask, fitted) for place, item in task.scored)

    def _score(self, place: int, item: ScoredFrame, mask: _Mask, fitted: dict[Any, _Fitted]) -> Scored:
        protocol = self.ways[place].protocol
        saliency, seen = self._map(place, item.map, mask.values.shape, fitted)
        saliency = mask.told(saliency)
        foreground = mask.above(protocol.foreground_above)
        scores = score_frame(saliency, foreground, protocol, self.measures, compiled=self.compiled)
        if "t" in self.measures:
            scores.scalars["t"] = self._instability(place, item, saliency, fitted)
        of_frame = {"constant_maps": scores.constant, "full_masks": scores.positives == scores.pixels}
        return scores, seen | mask.noticed | of_frame

    def _map(self, place: int, name: str, size: tuple[int, ...], fitted: dict[Any, _Fitted]) -> _Fitted:
        """Read a map and bring it to its mask's size, unless that is done; say what was noticed."""
        protocol, maps, reading = (way := self.ways[place]).protocol, way.maps, way.reading
        key = name, size, id(maps), id(reading), protocol.channel, protocol.resize
        if key not in fitted:
            where = maps.where(name)
            saliency, coloured, _ = reading.decode(maps.read(name), where, protocol.channel)
            resized = resize(saliency, size[0], size[1], protocol.resize, where)
            noticed: dict[str, int] = {"coloured_maps": coloured, "two_valued_maps": is_two_valued(saliency)}
            noticed["nearly_black_maps"] = int(saliency.max()) == 1
            fitted[key] = resized, noticed | {"resized": resized.shape != saliency.shape}
        return fitted[key]

    def _instability(
        self, place: int, item: ScoredFrame, saliency: NDArray[np.uint8], fitted: dict[Any, _Fitted]
    ) -> float:
        """Return T between the frame before and this one, NaN where it is not defined."""
        from vsodprep.evaluate.measures.stability import instability  # noqa: PLC0415 - SciPy is slow to import

        if item.previous is None:
            return math.nan
        before, _ = self._map(place, item.previous, saliency.shape, fitted)
        foreground = self.ways[place].protocol.binary_from
        found = instability(before >= foreground, saliency >= foreground)
        return math.nan if found is None else found


def _keep_freed_memory() -> None:
    """Let this process keep the memory of one frame for the next: giving it back costs a sixteenth of the time.

    Once glibc has freed a block of this size, it takes smaller ones for passing and keeps up to twice that.
    """
    np.empty(_KEPT, np.uint8)


def _start_worker() -> None:
    _keep_freed_memory()
    cv2.setNumThreads(1)  # the processes share the cores among them already


def _score_chunk(reader: _Reader, tasks: tuple[_Task, ...]) -> list[tuple[Scored, ...]]:
    return [reader.score(task) for task in tasks]


@contextmanager
def _scored(reader: _Reader, tasks: list[_Task], jobs: int) -> Iterator[Iterator[tuple[Scored, ...]]]:
    """Give the scores of all frames in order; where they take longer than a moment, several processes join in."""
    _keep_freed_memory()
    with ExitStack() as stack:
        yield _in_order(reader, tasks, jobs, stack)


def _in_order(reader: _Reader, tasks: list[_Task], jobs: int, stack: ExitStack) -> Iterator[tuple[Scored, ...]]:
    done, end = 0, monotonic() + _ALONE
    while done < len(tasks) and (jobs <= 1 or monotonic() < end):
        yield reader.score(tasks[done])
        done += 1
    chunks = [tuple(tasks[start : start + _CHUNK]) for start in range(done, len(tasks), _CHUNK)]
    if chunks:
        several = mapped(partial(_score_chunk, reader), chunks, jobs, start=_start_worker)
        yield from chain.from_iterable(stack.enter_context(several))


class _Images:
    """What is known of the images of a set: from what is kept of them, else from the files, each read once."""

    def __init__(self, images: Tree, known: Digests | None) -> None:
        where = images.where
        kind = partial(known.kind, images) if known else lambda name: kind_of(images.read(name), where(name))
        facts = partial(known.look, images) if known else lambda name: look(images.read(name), where(name))
        self._where, self._kind, self._look = where, cache(kind), cache(facts)

    def reading(self, names: list[str], what: What, beyond: Sequence[str] = (), **told: Any) -> Reading:
        """Tell how they are coded.

        Args:
            names: Those that are scored.
            what: Masks or maps.
            beyond: Others of the set, which are looked at where those leave doubt.
            told: What the user tells.
        """

        def others(wanted: str) -> Iterator[str]:
            return (name for name in beyond if self._kind(name) == wanted)

        kinds = {name: self._kind(name) for name in names}
        return recognise(kinds, self._look, what, where=self._where, others=others, **told)


@dataclass(frozen=True)
class _Pass:
    """The scoring of a method's maps by one protocol.

    Attributes:
        way: The protocol, the maps, and how they are read.
        inputs: What it scores.
        stored: What is kept of it, if it is kept.
    """

    way: _Way
    inputs: ScoringInputs
    stored: KeptScores | None


def _tasks(waiting: dict[int, tuple[ScoredFrame, ...]], frames: Iterable[str]) -> list[_Task]:
    """Return the frames of a sequence in order, each with all that is scored of it."""
    scored: dict[str, list[tuple[int, ScoredFrame]]] = {frame: [] for frame in frames}
    for place, items in waiting.items():
        for item in items:
            scored[item.frame].append((place, item))
    return [_Task(items[0][1].mask, tuple(items)) for items in scored.values() if items]


def _totals(reader: _Reader, passes: list[_Pass], truth: Truth, jobs: int) -> list[dict[str, SequenceTotals]]:
    """Sum the frames of each sequence by each protocol."""
    totals: list[dict[str, SequenceTotals]] = [{} for _ in passes]
    waiting: dict[str, dict[int, tuple[ScoredFrame, ...]]] = {sequence.name: {} for sequence in truth.sequences}
    for name, places in waiting.items():
        for place, each in enumerate(passes):
            known = each.stored.load(name) if each.stored else None
            totals[place][name] = known or SequenceTotals()
            if known is None:
                places[place] = each.inputs.pairs[name]
    tasks = {sequence.name: _tasks(waiting[sequence.name], sequence.masks) for sequence in truth.sequences}
    every = [task for of in tasks.values() for task in of]
    reader = replace(reader, compiled=len(every) >= _MANY * jobs)
    with _scored(reader, every, jobs) as results:
        scores = track(results, "evaluate", len(every))
        for name, of in tasks.items():
            for task in of:
                for (place, item), (scored, seen) in zip(task.scored, next(scores), strict=True):
                    if scored.positives or passes[place].way.protocol.empty_masks != "unscored":
                        totals[place][name].add(item.frame, scored, seen)
                    else:
                        totals[place][name].noticed["unscored"] += 1
            for place in waiting[name]:
                stored = passes[place].stored
                if stored:
                    stored.save(name, totals[place][name])
        for _ in scores:  # let the bar end
            pass
    return totals


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
    pred: Path | str, gt: Path | str, *, protocol: Protocol | str = "davsod", **options: Any
) -> dict[str, Any]:
    """Score a method's saliency maps against masks by one protocol; see `evaluate_methods`."""
    ((scores,),) = evaluate_methods((pred,), gt, (protocol,), **options)
    return scores


def evaluate_methods(
    preds: Sequence[Path | str],
    gt: Path | str,
    protocols: Sequence[Protocol | str],
    *,
    split: str | None = None,
    benchmark: str | None = None,
    measures: tuple[Family, ...] = DEFAULT_FAMILIES,
    jobs: int = 1,
    allow_missing: bool = False,
    naming: str = "auto",
    coding: Coding = "auto",
    gt_coding: Coding = "auto",
    void: ScoredVoid = "background",
    cache_folder: Path | None = None,
    results: Path = Path("results"),
) -> list[list[dict[str, Any]]]:
    """Score the saliency maps of several methods against masks by several protocols, each map and mask read once.

    What the measures need of a mask alone is worked out once for all methods, too.

    Args:
        preds: A folder or archive of maps for each method, `SEQUENCE/FRAME.png` or in one of the other conventions of
            `naming`.
        gt: What `open_truth` takes: a normalised benchmark, a shard, masks, or a benchmark's name.
        protocols: Protocols, names of built-in ones, or files of settings.
        split: A split of the benchmark, or a file of sequence names; None for all sequences.
        benchmark: Name of the benchmark, where the masks do not tell it.
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
        For each method the content of a score file for each protocol: scores of the benchmark, its curves (thresholds
        from high to low), settings, what was noticed about the inputs, and the scores of every sequence, frame and
        attribute.

    Raises:
        InputError: Masks or maps are missing, unreadable or do not fit one another; or pixels are to be left out of
            measures that need all of them.
    """
    whole = [name for name in measures if name not in OF_PIXELS]
    if void == "ignore" and whole:
        able = ",".join(name for name in OF_PIXELS if name in measures) or "mae"
        found = f"{', '.join(whole)}, which cannot leave out single pixels"
        raise InputError("void ignore", found, f"measures that look at each pixel alone: --measure {able}")
    void_of_maps: ScoredVoid = "background" if void == "ignore" else void
    usual = {"coding": "auto", "naming": "auto", "void": "background"}
    given = {"coding": coding, "naming": naming, "void": void_of_maps}
    told_of_maps = {key: value for key, value in given.items() if value != usual[key]}
    asked = [find_protocol(each) if isinstance(each, str) else each for each in protocols]
    with ExitStack() as opened:
        truth = opened.enter_context(closing(open_truth(gt, split, results).named(benchmark)))
        trees = [opened.enter_context(closing(open_tree(Path(pred)))) for pred in preds]
        inputs = [[pair(truth, maps, of, naming=naming, allow_missing=allow_missing) for of in asked] for maps in trees]
        stored = [ScoreCache(cache_folder, truth.where, maps.path) if cache_folder else None for maps in trees]
        masks = truth.masks
        if isinstance(masks, FileMasks) and masks.reading is None:
            keys = [key for sequence in truth.sequences for key in sequence.masks.values()]
            told: dict[str, Any] = {"asked": gt_coding, "void": void, "option": "--gt-coding"}
            known = _Images(masks.images, stored[0].truth if stored[0] else None)
            masks = replace(masks, reading=known.reading(keys, "masks", **told))
        elif void == "ignore":
            found = "masks of a normalised benchmark, which have no void pixels"
            raise InputError("void ignore", found, "the masks as the benchmark delivers them")
        passes = []
        for maps, of_maps, cached in zip(trees, inputs, stored, strict=True):
            readings = _readings(maps, of_maps, coding, void_of_maps, cached)
            for protocol, of, reading in zip(asked, of_maps, readings, strict=True):
                kept = cached.prepare(masks, maps, of.pairs, protocol, measures, reading) if cached else None
                passes.append(_Pass(_Way(protocol, maps, reading), of, kept))
        totals = _totals(_Reader(masks, tuple(each.way for each in passes), measures), passes, truth, jobs)
    scores = [
        _scores(each, truth, masks, of, measures=measures, split=split, void=void, told=told_of_maps)
        for each, of in zip(passes, totals, strict=True)
    ]
    return [scores[start : start + len(asked)] for start in range(0, len(scores), len(asked))]


def _readings(
    maps: Tree, inputs: Sequence[ScoringInputs], coding: Coding, void: ScoredVoid, stored: ScoreCache | None
) -> list[Reading]:
    """Tell how the maps that each protocol scores are coded; equal answers are one object."""
    known = _Images(maps, stored.maps if stored else None)
    found: list[Reading] = []
    for of in inputs:
        names = [item.map for items in of.pairs.values() for item in items]
        reading = reading_of_maps(maps, names, coding, void, known)
        found.append(next((each for each in found if each == reading), reading))
    return found


def reading_of_maps(
    maps: Tree, names: list[str], coding: Coding, void: ScoredVoid, known: _Images | None = None
) -> Reading:
    """Tell how maps are coded; those that vsodprep wrote hold values, be they ever so dark.

    Args:
        maps: Where they lie.
        names: Those that are read; others there are looked at where these leave doubt.
        coding: What the user tells.
        void: What id 255 means beside other ids.
        known: What is known of the images already.

    Raises:
        InputError: A map is unreadable, or the coding cannot be told.
    """
    records = {maps.path / name: name for name in maps.names if name.endswith(".json")}
    folders = {(maps.path / name).parent for name in names}
    if coding == "auto" and written_here(folders, lambda path: maps.read(records[path]) if path in records else None):
        return AS_VALUES
    beyond = sorted(set(image_names(maps)) - set(names))
    return (known or _Images(maps, None)).reading(names, "maps", beyond, asked=coding, void=void)


def _scores(
    scored: _Pass,
    truth: Truth,
    masks: Masks,
    totals: dict[str, SequenceTotals],
    *,
    measures: tuple[Family, ...],
    split: str | None,
    void: ScoredVoid,
    told: Mapping[str, str],
) -> dict[str, Any]:
    """Return the content of a score file."""
    protocol, inputs = scored.way.protocol, scored.inputs
    every = list(totals.values())
    if not any(each.frames for each in every):
        raise InputError(truth.where, "no mask that is scored has foreground", "at least one such mask")
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
            "coding": {"maps": str(scored.way.reading), "masks": str(masks.reading)},
            **({"told": dict(told)} if told else {}),
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
