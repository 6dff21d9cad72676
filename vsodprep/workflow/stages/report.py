"""The report, and everything that the default target asks for."""

from typing import Any

from vsodprep.workflow.site import Stage


class Report(Stage):
    """Answers for `report.smk`."""

    def manifests(self, _wildcards: Any) -> list[str]:
        """Return the manifests of every benchmark in the report, those that a prior learns from included."""
        return [self.site.paths.manifest(name) for name in self.site.normalized]

    def shards(self, _wildcards: Any) -> list[str]:
        """Return the shards of every benchmark in the report: flow, prior and labels are there once they are."""
        return [self.site.paths.shard(name) for name in self.site.benchmarks]

    def losses(self, _wildcards: Any) -> list[str]:
        """Return the losses of every training."""
        return [self.site.paths.metrics(*training) for training in self.site.trainings]

    def results(self, _wildcards: Any) -> str:
        """Return the results folder."""
        return self.site.config.results

    def targets(self, _wildcards: Any) -> list[str]:
        """Return what `all` makes."""
        checkpoints = [self.site.paths.checkpoint(*training) for training in self.site.trainings]
        figures = [self.site.paths.figure(name) for name in self.site.config.figures]
        return [*self.shards(None), *checkpoints, *figures, self.site.paths.report]
