"""Training: a run's recipe and its data."""

import re
import shlex
from typing import Any

from vsodprep.cards import cards
from vsodprep.config.models import definition
from vsodprep.config.train import Resources
from vsodprep.errors import InputError
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
        starts = self.targets.runs[wildcards.model, wildcards.run].starts
        return unique(self.targets.filled(start, int(wildcards.seed)) for start in starts if start is not None)

    def shards(self, wildcards: Any) -> list[str]:
        """Return the shards that a run trains on."""
        stages = self.targets.runs[wildcards.model, wildcards.run].stages
        return unique(self.paths.shard(data.benchmark) for stage in stages for data in stage.data)

    def shard_arguments(self, wildcards: Any) -> str:
        """Return the shards that a run trains on, as options of `vsodprep train`."""
        return shlex.join(word for shard in self.shards(wildcards) for word in ("--shard", shard))

    def gpus(self) -> int:
        """Return how many cards of this machine jobs may use at once."""
        if self.config.gpus != "auto":
            return self.config.gpus
        return max(1, len(cards())) if self.config.device == "cuda" else 1

    def check_here(self) -> None:
        """Check that this machine can train every run by itself.

        Raises:
            InputError: A run wants several machines, or more cards than jobs may use here.
        """
        for (model, name), run in self.targets.runs.items():
            where, resources = f"runs.{model}.{name}.resources", run.resources
            if resources.nodes > 1:
                raise InputError(
                    f"{where}.nodes",
                    f"{resources.nodes}, but this run has one machine",
                    "1, or the profile profiles/slurm",
                )
            if self.config.device == "cuda" and resources.devices > self.gpus():
                found = f"{resources.devices}, but all jobs together may use {self.gpus()} cards"
                raise InputError(
                    f"{where}.devices", found, "at most as many devices, or a larger number in the key gpus"
                )

    def _resources(self, wildcards: Any) -> Resources:
        return self.targets.runs[wildcards.model, wildcards.run].resources

    def devices(self, wildcards: Any) -> int:
        """Return the number of devices where a run's weights depend on it, and 1 where they do not."""
        run = self.targets.runs[wildcards.model, wildcards.run]
        options = definition(run.network(wildcards.model)).choose(run.variant, run.options)
        return run.resources.ranks if options.batch_norm and not run.sync_batchnorm else 1

    def threads(self, wildcards: Any) -> int:
        """Return the cores of a job on each of its machines."""
        return self.config.torch_threads * self._resources(wildcards).devices

    def mem_mb(self, wildcards: Any) -> int:
        """Return the memory of a job on each of its machines."""
        return 8000 * self._resources(wildcards).devices

    def gpu(self, wildcards: Any) -> int | None:
        """Return the cards that a job takes; of several machines a cluster counts them by machine."""
        resources = self._resources(wildcards)
        return None if resources.nodes > 1 else resources.devices * (self.config.device == "cuda")

    def gres(self, wildcards: Any) -> str | None:
        """Return the cards that a job takes of each of several machines, as Slurm names them."""
        resources = self._resources(wildcards)
        return f"gpu:{resources.devices}" if resources.nodes > 1 and self.config.device == "cuda" else None

    def nodes(self, wildcards: Any) -> int | None:
        """Return the machines of a job that could be spread over more."""
        resources = self._resources(wildcards)
        return resources.nodes if resources.ranks > 1 else None

    def tasks(self, wildcards: Any) -> int | None:
        """Return the commands that Slurm starts, one on each of several machines."""
        nodes = self._resources(wildcards).nodes
        return nodes if nodes > 1 else None

    def mpi(self, wildcards: Any) -> str | None:
        """Return how they are started, for which Snakemake must not start the one by `srun` itself."""
        return "srun" if self._resources(wildcards).nodes > 1 else None

    def launch(self, wildcards: Any) -> str:
        """Return what stands before the command to start it on each of several machines, and end it with the first."""
        resources = self._resources(wildcards)
        if resources.nodes == 1:
            return ""
        words = ["srun", f"--nodes={resources.nodes}", "--ntasks-per-node=1", "--kill-on-bad-exit=1"]
        words.append(f"--cpus-per-task={self.threads(wildcards)}")
        words += [f"--gres={gres}"] if (gres := self.gres(wildcards)) else []
        return f"VSODPREP_LAUNCH={shlex.quote(shlex.join(words))} "

    def settings(self, wildcards: Any) -> str:
        """Return the options that change no result."""
        resources = self._resources(wildcards)
        words = [f"--devices={resources.devices}", f"--nodes={resources.nodes}"]
        words += [] if resources.workers is None else [f"--workers={resources.workers}"]
        return shlex.join([*words, *(f"--logger={name}" for name in resources.logger)])
