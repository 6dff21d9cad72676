"""Where authors keep the maps of their methods: what public pages and repositories say, none of it tried from here."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from vsodprep.benchmarks.benchmark import SourceFile
from vsodprep.errors import InputError, check_known


@dataclass(frozen=True)
class MapsFile:
    """A file with maps.

    Attributes:
        file: The file.
        benchmarks: Benchmarks of which it holds maps.
        inside: Folder in it that holds a benchmark's maps, by benchmark, where other maps lie beside; `{}` stands for
            the method's name.
        method: Whose maps they are; empty in an entry of one method, and where the file is of all methods of the entry.
    """

    file: SourceFile
    benchmarks: tuple[str, ...]
    inside: Mapping[str, str] = field(default_factory=dict)
    method: str = ""

    @property
    def place(self) -> str:
        """The name of a folder for this file alone: the file's without its ending."""
        return self.file.name.partition(".")[0]


@dataclass(frozen=True)
class PublishedMaps:
    """What one address publishes: the maps of a method, or of all those that a benchmark compares.

    Attributes:
        name: The name that commands and configurations use.
        title: The method's or the collection's name in print.
        year: Year of publication.
        page: Where a person finds it.
        licence: What the page or repository says of its use.
        files: The files.
        methods: Names of the methods of a collection; empty for one method.
        notes: What a user should know.
    """

    name: str
    title: str
    year: int
    page: str
    files: tuple[MapsFile, ...]
    licence: str = "not stated"
    methods: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def benchmarks(self) -> tuple[str, ...]:
        """Benchmarks of which there are maps."""
        return tuple(dict.fromkeys(name for each in self.files for name in each.benchmarks))

    def find(self, method: str, benchmark: str) -> MapsFile | None:
        """Return the file with a method's maps of a benchmark, None if there is none.

        Args:
            method: The method's name in the entry; does not matter where the entry is of one method.
            benchmark: The benchmark.

        Raises:
            InputError: The entry is of several methods, and this is none of them.
        """
        if self.methods:
            check_known(f"published maps {self.name}", [method], self.methods, "method")
        fitting = (each for each in self.files if benchmark in each.benchmarks and each.method in ("", method))
        return next(fitting, None)

    def needed(self, methods: tuple[str, ...], benchmarks: tuple[str, ...]) -> tuple[SourceFile, ...]:
        """Return the files with maps of some methods of some benchmarks, of all where none is named.

        Raises:
            InputError: There is no such method in the entry, or none of the files is wanted.
        """
        check_known(f"published maps {self.name}", benchmarks, self.benchmarks, "maps of benchmark")
        pairs = [(one, each) for one in methods or self.methods or ("",) for each in benchmarks or self.benchmarks]
        found = [each.file for one, benchmark in pairs if (each := self.find(one, benchmark))]
        if not found:
            wanted = f"{', '.join(methods)} on {', '.join(benchmarks)}"
            raise InputError(f"published maps {self.name}", f"none of {wanted}", "another benchmark, or another method")
        return tuple(dict.fromkeys(found))

    def path(self, folder: Path, method: str, benchmark: str) -> Path | None:
        """Return where a method's maps of a benchmark lie once they have been fetched, whether they have been or not.

        Args:
            folder: The folder that they are fetched into.
            method: The method's name in the entry.
            benchmark: The benchmark.

        Returns:
            The file, or a folder in it, as `vsodprep evaluate` takes it; None if nobody publishes such maps.

        Raises:
            InputError: The entry is of several methods, and this is none of them.
        """
        found = self.find(method, benchmark)
        if found is None:
            return None
        return folder / found.file.name / found.inside.get(benchmark, "").format(method)


def published() -> tuple[str, ...]:
    """Return the names of all published maps."""
    return tuple(_entries())


def get_published(name: str) -> PublishedMaps:
    """Return published maps by name.

    Raises:
        InputError: There are none of that name.
    """
    check_known("published maps", [name], _entries(), "maps")
    return _entries()[name]


def published_of(benchmark: str) -> tuple[str, ...]:
    """Return the names of the published maps that hold some of a benchmark."""
    return tuple(name for name, each in _entries().items() if benchmark in each.benchmarks)


@cache
def _entries() -> dict[str, PublishedMaps]:
    with (Path(__file__).parent / "lists" / "published_maps.toml").open("rb") as stream:
        return {name: _entry(name, **facts) for name, facts in tomllib.load(stream).items()}


def _entry(
    name: str,
    *,
    page: str,
    files: Iterable[dict[str, Any]] = (),
    baidu: Mapping[str, Mapping[str, str]] = {},
    methods: Iterable[str] = (),
    notes: Iterable[str] = (),
    **facts: Any,
) -> PublishedMaps:
    found = [_file(**{"page": page, **each}) for each in files]
    for method, shares in baidu.items():
        for benchmark, share in shares.items():
            address = f"https://pan.baidu.com/s/{share}"
            file = SourceFile(f"{method}-{benchmark}.zip", page=address, status="manual")
            found.append(MapsFile(file, (benchmark,), method=method))
    return PublishedMaps(
        name, page=page, files=tuple(found), methods=tuple(methods) or tuple(baidu), notes=tuple(notes), **facts
    )


def _file(
    *, benchmarks: Iterable[str], inside: Mapping[str, str] = {}, urls: Iterable[str] = (), **facts: Any
) -> MapsFile:
    return MapsFile(SourceFile(urls=tuple(urls), **facts), tuple(benchmarks), inside)
