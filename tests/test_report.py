"""The report: its table, its page, and what it does where parts are absent."""

import csv
import hashlib
import io
import json
import re
import shutil
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace

import pytest
from report_tree import SEQUENCES, build

from vsodprep import benchmarks
from vsodprep.benchmarks import get
from vsodprep.benchmarks.benchmark import Benchmark, Split
from vsodprep.cli import main
from vsodprep.config import Config
from vsodprep.files import write_json
from vsodprep.manifest import Issue, read_manifest, write_manifest
from vsodprep.report.page import write_report
from vsodprep.workflow.fingerprint import closure

VOID = {"meta", "img", "br", "path", "use", "link", "hr", "input"}


@pytest.fixture(scope="module", autouse=True)
def registry() -> Iterator[pytest.MonkeyPatch]:
    """Take the tree's few sequences for the whole benchmarks."""

    def miniature(name: str) -> Benchmark:
        split = "val" if name == "davis2016" else "test"
        names = tuple(sequence for sequence, of in SEQUENCES[name].items() if of == split)
        return replace(get(name, None), splits={split: Split(names, "")}, annotated={}, tested=split)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "vsodprep.scores.whole.benchmarks", SimpleNamespace(get=miniature, known=lambda: tuple(SEQUENCES))
        )
        yield patch


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Config]:
    root = tmp_path_factory.mktemp("tree") / "results"
    return root, build(root)


@pytest.fixture(scope="module")
def report(tree: tuple[Path, Config], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("report")
    write_report(tree[1], tree[0], out)
    return out


def only_stan(config: Config) -> Config:
    """One run on one benchmark, for tests that write the page once more."""
    return config.model_copy(update={"runs": {"stan": config.runs["stan"]}})


@pytest.fixture
def copy(tree: tuple[Path, Config], tmp_path: Path) -> tuple[Path, Config]:
    shutil.copytree(tree[0], tmp_path / "results")
    return tmp_path / "results", tree[1]


def rows(out: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((out / "results.csv").read_text(encoding="utf-8"))))


def row(out: Path, **where: str) -> dict[str, str]:
    found = [one for one in rows(out) if all(one[key] == value for key, value in where.items())]
    assert len(found) == 1, found
    return found[0]


def scores(root: Path, *parts: str) -> dict[str, object]:
    values: dict[str, object] = json.loads((root / "scores").joinpath(*parts).read_text(encoding="utf-8"))
    return values


class Page(HTMLParser):
    """Collects what a page refers to, and checks that its elements nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[tuple[str, str]] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for key, value in attrs:
            if key == "id":
                self.ids.append(str(value))
            if key in ("src", "href", "xlink:href", "data", "srcset"):
                self.links.append((tag, str(value)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture(scope="module")
def page(report: Path) -> Page:
    return Page((report / "index.html").read_text(encoding="utf-8"))


def said(page: Page) -> str:
    return " ".join(" ".join(page.text).split())


def test_table_has_its_columns(report: Path) -> None:
    header = (report / "results.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header == "model,run,post,seed,benchmark,protocol,metric,value,paper_value,delta"


def test_table_repeats_the_score_files(report: Path, tree: tuple[Path, Config]) -> None:
    values = scores(tree[0], "stan", "full", "seed0", "raw", "synth.davsod.json")
    for metric in ("mae", "s_measure", "max_f", "mean_f"):
        found = row(report, model="stan", benchmark="synth", metric=metric)
        assert float(found["value"]) == values[metric]


def test_undefined_scores_have_no_line(copy: tuple[Path, Config], tmp_path: Path) -> None:
    path = copy[0] / "scores" / "dsnet" / "full" / "seed1" / "raw" / "synth.davsod.json"
    write_json(path, json.loads(path.read_text(encoding="utf-8")) | {"mae": None})
    write_report(copy[1], copy[0], tmp_path / "out")
    found = [
        one for one in rows(tmp_path / "out") if (one["model"], one["post"], one["metric"]) == ("dsnet", "raw", "mae")
    ]
    assert [(one["seed"], one["benchmark"]) for one in found if one["run"] == "full"] == [("0", "synth")]


def test_seeds_are_averaged_and_kept(report: Path) -> None:
    found = {
        one["seed"]: float(one["value"])
        for one in rows(report)
        if (one["model"], one["run"], one["post"], one["metric"]) == ("dsnet", "full", "stan", "mae")
    }
    assert set(found) == {"0", "1", "mean"}
    assert found["mean"] == pytest.approx((found["0"] + found["1"]) / 2, abs=1e-15)


def test_a_single_seed_is_said_to_be_one(page: Page) -> None:
    """DS-Net's `full` has two."""
    assert said(page).count("has one seed") == 2


