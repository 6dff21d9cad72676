"""Tables of scores and of the papers' numbers."""

import csv
import io
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from vsodprep.benchmarks import get, known
from vsodprep.cli import cli
from vsodprep.errors import InputError
from vsodprep.files import write_json
from vsodprep.scores.bootstrap import Draws, difference, interval
from vsodprep.scores.papers import disagreements, printed_numbers
from vsodprep.scores.printed import beside_printed
from vsodprep.scores.read import Scores, load_scores, of_one_kind
from vsodprep.scores.table import Table, build_table
from vsodprep.scores.table_formats import CSV_COLUMNS, FORMATS, PRINTED_COLUMNS, written, written_printed
from vsodprep.scores.whole import omissions

METRICS = ("max_f", "mae")


def whole(benchmark: str | None) -> dict[str, Any]:
    """Return the frames of each sequence that papers test on."""
    if benchmark not in known():
        return {}
    registered = get(benchmark, None)
    names = registered.splits[registered.tested].sequences or ()
    return {name: {"frames": registered.annotated.get(name, 7)} for name in names}


def scores(
    max_f: float | None,
    mae: float,
    benchmark: str | None = "davis2016",
    protocol: str = "davsod",
    sequences: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    scored = whole(benchmark) if sequences is None else sequences
    numbers = {"max_f": max_f, "mae": mae, "sequences": scored}
    return {"benchmark": benchmark, "protocol": protocol, "settings": {}, **numbers, **more}


OURS = {"good & fast": [scores(0.9004, 0.020)], "same": [scores(0.9001, 0.030)], "third": [scores(0.7, 0.025)]}


def test_ranks_are_decided_on_the_digits_shown() -> None:
    table = build_table(OURS, METRICS)
    assert [[cell.rank for cell in row.cells] for row in table.rows] == [[1, 1], [1, 0], [2, 2]]
    finer = build_table(OURS, METRICS, digits=4)
    assert [row.cells[0].rank for row in finer.rows] == [1, 2, 0]


def test_a_single_number_is_not_the_best() -> None:
    table = build_table({"one": [scores(0.9, 0.1)], "two": [scores(0.8, 0.2, "fbms")]}, ("mae",))
    assert [[cell.rank for cell in row.cells] for row in table.rows] == [[0, 0], [0, 0]]


def test_decay_has_no_best() -> None:
    files = [{**scores(0.9, 0.1), "j_decay": value} for value in (0.1, 0.2)]
    table = build_table({"a": [files[0]], "b": [files[1]]}, ("j_decay",))
    assert [row.cells[0].rank for row in table.rows] == [0, 0]


def test_seeds_are_averaged_with_their_spread() -> None:
    table = build_table({"net": [scores(0.8, 0.1), scores(0.9, 0.1)]}, METRICS)
    assert table.rows[0].cells[0].value == pytest.approx(0.85)
    assert table.rows[0].cells[0].spread == pytest.approx(0.05 * 2**0.5)
    assert "0.850 ± 0.071" in written(table, "markdown")


def test_a_mean_over_some_seeds_is_not_shown_as_one_over_all() -> None:
    table = build_table({"net": [scores(0.8, 0.1), scores(None, 0.1)], "other": [scores(0.5, 0.2)]}, METRICS)
    assert table.rows[0].cells[0].value is None


def test_papers_stay_apart() -> None:
    table = build_table({"mine": [scores(0.9, 0.02, "fbms")]}, ("max_f",), papers=("dsnet", "cagdde", "contrastive"))
    mga = {row.source: row.cells[0].value for row in table.rows if row.method == "MGA"}
    assert mga == {"DS-Net, Table II": 0.907, "CAG-DDE, Table 1": 0.906, "Contrastive-WACV22, Table 1": 0.898}
    assert table.rows[0].source == ""
    text = written(table, "markdown")
    assert "papers disagree on MGA, fbms, max F: 0.907 (DS-Net), 0.906 (CAG-DDE), 0.898 (Contrastive-WACV22)" in text


def test_another_measure_is_not_put_beside_ours() -> None:
    table = build_table({"mine": [scores(0.9, 0.02)]}, METRICS, papers=("contrastive",))
    assert "AnDiff" not in [row.method for row in table.rows]
    pooled = build_table({"mine": [scores(0.9, 0.02, protocol="pooled-f1")]}, ("max_f",), papers=("contrastive",))
    andiff = next(row for row in pooled.rows if row.method == "AnDiff")
    assert (andiff.cells[0].value, andiff.cells[0].note) == (0.808, "F1 over pooled pixels")
    marks = {"markdown": "0.808<sup>1</sup>", "latex": "0.808$^{1}$", "html": "0.808<sup>1</sup>"}
    for form, marked in marks.items():
        text = written(pooled, form)
        assert marked in text
        assert ("$^{1}$ F1 over pooled pixels" if form == "latex" else "1: F1 over pooled pixels") in text


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_a_table_of_davsod_carries_its_caveat(form: str) -> None:
    text = written(build_table({}, ("max_f",), papers=("cagdde",), benchmarks=("davsod",)), form)
    assert "revised" in text
    assert "0.640" in text


def test_papers_alone() -> None:
    table = build_table({}, ("j_mean", "boundary_mean"), papers=("stan",), benchmarks=("davis2016",))
    stan = next(row for row in table.rows if row.method == "STAN")
    assert [cell.value for cell in stan.cells] == [0.711, 0.67]


def test_known_disagreements_are_found() -> None:
    found = {(each.method, each.benchmark, each.metric): each.values for each in disagreements(printed_numbers())}
    assert found["MGA", "davsod", "max_f"] == {"cagdde": 0.655, "contrastive": 0.618}
    assert found["MSST-ConvLSTM", "fbms", "mae"] == {"stan": 0.088, "msst": 0.082}
    assert found["PDB", "davis2016", "max_f"] == {"dsnet": 0.855, "stan": 0.849, "cagdde": 0.855, "contrastive": 0.852}


def test_variants_are_no_disagreement() -> None:
    full = next(each for each in printed_numbers() if each.variant == "full")
    smaller = replace(full, variant="m1", value=full.value / 2)
    assert disagreements([smaller, full, replace(full, paper="other")]) == ()
    (found,) = disagreements([smaller, full, replace(full, paper="other", value=0.5 * full.value)])
    assert found.values == {full.paper: full.value, "other": 0.5 * full.value}


@pytest.mark.parametrize(
    ("form", "best", "second", "name"),
    [
        ("markdown", "**0.900**", "<u>0.700</u>", "good & fast"),
        ("latex", r"\textbf{0.900}", r"\underline{0.700}", r"good \& fast"),
        ("html", "<strong>0.900</strong>", "<u>0.700</u>", "good &amp; fast"),
    ],
)
def test_best_and_second_best_are_marked(form: str, best: str, second: str, name: str) -> None:
    text = written(build_table(OURS, METRICS), form)
    assert text.count(best) == 2
    assert text.count(second) == 1
    assert name in text


def test_csv_keeps_all_digits() -> None:
    rows = list(csv.DictReader(io.StringIO(written(build_table(OURS, METRICS), "csv"))))
    assert {key: value for key, value in rows[0].items() if key in CSV_COLUMNS[:9]} == {
        "method": "good & fast",
        "source": "",
        "benchmark": "davis2016",
        "protocol": "davsod",
        "metric": "max_f",
        "value": "0.9004",
        "spread": "",
        "rank": "1",
        "note": "",
    }
    assert len(rows) == 6


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"metrics": ("speed",)}, "no measure 'speed'"),
        ({"papers": ("unet",)}, "no paper 'unet'; expected one of dsnet"),
        ({"benchmarks": ("vos",)}, "no number to show"),
    ],
)
def test_plain_errors(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        build_table(OURS, **{"metrics": METRICS, **arguments})


def test_command(tmp_path: Path) -> None:
    for number, (name, files) in enumerate(OURS.items()):
        write_json(tmp_path / f"{number}.json", {**files[0], "label": name})
    arguments = ["table", f"a={tmp_path / '0.json'}", str(tmp_path / "1.json"), "--measure", "mae", "--paper", "dsnet"]
    result = CliRunner().invoke(cli, [*arguments, "--out", str(tmp_path / "table.md")])
    assert result.exit_code == 0, result.output
    lines = (tmp_path / "table.md").read_text(encoding="utf-8").splitlines()
    assert lines[2:4] == ["| a |  | <u>0.020</u> |", "| 1 |  | 0.030 |"]
    assert "| DS-Net | DS-Net, Table II | **0.018** |" in lines
    assert CliRunner().invoke(cli, ["table"]).exit_code == 2


def test_command_says_which_paper_has_nothing_beside_the_scores(tmp_path: Path) -> None:
    write_json(tmp_path / "0.json", scores(0.9, 0.02, None))
    write_json(tmp_path / "1.json", scores(0.9, 0.02))
    unnamed = CliRunner().invoke(cli, ["table", str(tmp_path / "0.json"), "--paper", "dsnet"])
    assert unnamed.stderr.splitlines() == [
        "dsnet: no number of these measures on these benchmarks by these protocols",
        "of no known benchmark (evaluate --benchmark): 0",
    ]
    assert "| 0 | 0.900 |" in unnamed.stdout  # nothing beside it to be better than
    every = CliRunner().invoke(cli, ["table", "--paper", "all", "--measure", "j_mean"])
    assert every.stderr == ""
    named = CliRunner().invoke(cli, ["table", str(tmp_path / "1.json"), "--paper", "dsnet"])
    assert named.stderr == ""
    assert "| DS-Net | DS-Net, Table II |" in named.stdout


def test_part_of_a_benchmark_is_marked_and_not_ranked() -> None:
    three = dict(list(whole("davis2016").items())[:3])
    table = build_table(
        {"part": [scores(0.945, 0.01, sequences=three)], "all": [scores(0.9, 0.02)]}, ("max_f",), papers=("dsnet",)
    )
    ranks = {row.method: row.cells[0].rank for row in table.rows}
    assert (ranks["part"], ranks["all"]) == (0, 1)
    assert 2 in ranks.values()  # of the paper's rows
    lines = written(table, "markdown").splitlines()
    assert lines[2] == "| part |  | 0.945<sup>1</sup> |"
    assert lines[3] == "| all |  | **0.900** |"
    assert "1: 3 of the 20 sequences of davis2016 val  " in lines


def test_parts_are_ranked_among_themselves_where_nothing_else_is() -> None:
    three = dict(list(whole("davis2016").items())[:3])
    files = {"a": [scores(0.8, 0.1, sequences=three)], "b": [scores(0.9, 0.2, sequences=three)]}
    assert [row.cells[0].rank for row in build_table(files, ("max_f",)).rows] == [2, 1]
    apart = build_table(files, ("max_f",), papers=("dsnet",))
    assert [row.cells[0].rank for row in apart.rows[:2]] == [0, 0]


def test_own_data_of_other_sequences_is_not_ranked() -> None:
    many, few = {"x": {"frames": 5}, "y": {"frames": 4}}, {"x": {"frames": 5}}
    table = build_table(
        {
            "few": [scores(0.95, 0.1, "mine", sequences=few)],
            "a": [scores(0.8, 0.1, "mine", sequences=many)],
            "b": [scores(0.7, 0.2, "mine", sequences=many)],
        },
        ("max_f",),
    )
    assert [row.cells[0].rank for row in table.rows] == [0, 1, 2]
    assert table.notes == ("not ranked: 5 frames of 1 sequences, beside 9 frames of 2 sequences",)


def test_figures_say_of_own_data_how_many_frames_were_scored() -> None:
    many, few = (scores(0.9, 0.1, "mine", sequences={"x": {"frames": 5}, "y": {"frames": y}}) for y in (4, 3))
    for files, phrases in (
        ([many, few], [("scored on 9 frames of 2 sequences",), ("scored on 8 frames of 2 sequences",)]),
        ([many, many], [(), ()]),
    ):
        kept = of_one_kind([Scores(str(number), (file,)) for number, file in enumerate(files)], None, None)
        assert [each.omissions for each in kept] == phrases


@pytest.mark.parametrize("benchmark", ["mine", "davis2016"])
@pytest.mark.parametrize(
    ("inputs", "note"),
    [
        ({"coding": {"masks": "ids (coloured palette); void 255 is foreground"}}, "masks whose void is foreground"),
        ({"coding": {}, "void_pixels": 7}, "masks whose void is left out"),
        ({"coding": {"masks": "ids (coloured palette); void 255 is background"}}, ""),
    ],
)
def test_void_that_is_not_background_is_said(benchmark: str, inputs: dict[str, Any], note: str) -> None:
    sequences = None if benchmark == "davis2016" else {"x": {"frames": 5}}
    usual = scores(0.9, 0.1, benchmark, sequences=sequences)
    table = build_table({"usual": [usual], "other": [usual | {"inputs": inputs}]}, ("mae",))
    assert "; ".join(table.notes) == note


def changed(benchmark: str, **frames: int | None) -> dict[str, Any]:
    counts = {name: each["frames"] for name, each in whole(benchmark).items()} | frames
    return {name: {"frames": count} for name, count in counts.items() if count is not None}


@pytest.mark.parametrize(
    ("values", "phrases"),
    [
        (scores(0.9, 0.1), ()),
        (scores(0.9, 0.1, "fbms"), ()),
        (scores(0.9, 0.1, None), ()),
        (scores(0.9, 0.1, "my-videos", sequences={"a": {"frames": 3}}), ()),
        (scores(0.9, 0.1, sequences=changed("davis2016", libby=None)), ("19 of the 20 sequences of davis2016 val",)),
        # left out by --allow-missing: in the file, with no frame
        (scores(0.9, 0.1, sequences=changed("davis2016", libby=0)), ("19 of the 20 sequences of davis2016 val",)),
        (scores(0.9, 0.1, sequences=changed("davis2016", bear=82)), ("1 sequence not in davis2016 val",)),
        (
            scores(0.9, 0.1, sequences={"bear": {"frames": 82}, "boat": {"frames": 75}}),
            ("0 of the 20 sequences of davis2016 val", "2 sequences not in davis2016 val"),
        ),
        (scores(0.9, 0.1, sequences=changed("davis2016", libby=40)), ("40 frames instead of 49 in libby",)),
        (
            scores(0.9, 0.1, sequences=changed("davis2016", libby=47), settings={"skip_first": 1, "skip_last": 1}),
            ("1327 frames instead of 1289 in blackswan, bmx-trees, breakdance and 16 more",),
        ),
        (
            scores(0.9, 0.1, "fbms", inputs={"missing": ["camel01/1", "camel01/2"]}),
            ("2 frames without a map",),
        ),
        # another spelling of the same names
        (scores(0.9, 0.1, sequences={n.upper().replace("-", "_"): f for n, f in whole("davis2016").items()}), ()),
    ],
)
def test_what_is_missing_of_a_benchmark(values: dict[str, Any], phrases: tuple[str, ...]) -> None:
    assert omissions(values) == phrases


def test_another_split_is_whole_when_it_is_asked_for() -> None:
    names = get("davis2016", None).splits["train"].sequences or ()
    values = scores(0.9, 0.1, sequences={name: {"frames": get("davis2016", None).annotated[name]} for name in names})
    assert omissions(values, split="train") == ()
    assert omissions(values, split="my-own") == ()
    assert len(omissions(values)) == 2


@pytest.mark.parametrize("name", known())
def test_papers_test_on_a_split_that_the_benchmark_has(name: str) -> None:
    assert get(name, None).tested in get(name, None).splits


def videos(values: dict[str, float], benchmark: str = "davis2016", **more: Any) -> dict[str, Any]:
    """Return scores with a mean absolute error for each sequence."""
    sequences = {name: {"frames": 5, "mae": value} for name, value in values.items()}
    settings = {"average": "sequences", "empty_masks": "zero"}
    mean = sum(values.values()) / len(values)
    return scores(None, mean, benchmark, sequences=sequences, **{"settings": settings, **more})


def column(table: Table, place: int) -> list[float | None]:
    return [row.cells[place].value for row in table.rows]


def test_headings_name_the_benchmark_and_the_measure() -> None:
    files = [scores(0.9, 0.1), scores(0.8, 0.1, "fbms"), scores(0.7, 0.1, protocol="davis2016", j_mean=0.6)]
    (heading, *_) = written(build_table({"a": files}, ("j_mean", "max_f")), "markdown").splitlines()
    assert heading == (
        "| method | DAVIS-2016 max F ↑ (davsod) | DAVIS-2016 J mean ↑ | DAVIS-2016 max F ↑ (davis2016) "
        "| FBMS-59 max F ↑ |"
    )
    single = written(build_table({"a": [files[2]]}, ("max_f",)), "html")
    assert '<th colspan="1">DAVIS-2016</th>' in single
    assert "<th>max F ↑</th>" in single
    assert "<p>scored by the protocol davis2016</p>" in single


@pytest.mark.parametrize(("form", "empty"), [("markdown", "|  |"), ("html", "<td></td>"), ("latex", "&  &")])
def test_no_column_is_empty(form: str, empty: str) -> None:
    text = written(build_table({"a": [scores(0.9, 0.1)]}, (*METRICS, "t_mean")), form)
    assert "source" not in text
    assert empty not in text


GAPS = {
    # max F: 1, 2.5, 2.5, 4; MAE: 3, 1.5, 1.5, 4 among the four that have both
    "a": [scores(0.9, 0.03)],
    "gap": [scores(None, 0.001)],
    "b": [scores(0.8, 0.02)],
    "c": [scores(0.80004, 0.02)],
    "d": [scores(0.7, 0.5)],
}


def test_mean_rank_of_ties_and_gaps() -> None:
    table = build_table(GAPS, METRICS, mean_rank=True)
    assert column(table, 2) == [2, None, 2, 2, 4]
    assert [row.cells[2].rank for row in table.rows] == [1, 0, 1, 1, 2]
    assert table.remarks[-1] == (
        "mean rank: over 2 columns, among the 4 rows with a comparable number in each; "
        "equals take the mean of their places"
    )
    finer = build_table(GAPS, METRICS, mean_rank=True, digits=5)
    assert column(finer, 2) == [2, None, 2.25, 1.75, 4]


def test_mean_rank_needs_numbers_in_every_column() -> None:
    with pytest.raises(InputError, match="mean rank: rows with a comparable number in every column: 1;"):
        build_table({"a": GAPS["a"], "gap": GAPS["gap"]}, METRICS, mean_rank=True)


@pytest.mark.parametrize(
    ("options", "order"),
    [
        ({}, ["a", "gap", "b", "c", "d"]),
        ({"sort": "max_f"}, ["a", "c", "b", "d", "gap"]),
        ({"sort": "mae"}, ["gap", "b", "c", "a", "d"]),
        ({"sort": "rank"}, ["a", "b", "c", "d", "gap"]),
        ({"only": ["d", "b"]}, ["d", "b"]),
        ({"only": ["d", "b"], "sort": "max_f"}, ["b", "d"]),
    ],
)
def test_rows_are_chosen_and_ordered(options: dict[str, Any], order: list[str]) -> None:
    assert [row.method for row in build_table(GAPS, METRICS, **options).rows] == order


def test_ranks_are_those_among_the_chosen_rows() -> None:
    assert [row.cells[1].rank for row in build_table(GAPS, METRICS, only=["a", "d"]).rows] == [1, 2]


def test_a_part_of_a_benchmark_is_sorted_behind_the_whole() -> None:
    three = dict(list(whole("davis2016").items())[:3])
    files = {"part": [scores(0.945, 0.01, sequences=three)], "b": [scores(0.8, 0.1)], "a": [scores(0.9, 0.02)]}
    assert [row.method for row in build_table(files, METRICS, sort="max_f").rows] == ["a", "b", "part"]


ALPHABET = "abcdefgh"


def test_intervals_and_tests_stand_beside_the_numbers() -> None:
    best = videos({name: 0.1 + 0.01 * n for n, name in enumerate(ALPHABET)}, "mine")
    files = {
        "best": [best],
        "worse": [videos({name: 0.2 + 0.01 * n for n, name in enumerate(ALPHABET)}, "mine")],
        "fewer": [videos(dict.fromkeys(ALPHABET[:4], 0.2), "mine")],
    }
    table = build_table(files, ("mae",), intervals=True, versus="best", draws=Draws(resamples=200))
    cells = {row.method: row.cells[0] for row in table.rows}
    assert cells["best"].interval == interval(best, "mae", Draws(resamples=200))
    assert (cells["best"].versus, cells["best"].p) == (None, None)
    assert cells["worse"].versus == difference(files["worse"][0], best, "mae", Draws(resamples=200))
    assert cells["worse"].p == 2 / 256  # one test alone needs no correction
    assert cells["fewer"].note == (
        "not ranked: 20 frames of 4 sequences, beside 40 frames of 8 sequences; no test: other sequences"
    )
    text = written(table, "markdown")
    low, high = cells["worse"].interval[1:]
    assert f"| worse | <u>0.235</u> [{low:.3f}, {high:.3f}], p = 0.008 |" in text
    assert "in brackets: 95 % bootstrap interval over sequences" in text
    assert "exchanges the two methods sequence by sequence  \n" in text
    (line,) = (each for each in csv.DictReader(io.StringIO(written(table, "csv"))) if each["method"] == "worse")
    assert float(line["difference"]) == pytest.approx(0.1)
    assert (line["low"], line["p"], line["p_holm"]) == (repr(low), "0.0078125", "0.0078125")


def test_tests_of_a_table_are_corrected_for_their_number() -> None:
    names = ALPHABET[:6]
    files = {
        label: [videos({name: level + 0.01 * n for n, name in enumerate(names)}, place) for place in ("one", "two")]
        for label, level in (("base", 0.1), ("same", 0.1), ("worse", 0.2))
    }
    table = build_table(files, ("mae",), versus="base")
    assert [[cell.p for cell in row.cells] for row in table.rows] == [[None, None], [1, 1], [4 * 2 / 64, 4 * 2 / 64]]
    assert "with so few sequences and so many tests none can fall below 0.125" in table.remarks[-1]


def test_seeds_have_one_interval_and_one_test() -> None:
    seeds = [videos(dict.fromkeys(ALPHABET, 0.2 + shift), "mine") for shift in (0.0, 0.1)]
    table = build_table({"net": seeds, "other": [seeds[0]]}, ("mae",), intervals=True, versus="other")
    cell = table.rows[0].cells[0]
    assert cell.value == pytest.approx(0.25)
    assert cell.interval == pytest.approx((0.25, 0.25, 0.25))
    assert cell.versus is not None
    assert cell.versus.value == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"only": ["x"]}, "--only: no method 'x'; expected one of good & fast, same, third"),
        ({"sort": "s_measure"}, "--sort: no column of 's_measure'; expected one of max_f, mae, rank"),
        ({"versus": "x"}, "--versus: no scores of 'x'"),
        ({"versus": "third", "only": ["third"]}, "no other method was scored on the sequences of 'third'"),
        ({"by": "attribute"}, "none of the score files has attributes"),
        ({"protocols": ["pysod"]}, "no number to show"),
    ],
)
def test_plain_errors_of_what_is_asked_for(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        build_table(OURS, METRICS, **options)


def with_attributes(values: dict[str, float]) -> dict[str, Any]:
    names = {"AC": ["a", "b"], "BC": ["c"]}
    parts = {
        name: {"frames": 10, "mae": sum(values[each] for each in of) / len(of), "sequences": of}
        for name, of in names.items()
    }
    return videos(values, "mine", attributes=parts)


PARTS = {
    "one": [with_attributes({"a": 0.1, "b": 0.2, "c": 0.3})],
    "two": [with_attributes({"a": 0.3, "b": 0.4, "c": 0.2})],
}


def test_a_column_for_each_attribute() -> None:
    table = build_table(PARTS, ("mae",), by="attribute", intervals=True)
    assert [[cell.rank for cell in row.cells] for row in table.rows] == [[1, 2], [2, 1]]
    assert [cell.value for cell in table.rows[0].cells] == pytest.approx([0.15, 0.3])
    assert table.rows[0].cells[0].interval is not None  # of the attribute's sequences alone
    assert table.rows[0].cells[0].interval.low >= 0.1 - 1e-12
    assert table.rows[0].cells[1].note == "no interval: 1 sequence with mae"
    assert "sequences of mine with each attribute: AC 2, BC 1" in table.remarks
    assert "| method | mine MAE ↓ AC | mine MAE ↓ BC |" in written(table, "markdown")
    rows = list(csv.DictReader(io.StringIO(written(table, "csv"))))
    assert [(row["method"], row["part"]) for row in rows] == [
        ("one", "AC"),
        ("one", "BC"),
        ("two", "AC"),
        ("two", "BC"),
    ]


def test_the_mean_over_classes_is_a_column_without_an_interval() -> None:
    files = {label: [{**of[0], "class_mean": {"mae": 0.5}}] for label, of in PARTS.items()}
    table = build_table(files, ("mae",), by="attribute", intervals=True)
    assert [column.part for column in table.columns] == ["AC", "BC", "mean over classes"]
    assert (table.rows[0].cells[2].value, table.rows[0].cells[2].rank) == (0.5, 1)
    assert table.rows[0].cells[2].note == "no interval: a mean over classes, not over sequences"
    assert "sequences of mine with each attribute: AC 2, BC 1" in table.remarks


def test_a_column_for_each_sequence_or_a_row() -> None:
    table = build_table(PARTS, ("mae",), by="sequence")
    assert [cell.value for cell in table.rows[1].cells] == [0.3, 0.4, 0.2]
    lines = written(table, "markdown", transpose=True).splitlines()
    assert lines[0] == "|  |  | one | two |"
    assert lines[2:5] == [
        "| mine MAE ↓ | a | **0.100** | <u>0.300</u> |",
        "|  | b | **0.200** | <u>0.400</u> |",
        "|  | c | <u>0.300</u> | **0.200** |",
    ]


def test_methods_along_the_top_bear_where_they_are_printed() -> None:
    table = build_table({"mine": [scores(0.9, 0.02)]}, METRICS, papers=("dsnet",), only=["mine", "MGA"])
    html = written(table, "html", transpose=True)
    assert "<tr><th></th><th></th><th>mine</th><th>MGA (DS-Net, Table II)</th></tr>" in html
    assert "<tr><th>DAVIS-2016</th><th>max F ↑</th><td><strong>0.900</strong></td>" in html


NASTY = '[1] *a_b & 50% #3 $x^2$ ~{c}\\d <e|f> "g" ±β²'


def test_latex_compiles_as_it_stands(tmp_path: Path) -> None:
    program = shutil.which("pdflatex") or shutil.which("tectonic")
    if program is None:
        pytest.skip("no TeX here")
    names = ALPHABET[:3]
    files = {label: [videos(dict.fromkeys(names, level), "my_set")] for label, level in ((NASTY, 0.1), ("*b", 0.2))}
    plain = build_table(OURS, METRICS, papers=("dsnet", "cagdde"), mean_rank=True)
    full = build_table(files, ("mae",), mean_rank=True, intervals=True, versus=NASTY, draws=Draws(resamples=100))
    by = build_table(PARTS, ("mae",), by="attribute", intervals=True)
    beside = beside_printed("MGA", [scores(0.9, 0.1), scores(0.9, 0.1, "davsod")], METRICS)
    tables = [written(each, "latex", transpose=turned) for each in (plain, full, by) for turned in (False, True)]
    tables.append(written_printed(beside, "latex"))
    text = "\n\n".join(tables)
    document = rf"\documentclass{{article}}\usepackage{{booktabs}}\begin{{document}}{text}\end{{document}}"
    (tmp_path / "a.tex").write_text(document, encoding="utf-8")
    words = ["-halt-on-error", "-interaction=nonstopmode"] if program.endswith("pdflatex") else []
    done = subprocess.run([program, *words, "a.tex"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Missing character" not in done.stdout
    assert (tmp_path / "a.pdf").stat().st_size > 10_000


def test_latex_joins_no_letters_of_a_label() -> None:
    text = written(build_table({"a---b ?`c": [scores(0.9, 0.1)]}, METRICS), "latex")
    assert "a-{}-{}-b ?{`}c & " in text


@pytest.mark.parametrize("form", ["markdown", "latex"])
def test_a_label_stays_on_its_line(form: str) -> None:
    text = written(build_table({"a\n\nb": [scores(0.9, 0.1)]}, METRICS), form)
    assert text.count("\n") == written(build_table({"ab": [scores(0.9, 0.1)]}, METRICS), form).count("\n")


@pytest.mark.parametrize(
    ("label", "name", "papers"),
    [
        ("mga", None, ["dsnet", "cagdde", "contrastive"]),
        ("our copy", "MGA", ["dsnet", "cagdde", "contrastive"]),
        ("our copy", None, []),
        ("msst", None, ["stan", "msst"]),  # STAN's table names it MSST, its own paper MSST-ConvLSTM
    ],
)
def test_a_score_stands_beside_what_each_paper_prints(label: str, name: str | None, papers: list[str]) -> None:
    found = beside_printed(label, [scores(0.9, 0.02), scores(0.8, 0.03, "fbms")], ("mae",), name=name)
    assert [each.number.paper for each in found if each.column.benchmark == "fbms"] == papers
    for each in found:
        assert each.reasons == ()
        assert each.difference == each.scored - each.number.value


def test_what_keeps_a_score_from_being_compared_is_said() -> None:
    part = scores(0.9, 0.02, sequences=dict(list(whole("davis2016").items())[:3]))
    (of_part, *_) = beside_printed("MGA", [part], ("max_f",), papers=("dsnet",))
    assert (of_part.difference, of_part.reasons) == (None, ("scored on 3 of the 20 sequences of davis2016 val",))
    (revised,) = beside_printed("MGA", [scores(0.6, 0.1, "davsod")], ("max_f",), papers=("cagdde",))
    assert (revised.difference, revised.reasons) == (None, (get("davsod", None).revised,))
    assert revised.remarks == ()
    (pooled,) = beside_printed("AnDiff", [scores(0.8, 0.1)], ("max_f",))
    assert pooled.reasons == ("printed by the protocol pooled-f1",)
    assert pooled.remarks == ("F1 over pooled pixels",)
    (same,) = beside_printed("AnDiff", [scores(0.8, 0.1, protocol="pooled-f1")], ("max_f",))
    assert same.difference == pytest.approx(0.8 - 0.808)
    (silent, *_) = beside_printed("STAN", [scores(0.8, 0.1)], ("max_f",), papers=("stan",))
    assert silent.difference is not None
    assert silent.remarks == ("the paper names no protocol", "which F is not stated; taken as the maximum")


def test_printed_against_scored_as_text() -> None:
    files = [scores(0.9, 0.02), scores(0.9, 0.02, "fbms")]
    found = beside_printed("MGA", files, ("max_f",), papers=("dsnet", "cagdde", "contrastive"))
    text = written_printed(found, "markdown")
    lines = text.splitlines()
    assert lines[0] == (
        "| method | measure | scored | DS-Net printed | DS-Net difference | CAG-DDE printed | CAG-DDE difference "
        "| Contrastive-WACV22 printed | Contrastive-WACV22 difference |"
    )
    assert lines[3] == (
        "| MGA | FBMS-59 max F ↑ | 0.900 | 0.907 | -0.007 | 0.906 | -0.006 | 0.898<sup>1</sup> | +0.002 |"
    )
    assert "papers disagree on MGA, fbms, max F: 0.907 (DS-Net), 0.906 (CAG-DDE), 0.898 (Contrastive-WACV22)" in text
    (line, *_) = csv.DictReader(io.StringIO(written_printed(found, "csv")))
    assert tuple(line) == PRINTED_COLUMNS
    assert (line["value"], line["paper"], line["printed"], line["note"]) == ("0.9", "dsnet", "0.892", "")
    for form in ("latex", "html"):
        assert "Contrastive-WACV22" in written_printed(found, form)


def test_command_sets_scores_beside_printed_numbers(tmp_path: Path) -> None:
    for name in ("MGA", "net"):
        write_json(tmp_path / "s" / f"{name}.json", scores(0.9, 0.02))
    run = ["table", str(tmp_path / "s"), "--measure", "mae"]
    result = CliRunner().invoke(cli, [*run, "--printed", "--paper", "dsnet"])
    assert result.exit_code == 0, result.output
    assert "| MGA | DAVIS-2016 MAE ↓ | 0.020 | 0.022 | -0.002 |" in result.stdout
    assert result.stderr == "net: no paper prints these measures of it on these benchmarks\n"
    named = CliRunner().invoke(cli, [*run, "--printed-as", "net=DS-Net", "--only", "net", "--format", "csv"])
    assert [row["printed_method"] for row in csv.DictReader(io.StringIO(named.stdout))][:1] == ["DS-Net"]
    for words, message in (
        (["--printed-as", "x=MGA"], "--printed-as: no scores of 'x'"),
        (["--printed-as", "net=UNet"], "no method 'UNet' in any paper"),
        (["--printed", "--only", "net"], "no method of the table is in a printed table"),
    ):
        assert message in str(CliRunner().invoke(cli, [*run, *words]).exception)
    assert CliRunner().invoke(cli, [*run, "--printed", "--sort", "rank"]).exit_code == 2


def test_a_folder_of_score_files_is_one_command(tmp_path: Path) -> None:
    place = tmp_path / "results" / "scores"
    for seed, mae in ((0, 0.1), (1, 0.2)):
        write_json(place / f"dsnet/full/seed{seed}/raw/davis2016.davsod.json", scores(0.9, mae))
        write_json(place / f"dsnet/full/seed{seed}/stan/davis2016.davsod.json", scores(0.9, 3 * mae))
    write_json(place / "methods/MGA/seed0/raw/davis2016.davsod.json", scores(0.8, 0.05))
    write_json(place / "methods/MGA/seed0/raw/fbms.davsod.json", scores(0.8, 0.06, "fbms"))
    write_json(place / "methods/MGA/seed0/raw/.vsodprep/other.json", {})
    result = CliRunner().invoke(cli, ["table", str(place), "--measure", "mae", "--benchmark", "davis2016"])
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[2:5] == [
        "| dsnet full | <u>0.150 ± 0.071</u> |",
        "| dsnet full + stan | 0.450 ± 0.212 |",
        "| MGA | **0.050** |",
    ]


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (["mga.json", "theirs.json"], ["mga", "theirs"]),
        (["mga.davis2016.davsod.json", "mga-fbms.json", "b_davis2016.json"], ["b", "mga"]),
        (["mga/davis2016.davsod.json", "mga/fbms.davsod.json", "a/b/davis2016.json"], ["a b", "mga"]),
        (["davis2016.davsod.json", "fbms.davsod.json"], ["folder"]),
    ],
)
def test_labels_of_files_in_a_folder(names: list[str], labels: list[str], tmp_path: Path) -> None:
    for name in names:
        write_json(tmp_path / "folder" / name, scores(0.9, 0.1, "fbms" if "fbms" in name else "davis2016"))
    assert [each.label for each in load_scores([str(tmp_path / "folder")])] == labels


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["a/x.json", "b/x.json"],
            "b/x.json: scores of 'x', as .*a/x.json has; expected LABEL=FILE with a label for each",
        ),
        (["a", "a"], "a/x.json: scores of 'x', as .*a/x.json has"),
        (["mine=c"], "scores of 2 methods: x, y; expected scores of one method"),
        (["mine=a", "mine=a/x.json"], "a/x.json: twice under the label 'mine'; expected each file once"),
        (["empty"], r"no \*.json in it"),
    ],
)
def test_files_that_may_be_of_two_methods(words: list[str], message: str, tmp_path: Path) -> None:
    for name in ("a/x.json", "b/x.json", "c/x.json", "c/y.json"):
        write_json(tmp_path / name, scores(0.9, 0.1))
    (tmp_path / "empty").mkdir()
    labels = [word.partition("=") for word in words]
    with pytest.raises(InputError, match=message):
        load_scores([f"{label}={tmp_path / path}" if path else str(tmp_path / label) for label, _, path in labels])


def test_a_label_before_a_folder_is_its_methods(tmp_path: Path) -> None:
    write_json(tmp_path / "c/davis2016.json", scores(0.9, 0.1))
    write_json(tmp_path / "c/fbms.json", scores(0.9, 0.1, "fbms"))
    (loaded,) = load_scores([f"mine={tmp_path / 'c'}"])
    assert (loaded.label, len(loaded.files)) == ("mine", 2)


@pytest.mark.parametrize("words", [["--by", "attribute", "--paper", "all"], ["--by", "sequence", "--interval"]])
def test_what_cannot_be_asked_together_is_wrong_usage(words: list[str], tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", scores(0.9, 0.1))
    assert CliRunner().invoke(cli, ["table", str(tmp_path / "a.json"), *words]).exit_code == 2


def test_the_mean_over_classes_stands_behind_the_classes() -> None:
    file = {"attributes": {"bird": {"mae": 0.1}, "train": {"mae": 0.4}}, "class_mean": {"mae": 0.25}}
    assert Scores("", (file, file)).parts("attributes", "mae") == {"bird": 0.1, "train": 0.4, "mean over classes": 0.25}
    assert "mean over classes" not in Scores("", ({"sequences": {}} | file,)).parts("sequences", "mae")
