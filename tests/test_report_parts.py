"""The report's parts: choice of frames, ranks, papers, thumbnails, losses."""

import base64
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from shard_tree import make_everything, prior_at

from vsodprep.benchmarks import get
from vsodprep.config import Config
from vsodprep.config.coarse import Coarse
from vsodprep.config.compared import ComparedMethod
from vsodprep.config.flow import Flow
from vsodprep.config.recipe import as_released
from vsodprep.config.train import Data, Run, Stage
from vsodprep.figures.history import POINTS, read_losses, thinned
from vsodprep.report.collect import Results, Score
from vsodprep.report.frames import FrameError, choose, disagreements, frame_errors
from vsodprep.report.maps import reader_of
from vsodprep.report.methods import Comparison, Method, method_name
from vsodprep.report.overview import RunView
from vsodprep.report.page import signed
from vsodprep.report.paper import departures, printed, published
from vsodprep.report.protocol import settings
from vsodprep.report.stages import agreement, spread, stage_of
from vsodprep.report.tables import results_csv, table
from vsodprep.report.thumbnails import thumbnail
from vsodprep.scores.measures import MEASURES, ordered
from vsodprep.scores.noticed import noticed
from vsodprep.shards import pack_benchmark
from vsodprep.targets.catalogue import Catalogue
from vsodprep.targets.paths import Paths
from vsodprep.targets.targets import Targets

STAGE = Stage(data=(Data(benchmark="synth", split="train"),), size=(64, 96), steps=600)


def test_frame_errors_come_from_the_score_file() -> None:
    scores = {
        "sequences": {
            "b": {"mae": 0.2, "per_frame": {"frame": ["1", "2"], "mae": [0.1, 0.3]}},
            "a": {"mae": 0.4, "per_frame": {"frame": ["1"], "mae": [0.4]}},
            "c": {"mae": 0.5},
        }
    }
    assert frame_errors(scores) == errors((0.1, "b", "1"), (0.3, "b", "2"), (0.4, "a", "1"))


def errors(*values: tuple[float, str, str]) -> list[FrameError]:
    return [FrameError(*value) for value in values]


def test_choose_takes_ends_and_middle() -> None:
    made = errors(*((value / 10, f"s{value}", "f") for value in range(7)))
    chosen = choose(made, 1)
    assert {place: [one.mae for one in found] for place, found in chosen.items()} == {
        "best": [0.0],
        "median": [0.3],
        "worst": [0.6],
    }


def test_choose_spreads_over_sequences() -> None:
    made = errors((0.1, "a", "0"), (0.2, "a", "1"), (0.3, "b", "0"), (0.4, "b", "1"), (0.5, "b", "2"), (0.6, "b", "3"))
    chosen = choose(made, 2)
    assert [(one.sequence, one.frame) for one in chosen["best"]] == [("a", "0"), ("b", "0")]
    assert [(one.sequence, one.frame) for one in chosen["worst"]] == [("b", "3"), ("a", "1")]
    assert [(one.sequence, one.frame) for one in chosen["median"]] == [("b", "1"), ("b", "2")]


def test_choose_shows_no_frame_twice() -> None:
    made = errors((0.1, "a", "0"), (0.2, "a", "1"))
    chosen = choose(made, 2)
    assert sum(len(found) for found in chosen.values()) == 2


def test_disagreements_spread_over_sequences() -> None:
    first = errors((0.1, "a", "0"), (0.1, "a", "1"), (0.1, "b", "0"), (0.1, "b", "1"), (0.1, "c", "0"))
    second = errors((0.5, "a", "0"), (0.4, "a", "1"), (0.0, "b", "0"), (0.1, "b", "1"))
    assert disagreements([first, second], 3) == [("a", "0"), ("b", "0"), ("a", "1")]


def results_of(config: Config) -> Results:
    return Results(Targets(config, Catalogue(config)), Path("results"), {}, (), ())


@pytest.mark.parametrize(
    ("run", "phrases"),
    [
        (Run(stages=(STAGE,), paper=True), []),
        (Run(stages=(STAGE,), paper=True, width=0.5), ["0.5 of the paper"]),
        (Run(stages=(STAGE,)), ["600 steps of batch 8 at 64 × 96 on synth/train"]),
        (Run(stages=(STAGE,), pretrained=False, width=0.25), ["0.25 of the paper", "no ImageNet weights", "600 steps"]),
    ],
)
def test_departures(run: Run, phrases: list[str]) -> None:
    found = departures(results_of(Config()), "dsnet", run)
    assert len(found) == len(phrases)
    for sentence, phrase in zip(found, phrases, strict=True):
        assert phrase in sentence


