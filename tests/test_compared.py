"""Methods of the configuration: other people's maps are scored, as they are, where they are."""

import contextlib
import json
import shlex
import shutil
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from matplotlib.figure import Figure
from numpy.typing import NDArray

from tests.evaluate_cases import normalized, read_json, write_tree
from vsodprep.benchmarks import get
from vsodprep.cli import cli
from vsodprep.coding import Decoded
from vsodprep.config import Config, complete
from vsodprep.config.defaults import default
from vsodprep.config.figures import File
from vsodprep.config.normalize import Choice
from vsodprep.errors import VsodprepError
from vsodprep.estimate.cost import Estimate
from vsodprep.evaluate import PROTOCOLS, evaluate_folders, evaluate_methods
from vsodprep.evaluate.truth import FileMasks
from vsodprep.files import write_json
from vsodprep.images import read_mask, write_png
from vsodprep.manifest import mask_path, read_manifest
from vsodprep.normalize.run import normalize
from vsodprep.report.page import write_report
from vsodprep.scores.read import _titles, load_scores
from vsodprep.targets.catalogue import Catalogue
from vsodprep.targets.targets import Targets
from vsodprep.workflow.plan import Plan

BASE: dict[str, Any] = default().model_dump(mode="json")
TEST = {"benchmark": "synth", "split": "test"}
ALONE: dict[str, Any] = {"runs": {}, "benchmarks": [], "tests": [TEST]}


def targets_of(over: dict[str, Any]) -> Targets:
    config = complete(over, BASE)
    return Targets(config, Catalogue(config))


def plan_of(over: dict[str, Any]) -> Plan:
    plan = Plan.of(complete(over, BASE))
    plan.check()
    return plan


def scores_of(over: dict[str, Any]) -> list[str]:
    targets = targets_of(over)
    return [score.path(targets.paths) for score in targets.scores if score.model == "methods"]


def test_methods_alone_need_masks_and_nothing_else() -> None:
    targets = targets_of(ALONE | {"methods": {"mga": {"maps": {"synth": "mga"}}}})
    assert targets.normalized == ["synth"]
    assert targets.benchmarks == []
    assert targets.saliency("synth") == targets.flows("synth") == {}
    assert [score.path(targets.paths) for score in targets.scores] == [
        "results/scores/methods/mga/seed0/raw/synth.davsod.json"
    ]
    assert [(cost.stage, cost.what) for cost in Estimate(targets.config).costs()] == [
        ("normalize", "synth"),
        ("evaluate synth", "methods/mga"),
        ("start-up", "commands"),
    ]


def test_a_benchmark_of_which_a_method_has_no_maps_is_a_gap() -> None:
    tests = [TEST, {"benchmark": "davis2016", "split": "val", "protocols": ["davis2016"]}]
    methods = {"mga": {"maps": {"davis2016": "mga.zip", "fbms": "fbms"}}, "fseg": {"maps": {"synth": "fseg"}}}
    assert scores_of(ALONE | {"tests": tests, "methods": methods}) == [
        "results/scores/methods/fseg/seed0/raw/synth.davsod.json",
        "results/scores/methods/mga/seed0/raw/davis2016.davis2016.json",
    ]


def test_methods_are_scored_by_the_protocols_of_runs_and_tests() -> None:
    over = {"tests": [TEST | {"protocols": ["pysod", "davsod"]}], "methods": {"mga": {"maps": {"synth": "mga"}}}}
    assert scores_of(over) == [
        f"results/scores/methods/mga/seed0/raw/synth.{protocol}.json" for protocol in ("davsod", "pysod")
    ]
    assert len(targets_of(over).scores) == 1 + 2 + 2  # the run, the method, and the run's trivial maps


