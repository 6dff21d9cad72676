"""Intervals over sequences, and the paired test."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from tests.evaluate_cases import read_json, write_tree
from vsodprep.cli import cli
from vsodprep.errors import InputError
from vsodprep.evaluate import evaluate_folders
from vsodprep.evaluate.aggregate import SCALARS
from vsodprep.evaluate.frame import DEFAULT_FAMILIES
from vsodprep.evaluate.protocols import PROTOCOLS, change_protocol
from vsodprep.files import write_json
from vsodprep.images import write_png
from vsodprep.scores.bootstrap import Draws, difference, holm, interval
from vsodprep.scores.read import load_scores


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    lengths = {f"s{number}": 4 + number % 3 for number in range(6)}
    maps, masks = write_tree(tmp_path_factory.mktemp("tree"), lengths)
    write_png(masks / "s1" / "00001.png", np.zeros((30, 40), np.uint8))
    return maps, masks


def made_up(values: list[float], average: str = "sequences", frames: int = 10) -> dict[str, Any]:
    settings = {"average": average, "empty_masks": "zero", "f_from": "frames"}
    sequences = {f"s{number}": {"frames": frames + number, "mae": value} for number, value in enumerate(values)}
    return {"protocol": "made-up", "settings": settings, "sequences": sequences}


@pytest.fixture(scope="module")
def by_protocol(tree: tuple[Path, Path]) -> dict[str, dict[str, Any]]:
    chosen = {name: PROTOCOLS[name] for name in ("davsod", "pysod", "cag-dde")}
    chosen["skip"] = change_protocol(PROTOCOLS["pysod"], {"empty_masks": "skip"})
    measures = (*DEFAULT_FAMILIES, "t", "si")
    return {name: evaluate_folders(*tree, protocol=of, measures=measures) for name, of in chosen.items()}


@pytest.mark.parametrize("protocol", ["davsod", "pysod", "cag-dde", "skip"])
@pytest.mark.parametrize("key", [*SCALARS, "si_mae", "si_max_f"])
def test_the_middle_is_the_score(by_protocol: dict[str, dict[str, Any]], protocol: str, key: str) -> None:
    scores = by_protocol[protocol]
    found = interval(scores, key, Draws(resamples=200))
    assert found.value == pytest.approx(scores[key], abs=1e-12)
    assert found.low <= found.value <= found.high or key == "max_f"


def test_interval_of_a_mean_follows_the_binomial() -> None:
    # Four zeros and four ones: the mean of a resample is binomial(8, 1/2) / 8, whose 2.5 % quantiles are 1/8 and 7/8.
    assert interval(made_up([0, 1] * 4), "mae", Draws(resamples=20_000)) == (0.5, 0.125, 0.875)


def test_frames_count_where_the_protocol_counts_them() -> None:
    assert interval(made_up([0, 1], "frames", frames=1), "mae", Draws(resamples=100)).value == pytest.approx(2 / 3)


def test_equal_methods_do_not_differ() -> None:
    scores = made_up([0.1, 0.2, 0.3, 0.4])
    assert difference(scores, scores, "mae", Draws(resamples=500))[:4] == (0, 0, 0, 1)


def test_paired_test_is_exact_for_few_sequences() -> None:
    first, second = made_up([0.5] * 6), made_up([0.1, 0.2, 0.3, 0.1, 0.2, 0.3])
    found = difference(first, second, "mae", Draws(resamples=500))
    # Only no exchange and the exchange of all six give a difference as large: 2 of 64.
    assert found.value == pytest.approx(0.3)
    assert found.p == 2 / 64
    assert 0.2 < found.low < found.value < found.high < 0.4


def test_paired_test_draws_exchanges_for_many_sequences() -> None:
    generator = np.random.default_rng(0)
    base = generator.random(20)
    better = made_up((base - 0.05).tolist())
    noise = made_up((base + generator.normal(0, 0.05, 20)).tolist())
    assert difference(made_up(base.tolist()), better, "mae", Draws(resamples=2000)).p == pytest.approx(1 / 2000)
    assert difference(made_up(base.tolist()), noise, "mae", Draws(resamples=2000)).p > 0.05


def test_same_seed_same_figures(tree: tuple[Path, Path]) -> None:
    scores = evaluate_folders(*tree)
    assert interval(scores, "max_f", Draws(resamples=300)) == interval(scores, "max_f", Draws(resamples=300))
    assert interval(scores, "mae", Draws(resamples=300, seed=1)) != interval(scores, "mae", Draws(resamples=300))


def test_pixels_cannot_be_drawn_by_sequence(tree: tuple[Path, Path]) -> None:
    scores = evaluate_folders(*tree, protocol="pooled-f1")
    with pytest.raises(InputError, match="protocol pooled-f1: max_f counts the pixels of all sequences together"):
        interval(scores, "max_f")
    assert interval(scores, "j_mean", Draws(resamples=200)).value == pytest.approx(scores["j_mean"])


def test_one_sequence_has_no_interval() -> None:
    with pytest.raises(InputError, match="score file: 1 sequence with mae; expected two or more"):
        interval(made_up([0.5]), "mae")


def test_files_that_cannot_be_compared() -> None:
    with pytest.raises(InputError, match="other settings"):
        difference(made_up([0.1, 0.2]), made_up([0.1, 0.2], "frames"), "mae")
    with pytest.raises(InputError, match="other sequences"):
        difference(made_up([0.1, 0.2]), made_up([0.1, 0.2, 0.3]), "mae")
    with pytest.raises(InputError, match="theirs: 9 frames of s0; expected 10 frames, as for the first method"):
        difference(made_up([0.1, 0.2]), made_up([0.1, 0.2], frames=9), "mae", name="theirs")


@pytest.mark.parametrize("option", [("--level", "nan"), ("--level", "1"), ("--seed", "-1"), ("--resamples", "9")])
@pytest.mark.parametrize("words", [("compare",), ("figure", "intervals", "--out", "x.svg")])
def test_options_out_of_range_are_wrong_usage(words: tuple[str, ...], option: tuple[str, str]) -> None:
    result = CliRunner().invoke(cli, [*words, "missing.json", *option])
    assert result.exit_code == 2, result.output
    assert f"Invalid value for '{option[0]}'" in result.output


SOUND: dict[str, Any] = {"sequences": {}, "protocol": "davsod", "benchmark": None, "settings": {}}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], "no scores with sequences"),
        ({"sequences": {}}, "incomplete scores"),
        ({"sequences": {}, "protocol": "davsod", "settings": {}}, "incomplete scores"),
        ({"sequences": {}, "protocol": "davsod", "benchmark": None}, "incomplete scores"),
        ({"sequences": {"a": 3}, "protocol": "davsod", "benchmark": None, "settings": {}}, "incomplete scores"),
        (SOUND | {"benchmark": ["x"]}, "scores in another form"),
        (SOUND | {"protocol": 3}, "scores in another form"),
        (SOUND | {"attributes": 4}, "scores in another form"),
        (SOUND | {"attributes": {"AC": 4}}, "scores in another form"),
        (SOUND | {"mae": "high"}, "mae = 'high'"),
        (SOUND | {"sequences": {"a": {"frames": "x"}}}, "frames = 'x'"),
        (SOUND | {"attributes": {"AC": {"max_f": []}}}, r"max_f = \[\]"),
        (SOUND | {"class_mean": {"j_mean": float("nan")}}, "j_mean = nan"),
    ],
)
def test_files_that_are_no_scores(content: Any, message: str, tmp_path: Path) -> None:
    (tmp_path / "scores.json").write_text(json.dumps(content))  # Python's writes and reads NaN, which is no JSON
    with pytest.raises(InputError, match=f"scores.json: {message}; expected scores written by vsodprep evaluate"):
        load_scores([str(tmp_path / "scores.json")])


def test_command(tree: tuple[Path, Path], tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", evaluate_folders(*tree))
    write_json(tmp_path / "b.json", evaluate_folders(tree[1], tree[1]))
    arguments = ["compare", f"mine={tmp_path / 'a.json'}", str(tmp_path / "b.json"), "--metric", "mae"]
    result = CliRunner().invoke(cli, [*arguments, "--resamples", "500", "--json", str(tmp_path / "c.json")])
    assert result.exit_code == 0, result.output
    found = read_json(tmp_path / "c.json")["measures"]["mae"]
    assert found["intervals"]["b"] == {"value": 0, "low": 0, "high": 0}
    assert found["differences"]["b"]["p"] == 2 / 64
    assert "mine - b: +" in result.stdout


@pytest.mark.parametrize(("sequences", "smallest"), [(2, 0.5), (3, 0.25), (6, 0.03125), (13, 2 / 8192), (14, 1 / 500)])
def test_p_cannot_fall_below_what_so_few_sequences_allow(sequences: int, smallest: float) -> None:
    worse, better = made_up([0.5] * sequences), made_up([0.1 + 0.01 * n for n in range(sequences)])
    found = difference(worse, better, "mae", Draws(resamples=500))
    assert (found.smallest_p, found.p) == (smallest, smallest)


def test_command_says_how_small_p_can_be_and_what_is_left_out(tmp_path: Path) -> None:
    def write(name: str, sequences: list[str]) -> str:
        values = made_up([0.01 * len(name) + 0.01 * n for n in range(len(sequences))])
        each = dict(zip(sequences, values["sequences"].values(), strict=True))
        write_json(tmp_path / name, {**values, "benchmark": "davis2016", "sequences": each})
        return str(tmp_path / name)

    three = ["blackswan", "camel", "libby"]
    run = ["compare", write("a.json", three), write("bb.json", three), "--measure", "mae", "--json"]
    result = CliRunner().invoke(cli, [*run, str(tmp_path / "out.json")])
    assert result.exit_code == 0, result.output
    assert "p = 0.2500 (with so few sequences p cannot fall below 0.25)" in result.stdout
    assert result.stderr.startswith("a is not of the whole benchmark: 3 of the 20 sequences of davis2016 val; ")
    written = read_json(tmp_path / "out.json")
    assert sorted(written["partial"]) == ["a", "bb"]
    assert written["measures"]["mae"]["differences"]["bb"]["smallest_p"] == 0.25


@pytest.mark.parametrize(
    ("p", "corrected"),
    [
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
        ([0.5, 0.5, 0.4], [1, 1, 1]),
        ([0.2], [0.2]),
        ([], []),
    ],
)
def test_p_is_corrected_by_holm(p: list[float], corrected: list[float]) -> None:
    assert holm(p) == pytest.approx(corrected)


def test_seeds_are_one_method() -> None:
    seeds = [made_up([0.1, 0.2, 0.3, 0.4]), made_up([0.3, 0.4, 0.5, 0.6])]
    mean = made_up([0.2, 0.3, 0.4, 0.5])
    other = made_up([0.1, 0.5, 0.2, 0.3])
    assert interval(seeds, "mae") == pytest.approx(interval(mean, "mae"))
    # a mean is linear: the test of the seeds is that of their mean
    assert difference(seeds, other, "mae") == pytest.approx(difference(mean, other, "mae"))
    assert difference(seeds, seeds, "mae")[:4] == (0, 0, 0, 1)
    with pytest.raises(InputError, match="3 seeds; expected 2 seeds, as the first method has, or one"):
        difference(seeds, [other] * 3, "mae")
    with pytest.raises(InputError, match="seeds that were scored on other sequences or with other settings"):
        interval([seeds[0], made_up([0.1, 0.2])], "mae")


@pytest.mark.parametrize("key", ["mean_f", "mae", "pr_auc"])
def test_exchanging_is_scoring_with_the_results_of_the_other(tree: tuple[Path, Path], key: str) -> None:
    one, two = (evaluate_folders(tree[0], tree[1], protocol=name) for name in ("cag-dde", "pysod"))
    two["settings"] = one["settings"]  # the same maps scored in two ways are two methods that nearly agree

    def value(first: dict[str, Any], second: dict[str, Any], swapped: set[str]) -> float:
        mixed = {name: (second if name in swapped else first)["sequences"][name] for name in first["sequences"]}
        return interval(first | {"sequences": mixed}, key, Draws(resamples=1)).value

    subsets = [{f"s{bit}" for bit in range(6) if number >> bit & 1} for number in range(64)]
    differences = np.array([value(one, two, subset) - value(two, one, subset) for subset in subsets])
    found = difference(one, two, key, Draws(resamples=200))
    assert found.value == pytest.approx(differences[0], abs=1e-15)
    assert found.p == np.mean(np.abs(differences) >= abs(differences[0]) - 1e-12)
    assert 0 < abs(found.value) < 0.1


def write_methods(folder: Path, *, benchmark: str, levels: dict[str, float]) -> None:
    for label, level in levels.items():
        values = made_up([level + 0.01 * n for n in range(6)])
        write_json(folder / label / f"{benchmark}.made-up.json", {**values, "benchmark": benchmark})


def test_command_takes_a_folder_and_corrects_for_all_tests(tmp_path: Path) -> None:
    for benchmark in ("one", "two"):
        write_methods(tmp_path / "scores", benchmark=benchmark, levels={"a": 0.3, "base": 0.1, "c": 0.2})
    run = ["compare", str(tmp_path / "scores"), "--measure", "mae", "--resamples", "200", "--versus", "base"]
    several = CliRunner().invoke(cli, run)
    assert "scores of one by made-up, two by made-up; expected scores of one benchmark" in str(several.exception)
    result = CliRunner().invoke(cli, [*run, "--benchmark", "two", "--json", str(tmp_path / "out.json")])
    assert result.exit_code == 0, result.output
    assert "base - a: -0.2000 [-0.2000, -0.2000], p = 0.0312, by Holm 0.0625" in result.stdout
    assert result.stdout.endswith("p is that of one test alone; by Holm, it is corrected for all 2 tests above\n")
    written = read_json(tmp_path / "out.json")
    assert (written["first"], written["tests"]) == ("base", 2)
    assert {name: each["p_holm"] for name, each in written["measures"]["mae"]["differences"].items()} == {
        "a": 2 * 2 / 64,
        "c": 2 * 2 / 64,
    }
