"""Prediction, refinement and scores."""

from typing import Any

from vsodprep.workflow.fingerprint import fingerprint
from vsodprep.workflow.rule_inputs import RuleInputs


class EvaluateInputs(RuleInputs):
    """Answers for `predict.smk` and `evaluate.smk`."""

    def code(self, wildcards: Any) -> str:
        """Return the fingerprint of predicting with one network: another network's file does not touch it."""
        return fingerprint("vsodprep.models.inference", f"vsodprep.models.{wildcards.model}")

    def split(self, wildcards: Any) -> str:
        """Return the split of a benchmark on which runs are tested."""
        return self.targets.tested[wildcards.benchmark]

    def preset(self, wildcards: Any) -> str:
        """Return the CRF preset that a `post` names."""
        return self.crf_preset(wildcards.post)

    def own_preset(self, wildcards: Any) -> list[str]:
        """Return the file of a CRF preset of the configuration's own."""
        return [self.preset(wildcards)] if wildcards.post in self.config.crf else []

    def own_protocol(self, wildcards: Any) -> list[str]:
        """Return the file of a protocol of the configuration's own."""
        return [self.protocol(wildcards)] if wildcards.protocol in self.config.protocols else []

    def protocol(self, wildcards: Any) -> str:
        """Return a built-in protocol's name, or the file of one of the configuration's own."""
        name = wildcards.protocol
        return self.paths.configuration(f"protocols/{name}") if name in self.config.protocols else name

    def scores(self, _wildcards: Any = None) -> list[str]:
        """Return all scores that the configuration asks for."""
        return [target.path(self.paths) for target in self.targets.scores]
