"""The report, and everything that the default target asks for."""

from typing import Any

from vsodprep.workflow.site import Stage


class Report(Stage):
    """Answers for `report.smk`."""

    def manifests(self, _wildcards: Any) -> list[str]:
        """Return the manifests of every benchmark in the report."""
        return [self.site.paths.manifest(name) for name in self.site.benchmarks]

    def shards(self, _wildcards: Any) -> list[str]:
        """Return the shards of every benchmark in the report: flow, prior and labels are there once they are."""
        return [self.site.paths.shard(name) for name in self.site.benchmarks]

    def results(self, _wildcards: Any) -> str:
        """Return the results folder."""
        return self.site.config.results

    def targets(self, _wildcards: Any) -> list[str]:
        """Return what `all` makes."""
        figures = [self.site.paths.figure(name) for name in self.site.config.figures]
        return [*self.shards(None), *figures, self.site.paths.report]
