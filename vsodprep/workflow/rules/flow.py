"""Optical flow."""

import shlex
from typing import Any

from vsodprep.config.options import arguments_of
from vsodprep.workflow.rule_inputs import RuleInputs


class FlowInputs(RuleInputs):
    """Answers for `flow.smk`."""

    def method(self, wildcards: Any) -> str:
        """Return a block's method."""
        return shlex.quote(self.config.flow[wildcards.flow].method)

    def options(self, wildcards: Any) -> str:
        """Return options of `vsodprep flow`."""
        block = self.config.flow[wildcards.flow]
        # DIS knows no torch, and gives the same flow on any number of threads: the rule has one.
        torch = "" if block.method == "dis" else f" {self.torch_options()}"
        return shlex.join(arguments_of(block)) + torch

    def gpu(self, wildcards: Any) -> int:
        """Return the GPUs that a job takes: DIS runs on the CPU."""
        on_gpu = self.config.device == "cuda" and self.config.flow[wildcards.flow].method != "dis"
        return int(on_gpu)
