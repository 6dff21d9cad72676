"""Where coarse labels come from: one record per sequence, and all of a benchmark's in one file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vsodprep.errors import InputError
from vsodprep.files import read_json, write_json

# What all sequences of a block have in common; the rest stands under each sequence.
SHARED = ("order", "weights", "fitted", "crf", "certainty", "methods", "substitute")


def read_record(path: Path) -> dict[str, Any]:
    """Read the record that `vsodprep coarse label` wrote for one sequence.

    Raises:
        InputError: The file is missing or no such record.
    """
    record = read_json(path, "a record written by vsodprep coarse label")
    if not isinstance(record, dict) or not {"sequence", *SHARED} <= record.keys():
        raise InputError(path, "no record of coarse labels", "a record written by vsodprep coarse label")
    return record


def collect(records: Sequence[Path], out: Path) -> None:
    """Join the records of a benchmark's sequences.

    Args:
        records: One record per sequence, in any order.
        out: Where the joined record goes.

    Raises:
        InputError: A record is unreadable, names a sequence twice, or was made with other settings than the first.
    """
    joined: dict[str, Any] = {}
    sequences: dict[str, Any] = {}
    for path in sorted(records):
        record = read_record(path)
        shared = {key: record[key] for key in SHARED}
        joined = joined or shared
        for key in SHARED:
            if shared[key] != joined[key]:
                raise InputError(path, f"{key} {shared[key]}", f"{joined[key]}, as in the other records")
        if record["sequence"] in sequences:
            raise InputError(path, f"a second record of {record['sequence']}", "one record per sequence")
        sequences[record["sequence"]] = {
            key: value for key, value in record.items() if key not in SHARED and key != "sequence"
        }
    frames = [frame for one in sequences.values() for frame in one["frames"].values()]
    counts = {"sequences": len(sequences), "frames": len(frames)}
    if joined.get("substitute"):
        erased = [frame["substitute"] for frame in frames if frame["substitute"] is not None]
        counts |= {key: sum(one[key] for one in erased) for key in ("erased_components", "erased_pixels", "spared")}
    write_json(out, joined | {"counts": counts, "sequences": sequences})