@pytest.mark.parametrize(
    ("flow", "over", "phrases"),
    [
        ({"method": "flownet2"}, {}, []),
        ({"method": "flownet2"}, {"paper": False}, ["no paper: true"]),
        ({"method": "dis"}, {}, ["flow by dis, which they did not learn from"]),
        ({"method": "flownet2"}, {"size": (64, 96)}, ["size: (64, 96) where their code has (512, 512)"]),
        ({"method": "flownet2"}, {"variant": "full", "options": {"tau": 0.5}}, ["variant: full", "option tau: 0.5"]),
    ],
)
def test_departures_of_authors_weights(flow: dict[str, Any], over: dict[str, Any], phrases: list[str]) -> None:
    run = Run.model_validate(as_released("dsnet", {"weights": "w.pth", "flow": "f", "paper": True} | over, "run"))
    config = Config(flow={"f": Flow.model_validate(flow)})
    found = departures(results_of(config), "dsnet", run)
    assert len(found) == len(phrases)
    assert all(phrase in sentence for sentence, phrase in zip(found, phrases, strict=True))
    assert not RunView("run", run, (), None, "").short


@pytest.mark.parametrize(
    ("steps", "short"), [((600,), True), ((1000, 999), True), ((1000, 1000), False), ((None,), False)]
)
def test_short_training_is_known(steps: tuple[int | None, ...], short: bool) -> None:
    lengths = [{"steps": each} if each else {"steps": None, "epochs": 1} for each in steps]
    stages = tuple(STAGE.model_copy(update=length) for length in lengths)
    assert RunView("run", Run(stages=stages), (), None, "").short == short


def test_training_on_a_part_is_a_departure() -> None:
    results = results_of(Config(sequences={"synth": ("drift", "pair")}))
    found = departures(results, "dsnet", Run(stages=(STAGE,), paper=True))
    assert found == ["trained on synth train from 2 chosen sequences"]


@pytest.mark.parametrize(
    ("asked", "value"),
    [
        (("dsnet", "raw", "davis2016", "davsod", "max_f"), 0.891),
        (("dsnet", "raw", "segtrackv2", "davsod", "mae"), 0.028),
        (("dsnet", "stan", "davis2016", "davsod", "max_f"), None),
        (("dsnet", "raw", "davis2016", "pysod", "max_f"), None),
        (("dsnet", "raw", "synth", "davsod", "max_f"), None),
        (("stan", "raw", "davis2016", "davsod", "mae"), None),
        (("stan", "stan", "davis2016", "davsod", "mae"), 0.041),
        (("contrastive", "raw", "davsod", "davsod", "s_measure"), 0.753),
    ],
)
def test_printed(asked: tuple[str, str, str, str, str], value: float | None) -> None:
    model, post, benchmark, protocol, metric = asked
    figure = printed(model, "full", post, benchmark=benchmark, protocol=protocol, metric=metric)
    assert (figure.value if figure else None) == value


def method(name: str, **values: float | None) -> Method:
    score = Score(name, "full", 0, "raw", "synth", "test", "davsod", {**values, "sequences": {}})
    return Method(name, "full", "raw", None, (score,))


def test_ranks_follow_the_shown_digits_and_the_direction() -> None:
    made = table(
        Comparison(
            "synth",
            "test",
            "davsod",
            (
                method("dsnet", max_f=0.9001, mae=0.03),
                method("stan", max_f=0.9004, mae=0.02),
                method("msst", max_f=0.8, mae=None),
                method("cagdde", max_f=0.7, mae=0.1),
            ),
        )
    )
    assert [measure.key for measure in made.measures] == ["max_f", "mae"]
    assert [row.cells[0].rank for row in made.rows] == [1, 1, 2, 0]
    assert [row.cells[1].rank for row in made.rows] == [2, 1, 0, 0]


def compared(protocol: str = "davsod", **changes: Any) -> Comparison:
    """Return scores of MGA's maps of the whole of DAVIS-2016."""
    known = get("davis2016")
    frames = {name: {"frames": (known.annotated[name] or 0) - 2} for name in known.splits["val"].sequences or ()}
    facts = {"benchmark": "davis2016", "protocol": protocol, "settings": {"skip_first": 1, "skip_last": 1}}
    values = {"max_f": 0.9, "mae": 0.022, "sequences": frames, **facts}
    score = Score("methods", "mine", 0, "raw", "davis2016", "val", protocol, values)
    given = ComparedMethod(maps={"davis2016": "maps"}, **{"title": "MGA", **changes})
    mga = Method("methods", "mine", "raw", None, (score,), (), given)
    return Comparison("davis2016", "val", protocol, (mga,))


