"""The whole configuration."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from vsodprep.config.base import LocalPath, Name, Section, validated
from vsodprep.config.coarse import Coarse
from vsodprep.config.coding import Coding, Void
from vsodprep.config.compared import METHODS, ComparedMethod
from vsodprep.config.crf import PRESETS, RAW, Crf
from vsodprep.config.device import DEVICE, THREADS, Device
from vsodprep.config.figures import Figure
from vsodprep.config.flow import Flow
from vsodprep.config.frames import Which
from vsodprep.config.methods import flow_method
from vsodprep.config.models import MODELS, definition
from vsodprep.config.normalize import Choice
from vsodprep.config.pack import Pack
from vsodprep.config.prior import Prior
from vsodprep.config.protocol import PROTOCOLS, OwnProtocol
from vsodprep.config.recipe import as_released
from vsodprep.config.report import TRIVIAL, TRIVIAL_MAPS, Report
from vsodprep.config.saliency import Saliency
from vsodprep.config.train import DELIVERED, Run, ScoredOn
from vsodprep.config.yaml_text import load_yaml
from vsodprep.errors import InputError, expected_one, meant
from vsodprep.files import read_text

Intermediate = Literal["archives", "flow", "prior", "saliency"]
INTERMEDIATES: tuple[Intermediate, ...] = ("archives", "flow", "prior", "saliency")
# Its name stands between two dots in the name of a score file.
ProtocolName = Annotated[Name, Field(pattern=r"^[^.]*$")]


def _several(path: Any) -> Any:
    return (path,) if isinstance(path, str) else path


def _with_path(source: Any) -> Any:
    return {"path": source} if isinstance(source, str) else source


# One path is written without brackets.
_Paths = Annotated[tuple[LocalPath, ...], BeforeValidator(_several, json_schema_input_type=str | tuple[str, ...])]


class SourceOf(Section):
    """Where the user keeps a benchmark."""

    path: _Paths
    """A local archive or unpacked folder, or several."""
    partial: bool = False
    """Accept an incomplete delivery; the manifest's `issues` list what is missing."""


_Source = Annotated[SourceOf, BeforeValidator(_with_path, json_schema_input_type=str | SourceOf)]


