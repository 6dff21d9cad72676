"""Exceptions whose text is the one line that a person at the terminal reads."""

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

# It depends on the damaged byte which one a library raises.
_OF_DAMAGE = (ArithmeticError, AttributeError, LookupError, MemoryError, OSError, RuntimeError, TypeError, ValueError)


class VsodprepError(Exception):
    """A problem that the user can mend; the command line prints it as one line and exits with 1."""


class InputError(VsodprepError):
    """Something given is not what it has to be.

    Args:
        where: The file, folder or configuration key at fault.
        found: What is there.
        expected: What has to be there, or what to do.
    """

    def __init__(self, where: Path | str, found: str, expected: str) -> None:
        super().__init__(f"{where}: {found}; expected {expected}")
        self.where = where
        self.found = found
        self.expected = expected

    def __reduce__(self) -> tuple[type["InputError"], tuple[Path | str, str, str]]:
        """Rebuild from the three arguments, so that the error crosses from a worker process."""
        return type(self), (self.where, self.found, self.expected)


def meant(name: str, known: Iterable[str]) -> str:
    """Return `: did you mean 'flow'?` for a name that is nearly a known one, and nothing for others.

    Args:
        name: What was given.
        known: All names that there are; capitals do not count.
    """
    lower = {each.lower(): each for each in known}
    near = difflib.get_close_matches(name.lower(), lower, 1)
    return f": did you mean {lower[near[0]]!r}?" if near else ""


def expected_one(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """Return what is expected in place of an unknown name: all that there are, and the one that may be meant.

    Args:
        name: What was given.
        known: All names that there are.
        otherwise: What follows them.
    """
    known = list(known)
    return f"one of {', '.join(known) or 'none'}{otherwise}{meant(name, known)}"


def check_known(where: Path | str, names: Iterable[str], known: Iterable[str], kind: str = "") -> None:
    """Check that there is everything that is named.

    Args:
        where: What names it.
        names: The names.
        known: All names that there are.
        kind: What they are names of, such as `sequence`; said where `where` does not.

    Raises:
        InputError: There is no such thing; says what there is.
    """
    known = list(known)
    for name in names:
        if name not in known:
            found = f"no {kind} {name!r}" if kind else f"no {name!r}"
            raise InputError(where, found, expected_one(name, known))


def check_size(where: Path | str, found: tuple[int, ...], wanted: tuple[int, ...], of: str) -> None:
    """Check that an image, a map or a flow has the height and width of what it belongs to.

    Args:
        where: The file.
        found: Its shape.
        wanted: The shape that it must have; what follows height and width does not count.
        of: What it belongs to.

    Raises:
        InputError: It has another size.
    """
    if found[:2] != wanted[:2]:
        raise InputError(where, f"{found[0]} x {found[1]} pixels", f"{wanted[0]} x {wanted[1]}, as {of}")


@contextmanager
def reachable(where: Path | str, expected: str) -> Iterator[None]:
    """Turn what the system raises of a file that is missing or may not be read into one plain error.

    Args:
        where: The file.
        expected: What it has to be.

    Raises:
        InputError: It cannot be reached.
    """
    try:
        yield
    except OSError as error:
        raise InputError(where, error.strerror or "unreadable", expected) from error


@contextmanager
def reading(where: Path | str, expected: str) -> Iterator[None]:
    """Turn whatever a library raises for a damaged file into one plain error.

    Args:
        where: The file.
        expected: What it has to be.

    Raises:
        InputError: It is damaged.
    """
    try:
        yield
    except _OF_DAMAGE as error:
        found = " ".join(str(error).split()) or type(error).__name__
        raise InputError(where, f"damaged ({found})", expected) from error