def test_each_paper_that_prints_a_method_stands_below_its_scores() -> None:
    made = table(compared())
    (row,) = made.rows
    assert [measure.key for measure in made.measures] == ["max_f", "mae"]
    lines = {line.paper: (line.numbers, line.differences) for line in row.printed}
    assert lines["DS-Net"] == ((0.892, 0.022), (pytest.approx(0.008), 0.0))
    assert lines["Contrastive-WACV22"] == ((0.901, 0.024), (pytest.approx(-0.001), pytest.approx(-0.002)))
    assert (row.cells[0].paper, row.cells[0].delta) == (0.892, pytest.approx(0.008))
    assert any(note.startswith("papers disagree on MGA, davis2016, max F: 0.892 (DS-Net)") for note in made.notes)
    assert "methods,mine,raw,0,davis2016,davsod,mae,0.022,0.022,0.0\n" in results_csv([made])


@pytest.mark.parametrize(
    ("changes", "papers"),
    [
        ({"printed": ["cagdde"]}, ["CAG-DDE"]),
        ({"printed": []}, []),
        ({"title": "mga"}, ["DS-Net", "CAG-DDE", "Contrastive-WACV22"]),
        ({"title": "Somebody"}, []),
    ],
)
def test_the_configuration_chooses_the_papers(changes: dict[str, Any], papers: list[str]) -> None:
    (row,) = table(compared(**changes)).rows
    assert [line.paper for line in row.printed] == papers


@pytest.mark.parametrize(
    ("comparison", "reason"),
    [
        (compared("pysod", printed=["dsnet"]), "printed by the protocol davsod"),
        (replace(compared(printed=["dsnet"]), omissions=("2 chosen sequences",)), "not the papers’ benchmark"),
    ],
)
def test_what_is_not_comparable_has_a_reason_and_no_difference(comparison: Comparison, reason: str) -> None:
    (row,) = table(comparison).rows
    (line,) = row.printed
    assert (line.numbers, line.differences, line.reasons) == ((0.892, 0.022), (None, None), (reason,))
    assert [cell.delta for cell in row.cells] == [None, None]


def test_a_method_is_called_by_its_title_and_tells_year_and_kind() -> None:
    (mga,) = compared(year=2019, kind="video").methods
    assert (mga.name, mga.about) == ("MGA", "2019, video")
    (mga,) = compared(title=None).methods
    assert (mga.name, mga.about) == ("mine", "")


def test_a_single_method_is_not_marked() -> None:
    made = table(Comparison("synth", "test", "davsod", (method("dsnet", max_f=0.9),)))
    assert made.rows[0].cells[0].rank == 0


def test_a_number_alone_in_its_column_is_not_marked() -> None:
    comparison = Comparison("synth", "test", "davsod", (method("dsnet", max_f=0.9, mae=0.1), method("stan", max_f=0.8)))
    assert [[cell.rank for cell in row.cells] for row in table(comparison).rows] == [[1, 0], [2, 0]]


def test_a_mean_needs_every_seed() -> None:
    scores = tuple(
        Score("dsnet", "full", seed, "raw", "synth", "test", "davsod", {"mae": value, "sequences": {}})
        for seed, value in enumerate((0.1, None))
    )
    assert Method("dsnet", "full", "raw", None, scores).averaged.scalar("mae") is None


def test_measures_are_distinct() -> None:
    assert len({measure.key for measure in MEASURES}) == len(MEASURES)
    small = {"mae", "j_decay", "boundary_decay", "t_mean", "si_mae", "hce"}
    assert {measure.key for measure in MEASURES if measure.small} == small


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("dsnet", "full", "raw"), "DS-Net full"),
        (("stan", "full", "stan"), "STAN full + CRF stan"),
        (("trivial", "centre-prior", "raw"), "centre prior"),
    ],
)
def test_method_name(parts: tuple[str, str, str], name: str) -> None:
    assert method_name(*parts) == name


@pytest.mark.parametrize(("value", "text"), [(0.1234, "+0.123"), (-0.0204, "−0.020"), (0.0, "+0.000")])
def test_signed(value: float, text: str) -> None:
    assert signed(value) == text


@pytest.mark.parametrize(("size", "shown"), [((100, 416), (50, 208)), ((30, 40), (30, 40))])
def test_thumbnail_is_a_jpeg_of_its_size(size: tuple[int, int], shown: tuple[int, int]) -> None:
    made = thumbnail(np.full((*size, 3), (200, 30, 30), dtype=np.uint8))
    data = np.frombuffer(base64.b64decode(made.uri.removeprefix("data:image/jpeg;base64,")), dtype=np.uint8)
    image = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert image is not None
    assert image.shape[:2] == shown == (made.height, made.width)
    assert np.abs(image.mean((0, 1)) - (30, 30, 200)).max() < 6  # OpenCV reads BGR


