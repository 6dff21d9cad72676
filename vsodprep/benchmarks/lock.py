"""The lock file: what nobody published is adopted when first seen, and must stay so ever after.

It holds, by benchmark, the SHA-256 and size of each file fetched, and the frames, masks and splits of each sequence
that the registry does not know. Users commit it; `vsodprep.lock.json` in the working directory is the one in use.
"""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from vsodprep.benchmarks.benchmark import Benchmark, Split
from vsodprep.files import read_object, write_json
from vsodprep.manifest import Manifest

LOCK = Path("vsodprep.lock.json")
_LACKS = frozenset({"missing-sequence", "missing-frame", "missing-mask", "listed-missing", "frame-count", "mask-count"})


def read_lock(path: Path = LOCK) -> dict[str, Any]:
    """Return what has been pinned, by benchmark; nothing if there is no such file.

    Raises:
        InputError: The file is no lock file.
    """
    return read_object(path, "a lock file written by vsodprep") if path.exists() else {}


@contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    """Keep other processes from the lock file; several benchmarks may be fetched at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _pin(path: Path, benchmark: str, section: str, facts: Mapping[str, Mapping[str, Any]]) -> None:
    if not facts:
        return
    with _exclusive(path):
        lock = read_lock(path)
        pinned = lock.setdefault(benchmark, {}).setdefault(section, {})
        for name, fact in facts.items():
            pinned.setdefault(name, dict(fact))
        write_json(path, lock)


def pin_file(path: Path, benchmark: str, name: str, sha256: str, size: int) -> None:
    """Pin a fetched file, unless it is already."""
    _pin(path, benchmark, "files", {name: {"sha256": sha256, "bytes": size}})


def pinned_file(path: Path, benchmark: str, name: str) -> tuple[str, int] | None:
    """Return SHA-256 and size of a file as pinned, None if it is not."""
    fact = read_lock(path).get(benchmark, {}).get("files", {}).get(name)
    return None if fact is None else (fact["sha256"], fact["bytes"])


def pin_sequences(path: Path, benchmark: Benchmark, manifest: Manifest) -> tuple[str, ...]:
    """Pin what a delivery tells of sequences and the registry does not know; nothing if it lacked anything.

    Args:
        path: The lock file.
        benchmark: The benchmark as known so far.
        manifest: The manifest of its normalised delivery.

    Returns:
        Names of the sequences of which something has been pinned.
    """
    if any(issue.kind in _LACKS for issue in manifest.issues):
        return ()
    known = {one.name: one for one in benchmark.sequences}
    facts = {
        one.name: {
            "frames": len(one.frames),
            "annotated": len(one.annotated),
            "splits": [split for split in one.splits if split in benchmark.splits],
        }
        for one in manifest.sequences
        if one.name not in known or known[one.name].frames is None or known[one.name].annotated is None
    }
    _pin(path, benchmark.name, "sequences", facts)
    return tuple(facts)


def with_lock(benchmark: Benchmark, lock: Mapping[str, Any]) -> Benchmark:
    """Return the benchmark with what has been pinned in place of what was unknown.

    Args:
        benchmark: As the registry knows it.
        lock: As `read_lock` gives it.
    """
    pinned: Mapping[str, Mapping[str, Any]] = lock.get(benchmark.name, {}).get("sequences", {})
    if not pinned:
        return benchmark
    return replace(
        benchmark,
        splits={name: _filled(name, split, pinned) for name, split in benchmark.splits.items()},
        frames={name: fact["frames"] for name, fact in pinned.items()} | dict(benchmark.frames),
        annotated={name: fact["annotated"] for name, fact in pinned.items()} | dict(benchmark.annotated),
    )


def _filled(name: str, split: Split, pinned: Mapping[str, Mapping[str, Any]]) -> Split:
    if split.sequences is not None and not split.unnamed:
        return split
    known = split.sequences or ()
    seen = tuple(sorted(one for one, fact in pinned.items() if name in fact["splits"] and one not in known))
    if not seen:
        return split
    return replace(split, sequences=(*known, *seen), unnamed=0)
