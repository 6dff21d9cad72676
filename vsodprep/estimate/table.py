"""The costs as text and as plain values."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from operator import attrgetter
from pathlib import Path
from typing import Any

from vsodprep.benchmarks.describe import aligned
from vsodprep.estimate.cost import Cost
from vsodprep.progress import in_words
from vsodprep.targets.provisions import Provision


def as_record(costs: Sequence[Cost], needed: Sequence[Provision], free: int, where: Path) -> dict[str, Any]:
    """Return costs and their totals as JSON values, bytes and hours, and the files that are needed from elsewhere.

    Args:
        costs: All parts of the work.
        needed: Those files.
        free: Bytes that are free where the results go.
        where: The folder of the results.
    """
    files = [asdict(each) | {"folder": str(each.folder)} for each in needed]
    disk = {
        "peak": peak(costs),
        "to_come": peak(to_come(costs, where)),
        "removed": removed(costs),
        "free": free,
        "beside": beside(costs),
    }
    return {"parts": [asdict(cost) for cost in costs], "total": totals(costs), "disk": disk, "files": files}


def as_list(needed: Sequence[Provision]) -> str:
    """Return the files that are needed from elsewhere, one a line, by who brings them."""
    groups = {
        "To be brought by you:": [each for each in needed if each.by_hand and not each.here],
        "Fetched when first needed:": [each for each in needed if not each.by_hand and not each.here],
        "At hand:": [each for each in needed if each.here],
    }
    return "\n".join(
        line for heading, files in groups.items() if files for line in ("", heading, *(f"  {each}" for each in files))
    )


def totals(costs: Sequence[Cost]) -> dict[str, float]:
    """Return the sums of disk, processor and card."""
    return {
        "disk": sum(cost.disk for cost in costs),
        "cpu": sum(cost.cpu for cost in costs),
        "gpu": sum(cost.gpu for cost in costs),
    }


def removed(costs: Sequence[Cost]) -> float:
    """Return the bytes of what goes once all is made that is made of it."""
    return sum(cost.disk for cost in costs if cost.passing)


def peak(costs: Sequence[Cost]) -> float:
    """Return the most bytes that lie on the disk at once, at worst.

    Jobs run in any order that their inputs allow, so every benchmark may be at its own worst at the same time. A
    benchmark's archives go when it is normalised, and only then its flow begins; flow, priors and maps go when its
    shard is there, and only then begins what needs the shard, if only by the labels that it reads. One training at a
    time saves its state.
    """
    benchmarks: dict[str, list[Cost]] = {}
    for cost in costs:
        if not cost.needs:
            benchmarks.setdefault(cost.what, []).append(cost)
    room = {name: _worst(of) for name, of in benchmarks.items()}
    most = sum(room.values())
    for name, of in benchmarks.items():
        room[name] -= sum(cost.disk for cost in of if cost.late or not cost.passing)
    later = sorted((cost for cost in costs if cost.needs), key=lambda cost: len(cost.needs))
    saved = max(later, key=attrgetter("working"), default=None)
    for cost in later:
        left = cost.disk + (cost.working if cost is saved else 0.0)
        for name in cost.needs:  # what has gone of the benchmarks that it needs has left room for it
            taken = min(left, room[name])
            room[name] -= taken
            left -= taken
        most += left
    return most


def beside(costs: Sequence[Cost]) -> float:
    """Return the most bytes that a training saves while another one runs; the peak has the largest of all."""
    saved = sorted(cost.working for cost in costs if cost.needs for _ in range(cost.jobs))
    return saved[-2] if len(saved) > 1 else 0.0


def _worst(prepared: Iterable[Cost]) -> float:
    """Return the most bytes that preparing a benchmark takes: while it is normalised, or when its shard is there."""
    normalized = packed = 0.0
    for cost in prepared:
        if cost.stage in ("download", "normalize"):
            normalized += cost.disk + cost.working
        if not (cost.stage == "download" and cost.passing):
            packed += cost.disk
    return max(normalized, packed)


def to_come(costs: Sequence[Cost], results: Path) -> list[Cost]:
    """Return costs with the disk alone that is still to be taken, as if all that lies in the results would stay.

    Args:
        costs: All parts of the work.
        results: The results folder.
    """
    here = {cost: _bytes_at(results, cost.place) for cost in costs if cost.place}
    made = {(cost.stage, cost.what) for cost, size in here.items() if size}
    left = []
    for cost in costs:
        prepared = not cost.needs and ("pack", cost.what) in made
        prepared |= cost.stage in ("download", "normalize") and ("normalize", cost.what) in made
        size = here.get(cost, 0)
        disk = 0.0 if prepared else max(0.0, cost.disk - size)
        # Archives that lie there are still to be unpacked, and other seeds to be trained.
        done = prepared or (size > 0 and bool(cost.needs) and len(list(results.glob(cost.place))) >= cost.jobs)
        left.append(replace(cost, disk=disk, working=0.0 if done else cost.working))
    return left


def _bytes_at(results: Path, pattern: str) -> int:
    files = (file for place in results.glob(pattern) for file in (place.rglob("*") if place.is_dir() else [place]))
    return sum(file.stat().st_size for file in files if file.is_file())


def as_disk(costs: Sequence[Cost], free: int, where: Path) -> str:
    """Return the peak beside the free disk, and lines of what is removed, further trainings, and too little disk.

    Args:
        costs: All parts of the work.
        free: Bytes that are free.
        where: The folder of the results.
    """
    most, gone, left = peak(costs), removed(costs), peak(to_come(costs, where))
    least = "at least " if any(cost.unknown_disk for cost in costs) else ""
    come = f", {_size(left)} of it still to come" if left < most else ""
    lines = [f"Disk at its peak: {least}{_size(most)}{come}; {_size(free)} are free in {where}."]
    if gone:
        stages = dict.fromkeys(cost.stage.split()[0] for cost in costs if cost.passing)
        lines.append(f"Removed on the way: {_size(gone)} of {', '.join(stages)}, which `keep` does not name.")
    if further := beside(costs):
        lines.append(
            f"One training at a time is counted; each other one that runs beside it takes up to {_size(further)}."
        )
    if left > free:
        lines.append(f"WARNING: {_size(left - free)} too little disk is free.")
    return "\n".join(lines)


def as_table(costs: Sequence[Cost]) -> str:
    """Return one line per part and a total; a tilde marks numbers that are partly guessed."""
    rows = [("stage", "of", "sequences", "frames", "disk", "CPU", "GPU")]
    for cost in costs:
        frames = f"{'~' if cost.guessed else ''}{cost.frames:,}"
        rows.append((cost.stage, cost.what, str(cost.sequences), frames, _disk(cost), _time(cost.cpu), _time(cost.gpu)))
    total = totals(costs)
    rows.append(("total", "", "", "", _size(total["disk"]), _time(total["cpu"]), _time(total["gpu"])))
    note = "Times are of one core and one card, right within a factor of two; ~ and ? where nobody published a number."
    return "\n".join([*aligned(rows, left=(0, 1)), note])


def _disk(cost: Cost) -> str:
    if cost.unknown_disk:
        return f"{_size(cost.disk)} + ?" if cost.disk else "?"
    return _size(cost.disk)


def _size(size: float) -> str:
    if size <= 0:
        return "-"
    return in_words(size)


def _time(hours: float) -> str:
    if hours <= 0:
        return "-"
    if hours >= 1:
        return f"{hours:.1f} h"
    return f"{hours * 60:.1f} min" if hours * 60 >= 1 else f"{max(1, round(hours * 3600))} s"
