"""The benchmarks that are known: one module each, all of the same form.

To add one, write its module with a `BENCHMARK` and name it in `_MODULES`.
"""

import importlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from vsodprep.benchmarks.benchmark import Benchmark
from vsodprep.benchmarks.lock import LOCK, read_lock, with_lock
from vsodprep.errors import InputError, expected_one

_MODULES: Mapping[str, str] = {
    "synth": "embedded",
    "davis2016": "davis2016",
    "davis2017": "davis2017",
    "fbms": "fbms",
    "segtrackv2": "segtrackv2",
    "visal": "visal",
    "vos": "vos",
    "davsod": "davsod",
    "ytobjects": "ytobjects",
    "longvideos": "longvideos",
    "duts": "duts",
    "msra10k": "msra10k",
    "dutomron": "dutomron",
    "msrab": "msrab",
    "hkuis": "hkuis",
    "pascals": "pascals",
    "voc2012": "voc2012",
    "sbd": "sbd",
    "ecssd": "ecssd",
}


def known() -> tuple[str, ...]:
    """Return the names of all benchmarks."""
    return tuple(_MODULES)


def get(name: str, lock: Path | None = LOCK) -> Benchmark:
    """Return a benchmark, with what the lock file has pinned in place of what nobody published.

    Args:
        name: The benchmark's name.
        lock: The lock file, which need not exist; None for what was published alone.

    Raises:
        InputError: There is none of that name.
    """
    return with_lock(_registered(name), {} if lock is None else read_lock(lock))


@cache
def _registered(name: str) -> Benchmark:
    if name not in _MODULES:
        raise InputError(f"benchmark {name!r}", "no such benchmark", expected_one(name, known()))
    benchmark: Benchmark = importlib.import_module(f"vsodprep.benchmarks.{_MODULES[name]}").BENCHMARK
    return benchmark


def modules(name: str) -> tuple[str, ...]:
    """Return the modules that only this benchmark is made by; another benchmark's are never among them."""
    if name not in _MODULES:
        return ("vsodprep.benchmarks.folders",)
    module = f"vsodprep.benchmarks.{_MODULES[name]}"
    return (module, "vsodprep.benchmarks.synth") if get(name).generated else (module,)


def lists(name: str) -> tuple[str, ...]:
    """Return the lines of all lists that ship with a benchmark, and its lines in the table of all."""
    folder = Path(__file__).parent / "lists"
    files = sorted(folder.glob(f"{name}_*"))
    own = [f"{path.name} {line}" for path in files for line in path.read_text(encoding="utf-8").splitlines()]
    counts = (folder / "frame_counts.tsv").read_text(encoding="utf-8").splitlines()
    return (*own, *(line for line in counts if line.startswith(f"{name}\t")))
