"""Motion prior: a classifier for each benchmark, or one for all."""

import shlex
from typing import Any

from vsodprep.config import SplitOf
from vsodprep.config.options import arguments_of
from vsodprep.config.prior import Prior
from vsodprep.targets import unique
from vsodprep.workflow.rule_inputs import RuleInputs


class PriorInputs(RuleInputs):
    """Answers for `prior.smk`."""

    def options(self, wildcards: Any) -> str:
        """Return options of `vsodprep prior fit`."""
        block = self.config.prior[wildcards.prior]
        return shlex.join(arguments_of(block) + self._device(block))

    def apply_options(self, wildcards: Any) -> str:
        """Return options of `vsodprep prior apply`: all else is recorded in the classifier."""
        block = self.config.prior[wildcards.prior]
        return shlex.join(arguments_of(block, {"weights"}) + self._device(block))

    def gpu(self, wildcards: Any) -> int:
        """Return the GPUs that a job takes: only a network's features are computed on one."""
        return int("cuda" in self._device(self.config.prior[wildcards.prior]))

    def own_flow(self, wildcards: Any) -> list[str]:
        """Return the flow of a benchmark's own `train` split."""
        return self.flow_of(self.config.prior[wildcards.prior].flow, wildcards.benchmark, "train")

    def own_arguments(self, wildcards: Any) -> str:
        """Return a benchmark's own `train` split as an argument of `vsodprep prior fit`."""
        return self._argument(wildcards.prior, SplitOf(benchmark=wildcards.benchmark, split="train"))

    def fit_manifests(self, wildcards: Any) -> list[str]:
        """Return the manifests of the benchmarks that a joint classifier learns from."""
        return unique(self.paths.manifest(where.benchmark) for where in self._fit(wildcards.prior))

    def fit_flow(self, wildcards: Any) -> list[str]:
        """Return the flow that a joint classifier learns from."""
        flow = self.config.prior[wildcards.prior].flow
        fit = self._fit(wildcards.prior)
        return [path for where in fit for path in self.flow_of(flow, where.benchmark, where.split)]

    def fit_arguments(self, wildcards: Any) -> str:
        """Return the splits that a joint classifier learns from, as arguments of `vsodprep prior fit`."""
        return " ".join(self._argument(wildcards.prior, where) for where in self._fit(wildcards.prior))

    def flow(self, wildcards: Any) -> str:
        """Return the flow that a sequence's prior is made from."""
        flow = self.config.prior[wildcards.prior].flow
        return self.paths.flow(flow, wildcards.benchmark, wildcards.seq)

    def classifier(self, wildcards: Any) -> str:
        """Return the classifier that a sequence's prior is made with."""
        if self.config.prior[wildcards.prior].fit == "own":
            return self.paths.own_classifier(wildcards.prior, wildcards.benchmark)
        return self.paths.classifier(wildcards.prior)

    def _device(self, block: Prior) -> list[str]:
        return [] if block.features == "contrast" else ["--device", self.config.device]

    def _fit(self, prior: str) -> tuple[SplitOf, ...]:
        fit = self.config.prior[prior].fit
        return () if fit == "own" else fit

    def _argument(self, prior: str, where: SplitOf) -> str:
        flow = self.paths.flow_folder(self.config.prior[prior].flow, where.benchmark)
        return shlex.join(["--train", self.paths.manifest(where.benchmark), flow, where.split])
