"""Optical flow."""

import shlex
from typing import Any

from vsodprep.config.methods import flow_method, name_of
from vsodprep.config.options import arguments_of
from vsodprep.workflow.fingerprint import fingerprint
from vsodprep.workflow.rule_inputs import RuleInputs, state_of


class FlowInputs(RuleInputs):
    """Answers for `flow.smk`."""

    def method(self, wildcards: Any) -> str:
        """Return a block's method."""
        return self.config.flow[wildcards.flow].method

    def code(self, wildcards: Any) -> str:
        """Return the fingerprint of estimating flow by one method: another method's file does not touch it."""
        method = self.method(wildcards)
        code = fingerprint("vsodprep.cli.flow", f"vsodprep.flow.{name_of(method)}")
        return f"{code} {flow_method(method).dialect}"  # which stands where fingerprints do not look

    def options(self, wildcards: Any) -> str:
        """Return options of `vsodprep flow`."""
        # DIS gives the same flow on any number of threads: the rule has one.
        torch = f" {self.torch_options()}" if flow_method(self.method(wildcards)).network else ""
        block, given = self.config.flow[wildcards.flow], self._pictures(wildcards)
        words = [*arguments_of(block.model_copy(update={"folder": given})), *self.prepared(wildcards)]
        return shlex.join(words) + torch

    def given(self, wildcards: Any) -> str:
        """Return the state of the pictures that a block reads, if it does."""
        folder = self._pictures(wildcards)
        return "" if folder is None else state_of(folder)

    def _pictures(self, wildcards: Any) -> str | None:
        """Return the folder or archive of a block's pictures: its own, or the benchmark's source."""
        block, source = self.config.flow[wildcards.flow], self.config.source(wildcards.benchmark)
        if block.folder is None and source is not None and not flow_method(block.method).vectors:
            return source.path[0]
        return block.folder

    def threads(self, wildcards: Any) -> int:
        """Return the processes that compress: one does not keep up with a GPU."""
        return 1 + 2 * self.gpu(wildcards)

    def gpu(self, wildcards: Any) -> int:
        """Return the GPUs that a job takes."""
        return int(self.config.device == "cuda" and flow_method(self.method(wildcards)).network)
