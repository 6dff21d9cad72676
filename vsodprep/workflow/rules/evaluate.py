"""Prediction, refinement and scores."""

import shlex
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from vsodprep.benchmarks.published import get_published
from vsodprep.config.compared import METHODS, ComparedMethod
from vsodprep.config.crf import RAW
from vsodprep.errors import InputError
from vsodprep.workflow.fingerprint import fingerprint
from vsodprep.workflow.rule_inputs import RuleInputs, one_of


class EvaluateInputs(RuleInputs):
    """Answers for `predict.smk` and `evaluate.smk`."""

    def code(self, wildcards: Any) -> str:
        """Return the fingerprint of predicting with one network: another network's file does not touch it."""
        return fingerprint("vsodprep.models.inference", self.network_module(wildcards))

    def gpu(self, _wildcards: Any) -> int:
        """Return the cards that predicting takes."""
        return int(self.config.device == "cuda")

    def split(self, wildcards: Any) -> str:
        """Return the split of a benchmark on which runs are tested."""
        return self.targets.tested[wildcards.benchmark]

    def preset(self, wildcards: Any) -> str:
        """Return the CRF preset that a `post` names."""
        return self.crf_preset(wildcards.post)

    def crf_options(self, wildcards: Any) -> str:
        """Return where a CRF is computed, as options of `vsodprep crf`."""
        return shlex.join(self.crf_device(wildcards.post))

    def crf_gpu(self, wildcards: Any) -> int:
        """Return the GPUs that a CRF takes."""
        return int("cuda" in self.crf_device(wildcards.post))

    def own_preset(self, wildcards: Any) -> list[str]:
        """Return the file of a CRF preset of the configuration's own."""
        return [self.preset(wildcards)] if wildcards.post in self.config.crf else []

    def own_protocol(self, wildcards: Any) -> list[str]:
        """Return the file of a protocol of the configuration's own."""
        return self._own([wildcards.protocol])

    def protocol(self, wildcards: Any) -> str:
        """Return a built-in protocol's name, or the file of one of the configuration's own."""
        return self._protocol(wildcards.protocol)

    @cached_property
    def shared(self) -> dict[tuple[str, ...], str]:
        """By the protocols by which methods are scored, a pattern of the benchmarks on which they are."""
        found: dict[tuple[str, ...], list[str]] = {}
        for benchmark, protocols in self.targets.protocols.items() if self.config.methods else ():
            found.setdefault(tuple(protocols), []).append(benchmark)
        return {protocols: one_of(benchmarks) for protocols, benchmarks in found.items()}

    def scores_of_maps(self, protocols: tuple[str, ...]) -> list[str]:
        """Return the patterns of a method's scores by several protocols."""
        return [self.paths.scores(METHODS, "{method}", 0, RAW, protocol=protocol) for protocol in protocols]

    def own_protocols(self, wildcards: Any) -> list[str]:
        """Return the files of the configuration's own protocols by which a method is scored."""
        return self._own(self.targets.protocols[wildcards.benchmark])

    def maps(self, wildcards: Any) -> str:
        """Return the folder or archive of a method's maps."""
        return self.targets.maps(wildcards.method, wildcards.benchmark) or ""

    def made_maps(self, wildcards: Any) -> list[str]:
        """Return what a method's maps wait for."""
        return self.before_maps(wildcards.method, wildcards.benchmark)

    def published(self, wildcards: Any) -> str:
        """Return what asks for one file of published maps, as options of `vsodprep download`.

        They are the same whatever the configuration scores of the file: one method more does not fetch it again.
        """
        entry = get_published(wildcards.published)
        pairs = ((method, benchmark) for method in entry.methods or ("",) for benchmark in entry.benchmarks)
        for method, benchmark in pairs:
            found = entry.find(method, benchmark)
            if found is not None and found.place == wildcards.file:
                return shlex.join([*(("--method", method) if method else ()), "--benchmark", benchmark])
        raise InputError(f"published maps {entry.name}", f"no file for {wildcards.file}", "a file that it lists")

    def given(self, wildcards: Any) -> str:
        """Return the state of maps that are from elsewhere."""
        return self.state_of_maps(wildcards.method, wildcards.benchmark)

    def options(self, wildcards: Any) -> str:
        """Return how a method's maps are read and by what they are scored, as options of `vsodprep evaluate`."""
        name, method = wildcards.method, self._method(wildcards)
        coding = self.config.saliency[method.saliency].coding if method.saliency else method.coding
        words = ["--method", name, "--coding", coding, "--naming", method.naming, "--void", method.void]
        for protocol in self.targets.protocols[wildcards.benchmark]:
            scores = self.paths.scores(METHODS, name, 0, RAW, wildcards.benchmark, protocol)
            words += ["--protocol", self._protocol(protocol), "--json", scores]
        return shlex.join(words)

    def scores(self, _wildcards: Any = None) -> list[str]:
        """Return all scores that the configuration asks for."""
        return [target.path(self.paths) for target in self.targets.scores]

    def _own(self, protocols: Iterable[str]) -> list[str]:
        return [self._protocol(name) for name in protocols if name in self.config.protocols]

    def _protocol(self, name: str) -> str:
        return self.paths.configuration(f"protocols/{name}") if name in self.config.protocols else name

    def _method(self, wildcards: Any) -> ComparedMethod:
        return self.config.methods[wildcards.method]
