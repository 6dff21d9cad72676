"""The configuration: closed, typed, and the source of the files in config/."""

import json
import re
import runpy
from pathlib import Path
from typing import Any

import pytest
import yaml

from vsodprep.config import complete, merge, parse, read
from vsodprep.config.defaults import default
from vsodprep.errors import VsodprepError

ROOT = Path(__file__).parent.parent
BASE: dict[str, Any] = default().model_dump(mode="json")
MAKE = runpy.run_path(str(ROOT / "tools" / "make_configuration.py"))


@pytest.mark.parametrize(("name", "generate"), MAKE["FILES"].items())
def test_generated_files_have_not_drifted(name: str, generate: Any, request: pytest.FixtureRequest) -> None:
    path = ROOT / name
    if request.config.getoption("--fix"):
        path.write_text(generate(), encoding="utf-8")
    assert path.read_text(encoding="utf-8") == generate(), "run `pytest tests/test_config.py --fix`"


def test_default_yaml_is_the_default() -> None:
    assert parse(yaml.safe_load(MAKE["default_yaml"]())) == default()


@pytest.mark.parametrize(
    ("over", "culprit"),
    [
        ({"benchmark": ["synth"]}, "unknown key benchmark; expected one of results, .*: did you mean 'benchmarks'"),
        ({"flow": {"dis": {"presett": "fast"}}}, r"unknown key flow\.dis\.presett; .*: did you mean 'preset'"),
        ({"runs": {"dsnet": {"full": {"stages": [{"sise": 1}]}}}}, r"sise; .*clip_length.*: did you mean 'size'"),
        ({"tests": [{"benchmark": "a", "splt": "b"}]}, r"splt; expected one of benchmark, split, protocols: .*'split'"),
        ({"sources": {"a": {"path": "b", "partal": True}}}, "partal; expected one of path, partial: .*'partial'"),
        ({"figures": {"a": {"kind": "grid", "benchmrk": 1}}}, "benchmrk, which grid does not read; .*'benchmark'"),
        ({"flow": {"dis": {"method": "rfat"}}}, r"flow\.dis\.method: .*, found 'rfat': did you mean 'raft'"),
        ({"flow": {"dis": {"direction": "forwrd"}}}, "found 'forwrd': did you mean 'forward'"),
        ({"flow": {"dis": {"preset": "quick"}}}, r"flow\.dis\.preset"),
        ({"flow": {"a/b": {}}}, "flow"),
        ({"gpus": 0}, "gpus: Input should be 'auto' or greater than or equal to 1, found 0$"),
        ({"gpus": "all"}, "gpus: Input should be 'auto' or a valid integer, .*, found 'all'"),
        ({"prior": {"light": {"flow": "raft"}}}, "no block 'raft'"),
        ({"coarse": {"weightfree": {"maps": ["ft"]}}}, "no block 'ft'"),
        (
            {"coarse": {"weightfree": {"order": ["fuse", "substitute"], "substitute": {"prior": "heavy"}}}},
            r"coarse\.weightfree\.substitute\.prior: no block 'heavy'",
        ),
        (
            {
                "flow": {"far": {"stride": 2}},
                "coarse": {
                    "weightfree": {"order": ["fuse", "substitute"], "substitute": {"support": "truth", "flow": "far"}}
                },
            },
            r"coarse\.weightfree\.substitute\.flow: far has stride 2",
        ),
        ({"coarse": {"weightfree": {"substitute": {"share": 0}}}}, r"coarse\.weightfree\.substitute\.share"),
        ({"pack": {"prior": ["heavy"]}}, "no block 'heavy'"),
        (
            {"pack": {"flow": [], "pictures": []}},
            r"runs\.dsnet\.full\.flow: no block 'dis' in pack\.flow; there is none",
        ),
        ({"saliency": {"mbd": {"folder": "maps"}}}, "either method or folder"),
        ({"torch_threads": 0}, "torch_threads"),
        ({"pack": {"still_size": [-1, 4]}}, r"pack\.still_size"),
        ({"pack": {"flow": [], "pictures": ["dis"]}, "runs": {}}, r"pack\.pictures: no block 'dis' in pack\.flow"),
        ({"prior": {"light": {"levels": []}}}, r"prior\.light\.levels"),
        ({"prior": {"light": {"levels": [[0.8, 100, 0]]}}}, r"prior\.light\.levels"),
        ({"prior": {"light": {"hidden": [0]}}}, r"prior\.light\.hidden"),
        ({"prior": {"light": {"windows": "roi"}}}, r"prior\.light: windows: roi means nothing to features: contrast"),
        ({"prior": {"light": {"weights": "a.pth"}}}, r"prior\.light: weights: a\.pth means nothing to features"),
        ({"coarse": {"weightfree": {"maps": []}}}, r"coarse\.weightfree\.maps"),
        ({"runs": {"dsnet": {"full": {"stages": []}}}}, r"runs\.dsnet\.full\.stages"),
        ({"runs": {"dsnet": {"full": {"stages": [], "seeds": [-1]}}}}, r"runs\.dsnet\.full\.seeds"),
        ({"runs": {"yolo": {}}}, r"runs\.yolo"),
    ],
)
def test_a_mistake_is_named(over: dict[str, Any], culprit: str) -> None:
    with pytest.raises(VsodprepError, match=culprit):
        complete(over, BASE)


