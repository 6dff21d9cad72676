"""Which sequence and frame an image belongs to, whatever convention its name follows."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise
from pathlib import PurePosixPath

from vsodprep.errors import InputError

_NUMBER = re.compile(r"(\d+)(?!.*\d)")
_SEPARATORS = "_-. "
_FLAT = re.compile(r"(.*[^_\-. ])[_\-. ]+(\d+)")

Folders = dict[str, dict[str, str]]


@dataclass(frozen=True)
class Matched:
    """The maps of one sequence.

    Attributes:
        maps: Name of the map of each frame that has one.
        extra: Names of maps that belong to no frame.
        rule: How names were read: `stem`, `number` or `position`.
        known: How many frames have a map, those that need none included.
    """

    maps: dict[str, str] = field(default_factory=dict)
    extra: tuple[str, ...] = ()
    rule: str = "stem"
    known: int = 0


def canonical(name: str) -> str:
    """Return a name without capitals and separators: `select_0616_1` and `select0616-1` are one sequence."""
    composed = unicodedata.normalize("NFC", name)  # macOS takes letters and their accents apart
    return "".join(letter for letter in composed.casefold() if letter.isalnum())


def joined(folders: Sequence[str]) -> Iterator[str]:
    """Yield the names that two folders, one in the other, have together, the innermost first."""
    return (f"{outer}_{inner}" for outer, inner in reversed(list(pairwise(folders))))


def group_by_sequence(names: Iterable[str], sequences: Sequence[str], where: str) -> dict[str, list[tuple[str, str]]]:
    """Assign image files to sequences.

    The innermost folder named like a sequence decides; failing that two folders that name it together, as `CLASS/VIDEO`
    does `CLASS_VIDEO`; failing that a file name that begins with a sequence's name; the only sequence takes all files
    if none names it.

    Args:
        names: Relative file names.
        sequences: Sequence names.
        where: What to name in an error.

    Returns:
        For each sequence its files, as pairs of name and stem without the sequence's name; under the empty string
        those that belong to none.

    Raises:
        InputError: Two sequences differ only in separators or capitals, and a name does not say which it means; or
            several folders, none of its name, would be the only sequence.
    """
    exact = set(sequences)
    by_form: dict[str, list[str]] = defaultdict(list)
    for known in sequences:
        by_form[canonical(known)].append(known)
    longest_first = sorted(sequences, key=lambda known: (-len(known), known))

    def of_folder(part: str) -> str | None:
        if part in exact:
            return part
        form = canonical(part)
        alike = by_form.get(form, []) if form else []
        if len(alike) > 1:
            raise InputError(
                where,
                f"the folder {part!r} could belong to {' or to '.join(alike)}",
                "a folder with the exact name of the sequence",
            )
        return alike[0] if alike else None

    grouped: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for name in names:
        path = PurePosixPath(name)
        stem = path.stem
        folders = path.parts[:-1]
        sequence = next(filter(None, map(of_folder, chain(reversed(folders), joined(folders)))), None)
        if sequence is not None:
            stem = _without(stem, sequence) or stem
        else:
            for candidate in longest_first:
                if rest := _without(stem, candidate):
                    sequence, stem = candidate, rest
                    break
        grouped[sequence or ""].append((name, stem))
    if len(sequences) == 1 and sequences[0] not in grouped:
        places = sorted({str(PurePosixPath(name).parent) for name, _ in grouped[""]})
        if len(places) > 1:
            found = f"images in {len(places)} folders ({places[0]}, {places[1]}, ...), none of them {sequences[0]}"
            raise InputError(where, found, f"images of the one sequence {sequences[0]}")
        return {sequences[0]: grouped[""]}
    return dict(grouped)


def _without(stem: str, sequence: str) -> str | None:
    """Return what follows the sequence's name and a separator in a stem, or None if it does not begin so."""
    stem = unicodedata.normalize("NFC", stem)
    left = canonical(sequence)
    for place, letter in enumerate(stem):
        form = canonical(letter)
        if not left:
            rest = stem[place:].lstrip(_SEPARATORS)
            return rest if rest and len(rest) < len(stem) - place else None
        if not left.startswith(form):
            return None
        left = left.removeprefix(form)
    return None


def _number(stem: str) -> int | None:
    found = _NUMBER.search(stem)
    return int(found[1]) if found else None


