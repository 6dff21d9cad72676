"""Pairs of map and mask."""

from dataclasses import dataclass
from pathlib import Path

from vsodprep.archives import Tree
from vsodprep.errors import InputError
from vsodprep.evaluate.protocols import Protocol
from vsodprep.evaluate.truth import Truth, TruthSequence, image_names
from vsodprep.naming import Matched, group_by_sequence, match


@dataclass(frozen=True)
class ScoredFrame:
    """One frame to score.

    Attributes:
        frame: Its id.
        mask: Key of its mask.
        map: Name of its map.
        previous: Name of the map of the scored frame before it, if there is one.
    """

    frame: str
    mask: str
    map: str
    previous: str | None = None


@dataclass(frozen=True)
class ScoringInputs:
    """What an evaluation reads, and what it noticed on the way.

    Attributes:
        pairs: The frames to score of each sequence, in order.
        missing: `SEQUENCE/FRAME` of frames without a map.
        extra: Names of maps that belong to no frame.
        naming: Rule by which the maps of each sequence were found, where it is not by the frame's id.
        fewer: Number of maps and of masks of sequences that have fewer maps, and none of which a map is missing.
    """

    pairs: dict[str, tuple[ScoredFrame, ...]]
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    naming: dict[str, str]
    fewer: dict[str, tuple[int, int]]


def scored_frames(sequence: TruthSequence, protocol: Protocol) -> tuple[str, ...]:
    """Return the ids of the annotated frames that a protocol scores."""
    annotated = tuple(sequence.masks)
    return annotated[protocol.skip_first : max(len(annotated) - protocol.skip_last, 0)]


def _match(sequence: TruthSequence, wanted: tuple[str, ...], files: list[tuple[str, str]], rule: str) -> Matched:
    known = sequence.frames or tuple(sequence.masks)
    found = match(wanted, known, files, rule, complete=bool(sequence.frames))
    if found.known == len(known) or not sequence.original:
        return found
    # A repack renumbered the frames; maps may carry the numbers of the original release.
    renamed = dict(zip(sequence.frames, sequence.original, strict=True))
    other = match(tuple(renamed[frame] for frame in wanted), sequence.original, files, rule)
    if other.known <= found.known:
        return found
    back = {original: frame for frame, original in renamed.items()}
    maps = {back[frame]: name for frame, name in other.maps.items()}
    return Matched(maps, other.extra, f"original {other.rule}", other.known)


def pair(
    truth: Truth,
    maps: Tree,
    protocol: Protocol,
    *,
    naming: str = "auto",
    allow_missing: bool = False,
) -> ScoringInputs:
    """Find the map of each frame that a protocol scores.

    Args:
        truth: The masks.
        maps: The maps.
        protocol: Says which frames are scored; a map of any other frame, or of a sequence that is not in the split, is
            neither needed nor extra.
        naming: `auto`, or the rule by which maps are named.
        allow_missing: Leave out frames without a map instead of stopping.

    Raises:
        InputError: A map is missing, two are the map of one frame, or no frame is to be scored.
    """
    if not any(scored_frames(sequence, protocol) for sequence in truth.sequences):
        skipped = protocol.skip_first + protocol.skip_last
        raise InputError(truth.where, "no frame to score", f"a sequence with more than {skipped} masks")
    names = image_names(maps)
    if not names:
        raise InputError(maps.path, "no image in it", "saliency maps, SEQUENCE/FRAME.png")
    scored = [sequence.name for sequence in truth.sequences]
    grouped = group_by_sequence(names, scored, str(maps.path))
    extra = [name for name, _ in grouped.get("", [])]
    if truth.others:  # maps of all sequences are as good as those of a split
        extra = [name for name, _ in group_by_sequence(extra, [*scored, *truth.others], str(maps.path)).get("", [])]
    pairs: dict[str, tuple[ScoredFrame, ...]] = {}
    missing: list[str] = []
    rules: dict[str, str] = {}
    fewer: dict[str, tuple[int, int]] = {}
    for sequence in truth.sequences:
        wanted = scored_frames(sequence, protocol)
        files = grouped.get(sequence.name, [])
        found = _match(sequence, wanted, files, naming)
        if len(files) < len(sequence.masks) and len(found.maps) == len(wanted):
            fewer[sequence.name] = (len(files), len(sequence.masks))
        missing += [f"{sequence.name}/{frame}" for frame in wanted if frame not in found.maps]
        extra += found.extra
        if found.rule != "stem":
            rules[sequence.name] = found.rule
        pairs[sequence.name] = tuple(
            ScoredFrame(frame, sequence.masks[frame], found.maps[frame], found.maps.get(before) if before else None)
            for before, frame in zip((None, *wanted), wanted, strict=False)
            if frame in found.maps
        )
    _check(pairs, missing, maps.path, allow_missing)
    return ScoringInputs(pairs, tuple(missing), tuple(sorted(extra)), rules, fewer)


def maps_of_frames(truth: Truth, maps: Tree, naming: str = "auto") -> dict[str, dict[str, str]]:
    """Find the maps of all frames, by the rule by which those of annotated frames are found.

    Args:
        truth: The masks.
        maps: The maps.
        naming: `auto`, or the rule by which maps are named.

    Returns:
        Name of each frame's map by sequence and frame id; frames without a map are left out.

    Raises:
        InputError: Two maps are of one frame.
    """
    grouped = group_by_sequence(image_names(maps), [each.name for each in truth.sequences], str(maps.path))
    found = {}
    for sequence in truth.sequences:
        files = grouped.get(sequence.name, [])
        rule = _match(sequence, tuple(sequence.masks), files, naming).rule.removeprefix("original ")
        found[sequence.name] = _match(sequence, sequence.frames or tuple(sequence.masks), files, rule).maps
    return found


def _check(pairs: dict[str, tuple[ScoredFrame, ...]], missing: list[str], where: Path, allow_missing: bool) -> None:
    total = len(missing) + sum(map(len, pairs.values()))
    if len(missing) == total:
        raise InputError(where, f"no map of {missing[0]} or of any other frame", "saliency maps, SEQUENCE/FRAME.png")
    if missing and not allow_missing:
        count = f"{len(missing)} of {total} maps missing, first {missing[0]}"
        raise InputError(where, count, "a map of every frame that is scored (or --allow-missing)")
