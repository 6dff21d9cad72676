"""Figures: what they draw, that their bytes are fixed, and the commands that draw them."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from report_tree import build

from vsodprep.cli import main
from vsodprep.errors import InputError, VsodprepError
from vsodprep.figures.bars import Bars, ablation
from vsodprep.figures.compare import (
    ablation_of,
    f_threshold_of,
    intervals_of,
    precision_recall_of,
    ranking_of,
    sweep_of,
)
from vsodprep.figures.curves import Curve, f_threshold, losses, precision_recall
from vsodprep.figures.grid import GridRow, grid, outlined
from vsodprep.figures.history import Losses, draw_losses
from vsodprep.figures.intervals import intervals
from vsodprep.figures.level_features import coloured, level_features
from vsodprep.figures.level_weights import left_out, level_weights
from vsodprep.figures.sequences import ranking
from vsodprep.figures.style import COLOURS, FAINT, INK, inline_svg, save
from vsodprep.figures.sweep import sweep
from vsodprep.figures.timeline import extremes, timeline
from vsodprep.models.insight import BranchFeatures
from vsodprep.scores.bootstrap import Draws, Interval, difference, interval
from vsodprep.scores.read import Scores, labelled, load_scores, mean

RANDOM = np.random.default_rng(0)
WEIGHTS = RANDOM.uniform(0, 1, (20, 5))
LEVEL = RANDOM.uniform(0, 3, (6, 10)).astype(np.float32)
PICTURE = RANDOM.integers(0, 256, (30, 50, 3), dtype=np.uint8)
# Made anew for each test: Matplotlib's layout goes on where the last drawing left it.
EVERY: dict[str, Callable[[], Figure]] = {
    "precision_recall": lambda: precision_recall([Curve("a", [0, 0.5, 1], [1, 0.9, 0.2]), Curve("b", [0], [1], True)]),
    "f_threshold": lambda: f_threshold([Curve("a", [255, 0], [0.1, 0.9])]),
    "losses": lambda: losses([Curve("loss", [1, 2], [2, 1])], [Curve("bce", [1, 2], [1, None])], {"one": 1, "two": 2}),
    "ranking": lambda: ranking({"a": {"x": 0.5, "y": None}, "b": {"x": 0.4, "y": 0.3}}, "max F", references=["b"]),
    "ablation": lambda: ablation({"x": Bars({"M1": {"F": 0.8}, "a": {"F": 0.9}}, {"M1": {"F": 0.81}})}, {"F": False}),
    "sweep": lambda: sweep("tau", [0.1, 0.2], {"x": {"F": [0.8, 0.9]}, "y": {"F": [0.7, None]}}, {"F": False}),
    "level_weights": lambda: level_weights({"weight_spatial": WEIGHTS, "weight_temporal": 1 - WEIGHTS}, tau=0.6),
    "level_features": lambda: level_features({"a/1": [BranchFeatures("spatial", PICTURE, [LEVEL, LEVEL], WEIGHTS[0])]}),
    "grid": lambda: grid(
        ["frame", "mask"], [GridRow("a", (PICTURE, PICTURE), ("", "1")), GridRow("b", (None, PICTURE))]
    ),
    "timeline": lambda: timeline(["1", "2", "3"], {"a": [0.1, None, 0.3]}, "MAE", {2: [PICTURE], 0: [PICTURE]}),
    "intervals": lambda: intervals({"a": Interval(0.5, 0.4, 0.6)}, "max F"),
}


def ends(axes_line: object) -> list[float]:
    return [float(value) for value in axes_line.get_ydata()]  # type: ignore[attr-defined]


@pytest.mark.parametrize("suffix", [".svg", ".pdf", ".png"])
@pytest.mark.parametrize("kind", EVERY)
def test_bytes_are_fixed(kind: str, suffix: str, tmp_path: Path) -> None:
    for name in ("one", "two"):
        save(EVERY[kind](), tmp_path / f"{name}{suffix}", dpi=50)
    data = (tmp_path / f"one{suffix}").read_bytes()
    assert data == (tmp_path / f"two{suffix}").read_bytes()
    assert not re.search(rb"<dc:date>|CreationDate|Matplotlib v", data)


@pytest.mark.parametrize("kind", EVERY)
def test_inline_svg_takes_the_pages_ink(kind: str) -> None:
    svg = inline_svg(EVERY[kind](), "p", 'a "b" < c & d')
    root = ElementTree.fromstring(svg)
    assert root.get("aria-label") == 'a "b" < c & d'
    assert INK not in svg
    assert FAINT not in svg
    ids = re.findall(r'\bid="([^"]*)"', svg)
    assert all(one.startswith("p-") for one in ids)
    assert {one for pair in re.findall(r'url\(#([^)]*)\)|href="#([^"]*)"', svg) for one in pair if one} <= set(ids)


def test_lines_hold_the_numbers() -> None:
    (axes,) = EVERY["precision_recall"]().axes
    assert [ends(line) for line in axes.lines] == [[1, 0.9, 0.2], [1]]
    assert [line.get_linestyle() for line in axes.lines] == ["-", "--"]


@pytest.mark.parametrize("label", [r"$\foo$", "5 $ or 6 $", "_mine"])
def test_a_label_is_no_formula_and_none_is_left_out(label: str, tmp_path: Path) -> None:
    save(precision_recall([Curve(label, [0, 1], [1, 0.2]), Curve("b", [0], [1], True)]), tmp_path / "a.svg")
    assert f"{label}<" in (tmp_path / "a.svg").read_text()


def test_maps_of_two_values_are_a_point_among_the_curves() -> None:
    plain = {"benchmark": "visal", "protocol": "davsod", "sequences": {}}
    binary = {"recall": [0.6] * 255 + [1.0], "precision": [0.9] * 255 + [0.2]}
    soft = {"recall": [0.1, 0.5, 1.0], "precision": [0.9, 0.8, 0.2]}
    figure = precision_recall_of([Scores("soft", (plain | soft,)), Scores("binary", (plain | binary,))])
    curve, point = figure.axes[0].lines
    assert (len(curve.get_xdata()), curve.get_marker()) == (3, "")
    assert (list(point.get_xdata()), list(point.get_ydata()), point.get_marker()) == ([0.6], [0.9], "o")
    said = "ViSal, protocol davsod\nbinary: two-valued maps, which have a point and no curve"
    assert figure.get_supxlabel() == said


def test_ranking_orders_by_the_first_method() -> None:
    scores = {"a": {"x": 0.5, "y": 0.7, "z": None}, "b": {"x": 0.9, "y": 0.1, "z": 0.2}}
    (axes,) = ranking(scores, "max F").axes
    assert [text.get_text() for text in axes.get_yticklabels()] == ["y", "x", "z"]
    (axes,) = ranking(scores, "MAE", ascending=True).axes
    assert [text.get_text() for text in axes.get_yticklabels()] == ["x", "y", "z"]


@pytest.mark.parametrize(("small", "best"), [(False, 1), (True, 0)])
def test_ablation_marks_the_best(small: bool, best: int) -> None:
    variants = {"M1": {"F": 0.8}, "full": {"F": 0.9}, "none": {"F": None}}
    (axes,) = ablation({"x": Bars(variants)}, {"F": small}).axes
    colours = [bar.get_facecolor() for bar in axes.patches]
    assert colours.count(colours[best]) == 1
    assert [text.get_text() for text in axes.texts] == ["0.800", "0.900"]


def test_sweep_rings_the_best_value() -> None:
    (axes,) = sweep("tau", [0.1, 0.2, 0.3], {"d": {"E": [0.3, 0.1, 0.2]}}, {"E": True}).axes
    ring = axes.lines[-1]
    assert (list(ring.get_xdata()), list(ring.get_ydata())) == ([0.2], [0.1])


def test_features_are_stretched_over_the_colours() -> None:
    lowest, highest = (68, 1, 84), (253, 231, 36)  # the ends of Viridis, to a level
    level = np.array([[-1, 3]], dtype=np.float32)
    assert coloured(level)[0] == pytest.approx(np.array([lowest, highest]), abs=1)
    assert coloured(np.full((1, 1), 7, np.float32))[0, 0] == pytest.approx(np.array(lowest), abs=1)


def test_left_out_counts_the_frames_beyond_tau() -> None:
    spatial = np.array([[0.9, 0.5], [0.1, 0.5], [0.79, 0.15]])
    assert left_out(spatial, 1 - spatial, 0.6) == pytest.approx([2 / 3, 1 / 3])


def test_level_weights_need_equal_shapes() -> None:
    with pytest.raises(ValueError, match=r"\(2, 5\), \(3, 5\)"):
        level_weights({"a": np.zeros((2, 5)), "b": np.zeros((3, 5))})


def test_grid_needs_a_picture_per_column() -> None:
    with pytest.raises(ValueError, match="1 pictures for 2 columns"):
        grid(["a", "b"], [GridRow("row", (PICTURE,))])


@pytest.mark.parametrize("name", ["a/0", "a-sequence-with-a-rather-long-name-of-55-letters-in-it-all/00012"])
def test_grid_labels_stay_within_their_rows(name: str) -> None:
    picture = np.zeros((40, 64), np.uint8)
    figure = grid(["frame"], [GridRow(name, (picture,)), GridRow(name, (picture,))])
    labels = [text.get_window_extent() for text in figure.texts[:2]]
    for label, axes in zip(labels, figure.axes, strict=True):
        row = axes.get_window_extent()
        assert row.y0 - 1 <= label.y0 < label.y1 <= row.y1 + 1
        assert 0 <= label.x0 < label.x1 <= row.x0


@pytest.mark.parametrize("values", [[0.5, 0.5, 0.5], [0.0, 0.0, 0.0], [0.1, None, 0.9]])
def test_timeline_leaves_room_above_the_highest_value(values: list[float | None]) -> None:
    axes = timeline(["0", "1", "2"], {"a": values}, "MAE").axes[0]
    low, high = axes.get_ylim()
    assert low == 0
    assert high > 1.05 * max(value for value in values if value is not None)


def test_outlined_changes_the_border_only() -> None:
    mask = np.zeros((30, 50), dtype=bool)
    mask[10:20, 10:30] = True
    changed = (outlined(PICTURE, mask, (255, 0, 0)) != PICTURE).any(axis=2)
    inner = np.zeros_like(mask)
    inner[11:19, 11:29] = True
    assert not changed[~mask].any()
    assert not changed[inner].any()
    assert changed[mask & ~inner].mean() > 0.95


@pytest.mark.parametrize(
    ("values", "count", "chosen"),
    [
        ([0.5, 0.1, 0.4, 0.4, 0.9, 0.4], 1, [1, 4]),
        ([0.1, None, 0.3], 1, [0, 2]),
        ([0.1], 2, [0]),
        ([None, None], 1, []),
        ([0.0, 0.01, 0.5, 0.5, 0.5, 0.5, 0.02, 0.5, 0.5, 0.5, 0.9, 0.91], 2, [0, 2, 6, 11]),
    ],
)
def test_extremes(values: list[float | None], count: int, chosen: list[int]) -> None:
    assert extremes(values, count) == chosen


def test_timeline_shows_the_frames_asked_for() -> None:
    titles = [axes.get_title() for axes in EVERY["timeline"]().axes[1:]]
    assert titles == ["1: 0.100", "3: 0.300"]


def test_differences_that_may_be_nothing_are_grey() -> None:
    (axes,) = intervals({"a": Interval(0.1, -0.1, 0.3), "b": Interval(0.2, 0.1, 0.3)}, "difference", zero=True).axes
    grey, _, coloured = (axes.lines[index].get_color() for index in (0, 1, 2))
    assert grey != coloured


@pytest.mark.parametrize(
    ("argument", "label", "path"),
    [
        ("mine=a/b.json", "mine", "a/b.json"),
        ("a/b.json", "b", "a/b.json"),
        ("results/scores/dsnet/full/seed1/raw/synth.davsod.json", "dsnet full", None),
        ("results/scores/stan/full/seed0/stan/synth.davsod.json", "stan full + stan", None),
    ],
)
def test_labels(argument: str, label: str, path: str | None) -> None:
    assert labelled([argument]) == [(label, Path(path or argument))]


def test_seeds_are_averaged_by_frame_too() -> None:
    files = tuple({"sequences": {"s": {"per_frame": {"frame": ["1", "2"], "mae": [0.1, mae]}}}} for mae in (0.2, 0.4))
    assert Scores("a", files).frames("s", "mae") == {"1": pytest.approx(0.1), "2": pytest.approx(0.3)}
    assert Scores("a", files).frames("t", "mae") == {}


@pytest.mark.parametrize(("values", "result"), [([1.0, 2.0], 1.5), ([1.0, None], None), ([], None)])
def test_mean(values: list[float | None], result: float | None) -> None:
    assert mean(values) == result


def test_ablation_takes_the_papers_figures_of_the_same_variant() -> None:
    scores = [
        Scores(name, ({"benchmark": "davis2016", "max_f": 0.8, "sequences": {}},)) for name in ("caa-wos", "full")
    ]
    (axes,) = ablation_of(scores, ["max_f"], "full", "dsnet").axes
    marks = next(line for line in axes.lines if line.get_marker() == "D")
    assert marks.get_xdata()[1] == 0.891  # DS-Net, Table II
    assert 0.8 < marks.get_xdata()[0] < 0.891  # Table V


def test_an_ablation_beside_a_papers_figures_on_davsod_says_that_its_files_are_others() -> None:
    def below(benchmark: str) -> str:
        scores = [Scores("full", ({"benchmark": benchmark, "max_f": 0.8, "sequences": {}},))]
        return ablation_of(scores, ["max_f"], "full", "cagdde").get_supxlabel()

    assert "0.603" in below("davsod")  # SSAV's max F, which today's files put at 0.640
    assert "0.640" in below("davsod")
    assert below("davis2016") == "DAVIS-2016"


def test_an_ablation_has_panels_of_its_own_for_every_benchmark() -> None:
    def files(*values: float) -> tuple[dict[str, Any], ...]:
        pairs = zip(("davis2016", "vos", "vos"), values, strict=True)
        return tuple({"benchmark": name, "max_f": value, "sequences": {}} for name, value in pairs)

    scores = [Scores("caa-wos", files(0.8, 0.5, 0.7)), Scores("full", files(0.9, 0.4, 0.6)[:2])]
    davis, vos = ablation_of(scores, ["max_f"], "full", "dsnet").axes
    assert [text.get_text() for text in davis.texts] == ["0.800", "0.900"]
    assert [text.get_text() for text in vos.texts] == ["0.600", "0.400"]  # two seeds of the first
    assert davis.get_title("left") == "davis2016: max F (higher is better)"
    printed = [next(line for line in axes.lines if line.get_marker() == "D").get_xdata()[1] for axes in (davis, vos)]
    assert printed == [0.891, 0.801]  # DS-Net, Table II


@pytest.mark.parametrize("other", [{"benchmark": "fbms"}, {"protocol": "pysod"}])
def test_only_seeds_of_one_benchmark_and_protocol_are_averaged(other: dict[str, str]) -> None:
    one = {"benchmark": "davis2016", "protocol": "davsod", "max_f": 0.8, "recall": [1.0], "sequences": {}}
    assert Scores("a", (one, one | {"max_f": 0.6})).scalar("max_f") == pytest.approx(0.7)
    for average in (Scores.scalar, Scores.curve):
        with pytest.raises(
            InputError, match=r"^a: scores of davis2016 by davsod, (davis2016 by pysod|fbms by davsod);"
        ):
            average(Scores("a", (one, one | other)), "recall")


def test_curves_need_curves() -> None:
    with pytest.raises(VsodprepError, match="none of the score files has curves"):
        precision_recall_of([Scores("a", ({"sequences": {}},))])


def test_sweep_needs_numbers() -> None:
    with pytest.raises(InputError, match="full"):
        sweep_of([Scores("full", ({"sequences": {}},))], "tau", ["mae"])


def test_several_runs_are_drawn_without_terms() -> None:
    one = Losses([1, 2], [2.0, 1.0], {"bce": [1.0, 0.5]}, {"main": 1})
    assert [line.get_label() for line in draw_losses({"a": one}).axes[0].lines] == ["loss", "bce"]
    assert [line.get_label() for line in draw_losses({"a": one, "b": one}).axes[0].lines] == ["a", "b"]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("figures") / "results"
    build(root)
    return root


SCORES = ("scores/dsnet/full/seed0/raw/synth.davsod.json", "scores/trivial/flow-magnitude/seed0/raw/synth.davsod.json")
COMMANDS = {
    "precision-recall": [*SCORES, "--reference", "trivial flow-magnitude"],
    "f-threshold": [*SCORES],
    "ranking": [*SCORES, "--measure", "mae"],
    "ablation": [*SCORES, "--full", "dsnet full", "--measure", "s_measure"],
    "sweep": [f"0.1={SCORES[0]}", f"0.6={SCORES[1]}"],
    "intervals": [*SCORES, "--resamples", "200"],
    "losses": ["models/dsnet/full/seed0/metrics.csv"],
    "grid": [
        "normalized/synth/manifest.json", "--maps", "DS-Net=predictions/dsnet/full/seed0/raw/synth/predictions.json",
        "--frame", "drift/00001", "--frame", "hide & seek/00002", "--scores", f"DS-Net={SCORES[0]}",
    ],
    "timeline": [
        *SCORES, "--sequence", "drift", "--normalized", "normalized/synth",
        "--maps", "dsnet full=predictions/dsnet/full/seed0/raw/synth",
    ],
}  # fmt: skip


def call(monkeypatch: pytest.MonkeyPatch, words: list[str]) -> int:
    monkeypatch.setattr("sys.argv", ["vsodprep", "figure", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


@pytest.mark.parametrize("kind", COMMANDS)
def test_command_draws(kind: str, results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(results)
    assert call(monkeypatch, [kind, *COMMANDS[kind], "--out", str(tmp_path / "figure.png")]) == 0
    image = cv2.imread(str(tmp_path / "figure.png"))
    assert image is not None
    assert min(image.shape[:2]) > 200
    assert len(np.unique(image.reshape(-1, 3), axis=0)) > 10


@pytest.mark.parametrize(
    "case",
    [
        (["ranking", "missing.json"], "missing.json"),
        (["ranking", SCORES[0], "--measure", "typo"], "typo"),
        (["ranking", SCORES[0], "--measure", "t_mean"], "no t_mean in any of the score files"),
        (["ranking", SCORES[0], "--reference", "typo"], "--reference: no method 'typo'; expected one of dsnet full"),
        (["precision-recall", SCORES[0], "--reference", "typo"], "typo"),
        (["f-threshold", SCORES[0], "--reference", "typo"], "typo"),
        (["ablation", SCORES[0], "--measure", "t_mean"], "no t_mean in any of the score files"),
        (["ablation", SCORES[0], "--paper", "typo"], "--paper: no paper 'typo'; expected one of dsnet"),
        (["sweep", f"0.1={SCORES[0]}", "--measure", "t_mean"], "no t_mean in any of the score files"),
        (["sweep", f"nan={SCORES[0]}"], "label 'nan'"),
        (["intervals", SCORES[0], "--reference", "typo"], "typo"),
        (["ablation", SCORES[0], "--full", "typo"], "typo"),
        (["timeline", SCORES[0], "--sequence", "typo"], "typo"),
        (["timeline", SCORES[0], "--sequence", "drift", "--maps", "typo=b"], "--maps: no first method 'typo'"),
        (
            [
                "grid",
                "normalized/synth",
                "--maps",
                "DS-Net=predictions/dsnet/full/seed0/raw/synth/predictions.json",
                "--frame",
                "drift/typo",
            ],
            "typo",
        ),
        (["grid", "normalized/synth", "--maps", "a=b", "--frame", "drift/00001"], "b: no such file or folder"),
        (["intervals", SCORES[0], "--against", "typo"], "typo"),
        (["intervals", SCORES[0], SCORES[0]], "dsnet full"),
        (["losses", SCORES[0]], SCORES[0]),
        (["losses", "missing.csv"], "missing.csv"),
    ],
)
def test_bad_input_is_named(
    case: tuple[list[str], str],
    results: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words, named = case
    monkeypatch.chdir(results)
    assert call(monkeypatch, [*words, "--out", str(tmp_path / "figure.svg")]) == 1
    assert named in capsys.readouterr().err
    assert not (tmp_path / "figure.svg").exists()


def test_other_formats_are_wrong_usage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert call(monkeypatch, ["ranking", "x.json", "--out", str(tmp_path / "figure.gif")]) == 2


def test_scores_of_one_label_are_seeds(results: Path) -> None:
    paths = [results / f"scores/dsnet/full/seed{seed}/raw/synth.davsod.json" for seed in (0, 1)]
    (scores,) = load_scores([str(path) for path in paths])
    each = [json.loads(path.read_text(encoding="utf-8"))["mae"] for path in paths]
    assert scores.label == "dsnet full"
    assert scores.scalar("mae") == pytest.approx(sum(each) / 2, abs=1e-15)


def test_intervals_are_those_of_the_bootstrap(results: Path) -> None:
    first, second = load_scores([str(results / path) for path in SCORES])
    (axes,) = intervals_of([first, second], "mae", draws=Draws(resamples=300)).axes
    expected = [interval(scores.files[0], "mae", Draws(resamples=300)) for scores in (first, second)]
    assert [tuple(axes.lines[row].get_xdata()) for row in (0, 2)] == [(one.low, one.high) for one in expected]
    (axes,) = intervals_of([first, second], "mae", against=second.label, draws=Draws(resamples=300)).axes
    value, low, high, p, _ = difference(first.files[0], second.files[0], "mae", Draws(resamples=300))
    assert tuple(axes.lines[0].get_xdata()) == (low, high)
    assert [text.get_text() for text in axes.get_yticklabels()] == [f"dsnet full (p = {p:.3f})"]
    assert axes.texts[0].get_text() == f"{value:+.3f}"


def with_errors(label: str, *levels: float) -> Scores:
    settings = {"average": "sequences", "empty_masks": "zero"}
    sequences = [{f"s{n}": {"frames": 3, "mae": level + 0.01 * n} for n in range(6)} for level in levels]
    return Scores(label, tuple({"protocol": "own", "settings": settings, "sequences": each} for each in sequences))


def test_intervals_of_seeds_and_of_many_tests() -> None:
    methods = [with_errors("base", 0.1), with_errors("seeds", 0.2, 0.3), with_errors("other", 0.3)]
    (axes,) = intervals_of(methods, "mae").axes
    seeds = interval(methods[1].files, "mae")
    assert tuple(axes.lines[2].get_xdata()) == (seeds.low, seeds.high)
    figure = intervals_of(methods, "mae", against="base")
    (axes,) = figure.axes
    assert {text.get_text() for text in axes.get_yticklabels()} == {"seeds (p = 0.062)", "other (p = 0.062)"}
    assert figure.get_supxlabel() == "protocol own\np is corrected for 2 tests by Holm's method"


def drawn_by(count: int, *references: str) -> list[Scores]:
    curve = [0.5] * 256
    values = {"settings": {}, "recall": curve, "precision": curve, "f_curve": curve, "max_f": 0.5}
    sequences = {"sequences": {"one": {"max_f": 0.5}}}
    return [Scores(name, ({**values, **sequences},)) for name in (*(f"m{n}" for n in range(count)), *references)]


def looks(axes: Axes) -> list[tuple[str, ...]]:
    return [
        tuple(
            str(of)
            for of in (line.get_color(), line.get_linestyle(), line._dash_pattern, line.get_marker(), line.get_mec())
        )
        for line in axes.lines
    ]


@pytest.mark.parametrize("count", [10, 45])
@pytest.mark.parametrize("draw", [precision_recall_of, f_threshold_of])
def test_no_two_methods_look_the_same(draw: Any, count: int) -> None:
    references = [f"r{n}" for n in range(6)]
    (axes,) = draw(drawn_by(count, *references), references).axes
    found = looks(axes)
    assert len(set(found)) == len(found) == count + 6
    assert {line.get_linestyle() for line in axes.lines[:8]} == {"-"}


def test_ranking_tells_ten_methods_apart_and_names_the_bar() -> None:
    figure = ranking_of(drawn_by(10, "r0", "r1"), "max_f", ["r0", "r1"])
    (axes,) = figure.axes
    assert len(set(looks(axes))) == 12
    (legend,) = figure.legends
    named = [text.get_text() for text in legend.get_texts()]
    assert named == ["up to m0", *(f"m{n}" for n in range(10)), "r0", "r1"]


def test_figure_says_which_methods_are_of_a_part() -> None:
    whole, part = drawn_by(2)
    figure = precision_recall_of([whole, replace(part, omissions=("3 of the 20 sequences of davis2016 val",))])
    assert figure.get_supxlabel() == "m1: 3 of the 20 sequences of davis2016 val"
    assert precision_recall_of([whole, part]).get_supxlabel() == ""


def test_part_is_not_marked_as_the_best_variant() -> None:
    worse, better = Scores("a", ({"max_f": 0.8},)), Scores("b", ({"max_f": 0.9},), ("3 of the 20 sequences",))
    for scores, best in (([worse, better], 0), ([worse, replace(better, omissions=())], 1)):
        (axes,) = ablation_of(scores, ["max_f"]).axes
        colours = [patch.get_facecolor() for patch in axes.patches]
        assert colours[best] != colours[1 - best]
        assert colours[best] == to_rgba(COLOURS[0])