def test_a_saliency_block_is_a_method_on_stills_too(tmp_path: Path) -> None:
    methods = {"mbd": {"saliency": "mbd"}, "made": {"saliency": "made"}}
    saliency = {"made": {"folder": str(tmp_path), "coding": "values"}}
    over = ALONE | {"methods": methods, "saliency": saliency, "tests": [{"benchmark": "duts", "split": "test"}]}
    (tmp_path / "duts").mkdir()
    plan = plan_of(over)
    of = SimpleNamespace(method="mbd", benchmark="duts")
    assert plan.targets.saliency("duts") == {"mbd": ["DUTS-TE"]}
    assert plan.evaluate.made_maps(of) == ["results/saliency/mbd/duts/DUTS-TE/maps.json"]
    assert plan.evaluate.maps(of) == "results/saliency/mbd/duts"
    of.method = "made"
    assert plan.evaluate.maps(of) == str(tmp_path / "duts")
    assert plan.evaluate.made_maps(of) == []
    assert "--coding values" in plan.evaluate.options(of)


def test_maps_that_have_changed_are_scored_again(tmp_path: Path) -> None:
    from vsodprep.workflow.rule_inputs import state_of

    write_png(tmp_path / "maps" / "a" / "0.png", np.zeros((4, 4), np.uint8))
    plan = plan_of(ALONE | {"methods": {"mga": {"maps": {"synth": str(tmp_path / "maps")}}}})
    of = SimpleNamespace(method="mga", benchmark="synth")
    before = plan.evaluate.given(of)
    state_of.cache_clear()
    assert plan.evaluate.given(of) == before
    state_of.cache_clear()
    write_png(tmp_path / "maps" / "a" / "1.png", np.zeros((4, 4), np.uint8))
    assert plan.evaluate.given(of) != before


