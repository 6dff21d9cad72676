"""Newer measures of image segmentation: known answers, and what PySODMetrics gives."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from tests.evaluate_cases import disk, read_json, write_tree
from tests.newer_cases import cases
from vsodprep.cli.evaluate import command
from vsodprep.errors import InputError
from vsodprep.evaluate import PROTOCOLS, evaluate_folders
from vsodprep.evaluate.aggregate import NEWER
from vsodprep.evaluate.frame import NEWER_FAMILIES, Families, score_frame
from vsodprep.evaluate.measures.context import context_kernel
from vsodprep.evaluate.measures.hce import human_correction_efforts
from vsodprep.evaluate.measures.msiou import edge_cells, msiou, msiou_curve
from vsodprep.evaluate.measures.size_invariant import object_boxes
from vsodprep.scores.bootstrap import Draws, interval
from vsodprep.scores.measures import measure

NEW: Families = NEWER_FAMILIES
PYSOD = PROTOCOLS["pysod"]
CASES = cases()


@pytest.fixture(scope="module")
def recorded() -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = read_json(Path(__file__).parent / "data" / "pysodmetrics.json")["cases"]
    return found


@pytest.mark.parametrize("name", CASES)
def test_scores_are_those_of_pysodmetrics(recorded: dict[str, dict[str, float]], name: str) -> None:
    found = score_frame(*CASES[name], PYSOD, NEW).scalars
    assert list(found) == list(NEWER) and set(recorded[name]) == set(NEWER)
    for key, value in recorded[name].items():
        tolerance = 1e-8 if key == "context" else 1e-15  # the tool filters in single precision
        assert found[key] == pytest.approx(value, abs=tolerance, rel=0), key


@pytest.mark.parametrize(
    ("cells", "one_more"), [(2047, 2048), (2048, 2048), (3896, 3896), (3897, 3896), (65_503, 65_504), (70_000, 70_001)]
)
def test_cells_are_counted_in_half_precision_as_far_as_it_goes(cells: int, one_more: int) -> None:
    mask, nothing = np.ones((1, cells), np.uint8), np.zeros((1, cells), np.uint8)
    assert msiou([nothing] * 10, [mask] * 10) == pytest.approx(1 / one_more, rel=1e-12)


@pytest.mark.parametrize("name", ["one", "several", "large"])
def test_a_perfect_map(name: str) -> None:
    mask = CASES[name][1]
    found = score_frame(mask.astype(np.uint8) * 255, mask, PYSOD, NEW).scalars
    assert (found["si_mae"], found["si_max_f"], found["hce"]) == (0, 1, 0)
    assert found["msiou"] == found["max_msiou"] == pytest.approx(1, abs=3e-5)  # cells are counted in half precision
    assert found["context"] > 0.6


def test_objects_are_parts_of_fifty_pixels_or_the_largest() -> None:
    mask = np.zeros((40, 60), dtype=bool)
    mask[2:9, 3:10] = True  # 49 pixels
    mask[9, 10] = True  # touches at a corner only
    mask[20:22, 30:32] = True
    assert object_boxes(mask) == [(slice(2, 9), slice(3, 10))]
    mask[20:27, 20:27] = True
    assert object_boxes(mask) == [(slice(2, 9), slice(3, 10)), (slice(20, 27), slice(20, 27))]
    mask[30:35, 40:50] = True  # 50 pixels
    assert object_boxes(mask) == [(slice(30, 35), slice(40, 50))]
    assert object_boxes(np.zeros_like(mask)) == []


def test_size_invariant_scores_by_hand() -> None:
    mask = np.zeros((20, 40), dtype=bool)
    mask[:10, :10] = mask[15:, 30:] = True  # 100 and 50 pixels, boxes without background
    saliency = np.zeros(mask.shape, dtype=np.uint8)
    saliency[:10, :10] = 255  # the first is found whole, the second missed; of the rest a tenth is false
    saliency[10:15, 10:23] = 255
    found = score_frame(saliency, mask, PYSOD, ("si",)).scalars
    weight = 650 / 150
    assert found["si_mae"] == pytest.approx((0 + 1 + weight * 65 / 650) / (2 + weight))
    # A box in which nothing is predicted scores as everything does at threshold 0: precision 50 / 800, recall 1.
    missed = 1.3 * (50 / 800) / (0.3 * 50 / 800 + 1)
    assert found["si_max_f"] == pytest.approx((1 + missed) / 2)
    assert found["si_adaptive_f"] == pytest.approx((1 + missed) / 2)  # twice the mean of nothing is 0


@pytest.mark.parametrize("value", [0, 100, 255])
@pytest.mark.parametrize("full", [False, True])
def test_empty_and_full_masks_have_scores(full: bool, value: int) -> None:
    found = score_frame(np.full((30, 40), value, np.uint8), np.full((30, 40), full), PYSOD, NEW)
    assert all(np.isfinite(number) for number in found.scalars.values())
    assert found.scalars["si_mae"] == pytest.approx(abs(full - value / 255))
    assert found.scalars["context"] == 0 or full
    if not full:
        assert found.scalars["si_max_f"] == 0


def test_boxes_that_cover_the_frame_leave_no_background() -> None:
    mask = np.eye(60, dtype=bool) | np.eye(60, k=1, dtype=bool)
    found = score_frame(np.zeros(mask.shape, np.uint8), mask, PYSOD, ("si",)).scalars
    assert found["si_mae"] == pytest.approx(mask.mean())  # the tool returns NaN


@pytest.mark.parametrize(("shape", "pixels"), [((5, 7), 1), ((600, 1100), 512)])
def test_cells_are_counted_from_the_lower_right(shape: tuple[int, int], pixels: int) -> None:
    mask = np.zeros(shape, dtype=bool)
    mask[-1, -1] = mask[0, 0] = True
    scales = edge_cells(mask)
    assert [cells.shape for cells in scales] == [
        (-(-shape[0] // 2**scale), -(-shape[1] // 2**scale)) for scale in range(10)
    ]
    assert scales[0].sum() == 6  # the pixels beside each corner; at a corner itself the filter answers too
    assert scales[-1].sum() == (1 if pixels == 1 else 2)
    assert scales[-1][-1, -1] == 1


def test_multiscale_iou_by_hand() -> None:
    mask, nothing = disk(64, 64, 32, 32, 12), np.zeros((64, 64), dtype=bool)
    wanted = edge_cells(mask)
    counts = [int(cells.sum()) for cells in wanted]
    assert msiou(edge_cells(nothing), wanted) == pytest.approx(np.trapezoid([1 / (n + 1) for n in counts], dx=1 / 9))
    levels = np.where(mask, 200, 100).astype(np.uint8)
    curve = msiou_curve(levels, wanted)
    assert curve.shape == (257,)
    assert curve[0] == curve[256 - 201] == msiou(edge_cells(nothing), wanted)
    assert curve[256 - 200] == curve[256 - 101] == 1
    assert curve[256 - 100] == curve[256] == msiou(edge_cells(~nothing), wanted)


def test_the_gaussian_has_the_shape_of_the_mask() -> None:
    wide = np.zeros((50, 90), dtype=bool)
    wide[20:30, 10:80] = True
    kernel = context_kernel(wide)
    assert kernel.sum() == pytest.approx(1)
    assert kernel.shape == (7, 37)
    np.testing.assert_allclose(kernel, kernel[::-1, ::-1])
    assert context_kernel(wide.T).shape == (37, 7)
    assert context_kernel(np.eye(9, dtype=bool)).shape == (3, 3)  # the tool stops with a singular matrix


@pytest.mark.parametrize(
    ("change", "clicks"),
    [
        ((slice(0, 0), slice(0, 0), False), 0),
        ((slice(60, 62), slice(40, 80), True), 0),  # thinner than what nobody corrects
        ((slice(10, 25), slice(130, 145), True), 1),  # a region apart: one click
        ((slice(45, 75), slice(55, 65), False), 1),  # a hole: one click
    ],
)
def test_clicks_by_hand(change: tuple[slice, slice, bool], clicks: int) -> None:
    mask = np.zeros((120, 160), dtype=bool)
    mask[30:90, 30:90] = True
    predicted = mask.copy()
    rows, columns, value = change
    predicted[rows, columns] = value
    assert human_correction_efforts(predicted, mask) == clicks


@pytest.mark.parametrize("protocol", ["pysod", "davsod", "pooled-f1"])
def test_frames_are_averaged_by_the_protocol(tmp_path: Path, protocol: str) -> None:
    maps, masks = write_tree(tmp_path, {"a": 5, "b": 3, "c": 4})
    scores = evaluate_folders(maps, masks, protocol=protocol, measures=NEW)
    per_frame = [each["per_frame"] for each in scores["sequences"].values()]
    for key in ("si_mae", "si_max_f", "context", "msiou", "hce"):
        means = [np.mean(frames[key]) for frames in per_frame]
        everything = np.concatenate([frames[key] for frames in per_frame])
        expected = np.mean(means) if protocol == "davsod" else everything.mean()
        assert scores[key] == pytest.approx(expected, abs=1e-12), key
    assert len(scores["msiou_curve"]) == 257
    assert scores["max_msiou"] == max(scores["msiou_curve"])
    assert scores["max_msiou"] <= np.mean([value for frames in per_frame for value in frames["max_msiou"]]) + 1e-12
    for key in NEWER:
        if protocol != "pooled-f1":
            assert interval(scores, key, Draws(resamples=100)).value == pytest.approx(scores[key], abs=1e-12)
        assert measure(key).heading


def test_they_are_computed_only_where_asked_for(tmp_path: Path) -> None:
    maps, masks = write_tree(tmp_path, {"a": 4})
    assert not set(NEWER) & set(evaluate_folders(maps, masks))
    kept = evaluate_folders(maps, masks, measures=("si", "msiou"), cache_folder=tmp_path / "cache")
    again = evaluate_folders(maps, masks, measures=("si", "msiou"), cache_folder=tmp_path / "cache")
    assert again == kept
    with pytest.raises(InputError, match="hce, which cannot leave out single pixels"):
        evaluate_folders(maps, masks, measures=("hce",), void="ignore")


@pytest.mark.parametrize(("asked", "there"), [("all", set()), ("newer", {*NEWER}), ("all,si", {*NEWER[:4]})])
def test_a_word_for_several(asked: str, there: set[str], tmp_path: Path) -> None:
    maps, masks = write_tree(tmp_path, {"a": 3})
    arguments = ["--pred", str(maps), "--gt", str(masks), "--measure", asked, "--json", str(tmp_path / "scores.json")]
    done = CliRunner().invoke(command, arguments)
    assert done.exit_code == 0, done.output
    scores = json.loads((tmp_path / "scores.json").read_text())
    assert {*NEWER} & {*scores} == there
    assert (scores["j_mean"] is None, scores["mae"] is None) == (asked == "newer",) * 2
