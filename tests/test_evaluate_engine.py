"""The engine: aggregation, processes, cache, and the command."""

import json
import math
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from tests.evaluate_cases import disk, normalized, read_json, soft_map, write_tree
from tests.fakes.uvos import ytobjects, ytobjects_maps
from vsodprep import workers
from vsodprep.cli import cli
from vsodprep.errors import InputError, VsodprepError
from vsodprep.evaluate import PROTOCOLS, engine, evaluate_folders
from vsodprep.evaluate.aggregate import SCALARS, SequenceTotals, summarize
from vsodprep.evaluate.frame import DEFAULT_FAMILIES, FrameScores, score_frame
from vsodprep.evaluate.measures.stability import instability
from vsodprep.evaluate.protocols import change_protocol, find_protocol
from vsodprep.files import write_json
from vsodprep.images import read_gray, write_png
from vsodprep.normalize.run import normalize
from vsodprep.scores.whole import scope

LENGTHS = {"drift": 7, "hide": 4, "stop": 3}


@pytest.fixture
def tree(tmp_path: Path) -> tuple[Path, Path]:
    return write_tree(tmp_path, LENGTHS)


def totals(protocol: str, *sequences: list[tuple[Any, Any]]) -> list[SequenceTotals]:
    made = []
    for frames in sequences:
        total = SequenceTotals()
        for number, (saliency, mask) in enumerate(frames):
            total.add(str(number), score_frame(saliency, mask, PROTOCOLS[protocol]))
        made.append(total)
    return made


def frames(number: int, seed: int) -> list[tuple[Any, Any]]:
    masks = [disk(20, 30, 10, 8 + step, 5) for step in range(number)]
    return [(soft_map(mask, seed + step), mask) for step, mask in enumerate(masks)]


def test_sequences_count_the_same_and_frames_count_the_same() -> None:
    long, short = frames(6, 0), frames(2, 50)
    single = [
        [each["mae"] for each in (score_frame(*one, PROTOCOLS["pysod"]).scalars for one in part)]
        for part in (long, short)
    ]
    by_sequence = summarize(totals("davsod", long, short), PROTOCOLS["davsod"])
    by_frame = summarize(totals("pysod", long, short), PROTOCOLS["pysod"])
    assert by_sequence["mae"] == pytest.approx(np.mean([np.mean(single[0]), np.mean(single[1])]), abs=1e-9)
    assert by_frame["mae"] == pytest.approx(np.mean(single[0] + single[1]), abs=1e-12)


def test_pooled_counts_every_pixel_once() -> None:
    long, short = frames(3, 0), frames(1, 50)
    found = summarize(totals("pooled-f1", long, short), PROTOCOLS["pooled-f1"])
    saliency = np.concatenate([each.ravel() for each, _ in long + short])
    mask = np.concatenate([each.ravel() for _, each in long + short])
    best = 0.0
    for level in range(256):
        hits = int((mask & (saliency >= level)).sum())
        if hits:
            precision, recall = hits / (saliency >= level).sum(), hits / mask.sum()
            best = max(best, 2 * precision * recall / (precision + recall))
    assert found["max_f"] == pytest.approx(best, abs=1e-12)
    assert found["mae"] == pytest.approx(np.abs(saliency / 255 - mask).mean(), abs=1e-12)


def test_empty_masks_count_as_zero_or_are_left_out() -> None:
    empty = (np.full((20, 30), 9, np.uint8), np.zeros((20, 30), bool))
    some = frames(1, 0)
    skip = change_protocol(PROTOCOLS["pysod"], {"empty_masks": "skip"})
    alone = summarize(totals("pysod", some), skip)
    counted = summarize(totals("pysod", [*some, empty]), PROTOCOLS["pysod"])
    skipped = summarize(totals("pysod", [*some, empty]), skip)
    for name in ("max_f", "mean_f", "adaptive_f"):
        assert counted[name] == pytest.approx(alone[name] / 2)
        assert skipped[name] == alone[name]
    assert skipped["mae"] == counted["mae"]


