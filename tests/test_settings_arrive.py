"""Every key of every block: changed in a configuration, it reaches the library function, through rule and command."""

import contextlib
import importlib
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal, NamedTuple, get_args, get_origin

import numpy as np
import pytest
import yaml
from pipeline import ask
from pydantic import ValidationError

from vsodprep.cli import cli
from vsodprep.config import Config, complete, parse
from vsodprep.config.base import Section
from vsodprep.config.coarse import Coarse
from vsodprep.config.crf import Crf
from vsodprep.config.defaults import default
from vsodprep.config.figures import Figure
from vsodprep.config.flow import Flow
from vsodprep.config.frames import Prepared
from vsodprep.config.methods import SALIENCY
from vsodprep.config.normalize import Choice
from vsodprep.config.options import keys_of as options_of
from vsodprep.config.pack import Pack
from vsodprep.config.prior import Prior
from vsodprep.config.protocol import OwnProtocol, ProtocolSettings
from vsodprep.config.report import Report
from vsodprep.config.saliency import Saliency
from vsodprep.config.train import Data, Run, Stage
from vsodprep.files import write_text
from vsodprep.images import write_png
from vsodprep.workflow.plan import Plan

SEQUENCE = "plain-fish"
SPLIT = {"benchmark": "synth", "split": "test"}
ORDER = ["fuse", "otsu", "substitute", "edits"]
# What else must be said for a key to mean something.
WITH: dict[tuple[type[Section], str], dict[str, Any]] = {
    (Flow, "weights"): {"method": "raft"},
    (Flow, "fit"): {"method": "raft"},
    (Flow, "border"): {"method": "raft", "fit": "crop"},
    (Flow, "iterations"): {"method": "raft"},
    (Flow, "precision"): {"method": "raft"},
    (Flow, "folder"): {"method": "pictures", "folder": "pack"},
    (Prior, "weights"): {"features": "alexnet"},
    (Prior, "windows"): {"features": "alexnet"},
    (Saliency, "folder"): {"method": None},  # one of the two
    (Saliency, "coding"): {"method": None, "folder": "maps"},
    (Saliency, "checkpoint"): {"method": "stan", "checkpoint": "start.ckpt"},
    **{(Saliency, key): {"method": "onnx", "preset": "u2netp"} for key in SALIENCY["onnx"].keys},
    (Coarse, "substitute.prior"): {"order": ORDER},
    (Coarse, "substitute.support"): {"order": ORDER},
    (Coarse, "substitute.flow"): {"order": ORDER, "substitute": {"support": "truth"}},
}
# Another value where the type alone does not tell one.
OTHER: dict[tuple[type[Section], str], Any] = {
    (Flow, "method"): "raft",
    (Flow, "weights"): "small",
    (Prior, "weights"): "start.ckpt",
    (Prior, "flow"): "other",
    (Prior, "levels"): "drfi",
    (Prior, "fit"): [SPLIT],
    (Saliency, "method"): "rbd",
    (Saliency, "weights"): "start.ckpt",
    (Saliency, "checkpoint"): "edits.txt",
    (Saliency, "size"): [64, 96],
    (Coarse, "maps"): ["rbd", "mbd"],
    (Coarse, "weights"): [0.25, 0.75],
    (Coarse, "splits"): [SPLIT | {"split": "train"}],
    (Coarse, "order"): ["fuse", "otsu"],
    (Coarse, "crf"): "dss",
    (Coarse, "edits"): "edits.txt",
    (Coarse, "substitute.prior"): "second",
    (Coarse, "substitute.flow"): "other",
    (Pack, "flow"): ["dis", "other"],
    (Pack, "pictures"): ["dis", "other"],
    (Pack, "prior"): ["light", "second"],
    (Pack, "coarse"): ["weightfree", "second"],
    (Pack, "video_size"): [20, 30],
    (Pack, "still_size"): [20, 30],
    (Stage, "init"): "start.ckpt",
    (Run, "init"): "start.ckpt",
    (Run, "flow"): "dis",
    (Run, "prior"): "light",
}


