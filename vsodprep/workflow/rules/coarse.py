"""Saliency maps and the coarse labels that are made of them."""

import shlex
from functools import cache
from pathlib import Path
from typing import Any

from vsodprep.config.coarse import Coarse
from vsodprep.config.methods import saliency_method, saliency_module
from vsodprep.config.options import arguments_of
from vsodprep.config.saliency import Saliency
from vsodprep.errors import InputError
from vsodprep.external import external_digests
from vsodprep.files import sha256
from vsodprep.targets.targets import OWN_SPLIT, unique
from vsodprep.workflow.fingerprint import fingerprint
from vsodprep.workflow.rule_inputs import RuleInputs, one_of, state_of


class CoarseInputs(RuleInputs):
    """Answers for `saliency.smk` and `coarse.smk`."""

    def method(self, wildcards: Any) -> str:
        """Return a saliency block's method."""
        return self.config.saliency[wildcards.saliency].method or ""

    def code(self, wildcards: Any) -> str:
        """Return the fingerprint of one method's maps: another method's file does not touch it."""
        method = self.method(wildcards)
        own = [f"vsodprep.models.{method}"] if self.saliency_checkpoint(wildcards) else []
        return fingerprint("vsodprep.cli.saliency", f"vsodprep.saliency.{saliency_module(method)}", *own)

    def saliency_checkpoint(self, wildcards: Any) -> list[str]:
        """Return the checkpoint of a block's network, which a run makes or the user has; none of another method."""
        found = self.targets.saliency_checkpoint(wildcards.saliency)
        return [] if found is None else [found]

    def saliency_blocks(self, *, stay: bool) -> str:
        """Return a regular expression that matches the blocks whose maps stay, or those whose maps do not."""
        passing, made = self.targets.passing_saliency, (n for n, b in self.config.saliency.items() if b.folder is None)
        return one_of(name for name in made if (name not in passing) == stay)

    def saliency_options(self, wildcards: Any) -> str:
        """Return options of `vsodprep saliency`."""
        (checkpoint,) = self.saliency_checkpoint(wildcards) or (None,)
        block = self._saliency(wildcards).model_copy(update={"checkpoint": checkpoint})
        words = shlex.join([*arguments_of(block), *self.prepared(wildcards)])
        return f"{words} {self.torch_options()}" if self._is_network(wildcards) else words

    def saliency_weights(self, wildcards: Any) -> str:
        """Return the SHA-256 of each file that a block's ONNX network is in, empty where there is none yet."""
        block = self._saliency(wildcards)
        return _hash_of(block.file) if block.method == "onnx" else ""

    def saliency_gpu(self, wildcards: Any) -> int:
        """Return the GPUs that a job of saliency maps takes."""
        return int(self.config.device == "cuda" and self._is_network(wildcards))

    def saliency_threads(self, wildcards: Any) -> int:
        """Return the threads of a job of saliency maps."""
        return self.config.torch_threads if self._is_network(wildcards) else 1

    def saliency_memory(self, wildcards: Any) -> int:
        """Return the megabytes that a job of saliency maps takes."""
        return 8000 if self._is_network(wildcards) else 2000

    def maps(self, wildcards: Any) -> list[str]:
        """Return the markers of the maps that a sequence's labels are fused from; maps made elsewhere have none."""
        return self._markers(wildcards.coarse, wildcards.benchmark, wildcards.seq)

    def arguments(self, wildcards: Any) -> str:
        """Return the folders of those maps as arguments of `vsodprep coarse label`."""
        words: list[str] = []
        for name in self._block(wildcards).maps:
            given = self.config.saliency[name].folder
            made = self.targets.saliency_maps(name, wildcards.benchmark, wildcards.seq)
            words += ["--maps", made if given is None else str(Path(given) / wildcards.benchmark / wildcards.seq)]
            words += [] if given is None else ["--whole", given]
        return shlex.join(words + self._codings(wildcards))

    def given(self, wildcards: Any) -> list[str]:
        """Return the states of the folders of maps made elsewhere; whole, as all maps tell how they are coded."""
        folders = [self.config.saliency[name].folder for name in self._block(wildcards).maps]
        return [state_of(folder) for folder in folders if folder is not None]

    def weights(self, wildcards: Any) -> list[str]:
        """Return the fitted weights, if the block's weights are fitted."""
        return [self.paths.weights(wildcards.coarse)] if self._block(wildcards).fit else []

    def own_crf(self, wildcards: Any) -> list[str]:
        """Return the file of the CRF's settings, if they are the configuration's own."""
        name = self._block(wildcards).crf
        return [self.crf_preset(name)] if name in self.config.crf else []

    def gpu(self, wildcards: Any) -> int:
        """Return the GPUs that a job takes: only a CRF may be computed on one."""
        return int("cuda" in self._device(wildcards))

    def edits(self, wildcards: Any) -> list[str]:
        """Return the file of recorded edits, if the block names one."""
        edits = self._block(wildcards).edits
        return [] if edits is None else [edits]

    def support(self, wildcards: Any) -> list[str]:
        """Return the prior or flow that the step `substitute` reads, if the block's order has that step."""
        block, paths = self._block(wildcards), self.paths
        priors = [paths.prior(prior, wildcards.benchmark, wildcards.seq) for prior in block.priors]
        return priors + [paths.flow(flow, wildcards.benchmark, wildcards.seq) for flow in block.flows]

    def options(self, wildcards: Any) -> str:
        """Return options of `vsodprep coarse label`."""
        block = self._block(wildcards)
        numbers = "uniform" if block.weights == "uniform" else ",".join(f"{weight}" for weight in block.weights)
        words = ["--weights", *(self.weights(wildcards) or [numbers])]
        words += ["--crf", self.crf_preset(block.crf), *self._device(wildcards), *arguments_of(block)]
        return shlex.join(words + self._substitute(wildcards))

    def records(self, wildcards: Any) -> list[str]:
        """Return the records of all of a benchmark's labels."""
        videos = self.targets.labelled(wildcards.coarse, wildcards.benchmark)
        return [self.paths.coarse(wildcards.coarse, wildcards.benchmark, seq) for seq in videos]

    def fit_manifests(self, wildcards: Any) -> list[str]:
        """Return the manifests of the benchmarks on which weights are fitted."""
        fit = self._block(wildcards).fit
        return unique(self.paths.manifest(where.benchmark) for where in fit)

    def fit_maps(self, wildcards: Any) -> list[str]:
        """Return the markers of the maps on which weights are fitted."""
        return [
            marker
            for where in self._block(wildcards).fit
            for seq in self.catalogue.videos(where.benchmark, where.split)
            for marker in self._markers(wildcards.coarse, where.benchmark, seq)
        ]

    def fit_arguments(self, wildcards: Any) -> str:
        """Return maps and masks as arguments of `vsodprep fuse-fit`."""
        words: list[str] = []
        for name in self._block(wildcards).maps:
            words.append(self.config.saliency[name].folder or self.paths.all_saliency(name))
        words += self._codings(wildcards)
        for where in self._block(wildcards).fit:
            words += ["--gt", self.paths.manifest(where.benchmark), "--split", where.split]
        return shlex.join(words)

    def check(self) -> None:
        """Check that labels are asked of videos, and that each whose components need support can have it.

        Raises:
            InputError: Labels are asked of still images, a benchmark has no `train` split for a prior of its own, or a
                sequence no mask to carry.
        """
        for name in self.config.pack.coarse:
            for of in self.config.coarse[name].splits or ():
                if not self.catalogue.videos(of.benchmark, of.split):
                    found = f"{of.benchmark} {of.split}, which are still images"
                    raise InputError(
                        f"coarse.{name}.splits", found, "splits of videos, as labels are made of videos only"
                    )
            for benchmark in self.targets.benchmarks:
                labelled = self.targets.labelled(name, benchmark)
                if labelled:
                    self._check_support(name, benchmark, labelled)

    def _check_support(self, coarse: str, benchmark: str, labelled: list[str]) -> None:
        block, where = self.config.coarse[coarse], f"coarse.{coarse}.substitute"
        for prior in block.priors:
            own = self.config.prior[prior].fit == "own"
            if own and not self.catalogue.has_split(benchmark, OWN_SPLIT):
                found = f"{prior}, which is fitted on the split train, and {benchmark} has no such split"
                raise InputError(
                    f"{where}.prior",
                    found,
                    "a prior whose `fit` names a split of another benchmark, or splits of other benchmarks here",
                )
        if block.flows:
            for sequence in self.catalogue.sequences(benchmark):
                if sequence.name in labelled and sequence.annotated == 0:
                    found = f"truth, but {benchmark}/{sequence.name} has no masks"
                    raise InputError(f"{where}.support", found, "support: prior, or splits whose videos have masks")

    def _codings(self, wildcards: Any) -> list[str]:
        """Return how the maps are coded as options, where a block says it."""
        codings = [self.config.saliency[name].coding for name in self._block(wildcards).maps]
        return [word for coding in codings for word in ("--coding", coding)] if {*codings} != {"auto"} else []

    def _saliency(self, wildcards: Any) -> Saliency:
        return self.config.saliency[wildcards.saliency]

    def _is_network(self, wildcards: Any) -> bool:
        return saliency_method(self.method(wildcards)).network

    def _block(self, wildcards: Any) -> Coarse:
        return self.config.coarse[wildcards.coarse]

    def _device(self, wildcards: Any) -> list[str]:
        block = self._block(wildcards)
        return self.crf_device(block.crf) if "crf" in block.order else []

    def _substitute(self, wildcards: Any) -> list[str]:
        block = self._block(wildcards)
        support = self.support(wildcards)
        if block.flows:
            masks = self.paths.masks(wildcards.benchmark, wildcards.seq)
            return ["--substitute-flow", *support, "--substitute-masks", masks]
        return ["--substitute-prior", *support] if block.priors else []

    def _markers(self, coarse: str, benchmark: str, seq: str) -> list[str]:
        maps = self.config.coarse[coarse].maps
        made = [name for name in maps if self.config.saliency[name].folder is None]
        return [self.targets.saliency_maps(name, benchmark, seq) for name in made]


@cache
def _hash_of(path: Path) -> str:
    return " ".join([sha256(path), *external_digests(path).values()]) if path.is_file() else ""
