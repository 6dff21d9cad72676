"""Tables of scores and of the papers' numbers."""

import csv
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from vsodprep.benchmarks import get, known
from vsodprep.cli import cli
from vsodprep.errors import InputError
from vsodprep.files import write_json
from vsodprep.scores.papers import disagreements, printed_numbers
from vsodprep.scores.table import build_table
from vsodprep.scores.table_formats import FORMATS
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
    figures = {"max_f": max_f, "mae": mae, "sequences": scored}
    return {"benchmark": benchmark, "protocol": protocol, "settings": {}, **figures, **more}


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
    assert "0.850 ± 0.071" in FORMATS["markdown"](table, 3)


def test_a_mean_over_some_seeds_is_not_shown_as_one_over_all() -> None:
    table = build_table({"net": [scores(0.8, 0.1), scores(None, 0.1)], "other": [scores(0.5, 0.2)]}, METRICS)
    assert table.rows[0].cells[0].value is None


def test_papers_stay_apart() -> None:
    table = build_table({"mine": [scores(0.9, 0.02, "fbms")]}, ("max_f",), papers=("dsnet", "cagdde", "contrastive"))
    mga = {row.source: row.cells[0].value for row in table.rows if row.method == "MGA"}
    assert mga == {"DS-Net, Table II": 0.907, "CAG-DDE, Table 1": 0.906, "Contrastive-WACV22, Table 1": 0.898}
    assert table.rows[0].source == ""
    text = FORMATS["markdown"](table, 3)
    assert "papers disagree on MGA, fbms, max F: 0.907 (DS-Net), 0.906 (CAG-DDE), 0.898 (Contrastive-WACV22)" in text


def test_another_measure_is_not_put_beside_ours() -> None:
    table = build_table({"mine": [scores(0.9, 0.02)]}, METRICS, papers=("contrastive",))
    assert "AnDiff" not in [row.method for row in table.rows]
    pooled = build_table({"mine": [scores(0.9, 0.02, protocol="pooled-f1")]}, ("max_f",), papers=("contrastive",))
    andiff = next(row for row in pooled.rows if row.method == "AnDiff")
    assert (andiff.cells[0].value, andiff.cells[0].note) == (0.808, "F1 over pooled pixels")
    marks = {"markdown": "0.808<sup>1</sup>", "latex": "0.808$^{1}$", "html": "0.808<sup>1</sup>"}
    for form, marked in marks.items():
        text = FORMATS[form](pooled, 3)
        assert marked in text
        assert "1: F1 over pooled pixels" in text


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_a_table_of_davsod_carries_its_caveat(form: str) -> None:
    text = FORMATS[form](build_table({}, ("max_f",), papers=("cagdde",), benchmarks=("davsod",)), 3)
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
    text = FORMATS[form](build_table(OURS, METRICS), 3)
    assert text.count(best) == 2
    assert text.count(second) == 1
    assert name in text


def test_csv_keeps_all_digits() -> None:
    rows = list(csv.DictReader(io.StringIO(FORMATS["csv"](build_table(OURS, METRICS), 3))))
    assert rows[0] == {
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
    assert "| 0 |  | **0.900** |" not in unnamed.stdout  # nothing beside it to be better than
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
    lines = FORMATS["markdown"](table, 3).splitlines()
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
