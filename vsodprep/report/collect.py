"""What a results folder holds of what a configuration asks for; what is absent is listed, not invented."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vsodprep.config import Config, Run, Test
from vsodprep.errors import InputError
from vsodprep.evaluate.scores import read_scores
from vsodprep.manifest import Manifest, read_manifest
from vsodprep.targets.paths import Paths

TRIVIAL = "trivial"
TRIVIAL_MAPS = ("centre-prior", "flow-magnitude")


@dataclass(frozen=True)
class Score:
    """One score file.

    Attributes:
        model: Model name, or `trivial`.
        run: Run name, or the name of a trivial map.
        post: `raw`, or the CRF preset that refined the maps.
        seed: Seed of the training.
        benchmark: Benchmark name.
        split: Split that was scored.
        protocol: Evaluation protocol.
        values: The file's contents.
    """

    model: str
    run: str
    post: str
    seed: int
    benchmark: str
    split: str
    protocol: str
    values: dict[str, Any]


@dataclass(frozen=True)
class Results:
    """Everything that the report shows.

    Attributes:
        config: The configuration.
        root: The results folder.
        paths: Where things lie in it.
        manifests: Manifests of the benchmarks that have been normalised, in the configuration's order.
        scores: Score files, in the configuration's order; the trivial maps come last.
        absent: Paths below the results folder that the configuration leads one to expect.
    """

    config: Config
    root: Path
    paths: Paths
    manifests: dict[str, Manifest]
    scores: tuple[Score, ...]
    absent: tuple[str, ...]

    def run(self, model: str, run: str) -> Run | None:
        """Return a run's configuration; None for a trivial map."""
        return {str(name): runs for name, runs in self.config.runs.items()}.get(model, {}).get(run)

    def tests(self) -> list[tuple[str, str]]:
        """Return the (benchmark, split) pairs that have scores, in order."""
        return list(dict.fromkeys((score.benchmark, score.split) for score in self.scores))

    def folder(self, benchmark: str) -> Path:
        """Return a normalised benchmark's folder."""
        return Path(self.paths.manifest(benchmark)).parent


def benchmarks_of(config: Config) -> list[str]:
    """Return every benchmark that a configuration touches: listed, trained on, tested on, or learnt from by a prior."""
    names = [*config.benchmarks, *config.folders]
    for _, _, run in runs_of(config):
        names += [data.benchmark for stage in run.stages for data in stage.data]
        names += [test.benchmark for test in run.test]
    for prior in config.prior.values():
        if prior.fit != "own":
            names += [split.benchmark for split in prior.fit]
    return list(dict.fromkeys(names))


def runs_of(config: Config) -> Iterator[tuple[str, str, Run]]:
    """Yield model name, run name and run, in the configuration's order."""
    for model, runs in config.runs.items():
        for name, run in runs.items():
            yield model, name, run


def collect(config: Config, root: Path) -> Results:
    """Read manifests and scores below a results folder.

    Args:
        config: The configuration that made them; its own `results` key is not used.
        root: The results folder.

    Raises:
        InputError: There is no such folder, or a file in it is damaged.
    """
    if not root.is_dir():
        raise InputError(root, "no such folder", "the folder that the pipeline wrote its results to")
    paths = Paths(str(root))
    absent: list[str] = []
    manifests: dict[str, Manifest] = {}
    for name in benchmarks_of(config):
        path = Path(paths.manifest(name))
        if path.is_file():
            manifests[name] = read_manifest(path.parent)
        else:
            absent.append(str(path.relative_to(root)))
    scores: list[Score] = []
    for score, path in _expected(config, paths):
        if path.is_file():
            scores.append(Score(*score, read_scores(path)))
        else:
            absent.append(str(path.relative_to(root)))
    return Results(config, root, paths, manifests, tuple(scores), tuple(absent))


Key = tuple[str, str, str, int, str, str, str]


def _expected(config: Config, paths: Paths) -> Iterator[tuple[Key, Path]]:
    tests: dict[tuple[str, str], Test] = {}
    for model, name, run in runs_of(config):
        for test in run.test:
            for protocol in test.protocols:
                tests.setdefault((test.benchmark, protocol), test)
                for post in test.post:
                    for seed in run.seeds:
                        path = Path(paths.scores(model, name, seed, post, test.benchmark, protocol))
                        yield (model, name, post, seed, test.benchmark, test.split, protocol), path
    if config.report.trivial:
        for (benchmark, protocol), test in tests.items():
            for name in TRIVIAL_MAPS:
                path = Path(paths.scores(TRIVIAL, name, 0, "raw", benchmark, protocol))
                yield (TRIVIAL, name, "raw", 0, benchmark, test.split, protocol), path
