"""Score files as figures need them: under a label, averaged over seeds."""

import math
import re
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from vsodprep.config.compared import METHODS
from vsodprep.errors import InputError
from vsodprep.files import read_json, read_object, real_path
from vsodprep.scores.measures import MEASURES
from vsodprep.scores.whole import omissions, scope, size

EXPECTED = "scores written by vsodprep evaluate --json"
CLASS_MEAN = "mean over classes"


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
                "a label of its own for each benchmark and protocol (LABEL=FILE)",
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
        each = [parts_of(values, part) for values in self._seeds()]
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


def parts_of(values: Mapping[str, Any], part: str) -> dict[str, Mapping[str, Any]]:
    """Return the scores of a file's `sequences` or `attributes`; the mean over classes stands among attributes."""
    classes = values.get("class_mean") if part == "attributes" else None
    return dict(values.get(part, {})) | ({CLASS_MEAN: classes} if classes else {})


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
    named = isinstance(values["protocol"], str) and isinstance(values["benchmark"], str | None)
    classes, attributes = values.get("class_mean", {}), values.get("attributes", {})
    parts = [classes, values.get("inputs", {}), *(attributes.values() if isinstance(attributes, dict) else (None,))]
    if not named or not all(isinstance(each, dict) for each in parts):
        raise InputError(path, "scores in another form", EXPECTED)
    for each in (values, *values["sequences"].values(), *attributes.values(), classes):
        for key in ("frames", *(one.key for one in MEASURES)):
            if not _is_number(each.get(key)):
                raise InputError(path, f"{key} = {each[key]!r}", EXPECTED)
    return values


def _is_number(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and -math.inf < value < math.inf)


def _split(argument: str) -> tuple[str | None, Path]:
    label, equals, path = argument.partition("=")
    # A path may hold an equals sign: what exists as a whole is a path.
    return (None, Path(argument)) if not equals or Path(argument).exists() else (label, Path(path))


def labelled(arguments: Sequence[str]) -> list[tuple[str, Path]]:
    """Split arguments `LABEL=PATH` or `PATH`; the label of the second is told by the path.

    A path that ends as the pipeline's do, `scores/MODEL/RUN/seedN/POST/FILE`, gives `MODEL RUN`, and ` + POST` where
    the maps were refined; `scores/methods/NAME/seedN/POST/FILE` gives `NAME`, or the title
    that `configuration/whole.json` beside `scores/` has for it; any other gives its stem.
    """
    return [(label or _of_pipeline(path) or path.stem, path) for label, path in map(_split, arguments)]


def _of_pipeline(path: Path) -> str | None:
    """Return the label of a file that lies as the pipeline's do."""
    parts = path.absolute().parts
    if len(parts) < 6 or parts[-6] != "scores" or not parts[-3].startswith("seed"):
        return None
    model, run, _, post = parts[-5:-1]
    name = _titles(Path(*parts[:-6])).get(run, run) if model == METHODS else f"{model} {run}"
    return name if post == "raw" else f"{name} + {post}"


@cache
def _titles(results: Path) -> dict[str, str]:
    """Return the titles of methods that the configuration tells with which the pipeline made a results folder."""
    path = results / "configuration" / "whole.json"
    methods = read_object(path, "a configuration").get("methods", {}) if path.is_file() else {}
    return {name: method["title"] for name, method in methods.items() if method.get("title")}


def _of_name(path: Path, folder: Path, values: Mapping[str, Any]) -> str:
    """Return the label of any other file: its path below a folder without the benchmark and the protocol at its end."""
    name = f"{folder.name}/{path.relative_to(folder).with_suffix('')}"
    for part in (values["protocol"], values["benchmark"]):
        if part and re.search(rf"[/._-]{re.escape(part)}$", name):
            name = name[: -len(part) - 1]
    return name.partition("/")[2].replace("/", " ") or folder.absolute().name


