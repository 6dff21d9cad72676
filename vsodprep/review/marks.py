"""What a person has looked at: frames that are reviewed, and suggestions that were refused; a small text file."""

import shlex
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from vsodprep.errors import InputError
from vsodprep.files import read_text, write_text

HEADER = "# SEQUENCE FRAME reviewed, or SEQUENCE FRAME refused X,Y; written by vsodprep review\n"
_EXPECTED = "SEQUENCE FRAME reviewed, or SEQUENCE FRAME refused X,Y"
Place = tuple[str, str]


@dataclass(frozen=True)
class Marks:
    """The marks of one file.

    Attributes:
        reviewed: Sequence and frame of every frame that was marked.
        refused: Sequence, frame and point of every suggestion that was refused.
    """

    reviewed: frozenset[Place] = frozenset()
    refused: frozenset[tuple[str, str, str]] = frozenset()


def read_marks(path: Path) -> Marks:
    """Read a file of marks; none where it does not exist.

    Raises:
        InputError: The file is unreadable, or a line is no mark; the line is named by its number.
    """
    if not path.is_file():
        return Marks()
    reviewed, refused = set(), set()
    for number, line in enumerate(read_text(path, "a file of marks").splitlines(), start=1):
        try:
            words = _words(line)
        except ValueError as error:
            raise InputError(f"{path}:{number}", f"{line!r} ({error})", _EXPECTED) from error
        match words:
            case ():
                continue
            case [sequence, frame, "reviewed"]:
                reviewed.add((sequence, frame))
            case [sequence, frame, "refused", point]:
                refused.add((sequence, frame, point))
            case _:
                raise InputError(f"{path}:{number}", repr(line), _EXPECTED)
    return Marks(frozenset(reviewed), frozenset(refused))


@lru_cache(maxsize=1 << 16)  # the file is read again for each frame that is shown
def _words(line: str) -> tuple[str, ...]:
    return tuple(shlex.split(line, comments=True))


def write_marks(path: Path, marks: Marks) -> None:
    """Write a file of marks, atomically."""
    lines = [shlex.join([*place, "reviewed"]) for place in sorted(marks.reviewed)]
    lines += [shlex.join([sequence, frame, "refused", point]) for sequence, frame, point in sorted(marks.refused)]
    write_text(path, HEADER + "".join(f"{line}\n" for line in lines))
