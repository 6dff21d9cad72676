"""Figures that the reference tools give for the same maps and masks."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.evaluate_cases import read_json
from vsodprep.coding import AS_VALUES
from vsodprep.evaluate import PROTOCOLS, evaluate_folders
from vsodprep.evaluate.frame import FrameScores, score_frame
from vsodprep.evaluate.measures.f_measure import precision_recall
from vsodprep.evaluate.measures.histogram import joint_histogram
from vsodprep.evaluate.measures.levels import adaptive_first, counts_from, mean, real_values
from vsodprep.evaluate.measures.statistics import decay
from vsodprep.evaluate.protocols import change_protocol

SCALARS = {
    "MAE": "mae",
    "S": "s_measure",
    "wF": "weighted_f",
    "adpF": "adaptive_f",
    "maxF": "max_f",
    "meanF": "mean_f",
    "adpE": "adaptive_e",
    "maxE": "max_e",
    "meanE": "mean_e",
}
CURVES = {"P": "precision", "R": "recall", "F": "f", "E": "e"}

IMAGES = [("samples", "0001"), ("samples", "19"), ("samples", "aerial-1867541__340")] + [
    ("edge", name)
    for name in (
        "binary_pred",
        "gt_empty_pred_soft",
        "gt_empty_pred_zero",
        "gt_full_pred_255",
        "gt_full_pred_soft",
        "gt_half_centroid_even",
        "gt_half_centroid_odd",
        "gt_last_column",
        "gt_one_pixel",
        "gt_value_128",
        "gt_value_129",
        "inverted",
        "noisy_disk",
        "perfect",
        "pred_30_to_200",
        "pred_all_255",
        "pred_all_zero",
        "pred_const_128",
        "pred_max_is_1",
        "ramp",
        "soft_disk",
    )
]
# The centroid lies in the last column: both tools multiply an empty quadrant's NaN by its weight 0.
NAN = {("edge", "gt_last_column", "S"): 0.40394053419856857}


@pytest.fixture(scope="module")
def metrics(excerpts: Path) -> Path:
    return excerpts / "metrics"


def score(metrics: Path, part: str, name: str, protocol: str) -> FrameScores:
    folder = metrics / "samples" if part == "samples" else metrics / "samples" / "edge"
    saliency = AS_VALUES.decode((folder / "preds" / f"{name}.png").read_bytes(), name).values
    mask = AS_VALUES.decode((folder / "masks" / f"{name}.png").read_bytes(), name).values > 128
    return score_frame(saliency, mask, PROTOCOLS[protocol])


def check_scalars(found: FrameScores, reference: dict[str, Any], part: str, name: str) -> None:
    for key, ours in SCALARS.items():
        if key in reference:
            expected = NAN[part, name, key] if reference[key] is None else reference[key]
            assert found.scalars[ours] == pytest.approx(expected, abs=1e-9, rel=0), key


@pytest.mark.parametrize(("part", "name"), IMAGES)
def test_pysod(metrics: Path, part: str, name: str) -> None:
    reference = read_json(metrics / "pysodmetrics_reference.json")[part]["per_image"][f"{name}.png"]
    found = score(metrics, part, name, "pysod")
    check_scalars(found, reference, part, name)
    for key, ours in CURVES.items():
        assert found.curves[ours].tolist() == reference[key], key


@pytest.mark.parametrize(("part", "name"), IMAGES)
def test_davsod(metrics: Path, part: str, name: str) -> None:
    references = read_json(metrics / "davsod_octave_reference.json")[part]
    reference = next(each for each in references.values() if each["file"] == f"{name}.png")
    found = score(metrics, part, name, "davsod")
    check_scalars(found, reference, part, name)
    for key, ours in CURVES.items():
        np.testing.assert_allclose(found.curves[ours], reference[key], atol=1e-9, rtol=0, err_msg=key)


@pytest.mark.parametrize("part", ["samples", "edge"])
def test_pysod_means(metrics: Path, part: str) -> None:
    expected = read_json(metrics / "pysodmetrics_reference.json")[part]["mean"]
    folder = metrics / "samples" if part == "samples" else metrics / "samples" / "edge"
    names = [name for where, name in IMAGES if where == part]
    split = change_protocol(PROTOCOLS["pysod"], {"f_from": "precision-recall"})
    each = [score(metrics, part, name, "pysod") for name in names]
    for protocol, keys in ((PROTOCOLS["pysod"], SCALARS), (split, {"maxF_from_mean_PR": "max_f"})):
        scores = evaluate_folders(folder / "preds", folder / "masks", protocol=protocol)
        assert scores["frames"] == len(names)
        for key, ours in keys.items():
            if expected[key] is not None:
                assert scores[ours] == pytest.approx(expected[key], abs=1e-9, rel=0), key
    maxima = [found.scalars["max_f"] for found in each]
    assert np.mean(maxima) == pytest.approx(expected["mean_of_per_image_maxF"], abs=1e-9, rel=0)


@pytest.mark.parametrize(("part", "name"), IMAGES)
def test_davsod_intermediate_figures(metrics: Path, part: str, name: str) -> None:
    references = read_json(metrics / "davsod_octave_reference.json")[part]
    reference = next(each for each in references.values() if each["file"] == f"{name}.png")
    folder = metrics / "samples" if part == "samples" else metrics / "samples" / "edge"
    saliency = AS_VALUES.decode((folder / "preds" / f"{name}.png").read_bytes(), name).values
    mask = AS_VALUES.decode((folder / "masks" / f"{name}.png").read_bytes(), name).values > 128
    raw = score_frame(saliency, mask, change_protocol(PROTOCOLS["davsod"], {"normalize": "none"}), ("mae",))
    assert raw.scalars["mae"] == pytest.approx(reference["CalMAE_raw"], abs=1e-9, rel=0)
    values = real_values(int(saliency.min()), int(saliency.max()), "gain")
    joint = joint_histogram(saliency, mask)
    present = joint.foreground + joint.background
    assert min(2 * mean(values, present), 1.0) == pytest.approx(reference["adp_threshold"], abs=1e-9, rel=0)
    first = adaptive_first(values, present)
    precision, recall = precision_recall(
        counts_from(joint.foreground, first), counts_from(present, first), int(mask.sum())
    )
    assert precision[0] == pytest.approx(reference["adpP"], abs=1e-9, rel=0)
    assert recall[0] == pytest.approx(reference["adpR"], abs=1e-9, rel=0)


def test_davsod_aggregation(metrics: Path) -> None:
    video = metrics / "samples" / "mini_video"
    scores = evaluate_folders(video / "pred", video / "gt")
    for where, reference in read_json(metrics / "davsod_octave_reference.json")["mini"].items():
        found = scores if where == "dataset" else scores["sequences"][where]
        for key, expected in reference.items():
            assert found[SCALARS[key]] == pytest.approx(expected, abs=1e-9, rel=0), (where, key)
    printed = [f"{scores[key]:.3f}" for key in ("s_measure", "adaptive_f", "max_f", "mean_f", "mae")]
    assert printed == ["0.894", "0.666", "0.847", "0.727", "0.043"]


def test_pysod_aggregation(metrics: Path) -> None:
    video = metrics / "samples" / "mini_video"
    scores = evaluate_folders(video / "pred", video / "gt", protocol="pysod")
    reference = read_json(metrics / "pysodmetrics_reference.json")["mini_video_all_frames_flat_mean"]
    for key, ours in SCALARS.items():
        assert scores[ours] == pytest.approx(reference["mean"][key], abs=1e-9, rel=0), key
    for name, frame in reference["per_image"].items():
        sequence, _, file = name.partition("/")
        per_frame = scores["sequences"][sequence]["per_frame"]
        place = per_frame["frame"].index(file.removesuffix(".png"))
        for key, ours in SCALARS.items():
            assert per_frame[ours][place] == pytest.approx(frame[key], abs=1e-9, rel=0), (name, key)


def test_f_of_mean_precision_and_recall(metrics: Path, tmp_path: Path) -> None:
    video = metrics / "samples" / "mini_video"
    settings = tmp_path / "of-means.yaml"
    settings.write_text("base: pysod\nf_from: precision-recall\n", encoding="utf-8")
    scores = evaluate_folders(video / "pred", video / "gt", protocol=str(settings))
    reference = read_json(metrics / "pysodmetrics_reference.json")["mini_video_all_frames_flat_mean"]
    assert scores["protocol"] == "of-means"
    assert scores["max_f"] == pytest.approx(reference["mean"]["maxF_from_mean_PR"], abs=1e-9, rel=0)


@pytest.mark.parametrize(("protocol", "part"), [("davis2016", "without_first_last"), ("all", "all_frames")])
def test_davis(metrics: Path, tmp_path: Path, protocol: str, part: str) -> None:
    video = metrics / "samples" / "mini_video"
    if protocol == "all":
        protocol = str(tmp_path / "all.json")
        (tmp_path / "all.json").write_text('{"base": "davis2016", "skip_first": 0, "skip_last": 0}', encoding="utf-8")
    scores = evaluate_folders(video / "pred", video / "gt", protocol=protocol)
    reference = read_json(metrics / "davis2017_reference.json")
    for where in ("dataset", "seqA", "seqB", "seqC"):
        expected = reference[f"dataset_{part}"] if where == "dataset" else reference[where][part]
        found = scores if where == "dataset" else scores["sequences"][where]
        for theirs, ours in (("J", "j"), ("F", "boundary")):
            for statistic, value in expected[theirs].items():
                assert found[f"{ours}_{statistic}"] == pytest.approx(value, abs=1e-12, rel=0), (where, theirs)
        if where != "dataset" and part == "all_frames":
            assert found["per_frame"]["j"] == pytest.approx(reference[where]["J_all"], abs=1e-12, rel=0)
            assert found["per_frame"]["boundary_f"] == pytest.approx(reference[where]["F_all"], abs=1e-12, rel=0)


def test_davis_matlab(metrics: Path) -> None:
    video = metrics / "samples" / "mini_video"
    scores = evaluate_folders(video / "pred", video / "gt", protocol="davis2016")
    for name, expected in read_json(metrics / "davis_matlab_reference.json").items():
        for theirs, ours in (("J", "j"), ("F", "boundary")):
            for statistic, value in expected[theirs].items():
                found = scores["sequences"][name][f"{ours}_{statistic}"]
                assert found == pytest.approx(value, abs=1e-12, rel=0), (name, theirs, statistic)
    every = change_protocol(PROTOCOLS["davis2016"], {"skip_first": 0, "skip_last": 0})
    sequences = evaluate_folders(video / "pred", video / "gt", protocol=every)["sequences"]
    for name, expected in read_json(metrics / "davis_matlab_reference.json").items():
        found = sequences[name]["per_frame"]
        for theirs, ours in (("J_all", "j"), ("F_all", "boundary_f")):
            known = np.array(expected[theirs], dtype=float)
            there = np.isfinite(known)
            np.testing.assert_allclose(np.array(found[ours])[there], known[there], atol=1e-12, rtol=0)


def test_long_sequences_do_not_wrap(metrics: Path) -> None:
    reference = read_json(metrics / "davis2017_reference.json")["uint8_wrap_demo_400_frames"]
    assert decay(np.linspace(1, 0, 400)) == pytest.approx(reference["decay_with_int_indices"], abs=1e-12, rel=0)


def test_four_rules_for_the_same_maps(metrics: Path) -> None:
    video = metrics / "samples" / "mini_video"
    flat = evaluate_folders(video / "pred", video / "gt", protocol="pysod")
    maxima = [value for each in flat["sequences"].values() for value in each["per_frame"]["max_f"]]
    assert f"{flat['max_f']:.4f} {np.mean(maxima):.4f}" == "0.8700 0.8859"


def test_cag_dde(metrics: Path) -> None:
    # What metric.py of the CAG-DDE repository (3b32bdf) gives for the same files.
    expected = {
        "max_f": 0.8704812265732337,
        "adaptive_f": 0.6544629852069724,
        "mae": 0.03854031385281385,
        "adaptive_e": 0.8464946278738168,
        "weighted_f": 0.6483636098662028,
    }
    video = metrics / "samples" / "mini_video"
    scores = evaluate_folders(video / "pred", video / "gt", protocol="cag-dde")
    assert {name: scores[name] for name in expected} == pytest.approx(expected, abs=1e-12, rel=0)
    # It averages the mask in float32.
    assert scores["s_measure"] == pytest.approx(0.8991610068969728, abs=1e-8, rel=0)
