"""What a results folder holds of what a configuration makes; what is absent is listed, not invented."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vsodprep.benchmarks.benchmark import KnownSequence
from vsodprep.config import Config
from vsodprep.config.compared import METHODS, ComparedMethod
from vsodprep.config.train import Run
from vsodprep.errors import InputError
from vsodprep.manifest import Manifest, read_manifest
from vsodprep.scores.read import read_scores
from vsodprep.targets.catalogue import Catalogue
from vsodprep.targets.paths import Paths
from vsodprep.targets.targets import ScoreTarget, Targets, unique


@dataclass(frozen=True)
class Score(ScoreTarget):
    """One score file.

    Attributes:
        values: The file's contents.
    """

    values: dict[str, Any]


@dataclass(frozen=True)
class Results:
    """Everything that the report shows.

    Attributes:
        targets: What the configuration makes.
        root: The results folder.
        manifests: Manifests of the benchmarks that have been normalised, in the configuration's order.
        scores: Score files, in the configuration's order; the trivial maps come last.
        absent: Paths below the results folder that the configuration leads one to expect.
    """

    targets: Targets
    root: Path
    manifests: dict[str, Manifest]
    scores: tuple[Score, ...]
    absent: tuple[str, ...]

    @property
    def config(self) -> Config:
        """The configuration; its own `results` key is not used."""
        return self.targets.config

    @property
    def paths(self) -> Paths:
        """Where things lie in the results folder."""
        return Paths(str(self.root))

    def run(self, model: str, run: str) -> Run | None:
        """Return a run's configuration; None for a method of `methods:` and for a trivial map."""
        return self.targets.runs.get((model, run))

    def compared(self, model: str, run: str) -> ComparedMethod | None:
        """Return the configuration of a method of `methods:`; None for a run and for a trivial map."""
        return self.config.methods[run] if model == METHODS else None

    def folder(self, benchmark: str) -> Path:
        """Return a normalised benchmark's folder."""
        return Path(self.paths.manifest(benchmark)).parent


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
    planned = Targets(config, Catalogue(config))
    known = unique([*planned.benchmarks, *planned.tested])
    manifests = {name: found for name in known if (found := _manifest(paths, name))}
    targets = Targets(config, Catalogue(config, known={name: _sequences(found) for name, found in manifests.items()}))
    fitted = [name for name in targets.normalized if name not in known]
    manifests |= {name: found for name in fitted if (found := _manifest(paths, name))}
    present = [target for target in targets.scores if Path(target.path(paths)).is_file()]
    scores = tuple(Score(**vars(target), values=read_scores(Path(target.path(paths)))) for target in present)
    expected = [
        *(paths.manifest(name) for name in targets.normalized),
        *(paths.metrics(*training) for training in targets.trainings),
        *(target.path(paths) for target in targets.scores),
    ]
    absent = tuple(str(Path(path).relative_to(root)) for path in expected if not Path(path).is_file())
    return Results(targets, root, manifests, scores, absent)


def _manifest(paths: Paths, benchmark: str) -> Manifest | None:
    path = Path(paths.manifest(benchmark))
    return read_manifest(path.parent) if path.is_file() else None


def _sequences(manifest: Manifest) -> tuple[KnownSequence, ...]:
    """Return what normalising found, which needs no source that was local or partial."""
    return tuple(
        KnownSequence(one.name, one.splits, len(one.frames), len(one.annotated), one.attributes, one.still)
        for one in manifest.sequences
    )
