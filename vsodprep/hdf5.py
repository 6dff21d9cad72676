"""HDF5 files that are written atomically, and whose errors are plain ones."""

import io
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import h5py

from vsodprep.errors import InputError, reading
from vsodprep.files import atomic_path

Content = TypeVar("Content")


class Output(io.FileIO):
    """A file that HDF5 writes to, which keeps the first error and goes on as if there were none.

    After an error of its own, HDF5 can no longer close the file, and crashes when the process ends.
    """

    _error: OSError | None = None

    def write(self, data: Any) -> int:
        """Write all of the data."""
        rest = memoryview(data).cast("B")
        size = rest.nbytes
        try:
            while rest and self._error is None:
                rest = rest[super().write(rest) :]
        except OSError as error:
            self._error = error
        return size

    def truncate(self, size: int | None = None) -> int:
        """Set the size."""
        try:
            return super().truncate(size)
        except OSError as error:
            self._error = self._error or error
            return self.tell()

    def check(self) -> None:
        """Raise the error that there was, if any."""
        if self._error is not None:
            raise self._error


@contextmanager
def writing(path: Path) -> Iterator[tuple[h5py.File, Output]]:
    """Give an HDF5 file to write, which gets its name when it is complete; equal content gives equal bytes.

    Args:
        path: The file.

    Yields:
        The open file, and what it is written to: `check()` it now and then where writing takes long.

    Raises:
        InputError: The file cannot be written, or there is no room.
    """
    with atomic_path(path) as temporary, Output(temporary, "w+") as output:
        with h5py.File(output, "w", libver=("v110", "v110")) as file:
            yield file, output
        output.check()


@contextmanager
def opened(
    path: Path, content: Callable[[h5py.File], Content], datasets: Collection[str], expected: str
) -> Iterator[Content]:
    """Open an HDF5 file for reading.

    Args:
        path: The file.
        content: From the open file to what is given.
        datasets: Names that it has to hold.
        expected: What it has to be, for an error.

    Raises:
        InputError: It is missing, no such file, or damaged.
    """
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise InputError(path, "no HDF5 file" if path.is_file() else "no such file", expected) from error
    with file:
        with reading(path, expected):
            if not file.keys() >= set(datasets):
                raise InputError(path, f"holds {', '.join(file) or 'nothing'}", expected)
            found = content(file)
        yield found


def set_attributes(node: h5py.Group, values: Mapping[str, Any]) -> None:
    """Write attributes; mappings and lists as JSON, None as no text.

    Text lies in the node's own header, of which HDF5 keeps a checksum. As h5py writes it, it would lie in a heap
    without one, and a damaged heap hangs whoever reads it.
    """
    for key, value in sorted(values.items()):
        plain = json.dumps(value, sort_keys=True) if isinstance(value, Mapping | list) else value
        if plain is None or isinstance(plain, str):
            data = (plain or "").encode()
            node.attrs.create(key, data, dtype=h5py.string_dtype("utf-8", max(1, len(data))))
        else:
            node.attrs[key] = plain


def attributes_of(node: h5py.Group) -> dict[str, Any]:
    """Return a node's attributes as plain values; what is JSON stays text."""
    values = {key: value.tolist() if hasattr(value, "tolist") else value for key, value in node.attrs.items()}
    return {key: value.decode() if isinstance(value, bytes) else value for key, value in values.items()}
