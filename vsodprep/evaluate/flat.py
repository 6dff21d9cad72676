"""Masks that lie in one folder, with their sequences in their names."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import PurePosixPath

from vsodprep.evaluate.naming import group_by_sequence

_NAME = re.compile(r"(.*[^_\-. ])[_\-. ]+(\d+)")

Folders = dict[str, dict[str, str]]


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
        parts = _NAME.fullmatch(PurePosixPath(name).stem)
        if parts is None or parts[2] in found[parts[1]]:  # of two spellings neither is to be lost
            return {}
        found[parts[1]][parts[2]] = name
    steps = [_steps(sorted(map(int, frames))) for frames in found.values()]
    return dict(found) if len(found) > 1 and all(len(each) == 1 and 0 not in each for each in steps) else {}


def _steps(numbers: Sequence[int]) -> set[int]:
    return {after - before for before, after in pairwise(numbers)}


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