class Case(NamedTuple):
    """A key of a block, and the configuration of two blocks that differ in it."""

    kind: str
    block: type[Section]
    key: str
    before: dict[str, Any]
    after: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.kind}-{self.key.replace('.', '-')}"


def others(annotation: Any, value: Any) -> Iterator[Any]:
    """Yield values of a key's type, plainest first."""
    if get_origin(annotation) is Literal:
        yield from (each for each in get_args(annotation))
    elif annotation is bool:
        yield not value
    elif annotation in (int, float):
        yield from (annotation(each) for each in ((value or 1) + 1, (value or 1) * 0.75, 0.9, 3, 0))
    elif annotation is str:
        yield "other"
    elif get_origin(annotation) is tuple:
        item, *rest = get_args(annotation)
        items = [item] if rest == [...] else [item, *rest]
        yield [next(others(each, 1)) for each in items]
    elif get_origin(annotation) is dict:
        yield {"other": next(others(get_args(annotation)[1], 1))}
    elif hasattr(annotation, "__args__"):
        yield from (each for inner in get_args(annotation) for each in others(inner, value))


def changed(block: type[Section], path: str, make: Any) -> dict[str, Any]:
    """Return a block's values with another one at a key, such as it accepts."""
    owner, key = block, path
    for part in path.split(".")[:-1]:
        owner, key = owner.model_fields[part].annotation, path.rpartition(".")[2]  # type: ignore[assignment]
    known = owner.model_fields[key]
    given = [OTHER[block, path]] if (block, path) in OTHER else others(known.annotation, known.default)
    for value in given:
        made = make(value)
        with contextlib.suppress(ValidationError):
            if _at(block.model_validate(made), path) != known.default:
                return made
    raise AssertionError(f"{block.__name__}.{path}: no other value; give one in OTHER, and in WITH what it needs")


def _at(block: Any, path: str) -> Any:
    for part in path.split("."):
        block = getattr(block, part)
    return block


