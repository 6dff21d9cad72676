"""Motion prior: a classifier for each benchmark, or one for all."""

import shlex
from typing import Any

from vsodprep.config.base import SplitOf
from vsodprep.config.options import arguments_of
from vsodprep.config.prior import Prior
from vsodprep.targets.targets import OWN_SPLIT, unique
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

    def fit_manifests(self, wildcards: Any) -> list[str]:
        """Return the manifests of the benchmarks that a classifier learns from."""
        return unique(self.paths.manifest(where.benchmark) for where in self._fit(wildcards))

    def fit_flow(self, wildcards: Any) -> list[str]:
        """Return the flow that a classifier learns from."""
        flow = self.config.prior[wildcards.prior].flow
        return [path for where in self._fit(wildcards) for path in self.flow_of(flow, where.benchmark, where.split)]

    def fit_arguments(self, wildcards: Any) -> str:
        """Return the splits that a classifier learns from, as arguments of `vsodprep prior fit`."""
        flow, words = self.config.prior[wildcards.prior].flow, list[str]()
        for where in self._fit(wildcards):
            folder = self.paths.flow_folder(flow, where.benchmark)
            words += ["--train", self.paths.manifest(where.benchmark), folder, where.split]
        return shlex.join(words)

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

    def _fit(self, wildcards: Any) -> tuple[SplitOf, ...]:
        """Return what a classifier learns from: splits that its block lists, or the benchmark's own."""
        fit = self.config.prior[wildcards.prior].fit
        if fit != "own":
            return fit
        return (SplitOf(benchmark=wildcards.benchmark, split=OWN_SPLIT),) if hasattr(wildcards, "benchmark") else ()
