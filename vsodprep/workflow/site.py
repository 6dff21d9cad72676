"""What every stage's answers are made from."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from vsodprep.config import Config, Run, Test
from vsodprep.targets.catalogue import Catalogue
from vsodprep.targets.paths import Paths


def unique(items: Iterable[str]) -> list[str]:
    """Return the items without repetition, in order of first appearance."""
    return list(dict.fromkeys(items))


@dataclass(frozen=True)
class Site:
    """A configuration, the sequences of its benchmarks, and where everything lies.

    Attributes:
        config: The configuration.
        catalogue: The sequences and splits of its benchmarks.
    """

    config: Config
    catalogue: Catalogue

    @cached_property
    def paths(self) -> Paths:
        """Where everything lies."""
        return Paths(self.config.results)

    @cached_property
    def runs(self) -> dict[tuple[str, str], Run]:
        """Training runs by model and name."""
        return {(model, name): run for model, runs in self.config.runs.items() for name, run in runs.items()}

    @cached_property
    def tests(self) -> dict[str, Test]:
        """A test of each benchmark; the configuration sees to it that all runs agree on the split."""
        return {test.benchmark: test for run in self.runs.values() for test in run.test}

    @cached_property
    def benchmarks(self) -> list[str]:
        """Benchmarks that the configuration prepares: those it lists, and those that its runs need."""
        used = [data.benchmark for run in self.runs.values() for stage in run.stages for data in stage.data]
        return unique([*self.config.benchmarks, *self.config.folders, *used, *self.tests])

    def flow_of(self, flow: str, benchmark: str, split: str | None = None) -> list[str]:
        """Return the flow of a benchmark's videos, of one split or all."""
        return [self.paths.flow(flow, benchmark, seq) for seq in self.catalogue.videos(benchmark, split)]

    def filled(self, path: str, seed: int | None = None) -> str:
        """Return the path of a checkpoint with `{results}`, and `{seed}` where it is known, filled in."""
        path = path.replace("{results}", self.config.results)
        return path if seed is None else path.replace("{seed}", str(seed))

    def crf_preset(self, name: str) -> str:
        """Return a built-in preset's name, or the file of one of the configuration's own."""
        return self.paths.configuration(f"crf/{name}") if name in self.config.crf else name

    def protocol(self, name: str) -> str:
        """Return a built-in protocol's name, or the file of one of the configuration's own."""
        return self.paths.configuration(f"protocols/{name}") if name in self.config.protocols else name

    def torch_options(self) -> str:
        """Return the options of every command that runs torch."""
        return f"--device {self.config.device} --threads {self.config.torch_threads}"


@dataclass(frozen=True)
class Stage:
    """Answers of one stage; each of its methods that a rule uses takes Snakemake's wildcards.

    Attributes:
        site: What the answers are made from.
    """

    site: Site
