"""What a configuration names and nobody has is named before anything is made."""

import re
from pathlib import Path
from typing import Any

import pytest

from vsodprep.config import complete
from vsodprep.config.defaults import default
from vsodprep.errors import InputError, VsodprepError
from vsodprep.workflow.check import RULES
from vsodprep.workflow.plan import Plan

BASE: dict[str, Any] = default().model_dump(mode="json")


def check(over: dict[str, Any]) -> None:
    Plan.of(complete(over, BASE)).check()


@pytest.mark.parametrize(
    ("over", "culprit"),
    [
        ({"benchmarks": ["davis2017"]}, "davis2017"),
        ({"sources": {"davis2017": "a.zip"}}, "davis2017"),
        ({"sources": {"davis2016": "nowhere.zip"}}, "nowhere.zip"),
        ({"sequences": {"synth": ["plain-whale"]}}, "plain-whale"),
        ({"splits": {"synth": {"test": ["plain-whale"]}}}, "plain-whale"),
        ({"splits": {"synth": {"unused": ["plain-whale"]}}}, r"splits\.synth\.unused.*plain-whale"),
        ({"resolution": {"davis2017": "480p"}}, "davis2017"),
        ({"resolution": {"davis2016": "9p"}}, "'9p'; expected one of 480p, 1080p"),
        ({"allow": {"davis2017": ["frame-size"]}}, "davis2017"),
        ({"allow": {"davis2016": ["frame-sise"]}}, r"allow\.davis2016: no 'frame-sise'"),
        ({"folders": {"synth": "."}}, r"folders\.synth: the name of a known benchmark"),
        ({"folders": {"flow": "."}}, r"folders\.flow: the name of a rule"),
        ({"folders": {"mine": "nowhere"}}, "nowhere"),
        ({"coarse": {"weightfree": {"crf": "stun"}}}, r"coarse\.weightfree\.crf: no 'stun'"),
        ({"coarse": {"weightfree": {"crf": "raw"}}}, r"coarse\.weightfree\.crf: no 'raw'"),
        ({"coarse": {"weightfree": {"edits": "nowhere.txt"}}}, r"coarse\.weightfree\.edits: no nowhere\.txt"),
        ({"coarse": {"weightfree": {"order": ["otsu", "fuse"]}}}, r"coarse\.weightfree\.order"),
        ({"coarse": {"weightfree": {"weights": [1.5, -0.5]}}}, "not negative and sum to 1"),
        ({"coarse": {"weightfree": {"weights": [1.0]}}}, "1 weights; expected 2"),
        ({"saliency": {"mbd": {"method": None, "folder": "nowhere"}}}, r"saliency\.mbd\.folder: no nowhere"),
        ({"figures": {"a": {"kind": "losses", "protocol": "davsot"}}}, r"figures\.a\.protocol: no 'davsot'"),
        ({"figures": {"a": {"kind": "losses", "post": "stun"}}}, r"figures\.a\.post: no 'stun'"),
    ],
)
def test_what_does_not_exist_is_named(over: dict[str, Any], culprit: str) -> None:
    with pytest.raises(InputError, match=culprit):
        check(over)


@pytest.mark.parametrize(
    ("over", "culprit"), [({"variant": "fool"}, "variant: no 'fool'"), ({"options": {"tao": 1}}, "options: no 'tao'")]
)
def test_a_variant_or_option_that_does_not_exist_is_named(over: dict[str, Any], culprit: str) -> None:
    run = BASE["runs"]["dsnet"]["full"] | over
    with pytest.raises(InputError, match=rf"runs\.dsnet\.full\.{culprit}"):
        check({"runs": {"dsnet": {"full": run}}})


@pytest.mark.parametrize(
    ("figure", "culprit"),
    [
        ({"kind": "ranking", "benchmark": "visal"}, "no run is tested on visal"),
        ({"kind": "grid", "benchmark": "synth", "frames": ["plain-whale/00000"]}, "no sequence 'plain-whale'"),
        ({"kind": "timeline", "benchmark": "synth", "sequence": "plain-whale"}, "no sequence 'plain-whale'"),
    ],
)
def test_a_figure_of_what_does_not_exist_is_named(figure: dict[str, Any], culprit: str) -> None:
    with pytest.raises(InputError, match=culprit):
        check({"figures": {"a": figure}})


@pytest.mark.parametrize("name", ["raw", "stan"])
def test_a_crf_preset_of_ones_own_needs_its_own_name(name: str) -> None:
    with pytest.raises(VsodprepError, match=rf"crf\.{name}: a built-in name"):
        check({"crf": {name: {}}})


@pytest.mark.parametrize(("key", "name"), [("post", "stun"), ("protocols", "davsot")])
def test_a_run_tested_on_what_does_not_exist_is_named(key: str, name: str) -> None:
    run = BASE["runs"]["dsnet"]["full"]
    tested = run | {"test": [run["test"][0] | {key: [name]}]}
    with pytest.raises(InputError, match=rf"runs\.dsnet\.full\.test\.{key}: no '{name}'"):
        check({"runs": {"dsnet": {"full": tested}}})


def test_the_names_of_all_rules_are_taken() -> None:
    rules = Path(__file__).parents[1] / "workflow"
    text = "".join(path.read_text(encoding="utf-8") for path in (rules / "Snakefile", *rules.glob("rules/*.smk")))
    assert sorted(re.findall(r"^rule (\w+):", text, re.MULTILINE)) == sorted(RULES)
