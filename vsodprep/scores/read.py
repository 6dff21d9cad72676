"""Score files as figures need them: under a label, averaged over seeds."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vsodprep.errors import InputError
from vsodprep.files import read_json
from vsodprep.scores.whole import omissions

EXPECTED = "scores written by vsodprep evaluate --json"


@dataclass(frozen=True)
class Scores:
    """Score files of one method, one per seed.

    Attributes:
        label: What figures call the method.
        files: The files' contents.
        omissions: In which ways they are not of a whole published benchmark, for figures to say.
    """

    label: str
    files: tuple[dict[str, Any], ...]
    omissions: tuple[str, ...] = ()

    def _seeds(self) -> tuple[dict[str, Any], ...]:
        """Return the files, which have to be of one benchmark by one protocol: else they are no seeds of one run."""
        kinds = {f"{values.get('benchmark')} by {values.get('protocol')}" for values in self.files}
        if len(kinds) > 1:
            raise InputError(
                self.label or "scores",
                f"scores of {', '.join(sorted(kinds))}",
                "a label of its own for each (LABEL=FILE)",
            )
        return self.files

    def scalar(self, key: str) -> float | None:
        """Return the mean of a measure over the seeds."""
        return mean([values.get(key) for values in self._seeds()])

    def spread(self, key: str) -> float | None:
        """Return the standard deviation of a measure over the seeds, where all of several have it."""
        several = len(self.files) > 1 and self.scalar(key) is not None
        return statistics.stdev(float(values[key]) for values in self.files) if several else None

    def parts(self, part: str, key: str) -> dict[str, float | None]:
        """Return the mean of a measure over the seeds, per part of the benchmark.

        Args:
            part: `sequences` or `attributes`.
            key: Key of the measure.
        """
        each = [values.get(part, {}) for values in self._seeds()]
        return {name: mean([parts.get(name, {}).get(key) for parts in each]) for name in each[0]}

    def frames(self, sequence: str, key: str) -> dict[str, float | None]:
        """Return the mean of a measure over the seeds, per frame of a sequence; empty where files do not tell."""
        each = [values["sequences"].get(sequence, {}).get("per_frame", {}) for values in self._seeds()]
        columns = [dict(zip(frames.get("frame", ()), frames.get(key, ()), strict=False)) for frames in each]
        return {frame: mean([column.get(frame) for column in columns]) for frame in columns[0]}

    def curve(self, key: str) -> list[float | None]:
        """Return the mean of a curve over the seeds, point by point; empty where there is none."""
        curves: list[Sequence[float | None]] = [values.get(key) or [] for values in self._seeds()]
        return [mean(list(points)) for points in zip(*curves, strict=True)]


def mean(values: Sequence[float | None]) -> float | None:
    """Return the mean, or None if any value is missing: a mean over some seeds would pass for one over all."""
    known = [float(value) for value in values if value is not None]
    return statistics.fmean(known) if known and len(known) == len(values) else None


def read_scores(path: Path) -> dict[str, Any]:
    """Read what `vsodprep evaluate --json` wrote.

    Raises:
        InputError: The file is missing or holds no scores.
    """
    values = read_json(path, EXPECTED)
    if not isinstance(values, dict) or not isinstance(values.get("sequences"), dict):
        raise InputError(path, "no scores with sequences", EXPECTED)
    mappings = [values.get("settings"), *values["sequences"].values()]
    if not {"protocol", "benchmark"} <= set(values) or not all(isinstance(each, dict) for each in mappings):
        raise InputError(path, "incomplete scores", EXPECTED)
    return values


def labelled(arguments: Sequence[str]) -> list[tuple[str, Path]]:
    """Split arguments `LABEL=PATH` or `PATH`; the label of the second is told by the path.

    A path that ends as the pipeline's do, `scores/MODEL/RUN/seedN/POST/FILE`, gives `MODEL RUN`, and ` + POST` where
    the maps were refined; any other gives its stem.
    """
    pairs = []
    for argument in arguments:
        label, equals, path = argument.partition("=")
        # A path may hold an equals sign: what exists as a whole is a path.
        if not equals or Path(argument).exists():
            pairs.append((_label(Path(argument)), Path(argument)))
        else:
            pairs.append((label, Path(path)))
    return pairs


def _label(path: Path) -> str:
    parts = path.parts
    if len(parts) < 6 or parts[-6] != "scores" or not parts[-3].startswith("seed"):
        return path.stem
    model, run, _, post = parts[-5:-1]
    return f"{model} {run}" if post == "raw" else f"{model} {run} + {post}"


def load_scores(arguments: Sequence[str]) -> list[Scores]:
    """Read score files; those of one label are seeds of one method.

    Args:
        arguments: As `labelled` takes them.

    Raises:
        InputError: A file is missing or holds no scores.
    """
    groups: dict[str, list[dict[str, Any]]] = {}
    for label, path in labelled(arguments):
        groups.setdefault(label, []).append(read_scores(path))
    return [Scores(label, tuple(files), omissions(*files)) for label, files in groups.items()]
