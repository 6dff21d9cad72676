"""All files of a benchmark, or of published maps, several at once, each from the first address that gives it."""

from collections.abc import Iterator, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vsodprep.benchmarks.benchmark import Benchmark, SourceFile
from vsodprep.benchmarks.describe import size_text
from vsodprep.benchmarks.lock import LOCK, pin_file, pinned_file
from vsodprep.benchmarks.published import PublishedMaps
from vsodprep.download.adopt import adopt, in_the_way
from vsodprep.download.fetch import PATIENT, AddressError, DiskError, RetryPolicy, discard, fetch, part_of
from vsodprep.download.fetched import mark_fetched
from vsodprep.download.verify import Expected, expected_of, fault
from vsodprep.errors import InputError, VsodprepError, check_known
from vsodprep.files import check_overwritable, free_bytes, sha256, write_json
from vsodprep.markers import SOURCES


@dataclass(frozen=True)
class FetchResult:
    """What came of a file.

    Attributes:
        file: The registry's entry.
        path: Where it lies, None if it could not be had.
        trouble: What each address answered.
    """

    file: SourceFile
    path: Path | None
    trouble: tuple[str, ...] = ()


def files_of(benchmark: Benchmark, resolution: str | None, names: Sequence[str] = ()) -> tuple[SourceFile, ...]:
    """Return the files to fetch: those of a resolution that are not optional, or those named.

    Raises:
        InputError: A name is not known.
    """
    if names:
        known = {file.name: file for file in benchmark.files}
        check_known(f"benchmark {benchmark.name}", names, known, "file")
        return tuple(known[name] for name in names)
    return benchmark.archives(resolution)


def download(
    benchmark: Benchmark,
    folder: Path,
    *,
    resolution: str | None = None,
    names: Sequence[str] = (),
    jobs: int = 3,
    lock: Path = LOCK,
    manners: RetryPolicy = PATIENT,
) -> dict[str, Any]:
    """Bring a benchmark's files into a folder, verified.

    Args:
        benchmark: The benchmark.
        folder: Where the files go; those that a person has put there are used.
        resolution: Resolution, None for the default.
        names: Fetch these files instead of the usual ones.
        jobs: Files fetched at once.
        lock: The lock file, in which first-sight hashes are pinned.
        manners: How patiently addresses are tried.

    Returns:
        The content of `sources.json`, which has been written last.

    Raises:
        InputError: The benchmark is generated, or a file is in the way or would be overwritten.
        VsodprepError: A file could not be had; the text says which page, which file, what size, into which folder.
    """
    if benchmark.generated:
        raise InputError(f"benchmark {benchmark.name}", "nothing to download", "vsodprep normalize, which generates it")
    files = files_of(benchmark, resolution, names)
    every = {file.name for file in benchmark.files}
    facts = {"benchmark": benchmark.name, "version": benchmark.version}
    return _download(benchmark.name, files, every, facts, folder, jobs=jobs, lock=lock, manners=manners)


def download_maps(
    maps: PublishedMaps,
    folder: Path,
    *,
    methods: Sequence[str] = (),
    benchmarks: Sequence[str] = (),
    jobs: int = 3,
    lock: Path = LOCK,
    manners: RetryPolicy = PATIENT,
) -> dict[str, Any]:
    """Bring published maps into a folder, verified.

    Args:
        maps: What is published.
        folder: Where the files go; those that a person has put there are used, and get their names.
        methods: Only these methods of a collection.
        benchmarks: Only maps of these benchmarks.
        jobs: Files fetched at once.
        lock: The lock file, in which first-sight hashes are pinned.
        manners: How patiently addresses are tried.

    Returns:
        The content of `sources.json`, which has been written last.

    Raises:
        InputError: There are no such maps, or a file is in the way or would be overwritten.
        VsodprepError: A file could not be had; the text says which page, which file, what size, into which folder.
    """
    files = maps.needed(tuple(methods), tuple(benchmarks))
    every = {each.file.name for each in maps.files}
    facts = {"maps": maps.name}
    return _download(
        f"maps/{maps.name}", files, every, facts, folder, jobs=jobs, lock=lock, manners=manners, renamed=True
    )


