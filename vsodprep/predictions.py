"""The record of a folder of maps: what made them, and how many frames of each sequence it holds."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from vsodprep.errors import InputError
from vsodprep.files import enter_folder, read_json, write_json, written_into
from vsodprep.markers import PREDICTIONS

_COUNTS = ("sequences", "frames")


@contextmanager
def writing_maps(
    out: Path, made_by: Mapping[str, Any], frames: Mapping[str, Sequence[str]], sources: Iterable[Path] = ()
) -> Iterator[None]:
    """Begin to write maps into a folder, which may hold other sequences' maps that were made likewise; record all.

    Args:
        out: Folder that gets `{seq}/{frame}.png`, and `predictions.json` last.
        made_by: What the record says of the maps beside their sequences.
        frames: Frame ids by sequence; that of maps without one is `.`.
        sources: Files that are read meanwhile.

    Raises:
        InputError: The folder holds maps of other sequences that were made otherwise, or a file of somebody else.
    """
    made_by = without_counts(made_by)
    kept = _kept(out, made_by, frames)
    names = (PurePosixPath(name, f"{frame}.png").as_posix() for name, ids in frames.items() for frame in ids)
    enter_folder(out, names, PREDICTIONS, sources=sources)
    if kept:  # until the others are done, and should they never be
        _record(out, made_by, kept)
    yield
    _record(out, made_by, kept | {name: len(ids) for name, ids in frames.items()})


def without_counts(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a record says of how maps were made."""
    return {key: value for key, value in record.items() if key not in _COUNTS}


def _record(out: Path, made_by: Mapping[str, Any], counts: Mapping[str, int]) -> None:
    write_json(out / PREDICTIONS, {**made_by, "sequences": counts, "frames": sum(counts.values())})


def _kept(out: Path, made_by: dict[str, Any], frames: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Return the frames of the sequences that a folder holds of maps made likewise, and that are not made anew."""
    marker = out / PREDICTIONS
    if not marker.is_file() or PREDICTIONS not in written_into(out):  # which is refused
        return {}
    try:
        before = read_json(marker, "a record of predictions")
        kept = {name: int(count) for name, count in before.get("sequences", {}).items() if name not in frames}
    except (ValueError, TypeError, AttributeError) as error:
        raise InputError(marker, "not readable as a record of predictions", "another folder for the maps") from error
    other = [key for key in {**before, **made_by} if before.get(key) != made_by.get(key) and key not in _COUNTS]
    if kept and other:
        found = f"maps of {', '.join(kept)} that were made with other settings ({', '.join(other)})"
        raise InputError(out, found, "another folder for these maps")
    return kept