def test_papers_training_is_set_against_the_paper(report: Path) -> None:
    found = row(report, model="dsnet", run="paper", benchmark="davis2016", protocol="davsod", metric="max_f")
    assert found["paper_value"] == "0.891"  # DS-Net, Table II
    assert float(found["delta"]) == pytest.approx(float(found["value"]) - 0.891, abs=1e-12)


def test_another_protocol_than_the_papers_is_not(report: Path) -> None:
    found = row(report, model="dsnet", run="paper", benchmark="davis2016", protocol="davis2016", metric="j_mean")
    assert found["paper_value"] == found["delta"] == ""


@pytest.mark.parametrize("change", [{"paper": False}, {"paper": True, "width": 0.5}])
def test_another_training_gets_no_difference(
    copy: tuple[Path, Config], tmp_path: Path, change: dict[str, object]
) -> None:
    root, config = copy
    runs = {"dsnet": {"paper": config.runs["dsnet"]["paper"].model_copy(update=change)}}
    write_report(config.model_copy(update={"runs": runs}), root, tmp_path / "out")
    found = row(tmp_path / "out", run="paper", benchmark="davis2016", protocol="davsod", metric="max_f")
    assert (found["paper_value"], found["delta"]) == ("0.891", "")
    assert "none given: not the paper’s training" in (tmp_path / "out" / "index.html").read_text(encoding="utf-8")


def one_paper_run(config: Config, **changes: object) -> Config:
    return config.model_copy(update={"runs": {"dsnet": {"paper": config.runs["dsnet"]["paper"]}}, **changes})


@pytest.mark.parametrize(
    ("changes", "said_of_it"),
    [
        ({"sequences": {"davis2016": ("dog", "bmx-trees")}}, "2 chosen sequences"),
        ({"splits": {"davis2016": {"val": ("dog",)}}}, "a split val of the configuration's own"),
        ({}, "an incomplete delivery (missing-sequence: 1)"),
    ],
)
def test_another_benchmark_gets_no_difference(
    copy: tuple[Path, Config], tmp_path: Path, changes: dict[str, object], said_of_it: str
) -> None:
    root, config = copy
    if not changes:
        folder = root / "normalized" / "davis2016"
        issues = (Issue("missing-sequence", "bear", "missing"), Issue("stray-file", "x", "stray"))
        write_manifest(folder, replace(read_manifest(folder), issues=issues))
    write_report(one_paper_run(config, **changes), root, tmp_path / "out")
    found = row(tmp_path / "out", run="paper", benchmark="davis2016", protocol="davsod", metric="max_f")
    assert (found["paper_value"], found["delta"]) == ("0.891", "")
    text = said(Page((tmp_path / "out" / "index.html").read_text(encoding="utf-8")))
    assert "none given: not the papers’ benchmark" in text
    assert said_of_it in text


