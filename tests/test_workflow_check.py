"""What a configuration names and nobody has is named before anything is made."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from vsodprep.benchmarks import get
from vsodprep.cli import cli
from vsodprep.config import complete
from vsodprep.config.defaults import default
from vsodprep.config.figures import File
from vsodprep.errors import InputError, VsodprepError
from vsodprep.images import write_png
from vsodprep.workflow.check import rule_names
from vsodprep.workflow.plan import Plan

BASE: dict[str, Any] = default().model_dump(mode="json")
RANKING = {"kind": "ranking", "benchmark": "synth"}


def check(over: dict[str, Any]) -> None:
    Plan.of(complete(over, BASE)).check(rule_names((Path(__file__).parents[1] / "workflow").joinpath))


@pytest.mark.parametrize(
    ("over", "culprit"),
    [
        ({"benchmarks": ["davis1917"]}, "davis1917"),
        ({"sources": {"davis1917": "a.zip"}}, "davis1917"),
        ({"sources": {"davis2016": "nowhere.zip"}}, "nowhere.zip"),
        ({"sequences": {"synth": ["plain-whale"]}}, "plain-whale"),
        ({"splits": {"synth": {"test": ["plain-whale"]}}}, "plain-whale"),
        ({"splits": {"synth": {"unused": ["plain-whale"]}}}, r"splits\.synth\.unused.*plain-whale"),
        ({"resolution": {"davis1917": "480p"}}, "davis1917"),
        ({"resolution": {"davis2016": "9p"}}, "'9p'; expected one of 480p, 1080p"),
        ({"allow": {"davis1917": ["frame-size"]}}, "davis1917"),
        ({"allow": {"davis2016": ["frame-sise"]}}, r"allow\.davis2016: no 'frame-sise'"),
        ({"folders": {"synth": "."}}, r"folders\.synth: the name of a known benchmark"),
        ({"folders": {"flow": "."}}, r"folders\.flow: the name of a rule"),
        ({"folders": {"mine": "nowhere"}}, "nowhere"),
        ({"coarse": {"weightfree": {"crf": "stun"}}}, r"coarse\.weightfree\.crf: no 'stun'"),
        ({"coarse": {"weightfree": {"crf": "raw"}}}, r"coarse\.weightfree\.crf: no 'raw'"),
        ({"coarse": {"weightfree": {"edits": "nowhere.txt"}}}, r"coarse\.weightfree\.edits: no nowhere\.txt"),
        ({"coarse": {"weightfree": {"order": ["otsu", "fuse"]}}}, r"coarse\.weightfree\.order"),
        (
            {"coarse": {"weightfree": {"weights": [1.5, -0.5]}}},
            r"coarse\.weightfree\.weights.*not negative and sum to 1",
        ),
        ({"coarse": {"weightfree": {"weights": [1.0]}}}, r"coarse\.weightfree\.weights: 1 weights; expected 2"),
        ({"saliency": {"mbd": {"method": None, "folder": "nowhere"}}}, r"saliency\.mbd\.folder: no nowhere"),
        ({"figures": {"a": RANKING | {"protocol": "davsot"}}}, r"figures\.a\.protocol: no 'davsot'"),
        ({"figures": {"a": RANKING | {"post": "stun"}}}, r"figures\.a\.post: no 'stun'"),
    ],
)
def test_what_does_not_exist_is_named(over: dict[str, Any], culprit: str) -> None:
    with pytest.raises(InputError, match=culprit):
        check(over)


STAGE = {"data": [{"benchmark": "synth", "split": "train"}], "size": [64, 64], "steps": 1}
RUN = {"width": 0.25, "pretrained": False, "flow": "dis", "stages": [STAGE]}
CLIPS = {**STAGE, "clip_length": 4}


@pytest.mark.parametrize(
    ("model", "over", "culprit"),
    [
        ("dsnet", {"variant": "fool"}, "unknown variant 'fool'; expected one of full, code"),
        ("dsnet", {"options": {"tao": 1}}, "options: unknown key tao; expected one of generator"),
        ("dsnet", {"options": {"tau": -3}}, "options: tau: Input should be greater than or equal to 0, found -3"),
        ("contrastive", {"options": {"rates": "wide"}}, "options: rates: Input should be a valid tuple"),
        ("stan", {"options": {"convlstm": False, "conv3d": False}}, "options: .*combine: sum"),
        ("cagdde", {"options": {"decoder": "deeplab"}}, "options: .*gate: false"),
        ("dsnet", {"pretrained": True}, "pretrained with width 0.25; expected pretrained: false, or width: 1"),
        ("dsnet", {"flow": None}, "flow: none, but DS-Net reads flow"),
        ("cagdde", {"flow": None}, "flow: none, but CAG-DDE reads flow"),
        ("stan", {"variant": "flow", "flow": None, "stages": [CLIPS]}, "flow: none, but STAN reads flow"),
        ("stan", {"stages": [CLIPS]}, "prior: none, but STAN reads a prior"),
        ("msst", {"stages": [CLIPS]}, "prior: none, but MSST reads a prior"),
        ("msst", {"prior": "light"}, r"stages\.main\.clip_length: 1; expected at least 4"),
        ("stan", {"prior": "light"}, r"stages\.main\.clip_length: 1; expected at least 4"),
        ("contrastive", {"variant": "cosnet"}, r"stages\.main\.clip_length: 1; expected at least 2"),
        ("dsnet", {"stages": [{**STAGE, "batch": 1}]}, r"stages\.main\.batch: 1; expected at least 2"),
        ("dsnet", {"stages": [{**STAGE, "learn": ["eyes"]}]}, r"stages\.main\.learn: eyes; expected no `learn`"),
        ("dsnet", {"stages": [{**STAGE, "still_flow": "none"}]}, r"stages\.main\.still_flow: none"),
        ("dsnet", {"stages": [{**STAGE, "init": "/nope.ckpt"}]}, r"stages\.main\.init: /nope\.ckpt"),
        ("dsnet", {"init": "/nope.ckpt"}, r"init: /nope\.ckpt"),
        (
            "dsnet",
            {"stages": [{**STAGE, "init": "{results}/models/dsnet/small/seed0/last.ckpt"}]},
            r"stages\.main\.init: .*small/seed0/last\.ckpt, of width 0.125; expected a run of width 0.25",
        ),
        (
            "dsnet",
            {"stages": [{**STAGE, "data": [{"benchmark": "synth", "split": "stills", "labels": "weightfree"}]}]},
            r"stages\.main\.data: synth stills, for which coarse\.weightfree makes no label",
        ),
        (
            "dsnet",
            {"stages": [{**STAGE, "data": [{"benchmark": "synth", "split": "test", "labels": "weightfree"}]}]},
            r"stages\.main\.data: synth test, for which coarse\.weightfree makes no label",
        ),
        (
            "stan",
            {"prior": "light", "stages": [CLIPS], "test": [{"benchmark": "segtrackv2", "split": "vsod13"}]},
            r"test: prior\.light, which is fitted on the split train, and segtrackv2 has no such split",
        ),
        (
            "stan",
            {"prior": "light", "stages": [{**CLIPS, "data": [{"benchmark": "segtrackv2", "split": "vsod13"}]}]},
            r"stages\.main: prior\.light, which is fitted on the split train, and segtrackv2 has no such split",
        ),
    ],
)
def test_what_a_training_job_would_refuse_is_named(model: str, over: dict[str, Any], culprit: str) -> None:
    small = RUN | {"width": 0.125}
    runs: dict[str, Any] = {"dsnet": {"small": small}}
    runs[model] = {**runs.get(model, {}), "full": RUN | over}
    with pytest.raises(VsodprepError, match=rf"runs\.{model}\.full(: |\.){culprit}"):
        check({"runs": runs, "coarse": {"weightfree": {"splits": [{"benchmark": "synth", "split": "train"}]}}})


@pytest.mark.parametrize(
    ("model", "over", "culprit"),
    [
        ("stan", {}, r"\.weights: no weights of stan were released; expected weights of dsnet, cagdde"),
        (
            "dsnet",
            {"weights": "/nope.pth"},
            r"\.weights: no /nope\.pth; expected the authors' final_bone\.pth from",
        ),
        ("cagdde", {"flow": None}, r"\.flow: none, but CAG-DDE reads flow"),
        ("dsnet", {"stages": [STAGE]}, ": give either stages or weights"),
        ("dsnet", {"weights": None}, ": give either stages or weights"),
        ("dsnet", {"seeds": [0, 1]}, ": weights cannot be combined with seeds"),
        ("dsnet", {"width": 0.5}, ": weights cannot be combined with seeds"),
        ("dsnet", {"pretrained": True}, ": weights cannot be combined with seeds"),
        ("dsnet", {"size": None}, ": weights need a size"),
        ("dsnet", {"init": "start.ckpt"}, ": init cannot be combined with weights"),
        ("dsnet", {"still_flow": "none"}, r"\.still_flow: none, but the network reads flow"),
        ("dsnet", {"variant": "fool"}, ": unknown variant 'fool'"),
    ],
)
def test_authors_weights_that_cannot_be_used_are_named(model: str, over: dict[str, Any], culprit: str) -> None:
    run = {"flow": "dis", "weights": __file__} | over
    with pytest.raises(VsodprepError, match=rf"runs\.{model}\.official{culprit}"):
        check({"runs": {model: {"official": run}}})


@pytest.mark.parametrize("still", [False, True])
def test_losses_are_drawn_of_what_is_trained(still: bool) -> None:
    runs = {"official": {"flow": "dis", "weights": __file__}} | ({"full": RUN} if still else {})
    over = {"runs": {"dsnet": runs}, "figures": {"a": {"kind": "losses"}}}
    if still:
        words = Plan.of(complete(over, BASE)).targets.figures["a"]
        assert [word.of for word in words if isinstance(word, File)] == [("dsnet", "full", 0)]
    else:
        with pytest.raises(InputError, match=r"figures\.a: no run is trained"):
            check(over)


def test_a_split_without_masks_is_nothing_to_learn_from(tmp_path: Path) -> None:
    frame = tmp_path / "film" / "frames" / "00000.png"
    frame.parent.mkdir(parents=True)
    write_png(frame, np.zeros((8, 8, 3), np.uint8))
    stage = STAGE | {"data": [{"benchmark": "mine", "split": "learn"}]}
    over = {"folders": {"mine": str(tmp_path)}, "splits": {"mine": {"learn": ["film"]}}}
    with pytest.raises(InputError, match=r"stages\.main\.data: mine learn, which has no masks"):
        check(over | {"runs": {"dsnet": {"full": RUN | {"stages": [stage]}}}})


def test_a_split_without_masks_is_nothing_to_test_on(tmp_path: Path) -> None:
    frame = tmp_path / "film" / "frames" / "00000.png"
    frame.parent.mkdir(parents=True)
    write_png(frame, np.zeros((8, 8, 3), np.uint8))
    run = RUN | {"test": [{"benchmark": "mine", "split": "all"}]}
    over = {"folders": {"mine": str(tmp_path)}, "runs": {"dsnet": {"full": run}}}
    with pytest.raises(InputError, match=r"runs\.dsnet\.full\.test: mine all, which has no masks"):
        check(over)
    write_png(tmp_path / "film" / "masks" / "00000.png", np.zeros((8, 8), np.uint8))
    check(over)


def test_a_prior_that_no_training_sequence_is_chosen_for_is_told(tmp_path: Path) -> None:
    chosen = {"sequences": {"synth": list(get("synth").splits["test"].sequences or ())}, "runs": {}}
    targets = Plan.of(complete(chosen, BASE)).targets
    assert targets.packed_priors("synth") == []
    (words,) = targets.left_out
    assert words.startswith("prior.light is not in the shard of synth: it is fitted on its split train, which is empty")
    path = tmp_path / "mine.yaml"
    path.write_text(json.dumps(chosen))
    assert words in CliRunner().invoke(cli, ["plan", "--config", str(path)]).output
    assert Plan.of(complete({}, BASE)).targets.left_out == ()


@pytest.mark.parametrize(("model", "variant"), [("msst", "full"), ("cagdde", "DDE"), ("stan", "ST")])
def test_a_network_that_has_nothing_to_show_is_named(model: str, variant: str) -> None:
    test = [{"benchmark": "synth", "split": "test"}]
    run = RUN | {"variant": variant, "prior": "light", "stages": [CLIPS], "test": test}
    figure = {"kind": "level-weights", "benchmark": "synth", "model": model}
    with pytest.raises(InputError, match=rf"figures\.a: {model}/full, whose network has no weights or scores"):
        check({"runs": {model: {"full": run}}, "figures": {"a": figure}})


@pytest.mark.parametrize(
    ("figure", "culprit"),
    [
        ({"kind": "ranking", "benchmark": "visal"}, "nothing is tested on visal"),
        ({"kind": "level-weights", "benchmark": "visal", "model": "dsnet"}, "no run is tested on visal"),
        ({"kind": "grid", "benchmark": "synth", "frames": ["plain-whale/00000"]}, "no sequence 'plain-whale'"),
        ({"kind": "timeline", "benchmark": "synth", "sequence": "plain-whale"}, "no sequence 'plain-whale'"),
    ],
)
def test_a_figure_of_what_does_not_exist_is_named(figure: dict[str, Any], culprit: str) -> None:
    with pytest.raises(InputError, match=culprit):
        check({"figures": {"a": figure}})


@pytest.mark.parametrize(
    ("over", "culprit"),
    [
        ({"flow": {"b": {"method": "raft", "weights": "/nope.pth"}}}, r"flow\.b\.weights: /nope\.pth.*large, small"),
        ({"flow": {"b": {"method": "raft", "weights": "middling"}}}, r"flow\.b\.weights: middling"),
        ({"flow": {"b": {"method": "flownet2", "weights": "large"}}}, r"flow\.b\.weights: large.*nvidia, ptlflow"),
        ({"flow": {"b": {"method": "ptlflow:gma", "weights": "/nope.ckpt"}}}, r"flow\.b\.weights: /nope\.ckpt"),
        ({"prior": {"b": {"features": "vgg16", "weights": "/nope.pth"}}}, r"prior\.b\.weights: /nope\.pth.*random"),
    ],
)
def test_weights_that_are_no_file_and_no_name_are_named(over: dict[str, Any], culprit: str) -> None:
    with pytest.raises(InputError, match=culprit):
        check(over)


@pytest.mark.parametrize(
    "over",
    [
        {"flow": {"b": {"method": "raft", "weights": "small"}}},
        {"flow": {"b": {"method": "raft", "weights": "Raft_Large_Weights.C_T_V1"}}},
        {"flow": {"b": {"method": "raft", "weights": "raft_small_C_T_V2-01064c6d.pth"}}},
        {"flow": {"b": {"method": "raft", "weights": __file__}}},
        {"flow": {"b": {"method": "flownet2", "weights": "ptlflow"}}},
        {"flow": {"b": {"method": "ptlflow:gma", "weights": "sintel"}}},
        {"prior": {"b": {"features": "alexnet", "weights": "random"}}},
        {"prior": {"b": {"features": "vgg16", "weights": "IMAGENET1K_FEATURES"}}},
    ],
)
def test_weights_that_a_network_knows_are_accepted(over: dict[str, Any]) -> None:
    check(over)


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