class Config(Section):
    """The whole configuration."""

    model_config = ConfigDict(title="vsodprep configuration")

    results: LocalPath = "results"
    """Folder of everything that is made, relative to the working directory."""
    benchmarks: tuple[Name, ...] = ("synth",)
    """Benchmarks that `all` brings to their shards, beside those that `runs` need."""
    sources: dict[Name, _Source] = {}
    """Local archive or unpacked folder of a benchmark, instead of a download."""
    partial: bool = False
    """Accept incomplete deliveries from every local source."""
    folders: dict[Name, LocalPath] = {}
    """The user's own videos: NAME: PATH, with PATH/{seq}/frames and optional PATH/{seq}/masks, or with video files."""
    sequences: dict[Name, tuple[str, ...]] = {}
    """Take only these sequences of a benchmark: BENCHMARK: [SEQUENCE, ...]."""
    splits: dict[Name, dict[Name, tuple[str, ...]]] = {}
    """Splits that replace or join a benchmark's own: BENCHMARK: {SPLIT: [SEQUENCE, ...]}."""
    resolution: dict[Name, str] = {}
    """Resolution of a benchmark that has several (davis2016: 480p or 1080p)."""
    coding: dict[Name, Coding] = {}
    """How the masks of a benchmark or of own videos are coded: BENCHMARK: `values`, `ids` or `alpha`. By default all
    masks together tell it."""
    void: dict[Name, Void] = {}
    """What id 255 means beside other ids in the masks of a benchmark: `background` (the default) or `foreground`."""
    allow: dict[Name, tuple[str, ...]] = {}
    """Kinds of issue that normalising a benchmark lists in its manifest instead of stopping."""
    frames: Which = "annotated"
    """Which frames of a video with few masks are prepared and predicted: `annotated`, those with a mask and those that
    the networks of `runs` read with them; or `all`. A video that gets coarse labels, or whose frames a figure names, is
    always prepared whole. Scores are the same."""
    keep: tuple[Intermediate, ...] = INTERMEDIATES
    """Intermediates that are kept: `archives`, `flow`, `prior`, `saliency`. The others are removed once nothing needs
    them any more, and made again if something does; archives that were fetched, not your own, are fetched again. Maps
    of `methods` are always kept, because the report shows them."""
    device: Device = DEVICE
    """Where networks run."""
    gpus: Literal["auto"] | Annotated[int, Field(ge=1)] = "auto"
    """With `device: cuda`, how many cards of this machine jobs may use at once; `auto` is all. Each job takes one card
    of its own, or as many as its run's `resources` say. A cluster counts its cards itself."""
    torch_threads: int = Field(default=THREADS, ge=1)
    """Threads of torch; part of a run's identity, because gradients depend on it."""
    flow: dict[Name, Flow] = {}
    """Flow blocks."""
    prior: dict[Name, Prior] = {}
    """Motion priors."""
    saliency: dict[Name, Saliency] = {}
    """Saliency maps."""
    crf: dict[Name, Crf] = {}
    """CRF presets beside the built-in ones."""
    coarse: dict[Name, Coarse] = {}
    """Coarse labels."""
    pack: Pack = Pack()
    """Contents of a shard."""
    runs: dict[Name, dict[Name, Run]] = {}
    """Networks that are trained, or that have the authors' weights: MODEL: {RUN: ...}; MODEL is `dsnet`, `stan`,
    `msst`, `cagdde`, `contrastive`, `dcl`, `rfcn`, `dsmt`, or any other name where each RUN says `model`."""
    methods: dict[Name, ComparedMethod] = {}
    """Methods that are scored beside the runs, from maps that you have: NAME: {maps: {BENCHMARK: PATH}, ...}."""
    tests: tuple[ScoredOn, ...] = ()
    """What `methods` are scored on, beside what the runs are tested on."""
    protocols: dict[ProtocolName, OwnProtocol] = {}
    """Evaluation protocols beside the built-in ones: NAME: {base: PROTOCOL, SETTING: VALUE, ...}."""
    figures: dict[Name, Figure] = {}
    """Single figures, beside those of the report."""
    report: Report = Report()
    """The report."""

    @model_validator(mode="before")
    @classmethod
    def _released_weights_are_used_as_released(cls, value: Any) -> Any:
        if not isinstance(value, Mapping) or not isinstance(value.get("runs"), Mapping):
            return value  # what is wrong with it, pydantic says
        runs = {
            model: {
                name: as_released(model, run, f"runs.{model}.{name}") if isinstance(run, Mapping) else run
                for name, run in of.items()
            }
            if isinstance(of, Mapping)
            else of
            for model, of in value["runs"].items()
        }
        return {**value, "runs": runs}

    @model_validator(mode="after")
    def _networks_have_one_name(self) -> "Config":
        for model, runs in self.runs.items():
            given = {run.model for run in runs.values()}
            if model in MODELS and given - {None}:
                raise ValueError(f"runs.{model}: the name of a built-in network; give your own another one")
            if model in (METHODS, TRIVIAL):
                raise ValueError(
                    f"runs.{model}: a name that is kept for maps which no network makes; give your network another one"
                )
            if model not in MODELS and (not given or None in given):
                known = expected_one(model, MODELS, ", or `model` in each of its runs")
                raise ValueError(f"runs.{model}: no such network; expected {known}")
            if len(given) > 1:
                raise ValueError(f"runs.{model}: {' and '.join(sorted(map(str, given)))}; use one name for one network")
        return self

    @model_validator(mode="after")
    def _names_exist(self) -> "Config":
        for name, prior in self.prior.items():
            _known(f"prior.{name}.flow", [prior.flow], self.flow)
        for name, coarse in self.coarse.items():
            _known(f"coarse.{name}.maps", coarse.maps, self.saliency)
            _known(f"coarse.{name}.substitute.prior", coarse.priors, self.prior)
            _known(f"coarse.{name}.substitute.flow", coarse.flows, self.flow)
        _known("pack.pictures", self.pack.pictures, self.pack.flow, "pack.flow")
        for key, chosen, blocks in (
            ("flow", self.pack.flow, self.flow),
            ("prior", self.pack.prior, self.prior),
            ("coarse", self.pack.coarse, self.coarse),
        ):
            _known(f"pack.{key}", chosen, blocks)
        for model, runs in self.runs.items():
            for name, run in runs.items():
                where = f"runs.{model}.{name}"
                _known(f"{where}.flow", [run.flow] if run.flow else [], self.pack.flow, "pack.flow")
                _known(f"{where}.prior", [run.prior] if run.prior else [], self.pack.prior, "pack.prior")
                for stage in run.stages:
                    if (stage.epochs is None) == (stage.steps is None):
                        raise ValueError(f"{where}.stages.{stage.name}: give either epochs or steps")
                    labels = [data.labels for data in stage.data if data.labels not in DELIVERED]
                    _known(f"{where}.stages.{stage.name}.data", labels, self.pack.coarse, "pack.coarse")
        return self

    @model_validator(mode="after")
    def _vectors_are_there(self) -> "Config":
        readers = {f"prior.{name}.flow": prior.flow for name, prior in self.prior.items()}
        readers |= {f"coarse.{name}.substitute.flow": one for name, of in self.coarse.items() for one in of.flows}
        for model, runs in self.runs.items():
            for name, run in runs.items():
                for stage in run.stages:
                    if run.flow is not None and stage.augment.flip and stage.augment.flip_flow == "vectors":
                        readers[f"runs.{model}.{name}.stages.{stage.name}.augment.flip_flow"] = run.flow
        for where, block in readers.items():
            if not flow_method(self.flow[block].method).vectors:
                raise ValueError(f"{where}: needs flow vectors, and flow.{block} has only pictures (method: pictures)")
        return self

    @model_validator(mode="after")
    def _masks_are_carried_frame_by_frame(self) -> "Config":
        for name, coarse in self.coarse.items():
            for block in coarse.flows:
                flow = self.flow[block]
                if flow.stride != 1:
                    raise ValueError(
                        f"coarse.{name}.substitute.flow: {block} has stride {flow.stride}; "
                        "masks are carried along flow of stride 1"
                    )
        return self

    @model_validator(mode="after")
    def _what_is_own_has_its_own_name(self) -> "Config":
        # Files and tables go by the name, and the report sets built-in ones beside a paper's numbers.
        for key, own, built_in in (
            ("protocols", self.protocols, PROTOCOLS),
            ("crf", self.crf, (RAW, *PRESETS)),
            ("coarse", self.coarse, DELIVERED),
        ):
            for name in own:
                if name in built_in:
                    raise ValueError(f"{key}.{name}: a built-in name; give your own another one")
        return self

    @model_validator(mode="after")
    def _one_split_each(self) -> "Config":
        # Predictions lie below the benchmark's name alone, and a table compares rows of one split.
        splits: dict[str, str] = {}
        for where, test in self.all_tests:
            if splits.setdefault(test.benchmark, test.split) != test.split:
                raise ValueError(
                    f"{where}: {test.benchmark} is tested on {splits[test.benchmark]!r} and on {test.split!r}; "
                    "one split per benchmark"
                )
        return self

    @model_validator(mode="after")
    def _methods_are_rows_of_their_own(self) -> "Config":
        runs = [(model, run) for model, of in self.runs.items() for run in of]
        titles = {
            f"{definition(model).title if model in MODELS else model} {run}": f"runs.{model}.{run}"
            for model, run in runs
        }
        titles |= {name.replace("-", " "): f"the trivial map {name}" for name in TRIVIAL_MAPS}
        for name, method in self.methods.items():
            where = f"methods.{name}"
            if name in {*MODELS, *self.runs}:
                raise ValueError(f"{where}: the name of a network; give the method another one")
            if titles.setdefault(method.called(name), where) != where:
                raise ValueError(f"{where}: called {method.called(name)!r}, as {titles[method.called(name)]} is")
            _known(f"{where}.saliency", [method.saliency] if method.saliency else [], self.saliency)
        if self.methods and not self.all_tests:
            raise ValueError("methods: no benchmark to score them on; give tests, or runs with a test")
        if self.tests and not self.methods:
            raise ValueError("tests: no methods to score on them; a run has a test of its own")
        return self

    @property
    def all_tests(self) -> list[tuple[str, ScoredOn]]:
        """What maps are scored on, by key: the tests of the runs, then those of the methods alone."""
        of_runs = [
            (f"runs.{model}.{name}.test", test)
            for model, runs in self.runs.items()
            for name, run in runs.items()
            for test in run.test
        ]
        return of_runs + [("tests", test) for test in self.tests]

    @property
    def crf_presets(self) -> dict[str, Crf]:
        """CRF presets by name: the built-in ones and the configuration's own."""
        return PRESETS | self.crf

    def source(self, benchmark: str) -> SourceOf | None:
        """Return where the user keeps a benchmark, or None if it is to be downloaded."""
        given = self.sources.get(benchmark)
        if given is None:
            return None
        return given.model_copy(update={"partial": given.partial or self.partial})

    def choice(self, benchmark: str) -> Choice:
        """Return what of a benchmark's delivery is taken."""
        source = self.source(benchmark)
        return Choice(
            partial=source is not None and source.partial,
            resolution=self.resolution.get(benchmark),
            coding=self.coding.get(benchmark, "auto"),
            void=self.void.get(benchmark, "background"),
            allow=tuple(sorted(self.allow.get(benchmark, ()))),
            splits=self.splits.get(benchmark, {}),
            sequences=tuple(sorted(self.sequences.get(benchmark, ()))),
        )


