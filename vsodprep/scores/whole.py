"""Whether scores are of a whole published benchmark: only such scores may be set beside a paper's."""

from collections.abc import Iterable, Mapping
from typing import Any

from vsodprep import benchmarks
from vsodprep.naming import canonical

Scope = frozenset[tuple[str, int]]


def scope(files: Iterable[Mapping[str, Any]]) -> Scope | None:
    """Return what score files are of: sequences and their numbers of frames; None for a whole published benchmark."""
    files = tuple(files)
    if files and all(values["benchmark"] in benchmarks.known() and not omissions(values) for values in files):
        return None
    return frozenset(each for values in files for each in _counts(values).items())


def size(scored: Scope) -> str:
    """Return a scope in words."""
    return f"{sum(frames for _, frames in scored)} frames of {len({name for name, _ in scored})} sequences"


def omissions(*files: Mapping[str, Any], split: str | None = None) -> tuple[str, ...]:
    """Say in which ways what was scored is not the published benchmark; nothing if it is, or if there is none.

    Args:
        files: Score files of one method.
        split: Split to hold them against; None for the one that papers test on.

    Returns:
        Short phrases, from the lists of sequences and counts of masks that the registry has.
    """
    return tuple(dict.fromkeys(phrase for values in files for phrase in _omissions(values, split)))


def _omissions(values: Mapping[str, Any], split: str | None) -> list[str]:
    return [*_of_sequences(values, split), *_of_void(values)]


def _of_void(values: Mapping[str, Any]) -> list[str]:
    """Say that void is not background, as it is in the benchmarks' own tools."""
    inputs = values.get("inputs", {})
    if inputs.get("void_pixels"):
        return ["masks whose void is left out"]
    foreground = "void 255 is foreground" in str(inputs.get("coding", {}))
    return ["masks whose void is foreground"] if foreground else []


def _of_sequences(values: Mapping[str, Any], split: str | None) -> list[str]:
    if values["benchmark"] not in benchmarks.known():
        return []
    benchmark = benchmarks.get(values["benchmark"])
    split = split or benchmark.tested
    listed = benchmark.splits[split].sequences if split in benchmark.splits else None
    if listed is None:
        return []
    scored = {canonical(name): frames for name, frames in _counts(values).items()}
    inside = [name for name in listed if canonical(name) in scored]
    where = f"{benchmark.name} {split}"
    found = [f"{len(inside)} of the {len(listed)} sequences of {where}"] if len(inside) < len(listed) else []
    if len(scored) > len(inside):
        count = len(scored) - len(inside)
        found.append(f"{count} sequence{'s' if count > 1 else ''} not in {where}")
    settings = values["settings"]
    skipped = settings.get("skip_first", 0) + settings.get("skip_last", 0)
    wanted = {name: max(masks - skipped, 0) for name in inside if (masks := benchmark.annotated.get(name)) is not None}
    odd = [name for name, frames in wanted.items() if scored[canonical(name)] != frames]
    if odd:
        have = sum(scored[canonical(name)] for name in odd)
        more = f" and {len(odd) - 3} more" if len(odd) > 3 else ""
        found.append(f"{have} frames instead of {sum(wanted[name] for name in odd)} in {', '.join(odd[:3])}{more}")
    missing = values.get("inputs", {}).get("missing", ())
    uncounted = [frame for frame in missing if (name := frame.rpartition("/")[0]) in inside and name not in wanted]
    if uncounted:
        found.append(f"{len(uncounted)} frames without a map")
    return found


def _counts(values: Mapping[str, Any]) -> dict[str, int]:
    """Return the masks of each sequence that were there to be scored, those without foreground included."""
    there = {name: (each.get("frames") or 0) + each.get("unscored", 0) for name, each in values["sequences"].items()}
    return {name: frames for name, frames in there.items() if frames}