def _put(values: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    head, _, rest = path.partition(".")
    return values | {head: _put(values.get(head, {}), rest, value) if rest else value}


def keys_of(block: type[Section], prefix: str = "") -> Iterator[str]:
    for key, known in block.model_fields.items():
        if isinstance(known.annotation, type) and issubclass(known.annotation, Section):
            yield from keys_of(known.annotation, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"


def cases(kind: str, block: type[Section]) -> Iterator[Case]:
    for key in keys_of(block):
        before = ({"method": "mbd"} if block is Saliency else {}) | WITH.get((block, key), {})
        after = changed(block, key, partial(_put, before, key))
        yield Case(kind, block, key, {"method": "mbd"} if before.get("method", "") is None else before, after)


CASES = [
    case
    for kind, block in (("flow", Flow), ("prior", Prior), ("saliency", Saliency), ("coarse", Coarse))
    for case in cases(kind, block)
]


def all_changed(block: type[Section], start: dict[str, Any], fixed: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return values of a block in which every key that may be has another value than its default."""
    values = start
    for key in keys_of(block):
        if key not in start and key not in fixed:
            values = changed(block, key, partial(_put, values, key))
    return values


DATA = all_changed(Data, SPLIT | {"labels": "weightfree"})
SIZES = {"size": [64, 96], "batch": 6, "clips_per_video": 2, "steps": 3}
STAGE = all_changed(Stage, {"data": [DATA, DATA]} | SIZES, ("epochs", "learn"))  # DS-Net learns as a whole
NETWORK = {"variant": "CAA-BU", "options": {"tau": 0.25}}
THERE_ARE_NONE = ("resources.devices", "resources.nodes")
RUN = all_changed(Run, {"stages": [STAGE]} | NETWORK, ("test", "seeds", "weights", "model", *THERE_ARE_NONE))
RUN |= {"seeds": [4], "test": [SPLIT | {"protocols": ["mine"], "post": ["raw", "own"]}]}
PROTOCOL = all_changed(OwnProtocol, {"base": "pysod"})
READ = {"coding": "ids", "naming": "number", "void": "foreground"}
OWN = {
    "sequences": {"synth": [SEQUENCE, "plain-turtle"]},
    "splits": {"synth": {"mine": [SEQUENCE]}},
    "flow": {"other": {"preset": "fast"}},
    "prior": {"second": {}},
    "coarse": {"second": {"crf": "own"}},
    "crf": {"own": all_changed(Crf, {})},
    "protocols": {"mine": PROTOCOL},
    "runs": {"dsnet": {"full": RUN}},
    "methods": {"mga": {"maps": {"synth": "videos"}, **READ}},
    "tests": [SPLIT | {"protocols": ["cag-dde"]}],
    "report": all_changed(Report, {}),
}
GLOBAL: dict[str, Any] = {
    "device": "cuda",
    "torch_threads": 3,
    "partial": True,
    "sources": {"davis2016": "delivery.zip"},
    "resolution": {"davis2016": "1080p"},
    "coding": {"davis2016": "ids"},
    "void": {"davis2016": "foreground"},
    "allow": {"davis2016": ["size-mismatch"]},
    "folders": {"mine": "videos"},
    "pack": all_changed(Pack, {}),
    "prior": {"light": {"features": "alexnet"}, "second": {}},
}


@dataclass
class Calls:
    """What library functions were called with."""

    made: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = field(default_factory=list)

    def of(self, kind: type[Any]) -> list[Any]:
        """Return all values of a type in the calls."""
        return [found for _, words, named in self.made for found in _within([*words, *named.values()], kind)]


def _within(values: Any, kind: type[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, kind):
            yield value
        elif is_dataclass(value):
            yield from _within([getattr(value, each.name) for each in fields(value)], kind)


class CalledError(Exception):
    """The library function has been called: nothing is to be made."""


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    calls = Calls()

    def record(name: str, ends: bool = True) -> None:
        def called(*words: Any, **named: Any) -> None:
            calls.made.append((name, words, named))
            if ends:
                raise CalledError

        monkeypatch.setattr(f"vsodprep.{name}", called)

    names = (
        "flow.sequence.write_sequence",
        "flow.pictures.store_pictures",
        "prior.fit.fit",
        "prior.apply.apply",
        "saliency.maps.write_maps",
        "coarse.sequence.label_sequence",
        "coarse.provenance.collect",
        "crf.folders.refine_folder",
        "shards.pack.pack_benchmark",
        "normalize.run.normalize",
        "normalize.own.normalize_own",
        "normalize.generated.normalize_generated",
        "models.training.train",
        "models.inference.predict_shard",
        "evaluate.evaluate_methods",
        "report.page.write_report",
        "figures.history.losses_of",
        "figures.pictures.grid_of",
        "figures.pictures.timeline_of",
        "models.insight.read_insight",
        "models.insight.read_features",
        *(
            f"figures.compare.{kind}_of"
            for kind in ("precision_recall", "f_threshold", "ranking", "ablation", "sweep", "intervals")
        ),
    )
    # A module that is imported later would keep what stands in for another's function, for the tests after this.
    for name in (*names, "predict.sources.", "predict.streamed."):
        importlib.import_module(f"vsodprep.{name}".rpartition(".")[0])
    for name in names:
        record(name)
    monkeypatch.setattr("vsodprep.predict.sources.as_shard", lambda shard, *_, **__: contextlib.nullcontext(shard))
    monkeypatch.setattr("vsodprep.models.device.check_device", str)
    record("flow.methods.build_estimator", ends=False)
    frames = [Path(f"{index}.png") for index in range(9)]
    monkeypatch.setattr("vsodprep.flow.frames.sequence_frames", lambda *_, **__: frames)
    monkeypatch.setattr("vsodprep.flow.frames.annotated_frames", lambda _: (8,))
    return calls


@dataclass
class Planned:
    """The commands of a dry run, as rules call them."""

    folder: Path
    config: Config
    commands: list[list[str]]

    def run(self, calls: Calls, *places: str) -> Calls:
        """Call the commands that write below one of the places, up to the library."""
        chosen = [words for words in self.commands if any(place in _output(words) for place in places)]
        assert chosen, f"no rule writes to {places}"
        found = calls.made = []
        with contextlib.chdir(self.folder):
            for words in chosen:
                with pytest.raises(CalledError):
                    cli.main(words[1:], standalone_mode=False)
        return Calls(found)


def _output(words: list[str]) -> str:
    option = next(each for each in ("--json", "--out", "--to") if each in words)
    return words[words.index(option) + 1]


def dry_run(folder: Path, over: dict[str, Any], *targets: str) -> Planned:
    for name in ("edits.txt", "delivery.zip", "start.ckpt"):
        (folder / name).touch()
    write_png(folder / "videos" / "one" / "frames" / "0.png", np.zeros((32, 32, 3), np.uint8))
    config = complete(over, default().model_dump(mode="json"))
    (folder / "configuration.yaml").write_text(yaml.safe_dump(over), encoding="utf-8")
    plan = Plan.of(config)
    for part, text in plan.configuration.parts.items():
        write_text(folder / plan.paths.configuration(part), text)
    words = ["--configfile", str(folder / "configuration.yaml"), "--dry-run", "--printshellcmds"]
    done = ask(folder, *words, *targets)
    assert done.returncode == 0, done.stdout[-2000:]
    shell = [line.partition("Shell command: vsodprep")[2] for line in done.stdout.splitlines()]
    commands = [shlex.split(line.partition(" > ")[0].partition(" 2>&1")[0]) for line in shell if line]
    return Planned(folder, config, [["vsodprep", *words] for words in commands])


@pytest.fixture(scope="module")
def blocks(tmp_path_factory: pytest.TempPathFactory) -> Planned:
    """Two blocks for every key, before and after it is changed."""
    over: dict[str, Any] = {key: dict(value) if isinstance(value, dict) else value for key, value in OWN.items()}
    targets: list[str] = []
    for case in CASES:
        for when, values in (("before", case.before), ("after", case.after)):
            name = f"{case.name}-{when}"
            over.setdefault(case.kind, {})[name] = values
            if case.kind == "saliency":  # what a folder of maps changes is the labels that are made of them
                over["coarse"][f"of-{name}"] = {"maps": [name]}
            label = f"of-{name}" if case.kind == "saliency" else name
            lies = "provenance.json" if case.kind in ("coarse", "saliency") else f"{SEQUENCE}.h5"
            targets.append(f"results/{'coarse' if case.kind == 'saliency' else case.kind}/{label}/synth/{lies}")
    return dry_run(tmp_path_factory.mktemp("blocks"), over, *targets)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_changed_key_of_a_block(case: Case, blocks: Planned, calls: Calls) -> None:
    told: list[str] = []
    for when in ("before", "after"):
        name = f"{case.name}-{when}"
        found = blocks.run(calls, f"/{case.kind}/{name}/", f"/coarse/of-{name}/")
        told.append(repr(found.made).replace(name, "NAME"))
        for received in found.of(case.block):
            assert options_in(received) == options_in(getattr(blocks.config, case.kind)[name])
    assert told[0] != told[1]


def options_in(block: Section) -> dict[tuple[str, ...], Any]:
    """Return a block's keys that its command has options for."""
    return {key.path: _at(block, ".".join(key.path)) for key in options_of(type(block))}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Planned:
    """All that a configuration makes in which every key is changed that has one value for all blocks."""
    asked = ["results/normalized/davis2016/manifest.json", "results/normalized/mine/manifest.json", "all"]
    return dry_run(tmp_path_factory.mktemp("whole"), OWN | GLOBAL, *asked)


def test_every_key_of_the_configuration_is_changed() -> None:
    kinds = {"flow", "prior", "saliency", "coarse"}
    elsewhere = {"results", "benchmarks", "figures", "frames", "gpus", "keep"}
    assert set(OWN) | set(GLOBAL) | kinds | elsewhere == set(Config.model_fields)


def test_what_is_taken_of_a_delivery(whole: Planned, calls: Calls) -> None:
    received = {name: whole.run(calls, f"/normalized/{name}/").of(Choice) for name in ("synth", "davis2016", "mine")}
    assert received == {name: [whole.config.choice(name)] for name in received}
    for key, known in Choice.model_fields.items():
        assert any(getattr(one, key) != known.default for (one,) in received.values()), key
    assert calls.made[0][1][1] == Path("videos")


def test_contents_of_a_shard(whole: Planned, calls: Calls) -> None:
    found = whole.run(calls, "/shards/synth.zarr")
    ((_, _, named),) = found.made
    (received,) = found.of(Pack)
    assert options_in(received) == options_in(whole.config.pack)
    for key in ("flow", "prior", "coarse"):
        assert tuple(named[key]) == getattr(whole.config.pack, key)


def test_a_recipe(whole: Planned, calls: Calls) -> None:
    found = whole.run(calls, "/models/dsnet/full/")
    ((_, words, named),) = found.made
    aside = {"test", "seeds", "paper"}
    assert words[1].model_dump(exclude=aside) == whole.config.runs["dsnet"]["full"].model_dump(exclude=aside)
    assert (words[0], named["seed"]) == ("dsnet", 4)
    assert (named["settings"].device, named["settings"].threads) == ("cuda", 3)


def test_a_test_of_a_run(whole: Planned, calls: Calls) -> None:
    ((_, _, named),) = whole.run(calls, "/predictions/dsnet/full/seed4/raw/synth/").made
    assert (named["split"], named["device"], named["threads"]) == ("test", "cuda", 3)
    refined = whole.run(calls, "/predictions/dsnet/full/seed4/own/synth/")
    assert refined.of(Crf) == [whole.config.crf["own"]]
    assert [named["device"] for _, _, named in refined.made] == ["cuda"]  # all_changed has the engine torch
    ((_, _, named),) = whole.run(calls, "/scores/dsnet/full/seed4/own/").made
    assert named["split"] == "test"
    for key in ProtocolSettings.model_fields:
        assert getattr(named["protocols"][0], key) == getattr(whole.config.protocols["mine"], key)


def test_labels_whose_crf_torch_computes(whole: Planned, calls: Calls) -> None:
    ((_, _, named),) = whole.run(calls, f"/coarse/second/synth/{SEQUENCE}/").made
    assert (named["chain"].crf, named["chain"].device) == (whole.config.crf["own"], "cuda")


def test_a_method(whole: Planned, calls: Calls) -> None:
    ((_, _, named),) = whole.run(calls, "/scores/methods/mga/").made
    received = {key: named[key] for key in ("coding", "naming", "void", "split", "preds")}
    assert received == READ | {"split": "test", "preds": (Path("videos"),)}
    assert [protocol.name for protocol in named["protocols"]] == ["mine", "cag-dde"]


def test_networks_run_on_the_device(whole: Planned, calls: Calls) -> None:
    made = whole.run(calls, "/prior/light/").made
    assert {name for name, _, _ in made} == {"prior.fit.fit", "prior.apply.apply"}
    assert {named["device"] for _, _, named in made} == {"cuda"}


def test_the_report(whole: Planned, calls: Calls) -> None:
    assert whole.run(calls, "/report/").of(Config) == [whole.config]


# A figure of each kind that needs more than a benchmark, and another value of each key that any kind has.
FIGURES: dict[str, dict[str, Any]] = {
    "ablation": {"model": "dsnet"},
    "sweep": {"model": "dsnet", "values": {"full": 1, "other": 2}},
    "level-weights": {"model": "dsnet"},
    "level-features": {"model": "dsnet", "frames": ["plain-fish/00000"]},
    "grid": {"frames": ["plain-fish/00000"]},
    "timeline": {"sequence": "plain-fish"},
}
CHANGES: dict[str, Any] = {
    "benchmark": "davis2016",
    "model": "stan",
    "run": "other",
    "runs": ["other"],
    "protocol": "pysod",
    "post": "dss",
    "measure": ["s_measure"],
    "parameter": "kappa",
    "values": {"full": 3},
    "sequence": "plain-turtle",
    "frames": ["plain-fish/00001"],
    "methods": ["mga"],
}
KINDS: dict[str, type[Section]] = {
    get_args(kind.model_fields["kind"].annotation)[0]: kind for kind in get_args(get_args(Figure)[0])
}
KEYS = [(kind, key) for kind, block in KINDS.items() for key in block.model_fields if key != "kind"]


@pytest.mark.parametrize(("kind", "key"), KEYS)
def test_a_changed_key_of_a_figure(kind: str, key: str, calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vsodprep.scores.read.load_scores", lambda words: words)
    monkeypatch.setattr("vsodprep.scores.read.of_one_kind", lambda words, *_: words)
    before = {"kind": kind, "benchmark": "synth", **FIGURES.get(kind, {})}
    before |= {"model": "dsnet"} if key == "runs" else {}
    scored = {"split": "test", "post": ["raw", "dss"], "protocols": ["davsod", "pysod"]}
    tests = [scored | {"benchmark": name} for name in ("synth", "davis2016")]
    run = {"stages": [{"data": [SPLIT], "size": [64, 96], "steps": 3}], "test": tests}
    runs = {"dsnet": {"full": run, "other": run}, "stan": {"full": run, "other": run | {"test": tests[1:]}}}
    methods = {name: {"maps": {"synth": name, "davis2016": name}} for name in ("fseg", "mga")}
    figures = {"before": before, "after": before | {key: CHANGES[key]}}
    plan = Plan.of(parse({"runs": runs, "methods": methods, "figures": figures}))
    told = []
    for name in ("before", "after"):
        asked = SimpleNamespace(figure=name)
        calls.made = []
        with pytest.raises(CalledError):
            words = [plan.figures.kind(asked), *shlex.split(plan.figures.arguments(asked)), "--out", "x.svg"]
            cli.main(["figure", *words], standalone_mode=False)
        told.append(repr(calls.made))
    assert told[0] != told[1]


def test_which_frames_are_prepared(tmp_path: Path, calls: Calls) -> None:
    data = {"benchmark": "visal", "split": "test"}
    stage = {"data": [data], "size": [64, 64], "steps": 1, "clip_length": 3}
    over = {
        "runs": {
            "dsnet": {"full": {"flow": "dis", "width": 0.25, "pretrained": False, "stages": [stage], "test": [data]}}
        },
        "methods": {"mbd": {"saliency": "mbd"}},
        "pack": {"prior": [], "coarse": []},
        "benchmarks": [],
        "figures": {"a": {"kind": "grid", "benchmark": "visal", "frames": ["bird/00001"]}},
    }
    planned = dry_run(tmp_path, over, "all")
    some = Prepared(frames="annotated", clip_length=3)
    for sequence, block in (("cat", some), ("bird", Prepared())):
        assert planned.run(calls, f"saliency/mbd/visal/{sequence}/").of(Prepared) == [block]
        (only,) = [named["only"] for _, _, named in planned.run(calls, f"flow/dis/visal/{sequence}.h5").made[1:]]
        assert only == ((6, 7, 8) if sequence == "cat" else None)  # as `calls` tells frames and masks
    ((_, _, packed),) = planned.run(calls, "shards/").made
    assert (packed["prepared"], packed["whole"]) == (some, ("bird",))
