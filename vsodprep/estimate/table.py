"""The costs as text and as plain values."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from vsodprep.benchmarks.describe import aligned
from vsodprep.estimate.cost import Cost
from vsodprep.progress import in_words
from vsodprep.targets.provisions import Provision

_AFTERWARDS = ("train", "predict", "crf", "trivial", "evaluate")  # of the shards


def as_record(costs: Sequence[Cost], needed: Sequence[Provision] = (), free: int | None = None) -> dict[str, Any]:
    """Return costs and their totals as JSON values, bytes and hours, and the files that are needed from elsewhere.

    Args:
        costs: All parts of the work.
        needed: Those files.
        free: Bytes that are free where the results go.
    """
    files = [asdict(each) | {"folder": str(each.folder)} for each in needed]
    disk = {"peak": peak(costs), "removed": removed(costs), "free": free}
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

    That is either when all is prepared and nothing has been removed, because benchmarks may be prepared at the same
    time, or at the end.
    """
    prepared = sum(cost.disk for cost in costs if cost.stage.split()[0] not in _AFTERWARDS)
    return max(prepared, totals(costs)["disk"] - removed(costs))


def as_disk(costs: Sequence[Cost], free: int, where: Path) -> str:
    """Return the peak beside the free disk, a line for what is removed on the way, and one that warns.

    Args:
        costs: All parts of the work.
        free: Bytes that are free.
        where: The folder in which they are.
    """
    most, gone = peak(costs), removed(costs)
    least = "at least " if any(cost.unknown_disk for cost in costs) else ""
    lines = [f"Disk at its peak: {least}{_size(most)}; {_size(free)} are free in {where}."]
    if gone:
        stages = dict.fromkeys(cost.stage.split()[0] for cost in costs if cost.passing)
        lines.append(f"Removed on the way: {_size(gone)} of {', '.join(stages)}, which `keep` does not name.")
    if most > free:
        lines.append(f"WARNING: {_size(most - free)} too little disk is free.")
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