@pytest.mark.parametrize(
    ("over", "culprit"),
    [
        ({"methods": {"mga": {}}}, r"methods\.mga: give either maps, published or saliency"),
        (
            {"methods": {"mga": {"maps": {"synth": "."}, "saliency": "mbd"}}},
            r"methods\.mga: give either maps, published or saliency",
        ),
        (
            {"methods": {"mga": {"published": "mgb"}}},
            r"methods\.mga\.published: no published maps 'mgb'; expected one of davis2016",
        ),
        (
            {"methods": {"mga": {"published": "davis2016"}}},
            r"methods\.mga\.published: no method 'mga'; expected one of onavos",
        ),
        (
            {"methods": {"mga": {"published": "mga/mga"}}},
            r"methods\.mga\.published: no method 'mga'; expected one of none",
        ),
        (
            {"methods": {"mga": {"published": "mga"}}},
            r"methods\.mga: maps of davis2016, fbms, .*, but the tests are on synth",
        ),
        ({"methods": {"mga": {"saliency": "mbt"}}}, r"methods\.mga\.saliency: no block 'mbt'"),
        (
            {"methods": {"mbd": {"saliency": "mbd", "coding": "ids"}}},
            r"methods\.mbd: coding describes maps from elsewhere",
        ),
        ({"methods": {"dsnet": {"maps": {"synth": "."}}}}, r"methods\.dsnet: the name of a network"),
        (
            {"methods": {"a": {"maps": {"synth": "."}}, "b": {"maps": {"synth": "."}, "title": "a"}}},
            r"methods\.b: called 'a', as methods\.a is",
        ),
        ({"methods": {"mga": {"maps": {"synth": "."}, "title": "a=b"}}}, r"methods\.mga\.title"),
        ({"methods": {"mga": {"maps": {"synth": "."}}}, "tests": []}, "methods: no benchmark to score them on"),
        ({"methods": {}}, "tests: no methods to score"),
        ({"methods": {"mga": {"maps": {"sinth": "."}}}}, "sinth"),
        ({"methods": {"mga": {"maps": {"synth": "nowhere"}}}}, r"methods\.mga\.synth: no nowhere; expected a folder"),
        (
            {"methods": {"mga": {"maps": {"synth": "notes.txt"}}}},
            r"methods\.mga\.synth: notes\.txt, which is no archive",
        ),
        ({"methods": {"mga": {"maps": {"fbms": "."}}}}, r"methods\.mga: maps of fbms, but the tests are on synth"),
        (
            {"saliency": {"made": {"folder": "."}}, "methods": {"mga": {"saliency": "made"}}},
            r"methods\.mga\.synth: no .*synth; expected a folder",
        ),
        (
            {"methods": {"mga": {"maps": {"synth": "."}, "title": "MGA", "printed": ["stan"]}}},
            r"methods\.mga\.printed: no number of MGA by 'stan'; expected one of dsnet, cagdde, contrastive",
        ),
        ({"methods": {"mga": {"maps": {"synth": "."}}}, "tests": [TEST | {"split": "tset"}]}, "no split 'tset'"),
        (
            {"methods": {"mga": {"maps": {"synth": "."}}}, "tests": [TEST | {"protocols": ["davsot"]}]},
            r"tests\.protocols: no 'davsot'",
        ),
        (
            {"methods": {"mga": {"maps": {"synth": "."}}}, "tests": [TEST | {"post": ["stan"]}]},
            r"unknown key tests\.0\.post",
        ),
        (
            {"methods": {"mga": {"maps": {"synth": "."}}}, "tests": [TEST, TEST | {"split": "train"}]},
            r"tests: synth is tested on 'test' and on 'train'",
        ),
    ],
)
def test_a_mistake_is_named(
    over: dict[str, Any], culprit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("notes.txt").touch()
    with pytest.raises(VsodprepError, match=culprit):
        plan_of(ALONE | over)


def test_several_methods_and_protocols_in_one_go_give_what_each_gives_alone(tmp_path: Path) -> None:
    maps, masks = write_tree(tmp_path, {"drift": 7, "hide": 4, "stop": 3})
    write_png(maps / "drift" / "00000.png", np.full((30, 40, 3), 90, np.uint8))  # which not every protocol scores
    names = tuple(PROTOCOLS)
    alone = [[evaluate_folders(of, masks, protocol=name) for name in names] for of in (maps, masks)]
    assert evaluate_methods((maps, masks), masks, names) == alone
    cache = tmp_path / "cache"
    evaluate_methods((maps,), masks, names[:2], cache_folder=cache)  # the others are not kept yet
    assert evaluate_methods((maps, masks), masks, names, cache_folder=cache, jobs=2) == alone


def test_a_mask_is_read_once_for_all_methods(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    maps, masks = write_tree(tmp_path, {"drift": 4})
    read, decode = [], FileMasks.decode

    def counted(of: FileMasks, key: str) -> Decoded:
        read.append(key)
        return decode(of, key)

    monkeypatch.setattr(FileMasks, "decode", counted)
    words = [word for name in "abcd" for word in ("--json", str(tmp_path / f"{name}.json"))]
    words += ["--pred", str(maps), "--pred", str(masks), "--protocol", "pysod", "--protocol", "davsod", "--jobs", "1"]
    result = CliRunner().invoke(cli, ["evaluate", *words, "--gt", str(masks)])
    assert result.exit_code == 0, result.output
    assert read == [f"drift/{frame:05d}.png" for frame in range(4)]
    written = [read_json(tmp_path / f"{name}.json") for name in "abcd"]
    assert [of["protocol"] for of in written] == ["pysod", "davsod"] * 2
    assert [of["mae"] == 0 for of in written] == [False, False, True, True]
    assert result.output.count(" = ") == sum(len(of["settings"]) for of in written[:2])  # each protocol's are told once


def test_maps_of_the_sequences_outside_a_split_are_not_of_no_frame(tmp_path: Path) -> None:
    maps, masks = write_tree(tmp_path, {"drift": 7, "hide": 4, "stop": 3})
    write_png(maps / "panda" / "00000.png", np.zeros((30, 40), np.uint8))
    scores = evaluate_folders(maps, normalized(tmp_path / "own", masks), split="drift")
    assert list(scores["sequences"]) == ["drift"]
    assert scores["inputs"]["extra"] == ["panda/00000.png"]


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        (["--method", "mga", "--pred", "nowhere"], 1, "mga: nowhere: no such file or folder"),
        (["--pred", "maps", "--protocol", "davsod", "--protocol", "pysod", "--json", "a.json"], 2, "a file for each"),
        (["--pred", "maps", "--pred", "masks", "--json", "a.json"], 2, "a file for each"),
        (["--pred", "maps", "--pred", "masks", "--method", "mga"], 2, "of one --pred"),
    ],
)
def test_what_the_command_refuses(
    words: list[str], code: int, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_tree(tmp_path, {"drift": 7})
    done = CliRunner().invoke(cli, ["evaluate", "--gt", "masks", *words])
    assert line in (str(done.exception) if code == 1 else done.output)
    assert done.exit_code == code


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Config]:
    """Return a folder with the scores of two methods, one packed, as the rules leave it, and its configuration."""
    folder = tmp_path_factory.mktemp("scored")
    with contextlib.chdir(folder):
        maps, masks = write_tree(folder, {"drift": 7, "hide": 4, "stop": 3})
        normalized(folder / "results/normalized/own", masks)
        with zipfile.ZipFile("dark.zip", "w") as archive:
            for path in sorted(masks.glob("*/*.png")):
                ids = read_mask(path).astype(np.uint8) * 3
                archive.writestr(f"all/{path.parent.name}_{int(path.stem):03d}.png", encoded(".png", ids))
        methods = {
            "soft": {"maps": {"own": str(maps)}, "title": "Soft Net", "year": 2019, "kind": "video"},
            "dark": {"maps": {"own": "dark.zip"}, "coding": "ids", "naming": "number"},
        }
        test = {"benchmark": "own", "split": "test", "protocols": ["davsod", "pysod"]}
        over = ALONE | {"folders": {"own": str(masks.parent)}, "methods": methods, "tests": [test]}
        config = complete(over, BASE)
        plan = Plan.of(config)
        for name in methods:
            of = SimpleNamespace(method=name, benchmark="own")
            words = ["--pred", plan.evaluate.maps(of), "--split", "test", *shlex.split(plan.evaluate.options(of))]
            CliRunner().invoke(cli, ["evaluate", "--gt", "results/normalized/own", *words], catch_exceptions=False)
    return folder, config


