"""Optical flow."""

import shlex
from typing import Any

from vsodprep.config.flow import known_of, name_of
from vsodprep.config.options import arguments_of
from vsodprep.workflow.fingerprint import fingerprint
from vsodprep.workflow.rule_inputs import RuleInputs


class FlowInputs(RuleInputs):
    """Answers for `flow.smk`."""

    def method(self, wildcards: Any) -> str:
        """Return a block's method."""
        return self.config.flow[wildcards.flow].method

    def code(self, wildcards: Any) -> str:
        """Return the fingerprint of estimating flow by one method: another method's file does not touch it."""
        return fingerprint("vsodprep.cli.flow", f"vsodprep.flow.{name_of(self.method(wildcards))}")

    def options(self, wildcards: Any) -> str:
        """Return options of `vsodprep flow`."""
        # DIS gives the same flow on any number of threads: the rule has one.
        torch = f" {self.torch_options()}" if known_of(self.method(wildcards)).network else ""
        return shlex.join(arguments_of(self.config.flow[wildcards.flow])) + torch

    def gpu(self, wildcards: Any) -> int:
        """Return the GPUs that a job takes."""
        return int(self.config.device == "cuda" and known_of(self.method(wildcards)).network)
