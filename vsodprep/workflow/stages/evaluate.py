"""Prediction, refinement and scores."""

from typing import Any

from vsodprep.config.crf import RAW
from vsodprep.workflow.fingerprint import fingerprint
from vsodprep.workflow.site import Stage, unique

CENTRE_PRIOR = "centre-prior"
FLOW_MAGNITUDE = "flow-magnitude"
TRIVIAL = (CENTRE_PRIOR, FLOW_MAGNITUDE)


class Evaluate(Stage):
    """Answers for `predict.smk` and `evaluate.smk`."""

    def code(self, wildcards: Any) -> str:
        """Return the fingerprint of predicting with one network: another network's file does not touch it."""
        return fingerprint("vsodprep.models.inference", f"vsodprep.models.{wildcards.model}")

    def options(self, _wildcards: Any) -> str:
        """Return options of `vsodprep predict`."""
        return self.site.torch_options()

    def split(self, wildcards: Any) -> str:
        """Return the split of a benchmark on which runs are tested."""
        return self.site.tests[wildcards.benchmark].split

    def preset(self, wildcards: Any) -> str:
        """Return the CRF preset that a `post` names."""
        return self.site.crf_preset(wildcards.post)

    def own_preset(self, wildcards: Any) -> list[str]:
        """Return the file of a CRF preset of the configuration's own."""
        return [self.preset(wildcards)] if wildcards.post in self.site.config.crf else []

    def own_protocol(self, wildcards: Any) -> list[str]:
        """Return the file of a protocol of the configuration's own."""
        return [self.protocol(wildcards)] if wildcards.protocol in self.site.config.protocols else []

    def protocol(self, wildcards: Any) -> str:
        """Return what `vsodprep evaluate --protocol` takes."""
        return self.site.protocol(wildcards.protocol)

    def scores(self, _wildcards: Any = None) -> list[str]:
        """Return all scores that the configuration asks for."""
        paths, found = self.site.paths, list[str]()
        for (model, name), run in self.site.runs.items():
            for test in run.test:
                for seed in run.seeds:
                    for post in test.post:
                        for protocol in test.protocols:
                            found.append(paths.scores(model, name, seed, post, test.benchmark, protocol))
        return unique(found + self._trivial_scores())

    def _trivial_scores(self) -> list[str]:
        if not self.site.config.report.trivial:
            return []
        return [
            self.site.paths.scores("trivial", trivial, 0, RAW, test.benchmark, protocol)
            for run in self.site.runs.values()
            for test in run.test
            for trivial in self._trivial(test.benchmark)
            for protocol in test.protocols
        ]

    def _trivial(self, benchmark: str) -> tuple[str, ...]:
        """Return the trivial maps of a benchmark: still images and shards without flow have no flow magnitude."""
        has_flow = self.site.config.pack.flow and self.site.catalogue.videos(benchmark)
        return TRIVIAL if has_flow else (CENTRE_PRIOR,)
