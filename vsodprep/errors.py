"""Exceptions whose text is the one line that a person at the terminal reads."""

from pathlib import Path


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
