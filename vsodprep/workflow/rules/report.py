"""The report, and everything that the default target asks for."""

from pathlib import Path
from typing import Any

from vsodprep.workflow.rule_inputs import RuleInputs


class ReportInputs(RuleInputs):
    """Answers for `report.smk`."""

    def manifests(self, _wildcards: Any) -> list[str]:
        """Return the manifests of every benchmark in the report, those that a prior learns from included."""
        return [self.paths.manifest(name) for name in self.targets.normalized]

    def shards(self, _wildcards: Any) -> list[str]:
        """Return the shards of every benchmark in the report: flow, prior and labels are there once they are."""
        return [self.paths.shard(name) for name in self.targets.benchmarks]

    def losses(self, _wildcards: Any) -> list[str]:
        """Return the losses of every training."""
        return [self.paths.metrics(*training) for training in self.targets.trainings]

    def results(self, _wildcards: Any) -> str:
        """Return the results folder."""
        return self.config.results

    def all_files(self, _wildcards: Any) -> list[str]:
        """Return what `all` makes."""
        checkpoints = [self.paths.checkpoint(*network) for network in self.targets.networks]
        figures = [self.paths.figure(name, "svg") for name in self.config.figures]
        return [*self.shards(None), *checkpoints, *figures, self.paths.report]

    def told(self) -> str:
        """Say where the report is, and what to do next."""
        page = Path(self.paths.report).absolute()
        return f"vsodprep: open {page} in a browser. What to do next: 'What people come for' in README.md"