def test_davis_statistics_are_averaged_over_sequences_of_any_length() -> None:
    given = {
        "j": ([1.0, 0.8, 0.6, 0.4], [0.2]),
        "boundary_f": ([0.9, 0.9, 0.3, 0.3], [0.8]),
        "t": ([math.nan, 1.0, 2.0, 3.0], [math.nan]),
    }
    sequences = []
    for place in range(2):
        total = SequenceTotals()
        for number, values in enumerate(zip(*(each[place] for each in given.values()), strict=True)):
            scores = FrameScores(1, 1, False, dict(zip(given, values, strict=True)))
            total.add(str(number), scores)
        sequences.append(total)
    late = SequenceTotals()
    for number, value in enumerate((math.nan, 6.0)):
        late.add(str(number), FrameScores(1, 1, False, {"t": value}))
    for protocol in ("davis2016", "pysod"):
        found = summarize([*sequences, late], PROTOCOLS[protocol])
        assert found["j_mean"] == pytest.approx((0.7 + 0.2) / 2, abs=1e-15)
        assert found["j_recall"] == pytest.approx((0.75 + 0) / 2, abs=1e-15)
        assert found["j_decay"] == pytest.approx((0.9 - 0.5 + 0) / 2, abs=1e-15)
        assert found["boundary_recall"] == pytest.approx((0.5 + 1) / 2, abs=1e-15)
        assert found["t_mean"] == pytest.approx((2 + 6) / 2, abs=1e-15)


def test_a_sequence_shorter_than_what_is_skipped_at_its_end(tmp_path: Path) -> None:
    maps, masks = write_tree(tmp_path, {"long": 9, "three": 3})
    late = change_protocol(PROTOCOLS["davsod"], {"skip_first": 0, "skip_last": 4})
    scores = evaluate_folders(maps, masks, protocol=late, measures=("mae",))
    assert {name: each["frames"] for name, each in scores["sequences"].items()} == {"long": 5, "three": 0}


def test_the_benchmark_can_be_named(tree: tuple[Path, Path], tmp_path: Path) -> None:
    maps, masks = map(str, tree)
    arguments = ["evaluate", "--pred", maps, "--gt", masks, "--measure", "mae", "--benchmark", "davis2016"]
    result = CliRunner().invoke(cli, [*arguments, "--json", str(tmp_path / "scores.json")])
    assert result.exit_code == 0, result.output
    assert read_json(tmp_path / "scores.json")["benchmark"] == "davis2016"


def test_a_name_other_than_the_masks_own_is_refused(tree: tuple[Path, Path], tmp_path: Path) -> None:
    maps, masks = tree
    known = normalized(tmp_path / "own", masks)
    assert evaluate_folders(maps, known, measures=("mae",), benchmark="own")["benchmark"] == "own"
    with pytest.raises(InputError, match="masks of own; expected masks of davis2016"):
        evaluate_folders(maps, known, measures=("mae",), benchmark="davis2016")


def test_a_sequence_too_short_to_score_is_left_out(tmp_path: Path) -> None:
    maps, masks = write_tree(tmp_path, {"long": 5, "two": 2})
    scores = evaluate_folders(maps, masks)
    assert scores["sequences"]["two"]["frames"] == 0
    assert scores["sequences"]["two"]["s_measure"] is None
    assert scores["s_measure"] == scores["sequences"]["long"]["s_measure"]


def test_all_sequences_too_short(tmp_path: Path) -> None:
    maps, masks = write_tree(tmp_path, {"one": 1, "two": 2})
    with pytest.raises(InputError, match="no frame to score"):
        evaluate_folders(maps, masks)


def test_the_file_has_its_keys(tree: tuple[Path, Path], tmp_path: Path) -> None:
    scores = evaluate_folders(*tree, measures=(*DEFAULT_FAMILIES, "t"))
    assert scores["frames"] == 5 + 2 + 1
    assert scores["protocol"] == "davsod"
    assert {name: len(scores[name]) for name in ("precision", "recall", "f_curve", "e_curve")} == dict.fromkeys(
        ("precision", "recall", "f_curve", "e_curve"), 256
    )
    assert all(isinstance(scores[name], float) for name in SCALARS)
    assert set(SCALARS) <= set(scores["sequences"]["drift"])
    assert scores["settings"]["skip_first"] == 1
    write_json(tmp_path / "scores.json", scores)  # refuses NaN
    assert read_json(tmp_path / "scores.json") == json.loads(json.dumps(scores))


def test_measures_that_are_not_asked_for_are_null(tree: tuple[Path, Path]) -> None:
    scores = evaluate_folders(*tree, measures=("mae", "j"))
    assert {name for name in SCALARS if scores[name] is not None} == {"mae", "j_mean", "j_recall", "j_decay"}
    assert scores["f_curve"] is None
    everything = evaluate_folders(*tree)
    assert (scores["mae"], scores["j_mean"]) == (everything["mae"], everything["j_mean"])