def _download(
    name: str,
    files: Sequence[SourceFile],
    every: Set[str],
    facts: Mapping[str, str],
    folder: Path,
    *,
    jobs: int,
    lock: Path,
    manners: RetryPolicy,
    renamed: bool = False,
) -> dict[str, Any]:
    """Bring files into a folder.

    The lock file knows them under `name`; `facts` begin `sources.json`; with `renamed`, a file that is here under
    another name gets its own.
    """
    expected = {file.name: expected_of(file, pinned_file(lock, name, file.name)) for file in files}
    check_overwritable(folder / SOURCES, f'"{next(iter(facts))}": "')
    folder.mkdir(parents=True, exist_ok=True)
    others = every - expected.keys()
    found = adopt(folder, tuple(expected.values()), others)
    for file, trouble in in_the_way(folder, found, expected.values()).items():
        raise InputError(folder / file, trouble, "another file; move this one away and try again")
    for file, path in found.items() if renamed else ():
        if path.name != file:
            if (folder / file).exists():
                raise InputError(
                    folder / file, f"in the way of {path.name}, which needs this name", "this file moved away"
                )
            found[file] = path.rename(folder / file)
    _check_disk(folder, [one for file, one in expected.items() if file not in found])

    def get(file: SourceFile) -> FetchResult:
        if file.name in found:
            return FetchResult(file, found[file.name])
        return _get(file, folder, expected[file.name], manners)

    pool = ThreadPoolExecutor(jobs)
    try:
        results = list(pool.map(get, files))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)  # after a signal, nobody waits for what is being fetched
    missing = [got for got in results if got.path is None]
    if missing:
        raise VsodprepError(" ".join(_instruction(got, folder) for got in missing))
    value = {**facts, "files": list(_records(name, results, lock))}
    write_json(folder / SOURCES, value)
    return value


def _check_disk(folder: Path, wanted: Sequence[Expected]) -> None:
    needed = sum((one.bytes or 0) - _bytes_here(folder, one) for one in wanted if one.bytes is not None)
    free = free_bytes(folder)
    if free < needed:
        raise InputError(folder, f"{free} bytes free", f"{needed} for what is to be fetched")


def _bytes_here(folder: Path, expected: Expected) -> int:
    part = part_of(folder / expected.name)
    return part.stat().st_size if part.exists() else 0


def _get(file: SourceFile, folder: Path, expected: Expected, manners: RetryPolicy) -> FetchResult:
    final = folder / file.name
    trouble: list[str] = []
    for url in file.urls:
        try:
            part = fetch(url, final, expected, manners)
        except DiskError as error:
            return FetchResult(file, None, (*trouble, str(error)))
        except AddressError as error:
            trouble.append(f"{url}: {error}")
            continue
        wrong = fault(part, expected)
        if wrong is None:
            part.replace(final)
            mark_fetched(final)
            discard(part)
            return FetchResult(file, final)
        discard(part)
        trouble.append(f"{url}: not the file that is meant: {wrong}")
    return FetchResult(file, None, tuple(trouble))


def _instruction(got: FetchResult, folder: Path) -> str:
    file = got.file
    why = f" ({'; '.join(got.trouble)})" if got.trouble else " (only a person can fetch it)"
    checksum = f", {file.checksum}" if file.checksum else ""
    note = f" Note: {file.note}." if file.note else ""
    page = file.page or "the benchmark's page"
    return (
        f"{file.name} could not be fetched{why}. By hand: open {page}, save {file.name} ({size_text(file)}{checksum}) "
        f"into {folder} under any name, and run the same command again.{note}"
    )


def _records(name: str, results: Sequence[FetchResult], lock: Path) -> Iterator[dict[str, Any]]:
    """Yield what `sources.json` says of each file, and pin it."""
    for got in results:
        if got.path is not None:
            digest, size = sha256(got.path), got.path.stat().st_size
            pin_file(lock, name, got.file.name, digest, size)
            yield {"file": got.path.name, "name": got.file.name, "sha256": digest, "bytes": size}
