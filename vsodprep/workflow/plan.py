"""What a configuration makes, and from what: the answers to the rules' input functions and parameters.

A method that a rule uses takes Snakemake's wildcards and reads their attributes. None needs a file to exist but the
configuration, and a partial delivery or a user's own folder, whose sequences nobody else knows.
"""

import shlex
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, get_args

from vsodprep import benchmarks
from vsodprep.config import Config, Crf, Model, Run, SplitOf, Test, complete, read
from vsodprep.errors import InputError, VsodprepError
from vsodprep.workflow.catalogue import Catalogue
from vsodprep.workflow.fingerprint import fingerprint
from vsodprep.workflow.options import option, options
from vsodprep.workflow.paths import Paths

TRIVIAL = ("centre-prior", "flow-magnitude")
RAW = "raw"
_MARKER = "manifest.json"


def read_plan(workflow: str, over: Mapping[str, Any]) -> "Plan":
    """Read the configuration and plan what it makes; end the program with one line if it does not fit.

    Args:
        workflow: Folder of the Snakefile; the defaults lie in `../config/config.yaml`.
        over: The user's configuration, laid over the defaults.
    """
    try:
        config = complete(over, read(Path(workflow).parent / "config" / "config.yaml"))
        plan = Plan(config, Catalogue(config))
        plan.check()
    except VsodprepError as error:
        # A traceback into the Snakefile would bury the line that helps.
        sys.exit(f"vsodprep: {error}")
    return plan


def unique(items: Iterable[str]) -> list[str]:
    """Return the items without repetition, in order of first appearance."""
    return list(dict.fromkeys(items))