@pytest.mark.parametrize("protocol", ["davsod", "pooled-f1"])
@pytest.mark.parametrize("alone", [0, 5], ids=lambda frames: f"after-{frames}-frames")
def test_processes_do_not_change_a_figure(
    tmp_path: Path, protocol: str, alone: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    maps, masks = write_tree(tmp_path, {"drift": 35, "hide": 4})
    options: dict[str, Any] = {"protocol": protocol, "measures": (*DEFAULT_FAMILIES, "t", "si")}
    by_one = evaluate_folders(maps, masks, **options)
    given: list[Any] = []

    def mapped(function: Any, chunks: list[Any], *rest: Any, **named: Any) -> Any:
        given.extend(chunks)
        return workers.mapped(function, chunks, *rest, **named)

    monkeypatch.setattr(engine, "mapped", mapped)
    monkeypatch.setattr(engine, "_ALONE", alone)
    monkeypatch.setattr(engine, "monotonic", count().__next__)  # a second a frame
    assert evaluate_folders(maps, masks, jobs=3, **options) == by_one
    assert sum(map(len, given)) == by_one["frames"] - max(alone - 1, 0)


def test_stability_takes_the_scored_frame_before(tmp_path: Path) -> None:
    maps, masks = write_tree(tmp_path, {"drift": 5, "hide": 3})
    scores = evaluate_folders(maps, masks, measures=("t",), cache_folder=tmp_path / "cache")
    per_frame = scores["sequences"]["drift"]["per_frame"]
    binary = [read_gray(maps / "drift" / f"0000{frame}.png") >= 128 for frame in (1, 2, 3)]
    assert per_frame["t"] == [None, instability(binary[0], binary[1]), instability(binary[1], binary[2])]
    assert scores["t_mean"] == scores["sequences"]["drift"]["t_mean"] == np.mean(per_frame["t"][1:])
    assert scores["sequences"]["hide"]["t_mean"] is None  # one scored frame has none before it
    assert evaluate_folders(maps, masks, measures=("t",), cache_folder=tmp_path / "cache") == scores


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_order_of_sequences_does_not_change_a_figure(tmp_path: Path, protocol: str) -> None:
    maps, masks = write_tree(tmp_path, LENGTHS)
    expected = evaluate_folders(maps, masks, protocol=protocol)
    for number, name in enumerate(reversed(LENGTHS)):
        for root in (maps, masks):
            (root / name).rename(root / f"{number}-{name}")
    found = evaluate_folders(maps, masks, protocol=protocol)
    assert list(found["sequences"]) == ["0-stop", "1-hide", "2-drift"]
    names = (*SCALARS, "f_curve", "e_curve", "precision", "recall")
    assert [found[name] for name in names] == [expected[name] for name in names]


def test_own_protocol_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("base: pysod\nskip_first: 2\nbeta2: 1\n", encoding="utf-8")
    mine = find_protocol(str(tmp_path / "mine.yaml"))
    assert (mine.name, mine.skip_first, mine.beta2, mine.thresholds) == ("mine", 2, 1, "levels")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("colour: red", "mine.yaml: unknown key colour; expected one of foreground_above"),
        ("base: mine", "mine.yaml: base: Input should be 'davsod', 'pysod'"),
        ("beta2: -1", "mine.yaml: beta2: Input should be greater than 0"),
        ("average: pixels", "mine.yaml: average: pixels needs f_from"),
        ("boundary_tolerance: 1e300", "mine.yaml: boundary_tolerance: Input should be less than or equal to 100"),
        ("[1]", "mine.yaml: a list; expected a mapping"),
        ("{", "mine.yaml: not YAML"),
    ],
)
def test_faults_in_an_own_protocol(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(VsodprepError, match=message):
        find_protocol(str(tmp_path / "mine.yaml"))


def test_command(tree: tuple[Path, Path], tmp_path: Path) -> None:
    maps, masks = map(str, tree)
    output = tmp_path / "scores.json"
    arguments = ["evaluate", "--pred", maps, "--gt", masks, "--json", str(output), "--jobs", "1"]
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 0, result.output
    scores = read_json(output)
    assert scores == json.loads(json.dumps(evaluate_folders(*tree)))
    assert "protocol davsod" in result.stdout
    assert "skip_first = 1" in result.stdout
    assert f"{scores['s_measure']:.4f}" in result.stdout


def test_command_changes_a_setting(tree: tuple[Path, Path], tmp_path: Path) -> None:
    maps, masks = map(str, tree)
    arguments = ["evaluate", "--pred", maps, "--gt", masks, "--set", "skip_first=0", "--measure", "mae"]
    result = CliRunner().invoke(cli, [*arguments, "--json", str(tmp_path / "scores.json")])
    assert result.exit_code == 0, result.output
    assert read_json(tmp_path / "scores.json")["frames"] == 6 + 3 + 2
    assert "protocol davsod+skip_first=0" in result.stdout


@pytest.mark.parametrize(
    "options", [["--measure", "mae,speed"], ["--set", "beta2"], ["--set", "beta2={"], ["--naming", "guess"]]
)
def test_wrong_usage(tree: tuple[Path, Path], options: list[str]) -> None:
    result = CliRunner().invoke(cli, ["evaluate", "--pred", str(tree[0]), "--gt", str(tree[1]), *options])
    assert result.exit_code == 2


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["one.json", "link.json"], "two --json name the same file"),
        (["one.json", "."], "a folder; expected the name of a file"),
    ],
)
def test_files_of_two_protocols_are_two(
    names: list[str], message: str, tree: tuple[Path, Path], tmp_path: Path
) -> None:
    (tmp_path / "link.json").symlink_to("one.json")
    words = [word for name in names for word in ("--protocol", "davsod", "--json", str(tmp_path / name))]
    result = CliRunner().invoke(cli, ["evaluate", "--pred", str(tree[0]), "--gt", str(tree[1]), *words])
    assert message in result.output + str(result.exception)
    assert not (tmp_path / "one.json").exists()