def _by_id(files: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Index files by their stem, with and without the sequence's name."""
    index: dict[str, str] = {}
    for name, stem in files:
        for key in {stem, PurePosixPath(name).stem}:
            if key in index:
                expected = "one map for each frame, or the name of the folder to take (in an archive: maps.zip/FOLDER)"
                raise InputError(name, f"a second map of the frame of {index[key]}", expected)
            index[key] = name
    return index


def _by_number(files: Iterable[tuple[str, str]]) -> dict[int, str]:
    """Index files by the last number in their stem; empty if two share one."""
    numbered = [(number, name) for name, stem in files if (number := _number(stem)) is not None]
    index = dict(numbered)
    return index if len(index) == len(numbered) else {}


def match(
    frames: Sequence[str], known: Sequence[str], files: Sequence[tuple[str, str]], rule: str, *, complete: bool = True
) -> Matched:
    """Find each frame's map in the files of its sequence.

    Rules: `stem`, the frame's id, with or without the sequence's name before it; `number`, the frame's number however
    it is padded; `position`, its place among all frames counted from 0, as the VSOD repacks number theirs. `auto`
    takes the one that finds most of all frames, in doubt the first; `position` instead of `number` where the maps count
    from 0 and the frames do not. Frames that need no map count too: without the first and last ones, maps counted from
    0 would pass for those of frames counted from 1.

    Args:
        frames: Ids of the frames that need a map.
        known: Ids of all frames in order, or of the annotated ones where only these are known.
        files: Pairs of file name and stem without the sequence's name.
        rule: `auto`, or one of the rules.
        complete: Whether `known` are all frames.

    Returns:
        The maps found.

    Raises:
        InputError: Two files are the map of one frame.
    """
    by_id = _by_id(files)
    rules = {"stem": {frame: by_id[frame] for frame in known if frame in by_id}}
    numbers = {frame: number for frame in known if (number := _number(frame)) is not None}
    by_number = _by_number(files) if len(set(numbers.values())) == len(known) else {}
    if rule == "position" or (0 in by_number and 0 not in numbers.values()):
        # Masks alone do not say at which positions they lie, unless every one of them has a map and nothing else has.
        countable = complete or len(files) == len(known)
        found = {frame: by_number[place] for place, frame in enumerate(known) if place in by_number}
        rules["position"] = found if countable else {}
    if rule == "number" or "position" not in rules:
        rules["number"] = {frame: by_number[number] for frame, number in numbers.items() if number in by_number}
    if rule == "auto":
        rule = max(rules, key=lambda name: (len(rules[name]), sum(frame in rules[name] for frame in frames)))
    maps = rules[rule]
    used = set(maps.values())
    extra = tuple(sorted(name for name, _ in files if name not in used))
    return Matched({frame: maps[frame] for frame in frames if frame in maps}, extra, rule, len(maps))


def sequences_of_names(names: Iterable[str]) -> Folders:
    """Find the sequences in flat names, `SEQUENCE_NUMBER`.

    Names are read so only if all of them are, of two sequences or more with the numbers of each evenly spaced, as those
    of annotated frames are and those of still images (`ILSVRC2012_test_00000015`) are not.

    Args:
        names: Relative file names.

    Returns:
        The name of each frame's file by sequence; empty where names are not of that kind.
    """
    found: Folders = defaultdict(dict)
    for name in names:
        parts = _FLAT.fullmatch(PurePosixPath(name).stem)
        if parts is None or parts[2] in found[parts[1]]:  # of two spellings neither is to be lost
            return {}
        found[parts[1]][parts[2]] = name
    numbers = [sorted(map(int, frames)) for frames in found.values()]
    steps = [{after - before for before, after in pairwise(each)} for each in numbers]
    return dict(found) if len(found) > 1 and all(len(each) == 1 and 0 not in each for each in steps) else {}


def sequences_by_list(names: Iterable[str], sequences: Sequence[str], where: str) -> Folders:
    """Sort flat names into sequences that are known.

    Args:
        names: Relative file names.
        sequences: Names of the sequences; files of none of them are left out.
        where: What to name in an error.

    Returns:
        The name of each frame's file by sequence, without sequences of which there is no file.
    """
    grouped = group_by_sequence(names, sequences, where)
    return {name: {stem: file for file, stem in grouped[name]} for name in sequences if name in grouped}
