"""What every stage's answers are made from."""

from dataclasses import dataclass
from functools import cached_property

from vsodprep.targets import Paths, Targets


class RuleTargets(Targets):
    """What a configuration makes, where it lies, and how settings that several commands take are written."""

    @cached_property
    def paths(self) -> Paths:
        """Where everything lies."""
        return Paths(self.config.results)

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
class RuleInputs:
    """Answers of one stage; each of its methods that a rule uses takes Snakemake's wildcards.

    Attributes:
        targets: What the answers are made from.
    """

    targets: RuleTargets