def _known(where: str, names: Iterable[str], blocks: Iterable[str], of: str = "") -> None:
    blocks = list(blocks)
    for name in names:
        if name not in blocks:
            listed = f" in {of}" if of else ""
            there = f"{', '.join(blocks) or 'none'}{meant(name, blocks)}"
            raise ValueError(f"{where}: no block {name!r}{listed}; there is {there}")


def parse(value: Mapping[str, Any], where: str = "configuration") -> Config:
    """Check a configuration.

    Args:
        value: Plain values, as read from YAML.
        where: What to name in an error.

    Raises:
        InputError: The first thing wrong with it, with its key.
    """
    return validated(Config, value, where)


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one configuration over another as Snakemake does: mappings join, anything else is replaced."""
    joined = dict(base)
    for key, value in over.items():
        both = isinstance(value, Mapping) and isinstance(joined.get(key), Mapping)
        joined[key] = merge(joined[key], value) if both else value
    return joined


def read(path: Path) -> dict[str, Any]:
    """Read a configuration file as plain values.

    Raises:
        InputError: The file is missing or no YAML mapping, or a key is given twice.
    """
    value = load_yaml(read_text(path, "a configuration file"), path, "a configuration file")
    if not isinstance(value, dict):
        raise InputError(path, f"a {type(value).__name__}", "a mapping of keys to values")
    return value


def complete(over: Mapping[str, Any], base: Mapping[str, Any], where: str = "configuration") -> Config:
    """Lay a user's configuration over the defaults and check the result.

    Mappings join and anything else is replaced, with one exception: `runs` is replaced as a whole, so that a
    paper's file runs that paper and not the default one too.

    Args:
        over: The user's values; may be empty.
        base: The defaults.
        where: What to name in an error.

    Raises:
        InputError: The first thing wrong with it, with its key.
    """
    kept = {key: value for key, value in base.items() if not (key == "runs" and "runs" in over)}
    return parse(merge(kept, over), where)