def test_classes_of_a_benchmark_and_their_mean(tmp_path: Path) -> None:
    """Two aeroplanes and a cow are right, the bird is black: 3 of 4 videos, 2 of 3 classes."""
    fake = ytobjects()
    normalize(fake.benchmark, fake.zipped(tmp_path / "in"), tmp_path / "gt")
    maps = ytobjects_maps(tmp_path / "maps", wrong="bird")
    arguments = ["evaluate", "--pred", str(maps), "--gt", str(tmp_path / "gt"), "--protocol", "uvos", "--jobs", "1"]
    result = CliRunner().invoke(cli, [*arguments, "--json", str(tmp_path / "scores.json")])
    assert result.exit_code == 0, result.output
    scores = read_json(tmp_path / "scores.json")
    by_class = {name: each["j_mean"] for name, each in scores["attributes"].items()}
    assert by_class == {"aeroplane": 1.0, "bird": 0.0, "cow": 1.0}
    assert scores["j_mean"] == 3 / 4
    assert scores["class_mean"]["j_mean"] == pytest.approx(2 / 3, abs=1e-15)
    assert scores["frames"] == 7  # of a video with one mask, that one too
    shown = result.output.partition("j_mean by class")[2]
    assert "bird  0.0000" in shown
    assert "j_mean  0.6667" in shown.partition("mean over the 3 classes")[2]


def test_frames_without_foreground_may_be_scored_by_no_measure(tree: tuple[Path, Path]) -> None:
    maps, masks = tree
    for name in ("drift/00000", "stop/00000", "stop/00001", "stop/00002"):
        write_png(masks / f"{name}.png", read_gray(masks / f"{name}.png") & 0)
    every = evaluate_folders(maps, masks, protocol="uvos")
    assert every["inputs"]["unscored"] == 4
    assert {name: each["frames"] for name, each in every["sequences"].items()} == {"drift": 6, "hide": 4, "stop": 0}
    assert every["j_mean"] == pytest.approx(np.mean([every["sequences"][name]["j_mean"] for name in ("drift", "hide")]))
    assert every["sequences"]["drift"]["per_frame"]["frame"][0] == "00001"
    assert scope([every]) == {("drift", 7), ("hide", 4), ("stop", 3)}  # what there was to score
    for path in masks.rglob("*.png"):
        write_png(path, read_gray(path) & 0)
    with pytest.raises(InputError, match="no mask that is scored has foreground"):
        evaluate_folders(maps, masks, protocol="uvos")