def test_losses_keep_terms_and_stages(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text("step,stage,lr,loss,bce,kl\n1,a,0.1,2.5,2,\n1,a,0.1,,,\n2,b,0.1,1.5,1,0.5\n", encoding="utf-8")
    found = read_losses(path)
    assert (found.steps, found.loss) == ([1.0, 2.0], [2.5, 1.5])
    assert found.terms == {"bce": [2.0, 1.0], "kl": [None, 0.5]}
    assert found.stages == {"a": 1.0, "b": 2.0}


def test_thinned_averages_neighbours() -> None:
    steps, values = thinned([float(step) for step in range(2 * POINTS)], [1.0, 3.0] * POINTS)
    assert len(steps) == POINTS
    assert steps[:2] == [0.5, 2.5]
    assert set(values) == {2.0}


def test_agreement_of_a_map_with_a_mask() -> None:
    mask = np.array([[True, True], [False, False]])
    mae, overlap = agreement(np.array([[255, 127], [128, 0]], dtype=np.uint8), mask)
    assert mae == pytest.approx((128 + 128) / 255 / 4)
    assert overlap == pytest.approx(1 / 3)  # 127 is not above one half, 128 is


def test_agreement_of_nothing_with_nothing() -> None:
    assert agreement(np.zeros((2, 2), dtype=np.uint8), np.zeros((2, 2), dtype=bool)) == (0.0, 1.0)


def test_agreement_resizes_the_map() -> None:
    mask = np.zeros((4, 4), dtype=bool)
    mask[:, 2:] = True
    assert agreement(np.array([[0, 255]], dtype=np.uint8), mask)[1] == 1.0


@pytest.mark.parametrize(
    ("count", "shown"), [(3, "0 4 9"), (2, "0 9"), (10, "0 1 2 3 4 5 6 7 8 9"), (99, "0 1 2 3 4 5 6 7 8 9")]
)
def test_spread_keeps_both_ends(count: int, shown: str) -> None:
    assert " ".join(spread(tuple("0123456789"), count)) == shown


def test_published_shows_each_paper_for_itself() -> None:
    found = published("davis2016", "davsod", [measure for measure in MEASURES if measure.key in ("max_f", "mae")])
    assert found is not None
    assert [measure.key for measure in found.measures] == ["max_f", "mae"]
    mga = {row.paper: row.values for row in found.rows if row.method == "MGA"}
    assert mga["DS-Net"][0] == 0.892
    assert mga["Contrastive-WACV22"][0] == 0.901
    firsts = [row.values[0] for row in found.rows if row.values[0] is not None]
    assert firsts == sorted(firsts, reverse=True)


def test_nothing_is_published_about_synth() -> None:
    assert published("synth", "davsod", MEASURES) is None


def test_ordered_puts_the_davis_measures_first() -> None:
    assert [measure.key for measure in ordered("davis2016")][:2] == ["j_mean", "boundary_mean"]
    assert ordered("davsod") == MEASURES
    assert set(ordered("davis2016")) == set(MEASURES)


def test_settings_say_what_is_not_usual() -> None:
    found = {one.key: one for one in settings({"settings": {"skip_first": 0, "skip_last": 1}})}
    assert (found["skip_first"].usual, found["skip_last"].usual) == (False, True)
    assert "Annotated frames left out" in found["skip_first"].meaning


def test_notes_name_what_was_noticed() -> None:
    inputs = {"missing": [], "extra": ["a/1.png", "a/2.png"], "resized": 3, "constant_maps": 0, "naming": {}}
    assert noticed({"inputs": inputs}) == [
        "2 maps of no frame, not read: a/1.png, a/2.png",
        "3 maps resized to their masks",
    ]


def test_labels_that_the_substitute_erased_are_called_so() -> None:
    assert stage_of(Coarse()) == "coarse label"
    assert "substitute" in stage_of(Coarse(order=("fuse", "otsu", "substitute")))


@pytest.mark.parametrize("kind", ["prior", "flow"])
def test_what_was_not_kept_is_looked_up_in_the_shard_as_far_as_that_has_it(tmp_path: Path, kind: Any) -> None:
    manifest = make_everything(tmp_path)
    paths = Paths(str(tmp_path / "results"))
    shard = Path(paths.shard("mini")).parent
    given = {"flow": {"own": tmp_path / "flow"}, "prior": {"own": tmp_path / "prior"}}
    pack_benchmark(tmp_path / "normalized", shard, **given, sequences=["ball"])
    results = replace(results_of(Config()), root=tmp_path / "results", manifests={"mini": manifest})
    found = {
        name: reader_of(kind, results, "own", "mini", manifest.sequence(name))("00002") for name in ("ball", "moon")
    }
    assert found["moon"] is None  # no run reads it
    assert found["ball"] is not None
    assert kind == "flow" or np.array_equal(found["ball"], prior_at(2))