def load_scores(arguments: Sequence[str]) -> list[Scores]:
    """Read score files; those of one label are seeds of one method, or of several benchmarks.

    Args:
        arguments: `LABEL=PATH` or `PATH`, of a score file or of a folder that holds score files at any depth. Without a
            label, files that lie as the pipeline's do have its labels (see `labelled`), and others their path below the
            folder, without the benchmark and the protocol at its end.

    Raises:
        InputError: A file is missing or holds no scores, or two may be of two methods.
    """
    groups: dict[str, list[dict[str, Any]]] = {}
    known: dict[tuple[str, ...], Path] = {}
    seeds: set[tuple[str, Path]] = set()
    for given, path in map(_split, arguments):
        files = _score_files(path)
        methods = set()
        for file in files:
            values = read_scores(file)
            folder = path if path.is_dir() else file.parent
            told = _of_pipeline(file) or _of_name(file, folder, values)
            label = given or told
            methods.add(told)
            if given is not None and (label, real_path(file)) in seeds:
                raise InputError(
                    file, f"twice under the label {label!r}", "each file once, as the files of a label are its seeds"
                )
            seeds.add((label, real_path(file)))
            groups.setdefault(label, []).append(values)
            if given is None:
                seed = file.absolute().parts[-3] if _of_pipeline(file) else ""
                what = (label, str(values["benchmark"]), str(values["protocol"]), seed)
                if known.setdefault(what, file) is not file:
                    found = f"scores of {label!r}, as {known[what]} has"
                    raise InputError(
                        file,
                        found,
                        "LABEL=FILE with a label for each method; only the seeds of one method share a label",
                    )
        if given and len(methods) > 1 and path.is_dir():
            expected = "scores of one method, or no label before the folder"
            raise InputError(path, f"scores of {len(methods)} methods: {', '.join(sorted(methods))}", expected)
    return [Scores(label, tuple(files), omissions(*files)) for label, files in groups.items()]


def of_one_kind(scores: Sequence[Scores], benchmark: str | None, protocol: str | None) -> list[Scores]:
    """Return what methods scored on one benchmark by one protocol; those without such scores are left out.

    Where they were scored on different frames of it, each says on how many.

    Args:
        scores: The methods.
        benchmark: Benchmark name; None for the one that there is.
        protocol: Name of the protocol; None for the one that there is.

    Raises:
        InputError: There are none, or of several.
    """
    wanted = {"benchmark": benchmark, "protocol": protocol}
    kept = []
    for each in scores:
        files = tuple(v for v in each.files if all(value in (None, v[key]) for key, value in wanted.items()))
        kept += [Scores(each.label, files, omissions(*files))] if files else []
    every = [values for each in kept for values in each.files]
    named = {values["benchmark"] for values in every} - {None}  # masks need not tell their benchmark
    if len(named) > 1 or len({values["protocol"] for values in every}) != 1:
        kinds = sorted({f"{values['benchmark']} by {values['protocol']}" for values in every})
        found = f"scores of {', '.join(kinds) or 'nothing that was asked for'}"
        raise InputError(
            "scores", found, "scores of one benchmark by one protocol: choose by --benchmark and --protocol"
        )
    scopes = [None if each.omissions else scope(each.files) for each in kept]
    if len({of for each, of in zip(kept, scopes, strict=True) if not each.omissions}) > 1:
        said = [(f"scored on {size(of)}",) if of else each.omissions for each, of in zip(kept, scopes, strict=True)]
        kept = [replace(each, omissions=phrases) for each, phrases in zip(kept, said, strict=True)]
    return kept


def _score_files(path: Path) -> list[Path]:
    """Return a score file, or those in a folder, sorted; what begins with a dot is none."""
    if not path.is_dir():
        return [path]
    inside = (file for file in path.rglob("*.json") if not any(p.startswith(".") for p in file.relative_to(path).parts))
    if files := sorted(inside):
        return files
    raise InputError(path, "no *.json in it", EXPECTED)
