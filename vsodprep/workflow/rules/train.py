"""Training: a run's recipe and its data."""

import re
import shlex
from typing import Any

from vsodprep.cards import cards
from vsodprep.targets.targets import unique
from vsodprep.workflow.fingerprint import fingerprint
from vsodprep.workflow.rule_inputs import RuleInputs


class TrainInputs(RuleInputs):
    """Answers for `train.smk`."""

    def code(self, wildcards: Any) -> str:
        """Return the fingerprint of training one network: another network's file does not touch it."""
        return fingerprint("vsodprep.models.training", self.network_module(wildcards))

    def weights(self, wildcards: Any) -> list[str]:
        """Return the file of the authors' weights that a run has."""
        given = self.targets.runs[wildcards.model, wildcards.run].weights
        return [] if given is None else [given]

    def weights_code(self, wildcards: Any) -> str:
        """Return the fingerprint of reading the authors' weights of one network."""
        return fingerprint("vsodprep.models.checkpoints", self.network_module(wildcards))

    def runs(self, *, trained: bool) -> str:
        """Return a regular expression that matches the names of runs behind their models: trained, or with weights."""
        runs = self.targets.runs.items()
        found = [f"(?<=/{re.escape(of)}/){re.escape(name)}" for (of, name), run in runs if bool(run.stages) == trained]
        return "|".join(found) or "(?!)"

    def starts(self, wildcards: Any) -> list[str]:
        """Return the checkpoints that a run's stages start from, made by other runs or by the user."""
        stages = self.targets.runs[wildcards.model, wildcards.run].stages
        given = [self.targets.filled(stage.init, int(wildcards.seed)) for stage in stages if stage.init is not None]
        return unique(given)

    def shards(self, wildcards: Any) -> list[str]:
        """Return the shards that a run trains on."""
        stages = self.targets.runs[wildcards.model, wildcards.run].stages
        return unique(self.paths.shard(data.benchmark) for stage in stages for data in stage.data)

    def shard_arguments(self, wildcards: Any) -> str:
        """Return the shards that a run trains on, as options of `vsodprep train`."""
        return shlex.join(word for shard in self.shards(wildcards) for word in ("--shard", shard))

    def gpus(self) -> int:
        """Return how many jobs may use a card of this machine at once."""
        if self.config.gpus != "auto":
            return self.config.gpus
        return max(1, len(cards())) if self.config.device == "cuda" else 1

    def gpu(self, _wildcards: Any) -> int:
        """Return the GPUs that a job takes."""
        return int(self.config.device == "cuda")