PATHS = {
    "results": "{}",
    "sources.davis2016.path": {"davis2016": "{}"},
    "folders.mine": {"mine": "{}"},
    "flow.dis.weights": {"dis": {"method": "raft", "weights": "{}"}},
    "prior.light.weights": {"light": {"features": "alexnet", "weights": "{}"}},
    "saliency.made.folder": {"made": {"folder": "{}"}},
    "coarse.weightfree.edits": {"weightfree": {"edits": "{}"}},
    "methods.mga.maps.synth": {"mga": {"maps": {"synth": "{}"}}},
    "runs.dsnet.full.init": {"dsnet": {"full": BASE["runs"]["dsnet"]["full"] | {"init": "{}"}}},
    "runs.dsnet.full.stages.0.init": {"dsnet": {"full": BASE["runs"]["dsnet"]["full"]}},
}


def with_path(key: str, path: str) -> Any:
    """Return a configuration with the path at the key, and what the configuration makes of the path."""
    value = json.loads(json.dumps(PATHS[key]).replace('"{}"', json.dumps(path)))
    if "stages" in key:
        value["dsnet"]["full"]["stages"][0]["init"] = path
    found: Any = complete({key.partition(".")[0]: value}, BASE).model_dump(mode="json")
    for part in key.split("."):
        found = found[int(part) if part.isdigit() else part]
    return found[0] if isinstance(found, list) else found


@pytest.mark.parametrize("key", PATHS)
@pytest.mark.parametrize(
    "path", ["", "  ", " a", "a\0b", "a\nb", "/", "//", "/a/..", "a{seq}", "a}b", "a<logs>", "a*", "a?"]
)
def test_a_path_that_rules_would_misread_is_refused_by_its_key(key: str, path: str) -> None:
    with pytest.raises(VsodprepError, match=re.escape(key)):
        with_path(key, path)


@pytest.mark.parametrize("key", PATHS)
@pytest.mark.parametrize(
    ("path", "taken"),
    [
        ("my films", "my films"),
        ("Привет мир/ö 雨", "Привет мир/ö 雨"),
        ('it\'s $HOME & "co"; [1] (2)', 'it\'s $HOME & "co"; [1] (2)'),
        ("~/out", f"{Path.home()}/out"),
    ],
)
def test_any_other_path_is_taken_as_it_is_but_for_the_home_folder(key: str, path: str, taken: str) -> None:
    assert with_path(key, path) == taken


@pytest.mark.parametrize(
    ("path", "taken"), [("./out//a/", "out/a"), ("-out", f"{Path.cwd()}/-out"), (".", f"{Path.cwd()}")]
)
def test_a_path_is_written_in_one_way_that_is_no_option(path: str, taken: str) -> None:
    assert with_path("results", path) == taken


def test_a_start_may_leave_results_and_seed_open() -> None:
    path = "{results}/models/dsnet/first/seed{seed}/last.ckpt"
    assert with_path("runs.dsnet.full.stages.0.init", path) == path


@pytest.mark.parametrize("missing", [{"epochs": 1.0, "steps": 10}, {"epochs": None, "steps": None}])
def test_a_stage_has_epochs_or_steps(missing: dict[str, Any]) -> None:
    run = BASE["runs"]["dsnet"]["full"]
    stage = run["stages"][0] | missing
    with pytest.raises(VsodprepError, match="either epochs or steps"):
        complete({"runs": {"dsnet": {"full": run | {"stages": [stage]}}}}, BASE)


def test_two_runs_agree_on_the_split_of_a_benchmark() -> None:
    run = BASE["runs"]["dsnet"]["full"]
    other = run | {"test": [{"benchmark": "synth", "split": "train"}]}
    with pytest.raises(VsodprepError, match="synth"):
        complete({"runs": {"dsnet": {"full": run, "other": other}}}, BASE)


def test_runs_are_replaced_and_other_mappings_join() -> None:
    run = BASE["runs"]["dsnet"]["full"]
    config = complete({"runs": {"dsnet": {"mine": run}}, "flow": {"fast": {"preset": "fast"}}}, BASE)
    assert list(config.runs["dsnet"]) == ["mine"]
    assert list(config.flow) == ["dis", "fast"]


def test_merge_replaces_lists() -> None:
    assert merge({"a": {"b": [1, 2], "c": 3}}, {"a": {"b": [4]}}) == {"a": {"b": [4], "c": 3}}


def test_partial_applies_to_every_source() -> None:
    config = complete({"sources": {"davis2016": "a.zip"}, "partial": True}, BASE)
    source = config.source("davis2016")
    assert source is not None
    assert source.partial
    assert source.path == ("a.zip",)
    assert config.source("fbms") is None


@pytest.mark.parametrize(
    ("content", "message"), [(b"- a list", "list"), (b"a: [", "not YAML"), (b"\xd8\x86\xff", "no text")]
)
def test_read_refuses_what_is_no_mapping(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(content)
    with pytest.raises(VsodprepError, match=message) as error:
        read(path)
    assert str(path) in str(error.value)


@pytest.mark.parametrize("path", sorted(ROOT.glob("config/*/*.yaml")), ids=lambda path: path.name)
def test_every_shipped_configuration_is_valid(path: Path) -> None:
    complete(read(path), BASE, str(path))
