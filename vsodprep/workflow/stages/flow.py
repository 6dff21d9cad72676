"""Optical flow."""

import shlex
from typing import Any

from vsodprep.cli._options import arguments_of
from vsodprep.workflow.site import Stage


class Flow(Stage):
    """Answers for `flow.smk`."""

    def method(self, wildcards: Any) -> str:
        """Return a block's method."""
        return shlex.quote(self.site.config.flow[wildcards.flow].method)

    def options(self, wildcards: Any) -> str:
        """Return options of `vsodprep flow`."""
        block = self.site.config.flow[wildcards.flow]
        # DIS knows no torch, and gives the same flow on any number of threads: the rule has one.
        torch = "" if block.method == "dis" else f" {self.site.torch_options()}"
        return shlex.join(arguments_of(block)) + torch

    def gpu(self, wildcards: Any) -> int:
        """Return the GPUs that a job takes: DIS runs on the CPU."""
        on_gpu = self.site.config.device == "cuda" and self.site.config.flow[wildcards.flow].method != "dis"
        return int(on_gpu)
