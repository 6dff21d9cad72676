"""A cache of scored sequences, keyed by the content of their maps and masks."""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from vsodprep.archives import Tree
from vsodprep.coding import Facts, Reading, kind_of, look
from vsodprep.evaluate.aggregate import SequenceTotals
from vsodprep.evaluate.inputs import ScoredFrame
from vsodprep.evaluate.protocols import Protocol
from vsodprep.evaluate.truth import Masks
from vsodprep.files import atomic_path, real_path, write_text

# Raise it when a measure's values change, or what is told of an image.
_VERSION = 4
_PLAIN = ("frames", "pixels", "error", "positives")  # of `SequenceTotals`: numbers, or lists


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
        return str(self._entry(source, key)["sha256"])

    def kind(self, images: Tree, key: str) -> str:
        """Return the kind of an image; see `coding.kind_of`."""
        return str(self._entry(images, key)["kind"])

    def look(self, images: Tree, key: str) -> Facts:
        """Return what an image holds; see `coding.look`."""
        entry = self._entry(images, key)
        if "facts" not in entry:
            facts = look(images.read(key), images.where(key))
            entry["facts"] = {**asdict(facts), "levels": sorted(facts.levels), "ids": sorted(facts.ids)}
            self._changed = True
        stored = entry["facts"]
        return Facts(**{**stored, "levels": frozenset(stored["levels"]), "ids": frozenset(stored["ids"])})

    def _entry(self, source: Tree | Masks, key: str) -> dict[str, Any]:
        stamp = [_VERSION, *source.stamp(key)]
        entry = self._known.get(key)
        if not isinstance(entry, dict) or entry["stamp"] != stamp:
            data = source.read(key)
            entry = self._known[key] = {"stamp": stamp, "sha256": hashlib.sha256(data).hexdigest()}
            if isinstance(source, Tree):
                entry["kind"] = kind_of(data, source.where(key))
            self._changed = True
        return entry

    def save(self) -> None:
        """Remember what was hashed."""
        if self._changed:
            write_text(self._path, json.dumps(self._known, sort_keys=True))


class ScoreCache:
    """The cache of one evaluation.

    Args:
        folder: Where it is kept.
        truth: Where the masks lie.
        maps: Where the maps lie.
    """

    def __init__(self, folder: Path, truth: Path, maps: Path) -> None:
        self._folder = folder
        self.truth, self.maps = (
            Digests(folder / "stamps" / f"{hashlib.sha256(os.fsencode(real_path(root))).hexdigest()}.json")
            for root in (truth, maps)
        )

    def prepare(
        self,
        masks: Masks,
        maps: Tree,
        pairs: Mapping[str, Sequence[ScoredFrame]],
        protocol: Protocol,
        measures: Collection[str],
        reading: Reading,
    ) -> "KeptScores":
        """Work out under which keys the sequences are kept: everything that their scores by a protocol depend on.

        Args:
            masks: The masks, whose reading counts.
            maps: The maps.
            pairs: The frames of each sequence.
            protocol: Settings; the name does not count.
            measures: What is computed.
            reading: How the maps are read.
        """
        shared = {
            "version": _VERSION,
            "settings": protocol.model_dump(exclude={"name", "average", "f_from", "skip_first", "skip_last"}),
            "measures": sorted(measures),
            "readings": [str(masks.reading), str(reading)],
        }
        files = {}
        for name, items in pairs.items():
            frames = [[item.frame, self.truth.of(masks, item.mask), self.maps.of(maps, item.map)] for item in items]
            content = shared | {"frames": frames}
            if "t" in measures:  # a frame after a missing map has no T
                content["follows"] = [item.previous is not None for item in items]
            key = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
            files[name] = self._folder / key[:2] / f"{key}.npz"
        self.truth.save()
        self.maps.save()
        return KeptScores(files)


class KeptScores:
    """The sequences of one evaluation by one protocol: what is kept already, and where new totals go.

    Args:
        files: The file of each sequence.
    """

    def __init__(self, files: Mapping[str, Path]) -> None:
        self._files = files

    def load(self, name: str) -> SequenceTotals | None:
        """Return a scored sequence, or None if it is not there."""
        try:
            with np.load(self._files[name], allow_pickle=False) as stored:
                return SequenceTotals(
                    **{field: stored[field].tolist() for field in _PLAIN},
                    scalars={name: stored[f"scalar.{name}"].tolist() for name in stored["scalars"].tolist()},
                    curves={name: stored[f"curve.{name}"] for name in stored["curves"].tolist()},
                    noticed=Counter(json.loads(str(stored["noticed"]))),
                    hits=stored["hits"],
                    predicted=stored["predicted"],
                )
        except (OSError, EOFError, ValueError, KeyError, BadZipFile):
            return None  # not there, or damaged: score again

    def save(self, name: str, totals: SequenceTotals) -> None:
        """Keep a scored sequence."""
        arrays = {
            "scalars": np.array(list(totals.scalars), dtype=np.str_),
            "curves": np.array(list(totals.curves), dtype=np.str_),
            "noticed": np.array(json.dumps(totals.noticed)),
            "hits": totals.hits,
            "predicted": totals.predicted,
        }
        arrays |= {field: np.array(getattr(totals, field)) for field in _PLAIN}
        arrays |= {f"scalar.{name}": np.array(values) for name, values in totals.scalars.items()}
        arrays |= {f"curve.{name}": curve for name, curve in totals.curves.items()}
        with atomic_path(self._files[name], sync=False) as temporary:
            np.savez(temporary, **arrays)  # type: ignore[arg-type]