def test_the_report_shows_methods_with_their_maps(
    scored: tuple[Path, Config], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(scored[0])
    write_report(scored[1], Path("results"), tmp_path)
    page = (tmp_path / "index.html").read_text()
    assert '<th scope="row">Soft Net<span class="plus">2019, video</span></th>' in page
    assert "No training run" not in page
    for gallery in ("the methods differ most, each map with its MAE", "Soft Net: best", "dark: best"):
        shown = page.partition(gallery)[2].partition("<h3>")[0]
        assert shown.count("<img") >= 9
        assert 'class="none"' not in shown
    rows = [line.split(",")[:6] for line in (tmp_path / "results.csv").read_text().splitlines()]
    assert ["methods", "dark", "raw", "0", "own", "pysod"] in rows


def test_the_report_does_without_maps_that_are_gone(
    scored: tuple[Path, Config], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # from where the archive's path leads nowhere
    write_report(scored[1], scored[0] / "results", tmp_path)
    page = (tmp_path / "index.html").read_text()
    assert "Soft Net: best" in page
    assert "dark: best" not in page
    assert '<th scope="row">dark</th>' in page


@pytest.mark.parametrize("figure", ["grid", "timeline"])
def test_a_figure_reads_maps_as_they_are_read_for_scoring(
    figure: str, scored: tuple[Path, Config], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(scored[0])
    drawn: list[Any] = []
    monkeypatch.setattr(f"vsodprep.figures.pictures.{figure}", lambda *words: drawn.append(words) or Figure())
    scores, maps = "results/scores/methods/dark/seed0/raw/own.davsod.json", "dark.zip"
    words = ["--maps", f"dark={maps}", "--scores", f"dark={scores}", "--frame", "hide/00002"]
    if figure == "timeline":
        words = [f"dark={scores}", "--maps", maps, "--sequence", "hide", "--normalized"]
    words += ["results/normalized/own", "--out", str(tmp_path / "x.svg")]
    cli.main(["figure", figure, *words], standalone_mode=False)
    mask = read_mask(Path("results/normalized/own/hide/masks/00002.png"))
    shown = drawn[0][1][0].pictures[-1] if figure == "grid" else drawn[0][3][1][-1]
    assert np.array_equal(shown > 0, mask)


def test_scores_are_labelled_with_the_titles_of_the_configuration(scored: tuple[Path, Config], tmp_path: Path) -> None:
    shutil.copytree(scored[0] / "results/scores", tmp_path / "scores")
    labels = [each.label for each in load_scores([str(tmp_path / "scores")])]
    assert labels == ["dark", "soft"]
    write_json(tmp_path / "configuration/whole.json", scored[1].model_dump(mode="json"))
    _titles.cache_clear()
    labels = [each.label for each in load_scores([str(tmp_path / "scores")])]
    assert labels == ["dark", "Soft Net"]


def test_a_figure_of_a_folder_of_scores_names_one_benchmark_and_protocol(
    scored: tuple[Path, Config], tmp_path: Path
) -> None:
    words = ["figure", "ranking", str(scored[0] / "results/scores"), "--out", str(tmp_path / "x.svg")]
    refused = CliRunner().invoke(cli, words)
    assert "own by davsod, own by pysod; expected scores of one benchmark by one protocol" in str(refused.exception)
    assert CliRunner().invoke(cli, [*words, "--benchmark", "own", "--protocol", "pysod"]).exit_code == 0
    text = (tmp_path / "x.svg").read_text()
    assert "dark" in text
    assert "soft" in text


def test_methods_stand_in_order_of_their_years() -> None:
    years = {"new": 2021, "undated": None, "old": 2009, "same": 2021}
    methods = {name: {"maps": {"synth": "."}, "year": year} for name, year in years.items()}
    assert list(targets_of(ALONE | {"methods": methods}).methods) == ["old", "new", "same", "undated"]


FIGURE = {"kind": "precision-recall", "benchmark": "synth"}


@pytest.mark.parametrize(
    ("figure", "labels"),
    [
        ({}, ["dsnet/full", "MGA", "fseg"]),
        ({"methods": ["fseg"]}, ["dsnet/full", "fseg"]),
        ({"methods": []}, ["dsnet/full"]),
        ({"model": "dsnet"}, ["full"]),
        ({"model": "dsnet", "methods": ["mga"]}, ["full", "MGA"]),
    ],
)
def test_a_figure_draws_methods_behind_the_runs(figure: dict[str, Any], labels: list[str]) -> None:
    methods = {name: {"maps": {"synth": "."}, "title": title} for name, title in (("mga", "MGA"), ("fseg", None))}
    over = {"methods": methods, "figures": {"pr": FIGURE | figure | {"protocol": "pysod"}}}
    plan = plan_of(over)
    assert [word.label for word in plan.targets.figures["pr"] if isinstance(word, File)] == labels
    asked = {score.path(plan.paths) for score in plan.targets.scores}
    assert set(plan.figures.inputs(SimpleNamespace(figure="pr"))) <= asked  # by a protocol of the figure's own


def test_a_grid_waits_for_maps_and_knows_when_they_change(tmp_path: Path) -> None:
    write_png(tmp_path / "maps" / "a.png", np.zeros((4, 4), np.uint8))
    methods = {"mga": {"maps": {"synth": str(tmp_path / "maps")}}, "mbd": {"saliency": "mbd"}}
    grid = {"kind": "grid", "benchmark": "synth", "frames": ["plain-turtle/00005"]}
    plan = plan_of(ALONE | {"methods": methods, "figures": {"grid": grid}})
    of = SimpleNamespace(figure="grid")
    words = shlex.split(plan.figures.arguments(of))
    assert [words[place + 1] for place, word in enumerate(words) if word == "--maps"] == [
        f"mga={tmp_path}/maps",
        "mbd=results/saliency/mbd/synth",
    ]
    assert plan.figures.given(of) == [plan.evaluate.given(SimpleNamespace(method="mga", benchmark="synth")), ""]
    assert "results/saliency/mbd/synth/plain-turtle/maps.json" in plan.figures.inputs(of)


@pytest.mark.parametrize(
    ("figure", "culprit"),
    [
        (FIGURE | {"methods": ["mgaa"]}, r"figures\.pr\.methods: no 'mgaa'; expected one of mga"),
        (FIGURE | {"benchmark": "fbms", "methods": ["mga"]}, r"figures\.pr\.methods: mga, which has no maps of fbms"),
        (FIGURE | {"benchmark": "fbms"}, r"figures\.pr: nothing is tested on fbms"),
        ({"kind": "losses"}, r"figures\.pr: no run"),
    ],
)
def test_a_figure_of_nothing_is_refused(figure: dict[str, Any], culprit: str) -> None:
    with pytest.raises(VsodprepError, match=culprit):
        plan_of(ALONE | {"methods": {"mga": {"maps": {"synth": "."}}}, "figures": {"pr": figure}})


def shifted(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    return np.roll(mask.astype(np.uint8) * 255, 3, axis=1)


def soft(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    return cv2.GaussianBlur(mask.astype(np.uint8) * 255, (0, 0), 3)


def encoded(ending: str, image: NDArray[Any]) -> bytes:
    return bytes(cv2.imencode(ending, image)[1].tobytes())


def palette(mask: NDArray[np.bool_]) -> bytes:
    """Return ids of objects with DAVIS's colours."""
    import io

    from PIL import Image

    image = Image.fromarray((shifted(mask) // 255).astype(np.uint8), "P")
    image.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0])
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


# From a mask to the bytes of a map, where it lies, and what the configuration says of it.
SPOILT: dict[str, tuple[Any, str, dict[str, str]]] = {
    "gray": (lambda mask: encoded(".png", soft(mask)), "{seq}/{frame}.png", {}),
    "jpeg": (lambda mask: encoded(".jpg", soft(mask)), "results/{seq}/{seq}_{number:05d}.jpg", {}),
    "palette": (palette, "{seq}/{frame}.png", {}),
    "ids": (lambda mask: encoded(".png", shifted(mask) // 255 * 3), "flat/{seq}_{frame}.png", {"coding": "ids"}),
    "deep": (lambda mask: encoded(".png", soft(mask).astype(np.uint16) * 257), "{seq}/{frame}.png", {}),
    "numbered": (
        lambda mask: encoded(".png", shifted(mask)),
        "{seq}/{number}.png",
        {"naming": "position"},
    ),
}


def write_spoilt(benchmark: Path, split: str, coding: str, root: Path, *, packed: bool) -> tuple[Path, dict[str, str]]:
    """Write a benchmark's masks as maps of a method; return where, and what the configuration says of them."""
    make, pattern, told = SPOILT[coding]
    manifest = read_manifest(benchmark)
    files = {
        pattern.format(seq=sequence.name, frame=frame, number=number): make(
            read_mask(mask_path(benchmark, sequence.name, frame))
        )
        for sequence in manifest.split(split)
        for number, frame in enumerate(sequence.frames)
        if frame in sequence.annotated
    }
    if packed:
        with zipfile.ZipFile(root / "maps.zip", "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return root / "maps.zip", told
    for name, content in files.items():
        (root / "maps" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "maps" / name).write_bytes(content)
    return root / "maps", told


@pytest.fixture(scope="module")
def girl(excerpts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return SegTrack v2's excerpt, with one sequence in the split `test`."""
    folder = tmp_path_factory.mktemp("girl")
    choice = Choice(partial=True, splits={"test": ("girl",)})
    normalize(get("segtrackv2"), [excerpts / "SegTrackv2-sample.zip"], folder / "segtrackv2", choice)
    return folder / "segtrackv2"


@pytest.mark.parametrize(
    ("coding", "packed"), [(coding, number % 2 == 1) for number, coding in enumerate(SPOILT)], ids=SPOILT
)
def test_the_excerpts_masks_give_what_evaluate_gives(
    girl: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, coding: str, packed: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    maps, told = write_spoilt(girl, "test", coding, tmp_path, packed=packed)
    over = ALONE | {
        "splits": {"segtrackv2": {"test": ["girl"]}},
        "tests": [{"benchmark": "segtrackv2", "split": "test", "protocols": ["davsod", "cag-dde"]}],
        "methods": {"mga": {"maps": {"segtrackv2": str(maps)}, **told}},
    }
    plan = plan_of(over)
    of = SimpleNamespace(method="mga", benchmark="segtrackv2")
    words = ["--pred", plan.evaluate.maps(of), "--split", plan.evaluate.split(of), "--jobs", "1"]
    done = CliRunner().invoke(cli, ["evaluate", "--gt", str(girl), *words, *shlex.split(plan.evaluate.options(of))])
    assert done.exit_code == 0, done.exception
    for score in plan.targets.scores:
        alone = evaluate_folders(maps, girl, split="test", protocol=score.protocol, **told)
        assert json.loads(Path(score.path(plan.paths)).read_text()) == alone
        assert 0 < alone["mae"] < 0.1