@dataclass(frozen=True)
class Plan:
    """Everything that one configuration makes.

    Attributes:
        config: The configuration.
        catalogue: The sequences and splits of its benchmarks.
    """

    config: Config
    catalogue: Catalogue

    @cached_property
    def paths(self) -> Paths:
        """Where everything lies."""
        return Paths(self.config.results)

    @property
    def gpu(self) -> int:
        """GPUs that a job with a network takes."""
        return int(self.config.device == "cuda")

    @cached_property
    def known(self) -> tuple[str, ...]:
        """Names of all benchmarks, the user's own included."""
        return (*benchmarks.known(), *self.config.folders)

    @cached_property
    def wildcard_constraints(self) -> dict[str, str]:
        """Regular expressions that keep one rule's paths apart from another's."""
        block = "[^/]+"
        return {
            "benchmark": "|".join(self.known),
            "seq": block,
            "flow": block,
            "prior": block,
            "saliency": block,
            "coarse": block,
            "model": "|".join((*get_args(Model), "trivial")),
            "run": block,
            "seed": r"\d+",
            "post": block,
            "protocol": "[^/.]+",
            "trivial": "|".join(TRIVIAL),
        }

    def check(self) -> None:
        """Check what only the registry knows.

        Raises:
            InputError: A benchmark, split or local source does not exist.
        """
        for name in (*self._benchmarks(), *self.config.sources, *self.config.splits, *self.config.sequences):
            if name not in self.known:
                raise InputError(f"benchmark {name!r}", "no such benchmark", f"one of {', '.join(self.known)}")
        for name in self.config.sources:
            source = self.config.source(name)
            for path in source.paths if source else ():
                if not Path(path).exists():
                    raise InputError(path, "no such file or folder", f"the source of {name} that the configuration names")
        for where in self._splits_used():
            self.catalogue.split(where.benchmark, where.split)

    def _splits_used(self) -> list[SplitOf]:
        used: list[SplitOf] = []
        for run in self._runs().values():
            used += [data for stage in run.stages for data in stage.data]
            used += [SplitOf(benchmark=test.benchmark, split=test.split) for test in run.test]
        for prior in self.config.prior.values():
            used += [] if prior.fit == "own" else prior.fit
        return used

    def _runs(self) -> dict[tuple[str, str], Run]:
        return {(model, name): run for model, runs in self.config.runs.items() for name, run in runs.items()}

    def _run(self, wildcards: Any) -> Run:
        return self.config.runs[wildcards.model][wildcards.run]

    # Fingerprints

    def fingerprint(self, *modules: str) -> str:
        """Return the fingerprint of a stage's code."""
        return fingerprint(*modules)

    def fingerprint_normalize(self, wildcards: Any) -> str:
        """Return the fingerprint of normalising one benchmark: another benchmark's module does not touch it."""
        return fingerprint("vsodprep.normalize", *benchmarks.modules(wildcards.benchmark))

    def fingerprint_train(self, wildcards: Any) -> str:
        """Return the fingerprint of training one network: another network's file does not touch it."""
        return fingerprint("vsodprep.models.training", f"vsodprep.models.{wildcards.model}")

    def fingerprint_predict(self, wildcards: Any) -> str:
        """Return the fingerprint of predicting with one network."""
        return fingerprint("vsodprep.models.inference", f"vsodprep.models.{wildcards.model}")

    # Sources

    def sources(self, wildcards: Any) -> list[str]:
        """Return what a benchmark is normalised from: local sources, or the list of fetched archives."""
        name = wildcards.benchmark
        if name in self.config.folders:
            return [self.config.folders[name]]
        source = self.config.source(name)
        if source is not None:
            return list(source.paths)
        return [] if benchmarks.get(name).generated else [self.paths.downloads(name)]

    def source_arguments(self, wildcards: Any) -> str:
        """Return the sources as arguments of `vsodprep normalize`: a downloaded benchmark's folder of archives."""
        return shlex.join(
            str(Path(path).parent) if path == self.paths.downloads(wildcards.benchmark) else path
            for path in self.sources(wildcards)
        )

    def download_options(self, wildcards: Any) -> str:
        """Return options of `vsodprep download`."""
        return shlex.join(option("resolution", self.config.resolution.get(wildcards.benchmark)))

    def normalize_options(self, wildcards: Any) -> str:
        """Return options of `vsodprep normalize`."""
        name = wildcards.benchmark
        source = self.config.source(name)
        words = ["--folder"] if name in self.config.folders else []
        words += ["--partial"] if source is not None and source.partial else []
        words += option("resolution", self.config.resolution.get(name))
        words += option("allow", sorted(self.config.allow.get(name, ())))
        words += option("sequence", sorted(self.config.sequences.get(name, ())))
        if name in self.config.splits:
            words += ["--splits", _json(self.config.splits[name])]
        return shlex.join(words)

    # Flow

    def flow_method(self, wildcards: Any) -> str:
        """Return a flow block's method."""
        return shlex.quote(self.config.flow[wildcards.flow].method)

    def flow_options(self, wildcards: Any) -> str:
        """Return options of `vsodprep flow`."""
        block = options(self.config.flow[wildcards.flow], skip={"method"})
        return f"{block} --device {self.config.device} --threads {self.config.torch_threads}"

    def _flow(self, flow: str, benchmark: str, split: str | None = None) -> list[str]:
        return [self.paths.flow(flow, benchmark, seq) for seq in self.catalogue.videos(benchmark, split)]

    # Prior

    def prior_options(self, wildcards: Any) -> str:
        """Return options of `vsodprep prior fit`."""
        block = self.config.prior[wildcards.prior]
        levels = [word for level in block.levels for word in ("--level", *(f"{number:g}" for number in level))]
        return f"{shlex.join(levels)} {options(block, skip={'flow', 'fit', 'levels'})}"

    def own_training_flow(self, wildcards: Any) -> list[str]:
        """Return the flow of a benchmark's own `train` split."""
        return self._flow(self.config.prior[wildcards.prior].flow, wildcards.benchmark, "train")

    def own_training_arguments(self, wildcards: Any) -> str:
        """Return a benchmark's own `train` split as an argument of `vsodprep prior fit`."""
        return self._train_argument(wildcards.prior, wildcards.benchmark, "train")

    def training_manifests(self, wildcards: Any) -> list[str]:
        """Return the manifests of the benchmarks that a joint classifier learns from."""
        return unique(self.paths.manifest(where.benchmark) for where in self._fit(wildcards.prior))

    def training_flow(self, wildcards: Any) -> list[str]:
        """Return the flow that a joint classifier learns from."""
        flow = self.config.prior[wildcards.prior].flow
        return [path for where in self._fit(wildcards.prior) for path in self._flow(flow, where.benchmark, where.split)]

    def training_arguments(self, wildcards: Any) -> str:
        """Return the splits that a joint classifier learns from, as arguments of `vsodprep prior fit`."""
        fit = self._fit(wildcards.prior)
        return " ".join(self._train_argument(wildcards.prior, where.benchmark, where.split) for where in fit)

    def _fit(self, prior: str) -> tuple[SplitOf, ...]:
        fit = self.config.prior[prior].fit
        return () if fit == "own" else fit

    def _train_argument(self, prior: str, benchmark: str, split: str) -> str:
        flow = f"{self.config.results}/flow/{self.config.prior[prior].flow}/{benchmark}"
        return shlex.join(["--train", str(Path(self.paths.manifest(benchmark)).parent), flow, split])

    def prior_flow(self, wildcards: Any) -> str:
        """Return the flow that a sequence's prior is made from."""
        return self.paths.flow(self.config.prior[wildcards.prior].flow, wildcards.benchmark, wildcards.seq)

    def classifier(self, wildcards: Any) -> str:
        """Return the classifier that a sequence's prior is made with."""
        own = self.config.prior[wildcards.prior].fit == "own"
        return self.paths.classifier(wildcards.prior, wildcards.benchmark if own else None)

    def priors(self, benchmark: str) -> list[str]:
        """Return the priors that a benchmark's shard can hold: one fitted on its own split needs such a split."""
        return [
            name
            for name in self.config.pack.prior
            if self.config.prior[name].fit != "own" or self.catalogue.has_split(benchmark, "train")
        ]

    # Saliency and coarse labels

    def saliency_method(self, wildcards: Any) -> str:
        """Return a saliency block's method."""
        return shlex.quote(self.config.saliency[wildcards.saliency].method or "")

    def _maps(self, coarse: str, benchmark: str, seq: str) -> list[str]:
        """Return the folders of the maps that a sequence's coarse labels are fused from."""
        folders: list[str] = []
        for name in self.config.coarse[coarse].maps:
            given = self.config.saliency[name].folder
            made = Path(self.paths.saliency(name, benchmark, seq)).parent
            folders.append(str(made if given is None else Path(given) / benchmark / seq))
        return folders

    def _map_markers(self, coarse: str, benchmark: str, seq: str) -> list[str]:
        made = [name for name in self.config.coarse[coarse].maps if self.config.saliency[name].folder is None]
        return [self.paths.saliency(name, benchmark, seq) for name in made]

    def coarse_maps(self, wildcards: Any) -> list[str]:
        """Return the markers of the maps that a sequence's coarse labels are fused from."""
        return self._map_markers(wildcards.coarse, wildcards.benchmark, wildcards.seq)

    def coarse_arguments(self, wildcards: Any) -> str:
        """Return the folders of those maps as arguments of `vsodprep coarse label`."""
        folders = self._maps(wildcards.coarse, wildcards.benchmark, wildcards.seq)
        return shlex.join(word for folder in folders for word in ("--maps", folder))

    def _fuse_splits(self, coarse: str) -> list[SplitOf]:
        weights = self.config.coarse[coarse].weights
        return [] if weights == "uniform" else [item for item in weights if isinstance(item, SplitOf)]

    def coarse_weights(self, wildcards: Any) -> list[str]:
        """Return the fitted weights, if the block's weights are fitted."""
        fitted = self._fuse_splits(wildcards.coarse)
        return [f"{self.config.results}/coarse/{wildcards.coarse}/weights.json"] if fitted else []

    def coarse_edits(self, wildcards: Any) -> list[str]:
        """Return the file of recorded edits, if the block names one."""
        edits = self.config.coarse[wildcards.coarse].edits
        return [] if edits is None else [edits]

    def coarse_options(self, wildcards: Any) -> str:
        """Return options of `vsodprep coarse label`."""
        block = self.config.coarse[wildcards.coarse]
        fitted = self.coarse_weights(wildcards)
        numbers = "uniform" if block.weights == "uniform" else ",".join(f"{weight}" for weight in block.weights)
        words = ["--weights", *(fitted or [numbers]), "--order", ",".join(block.order)]
        words += ["--crf", self._preset(block.crf), *option("certainty", block.certainty)]
        words += option("edits", block.edits)
        return shlex.join(words)

    def coarse_records(self, wildcards: Any) -> list[str]:
        """Return the records of all of a benchmark's coarse labels."""
        return [
            self.paths.coarse(wildcards.coarse, wildcards.benchmark, seq)
            for seq in self.catalogue.videos(wildcards.benchmark)
        ]

    def fuse_manifests(self, wildcards: Any) -> list[str]:
        """Return the manifests of the benchmarks on which weights are fitted."""
        return unique(self.paths.manifest(where.benchmark) for where in self._fuse_splits(wildcards.coarse))

    def fuse_maps(self, wildcards: Any) -> list[str]:
        """Return the markers of the maps on which weights are fitted."""
        return [
            marker
            for where in self._fuse_splits(wildcards.coarse)
            for seq in self.catalogue.videos(where.benchmark, where.split)
            for marker in self._map_markers(wildcards.coarse, where.benchmark, seq)
        ]

    def fuse_arguments(self, wildcards: Any) -> str:
        """Return maps and masks as arguments of `vsodprep fuse-fit`."""
        words: list[str] = []
        for name in self.config.coarse[wildcards.coarse].maps:
            given = self.config.saliency[name].folder
            words.append(given or f"{self.config.results}/saliency/{name}")
        for where in self._fuse_splits(wildcards.coarse):
            words += ["--gt", str(Path(self.paths.manifest(where.benchmark)).parent), "--split", where.split]
        return shlex.join(words)

    # Shards

    def pack_flow(self, wildcards: Any) -> list[str]:
        """Return the flow of a benchmark's shard."""
        return [path for flow in self.config.pack.flow for path in self._flow(flow, wildcards.benchmark)]

    def pack_prior(self, wildcards: Any) -> list[str]:
        """Return the motion priors of a benchmark's shard."""
        name = wildcards.benchmark
        return [self.paths.prior(prior, name, seq) for prior in self.priors(name) for seq in self.catalogue.videos(name)]

    def pack_coarse(self, wildcards: Any) -> list[str]:
        """Return the provenance of the coarse labels of a benchmark's shard."""
        name = wildcards.benchmark
        videos = self.catalogue.videos(name)
        return [self.paths.provenance(coarse, name) for coarse in self.config.pack.coarse] if videos else []

    def pack_arguments(self, wildcards: Any) -> str:
        """Return the contents of a benchmark's shard as options of `vsodprep pack`."""
        name, pack = wildcards.benchmark, self.config.pack
        words: list[str] = []
        if self.catalogue.videos(name):
            for kind, blocks in (("flow", pack.flow), ("prior", self.priors(name)), ("coarse", pack.coarse)):
                for block in blocks:
                    words += [f"--{kind}", block, f"{self.config.results}/{kind}/{block}/{name}"]
            words += option("pictures", list(pack.pictures))
        if pack.still_size is not None:
            words += ["--still-size", *map(str, pack.still_size)]
        words += option("frames_per_shard", pack.frames_per_shard)
        return shlex.join(words)

    # Training

    def recipe(self, wildcards: Any) -> dict[str, Any]:
        """Return a run as plain values."""
        return self._run(wildcards).model_dump(mode="json", exclude={"test", "seeds", "paper"})

    def training_shards(self, wildcards: Any) -> list[str]:
        """Return the shards that a run trains on."""
        stages = self._run(wildcards).stages
        return unique(self.paths.shard(data.benchmark) for stage in stages for data in stage.data)

    def training_shard_arguments(self, wildcards: Any) -> str:
        """Return the shards that a run trains on, as options of `vsodprep train`."""
        shards = (str(Path(path).parent) for path in self.training_shards(wildcards))
        return shlex.join(word for shard in shards for word in ("--shard", shard))

    def torch_options(self, _wildcards: Any) -> str:
        """Return the options of every command that runs torch."""
        return f"--device {self.config.device} --threads {self.config.torch_threads}"

    # Prediction and evaluation

    def _tests(self) -> dict[str, Test]:
        """Return the test of each benchmark; `check` has seen to it that all runs agree on the split."""
        return {test.benchmark: test for run in self._runs().values() for test in run.test}

    def tested_split(self, wildcards: Any) -> str:
        """Return the split of a benchmark on which runs are tested."""
        return self._tests()[wildcards.benchmark].split

    trivial_split = tested_split

    def crf_preset(self, wildcards: Any) -> str:
        """Return the CRF preset that a `post` names."""
        return self._preset(wildcards.post)

    def _preset(self, name: str) -> str:
        """Return a built-in preset's name, or the settings of one of the configuration's."""
        preset: Crf | None = self.config.crf.get(name)
        return name if preset is None else _json(preset.model_dump(mode="json"))

    def scores(self, _wildcards: Any = None) -> list[str]:
        """Return all scores that the configuration asks for."""
        found: list[str] = []
        for (model, name), run in self._runs().items():
            for test in run.test:
                for seed in run.seeds:
                    for post in test.post:
                        for protocol in test.protocols:
                            found.append(self.paths.scores(model, name, seed, post, test.benchmark, protocol))
        if self.config.report.trivial:
            for run in self._runs().values():
                for test in run.test:
                    for trivial in self._trivial():
                        for protocol in test.protocols:
                            found.append(self.paths.scores("trivial", trivial, 0, RAW, test.benchmark, protocol))
        return unique(found)

    def _trivial(self) -> tuple[str, ...]:
        return TRIVIAL if self.config.pack.flow else TRIVIAL[:1]

    # Report and targets

    def _benchmarks(self) -> list[str]:
        used = [where.benchmark for run in self._runs().values() for stage in run.stages for where in stage.data]
        return unique([*self.config.benchmarks, *self.config.folders, *used, *self._tests()])

    def reported_manifests(self, _wildcards: Any) -> list[str]:
        """Return the manifests of every benchmark in the report."""
        return [self.paths.manifest(name) for name in self._benchmarks()]

    def reported_shards(self, _wildcards: Any) -> list[str]:
        """Return the shards of every benchmark in the report: flow, prior and labels are there once they are."""
        return [self.paths.shard(name) for name in self._benchmarks()]

    def configuration(self, _wildcards: Any) -> dict[str, Any]:
        """Return the whole configuration as plain values."""
        return self.config.model_dump(mode="json")

    def results(self, _wildcards: Any) -> str:
        """Return the results folder."""
        return self.config.results

    def targets(self, _wildcards: Any = None) -> list[str]:
        """Return what `all` makes."""
        return [*self.reported_shards(None), self.paths.report]


def _json(value: Any) -> str:
    import json

    return json.dumps(value, sort_keys=True)
