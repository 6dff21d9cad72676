"""A cache of scored sequences, keyed by the content of their maps and masks."""

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from vsodprep.archives import Tree
from vsodprep.evaluate.aggregate import SequenceTotals
from vsodprep.evaluate.inputs import ScoredFrame
from vsodprep.evaluate.protocols import Protocol
from vsodprep.evaluate.sources import digest
from vsodprep.evaluate.truth import Masks
from vsodprep.files import atomic_path, write_text

# Raise it when a measure's values change.
_VERSION = 1


class Digests:
    """Content hashes of files, remembered by the files' stamps so that an unchanged file is not read again.

    Args:
        path: Where they are remembered.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._changed = False
        self._known: dict[str, Any] = {}
        if path.is_file():
            try:
                self._known = json.loads(path.read_text(encoding="utf-8"))
            except ValueError:
                self._known = {}  # damaged: hash again

    def of(self, source: Tree | Masks, key: str) -> str:
        """Return the hash of an image."""
        stamp = source.stamp(key)
        known = self._known.get(key)
        if known is not None and known[0] == stamp:
            return str(known[1])
        data = source.read(key) if isinstance(source, Tree) else source.data(key)
        found = digest(data)
        self._known[key] = [stamp, found]
        self._changed = True
        return found

    def save(self) -> None:
        """Remember what was hashed."""
        if self._changed:
            write_text(self._path, json.dumps(self._known, sort_keys=True))


def sequence_key(
    pairs: Sequence[ScoredFrame], hashes: Iterable[tuple[str, str]], protocol: Protocol, measures: Collection[str]
) -> str:
    """Return the key of a scored sequence: everything that its figures depend on.

    Args:
        pairs: Its frames.
        hashes: Content hashes of mask and map of each.
        protocol: Settings; the name does not count.
        measures: What is computed.
    """
    content = {
        "version": _VERSION,
        "settings": protocol.model_dump(exclude={"name", "average", "f_from", "skip_first", "skip_last"}),
        "measures": sorted(measures),
        "frames": [[pair.frame, *both] for pair, both in zip(pairs, hashes, strict=True)],
    }
    if "t" in measures:  # a frame after a missing map has no T
        content["follows"] = [pair.previous is not None for pair in pairs]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _path(folder: Path, key: str) -> Path:
    return folder / key[:2] / f"{key}.npz"


def load(folder: Path, key: str) -> SequenceTotals | None:
    """Return a scored sequence from the cache, or None if it is not there."""
    path = _path(folder, key)
    if not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as stored:
            return SequenceTotals(
                frames=stored["frames"].tolist(),
                scalars={name: stored[f"scalar.{name}"].tolist() for name in stored["scalars"].tolist()},
                curves={name: stored[f"curve.{name}"] for name in stored["curves"].tolist()},
                pixels=int(stored["pixels"]),
                error=float(stored["error"]),
                positives=stored["positives"].tolist(),
                resized=int(stored["resized"]),
                constant=int(stored["constant"]),
                hits=stored["hits"],
                predicted=stored["predicted"],
            )
    except (OSError, EOFError, ValueError, KeyError, BadZipFile):
        return None  # damaged: score again


def save(folder: Path, key: str, totals: SequenceTotals) -> None:
    """Put a scored sequence into the cache."""
    arrays = {
        "frames": np.array(totals.frames),
        "scalars": np.array(list(totals.scalars), dtype=np.str_),
        "curves": np.array(list(totals.curves), dtype=np.str_),
        "pixels": np.array(totals.pixels),
        "error": np.array(totals.error),
        "positives": np.array(totals.positives, dtype=np.int64),
        "resized": np.array(totals.resized),
        "constant": np.array(totals.constant),
        "hits": totals.hits,
        "predicted": totals.predicted,
    }
    arrays |= {f"scalar.{name}": np.array(values) for name, values in totals.scalars.items()}
    arrays |= {f"curve.{name}": curve for name, curve in totals.curves.items()}
    with atomic_path(_path(folder, key), sync=False) as temporary:
        np.savez(temporary, **arrays)  # type: ignore[arg-type]