def test_a_benchmark_that_was_revised_gets_no_difference_without_a_word(
    copy: tuple[Path, Config], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, config = copy
    write_report(one_paper_run(config), root, tmp_path / "before")
    assert row(tmp_path / "before", run="paper", protocol="davsod", model="dsnet", metric="max_f")["delta"]
    revised = replace(get("davis2016"), revised="other files than the papers'")
    monkeypatch.setattr(benchmarks, "get", lambda name, *_: revised if name == "davis2016" else get(name))
    write_report(one_paper_run(config), root, tmp_path / "out")
    assert row(tmp_path / "out", run="paper", protocol="davsod", model="dsnet", metric="max_f")["delta"] == ""
    text = said(Page((tmp_path / "out" / "index.html").read_text(encoding="utf-8")))
    assert "none given: not the papers’ benchmark" in text
    assert text.count("is not the papers’ benchmark here: other files than the papers'") == 2  # by the scores, and last


def test_what_was_left_out_of_the_scores_counts(copy: tuple[Path, Config], tmp_path: Path) -> None:
    root, config = copy
    for path in (root / "scores" / "dsnet" / "paper").rglob("*.json"):
        values = json.loads(path.read_text())
        values["sequences"]["dog"]["frames"] = 0  # as --allow-missing leaves it
        write_json(path, values)
    write_report(one_paper_run(config), root, tmp_path / "out")
    assert row(tmp_path / "out", run="paper", protocol="davsod", model="dsnet", metric="max_f")["delta"] == ""
    text = said(Page((tmp_path / "out" / "index.html").read_text(encoding="utf-8")))
    assert "2 of the 3 sequences of davis2016 val" in text


def test_notes_of_a_delivery_do_not_count(copy: tuple[Path, Config], tmp_path: Path) -> None:
    root, config = copy
    folder = root / "normalized" / "davis2016"
    write_manifest(folder, replace(read_manifest(folder), issues=(Issue("stray-file", "x", "stray"),)))
    write_report(one_paper_run(config), root, tmp_path / "out")
    assert row(tmp_path / "out", run="paper", protocol="davsod", model="dsnet", metric="max_f")["delta"]


@pytest.mark.parametrize("trivial", ["centre-prior", "flow-magnitude"])
def test_trivial_maps_are_rows(report: Path, page: Page, trivial: str) -> None:
    found = row(report, model="trivial", run=trivial, benchmark="synth", metric="max_f")
    assert (found["seed"], found["post"], found["delta"]) == ("0", "raw", "")
    assert trivial.replace("-", " ") in said(page)


def test_trivial_maps_can_be_left_out(copy: tuple[Path, Config], tmp_path: Path) -> None:
    root, config = copy
    shown = only_stan(config).model_copy(update={"report": config.report.model_copy(update={"trivial": False})})
    write_report(shown, root, tmp_path / "out")
    assert {one["model"] for one in rows(tmp_path / "out")} == {"stan"}


def test_page_stands_alone(page: Page) -> None:
    assert not {"script", "link", "iframe", "object"} & set(page.tags)
    for tag, target in page.links:
        if tag == "a":
            assert target.startswith("#") or target == "https://example.org"
        else:
            assert target.startswith(("data:image/jpeg;base64,", "#"))
    assert not re.search(r"@import|url\((?!#)", "".join(page.text))


def test_ids_are_unique_and_met(page: Page) -> None:
    assert len(page.ids) == len(set(page.ids))
    assert {target[1:] for _, target in page.links if target.startswith("#")} <= set(page.ids)


def test_a_split_has_one_section_whatever_the_order_of_tests(copy: tuple[Path, Config], tmp_path: Path) -> None:
    root, config = copy
    shutil.copytree(root / "scores" / "dsnet" / "paper", root / "scores" / "stan" / "paper")
    paper = config.runs["dsnet"]["paper"]
    first, last = (
        paper.model_copy(update={"test": (paper.test[0].model_copy(update={"protocols": (name,)}),)})
        for name in ("davsod", "davis2016")
    )
    runs = {"dsnet": {"paper": first, "full": config.runs["dsnet"]["full"]}, "stan": {"paper": last}}
    write_report(config.model_copy(update={"runs": runs}), root, tmp_path / "out")
    found = Page((tmp_path / "out" / "index.html").read_text(encoding="utf-8"))
    assert [one for one in found.ids if one.startswith("results-")] == ["results-davis2016-val", "results-synth-test"]


def test_names_are_escaped(report: Path) -> None:
    text = (report / "index.html").read_text(encoding="utf-8")
    assert "A &lt;miniature&gt; report" in text
    assert "<miniature>" not in text
    assert "hide &amp; seek" in text


def test_page_says_what_it_is_not(page: Page) -> None:
    text = said(page)
    for phrase in ("0.25 of the paper", "no ImageNet weights", "600 steps", "synth is generated", "move by several"):
        assert phrase in text


def test_page_names_hashes_and_versions(page: Page, tree: tuple[Path, Config]) -> None:
    manifest = (tree[0] / "normalized" / "synth" / "manifest.json").read_bytes()
    text = said(page)
    assert hashlib.sha256(manifest).hexdigest() in text
    assert "ab" * 32 in text
    assert "torch" in text


def test_issues_are_counted(page: Page) -> None:
    assert "missing mask 2 100% pair/00003: no mask" in said(page)


def test_strips_hold_every_stage(page: Page, report: Path) -> None:
    text = (report / "index.html").read_text(encoding="utf-8")
    # dsnet/full shows a refined map too; two strips each of best, median and worst; one more at the top.
    assert text.count('alt="flow of') == text.count('alt="motion prior of') == text.count('alt="mask of') - 4 == 19
    assert text.count('alt="prediction of') == 19
    assert text.count('alt="after CRF stan of') == 7
    assert text.count('alt="Contact sheet of') == 2
    assert page.tags.count("svg") == 2 + 2 + 2 + 2 + 3


def test_broken_flow_is_seen(page: Page, report: Path) -> None:
    text = said(page)
    # Five sequences of six frames: one pair of "stop" has an error of 20 where all others have 2.
    assert "dis synth dis 5 30 0 2.60 9.00 1" in text
    assert "dis davis2016 dis 3 18 0 2.00 9.00 0" in text
    assert "Flow dis of every sequence of synth" in text
    assert "stop 6 0 5.00 9.00 1" in text
    assert text.index("stop 6 0 5.00") < text.index("drift 6 0 2.00 9.00 0")
    html = (report / "index.html").read_text(encoding="utf-8")
    for label in ("frame", "flow picture", "other frame, brought back", "gray difference", "inconsistency"):
        assert html.count(f'alt="{label} of stop, 00005 to 00004"') == 1
        assert len(re.findall(rf'alt="{label} of [^"]+, \d{{5}} to \d{{5}}"', html)) == 2 + 2


def test_same_bytes_wherever_the_results_lie(report: Path, copy: tuple[Path, Config], tmp_path: Path) -> None:
    write_report(copy[1], copy[0], tmp_path / "out")
    for name in ("index.html", "results.csv"):
        assert (tmp_path / "out" / name).read_bytes() == (report / name).read_bytes()


def test_no_path_of_this_machine(report: Path, tree: tuple[Path, Config]) -> None:
    text = (report / "index.html").read_text(encoding="utf-8")
    assert str(tree[0].parent) not in text
    assert "/home/somebody" not in text
    assert "…/DAVIS.zip" in text


@pytest.mark.parametrize("part", ["flow", "prior", "coarse", "predictions", "scores", "models", "normalized"])
def test_lives_without(copy: tuple[Path, Config], tmp_path: Path, part: str) -> None:
    root, config = copy
    shutil.rmtree(root / part)
    write_report(only_stan(config), root, tmp_path / "out")
    text = said(Page((tmp_path / "out" / "index.html").read_text(encoding="utf-8")))
    assert ("Not there" in text) == (part in ("scores", "models", "normalized"))
    assert bool(rows(tmp_path / "out")) == (part != "scores")


def test_reports_data_alone(tree: tuple[Path, Config], tmp_path: Path) -> None:
    config = Config(benchmarks=("synth",))
    write_report(config, tree[0], tmp_path)
    text = said(Page((tmp_path / "index.html").read_text(encoding="utf-8")))
    assert "No training run" in text
    assert "The synth benchmark" in text
    assert rows(tmp_path) == []


def test_command_writes_both_files(tree: tuple[Path, Config], tmp_path: Path, run_main: "RunMain") -> None:
    write_json(tmp_path / "config.json", only_stan(tree[1]).model_dump(mode="json"))
    code, err = run_main("--config", tmp_path / "config.json", "--results", tree[0], "--out", tmp_path / "out")
    assert code == 0, err
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["index.html", "results.csv"]


@pytest.mark.parametrize(
    ("culprit", "content"),
    [
        ("config.json", "no json"),
        ("config.json", "[]"),
        ("config.json", '{"typo": 1}'),
        ("results/scores/stan/full/seed0/raw/synth.davsod.json", "{"),
        ("results/scores/stan/full/seed0/raw/synth.davsod.json", "{}"),
        ("results/normalized/synth/manifest.json", "{}"),
        ("results/models/stan/full/seed0/metrics.csv", "a,b\n1,2\n"),
        ("results/models/stan/full/seed0/metrics.csv", "step,loss\n1,x\n"),
    ],
)
def test_damaged_files_are_named(
    copy: tuple[Path, Config], tmp_path: Path, run_main: "RunMain", culprit: str, content: str
) -> None:
    write_json(tmp_path / "config.json", copy[1].model_dump(mode="json"))
    (tmp_path / culprit).write_text(content, encoding="utf-8")
    code, err = run_main("--config", tmp_path / "config.json", "--results", copy[0], "--out", tmp_path / "out")
    assert code == 1
    assert str(tmp_path / culprit) in err.strip().splitlines()[-1]
    assert "Traceback" not in err
    assert not (tmp_path / "out" / "index.html").exists()


class RunMain:
    """Runs `vsodprep report` as the shell would."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *words: object) -> tuple[int, str]:
        self._monkeypatch.setattr("sys.argv", ["vsodprep", "report", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), self._capsys.readouterr().err


@pytest.fixture
def run_main(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> RunMain:
    return RunMain(monkeypatch, capsys)


def test_templates_count_when_the_code_is_fingerprinted() -> None:
    assert "vsodprep.report.templates" in closure("vsodprep.cli.report")


def test_templates_are_installed() -> None:
    shown = {path.name for path in files("vsodprep.report.templates").iterdir()}
    assert {"index.html", "results.html", "runs.html", "data.html", "style.css"} <= shown
    packages = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
        "setuptools"
    ]["packages"]
    assert {"vsodprep.report", "vsodprep.report.templates", "vsodprep.figures"} <= set(packages)
