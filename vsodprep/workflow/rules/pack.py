"""Shards: what a benchmark's shard holds."""

import shlex
from typing import Any

from vsodprep.config.frames import Prepared
from vsodprep.config.options import arguments_of
from vsodprep.workflow.rule_inputs import RuleInputs


class PackInputs(RuleInputs):
    """Answers for `pack.smk`."""

    def flow(self, wildcards: Any) -> list[str]:
        """Return the flow of a shard."""
        name = wildcards.benchmark
        videos = self.targets.packed_videos(name)
        return [self.paths.flow(flow, name, seq) for flow in self.config.pack.flow for seq in videos]

    def prior(self, wildcards: Any) -> list[str]:
        """Return the motion priors of a shard."""
        name = wildcards.benchmark
        videos = self.targets.packed_videos(name)
        return [self.paths.prior(prior, name, seq) for prior in self.targets.packed_priors(name) for seq in videos]

    def coarse(self, wildcards: Any) -> list[str]:
        """Return the provenance of the coarse labels of a shard."""
        name = wildcards.benchmark
        return [self.paths.provenance(coarse, name) for coarse in self.targets.packed_coarse(name)]

    def arguments(self, wildcards: Any) -> str:
        """Return the contents of a shard as options of `vsodprep pack`."""
        name, pack, paths = wildcards.benchmark, self.config.pack, self.paths
        words: list[str] = []
        packed = self.targets.packed(name)
        if self.targets.packed_videos(name):
            for flow in pack.flow:
                words += ["--flow", flow, paths.flow_folder(flow, name)]
            for prior in self.targets.packed_priors(name):
                words += ["--prior", prior, paths.prior_folder(prior, name)]
            for coarse in self.targets.packed_coarse(name):
                words += ["--coarse", coarse, paths.provenance(coarse, name)]
        else:  # nor has it pictures of flow
            pack = pack.model_copy(update={"pictures": ()})
        # what else the archives hold is read by no run, or has no flow yet: the next run makes it
        if not self.catalogue.whole(name) or len(packed) < len(self.catalogue.sequences(name)):
            words += [word for one in packed for word in ("--sequence", one)]
        block, whole = self.targets.prepared(name)
        if block != Prepared():
            words += [*arguments_of(block), *(word for one in whole if one in packed for word in ("--whole", one))]
        return shlex.join(words + arguments_of(pack))
