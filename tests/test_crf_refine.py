import json
from typing import get_args

import cv2
import numpy as np
import pydensecrf.densecrf as dcrf
import pytest
import torch
from pydensecrf.utils import unary_from_softmax

from vsodprep.config.crf import PRESETS, Crf
from vsodprep.crf.lattice import Lattice
from vsodprep.crf.lattice_torch import TorchLattice
from vsodprep.crf.refine import preset, refine, unary
from vsodprep.errors import InputError, VsodprepError

ENGINES = get_args(Crf.model_fields["engine"].annotation)
OURS = [engine for engine in ENGINES if engine != "pydensecrf"]


def scene(seed=0, size=16):
    """A noisy bright square, and probabilities that only hint at it."""
    rng = np.random.default_rng(seed)
    frame = np.full((size, size, 3), 60)
    frame[size // 4 : 3 * size // 4, size // 3 : 5 * size // 6] = 180
    truth = frame[..., 0] > 100
    noisy = (frame + rng.integers(-4, 5, frame.shape)).astype(np.uint8)
    return noisy, np.clip(np.where(truth, 0.65, 0.35) + rng.normal(0, 0.15, truth.shape), 0, 1), truth


def mean_field(frame, probability, crf):
    """Mean-field inference with all pairs of pixels, without any approximation."""
    height, width = probability.shape
    place = np.indices((height, width)).reshape(2, -1).T.astype(float)
    colour = frame.reshape(-1, 3).astype(float)

    def kernel(features):
        weights = np.exp(-((features[:, None] - features) ** 2).sum(axis=2) / 2)
        norm = 1 / np.sqrt(weights.sum(axis=1))
        return norm[:, None] * weights * norm

    appearance = np.concatenate([place / crf.bilateral_sxy, colour / crf.bilateral_srgb], axis=1)
    messages = crf.gaussian_weight * kernel(place / crf.gaussian_sxy) + crf.bilateral_weight * kernel(appearance)
    energy = unary(probability.astype(np.float32), crf.unary).astype(float)
    belief = np.exp(-energy) / np.exp(-energy).sum(axis=0)
    for _ in range(crf.iterations):
        score = np.exp(-energy + belief @ messages)
        belief = score / score.sum(axis=0)
    return belief[1].reshape(height, width)


def textured(height=60, width=80):
    """A frame with noise at two scales, and a blurred map of its brighter parts."""
    rng = np.random.default_rng(5)
    field = cv2.GaussianBlur(rng.normal(size=(height, width, 3)).astype(np.float32), (0, 0), 6)
    frame = np.clip(128 + field / field.std() * 50 + rng.normal(0, 3, field.shape), 0, 255).astype(np.uint8)
    return frame, 1 / (1 + np.exp(-cv2.GaussianBlur(field[..., 0] / field.std(), (0, 0), 3)))


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", PRESETS)
def test_agrees_with_exact_mean_field(name, engine, seed):
    plain = {"output": "probability", "normalise": False, "stop_below": None, "engine": engine}
    crf = PRESETS[name].model_copy(update=plain)
    frame, probability, _ = scene(seed)
    refined, exact = refine(frame, probability, crf), mean_field(frame, probability, crf)
    assert np.abs(refined - exact).mean() < 0.01  # all filter on a lattice
    assert ((refined > 0.5) == (exact > 0.5)).mean() > 0.98
    assert np.abs(refined - probability).mean() > 0.2  # and it is far from doing nothing


@pytest.mark.parametrize("name", PRESETS)
def test_presets_find_the_square(name):
    frame, probability, truth = scene(3, 24)
    assert ((refine(frame, probability, PRESETS[name]) > 0.5) == truth).mean() > 0.99


def test_table_of_presets():
    numbers = {
        name: (
            (crf.gaussian_sxy, crf.gaussian_weight),
            (crf.bilateral_sxy, crf.bilateral_srgb, crf.bilateral_weight),
            crf.iterations,
            crf.output,
        )
        for name, crf in PRESETS.items()
    }
    assert numbers == {
        "stan": ((3, 3), (60, 5, 5), 5, "probability"),
        "dss": ((3, 3), (60, 5, 5), 1, "probability"),
        "pdb": ((3, 3), (60, 5, 5), 5, "label"),
        "cosnet": ((1, 5), (10, 7, 8), 5, "label"),
        "matnet": ((3, 3), (30, 5, 5), 5, "label"),
        "deeplab-context": ((3, 3), (50, 3, 5), 10, "label"),
        "deeplab-largefov": ((3, 3), (49, 5, 4), 10, "label"),
        "deeplab-v2": ((1, 3), (67, 3, 4), 10, "label"),
    }
    assert [name for name, crf in PRESETS.items() if crf.unary == "dss"] == ["dss"]
    assert [name for name, crf in PRESETS.items() if crf.normalise] == ["pdb", "cosnet"]


def test_log_unary_is_that_of_pydensecrf():
    probability = np.random.default_rng(0).uniform(0, 1, (5, 7)).astype(np.float32)
    probability[0, :2] = 0, 1
    expected = unary_from_softmax(np.stack([1 - probability, probability]))
    np.testing.assert_allclose(unary(probability, "log"), expected, rtol=1e-6)


def test_dss_unary():
    # p = 0.5: -log(0.5 + 1e-8) / (1.05 sigmoid(0.5)) = 0.693147 / (1.05 * 0.622459) = 1.060536
    np.testing.assert_allclose(unary(np.full((1, 1), 0.5, dtype=np.float32), "dss"), 1.060536, rtol=1e-5)


@pytest.mark.parametrize("engine", OURS)
@pytest.mark.parametrize("name", PRESETS)
def test_labels_are_those_of_pydensecrf(name, engine):
    frame, probability = textured()
    found, expected = (
        refine(frame, probability, PRESETS[name].model_copy(update={"engine": each, "output": "probability"}))
        for each in (engine, "pydensecrf")
    )
    assert 0.2 < (expected > 0.5).mean() < 0.8
    assert ((found > 0.5) == (expected > 0.5)).mean() > 0.999
    assert np.abs(found - expected).mean() < 1e-4


@pytest.mark.parametrize("engine", OURS)
@pytest.mark.parametrize(("least", "iterations"), [(30, 7), (100, 5), (1000, 3)])
def test_stops_where_pydensecrf_stops(least, iterations, engine):
    frame, probability = textured()
    stopped = Crf(iterations=9, stop_below=least, engine=engine)
    found = refine(frame, probability, stopped)
    np.testing.assert_array_equal(found, refine(frame, probability, Crf(iterations=iterations, engine=engine)))
    expected = refine(frame, probability, stopped.model_copy(update={"engine": "pydensecrf"}))
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_both_lattices_filter_alike():
    """Of more points than the first table has room for."""
    rng = np.random.default_rng(0)
    features, values = rng.uniform(0, 9, (5, 9000)).astype(np.float32), rng.uniform(0, 1, 9000).astype(np.float32)
    compiled, tensors = Lattice.of(features), TorchLattice.of(torch.from_numpy(features))
    assert compiled.neighbours.shape == tuple(tensors.neighbours.shape)
    assert compiled.neighbours.shape[2] > 1 << 15
    np.testing.assert_allclose(compiled.weights.sum(axis=1), 1, atol=1e-5)
    assert compiled.weights.min() > -1e-5
    expected = compiled.filter(values)
    np.testing.assert_allclose(tensors.filter(torch.from_numpy(values)), expected, rtol=1e-4)


def test_a_pixel_far_from_all_others_meets_itself_alone():
    # One feature of 0: a point of the lattice. Its simplex has two corners; the first blur gives half to the other one,
    # the second half of that back.
    filtered = Lattice.of(np.array([[0.0, 1e4]], dtype=np.float32)).filter(np.array([4.0, 9.0], dtype=np.float32))
    assert filtered[0] == 4 * 1.25


def test_torch_gives_the_same_bytes_with_any_number_of_threads():
    frame, probability = textured()
    before, found = torch.get_num_threads(), []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        found.append(refine(frame, probability, Crf(engine="torch")))
    torch.set_num_threads(before)
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize("engine", OURS)
def test_a_kernel_too_narrow_for_the_lattice_is_refused(engine):
    frame, probability = textured()
    narrow = Crf(bilateral_srgb=1e-4, bilateral_sxy=1e-3, engine=engine)
    with pytest.raises(InputError, match=r"expected wider kernels$"):
        refine(frame, probability, narrow)


def test_inference_is_that_of_a_plain_call():
    frame, probability, _ = scene()
    model = dcrf.DenseCRF2D(16, 16, 2)
    model.setUnaryEnergy(unary(probability.astype(np.float32), "log"))
    model.addPairwiseGaussian(sxy=3, compat=3)
    model.addPairwiseBilateral(sxy=60, srgb=5, rgbim=frame, compat=5)
    expected = np.array(model.inference(5))[1].reshape(16, 16)
    np.testing.assert_array_equal(refine(frame, probability, Crf(engine="pydensecrf")), expected)


@pytest.mark.parametrize("engine", ENGINES)
def test_no_pairwise_weight_leaves_the_probability(engine):
    frame, probability, _ = scene()
    crf = Crf(gaussian_weight=0, bilateral_weight=0, engine=engine)
    np.testing.assert_allclose(refine(frame, probability, crf), np.clip(probability, 1e-5, 1 - 1e-5), atol=1e-5)


@pytest.mark.parametrize("engine", ENGINES)
def test_early_stop(engine):
    frame, probability, _ = scene()
    crf = Crf(iterations=9, engine=engine)

    def refined(**changes):
        return refine(frame, probability, crf.model_copy(update=changes))

    np.testing.assert_array_equal(refined(stop_below=1e9), refined(iterations=1))
    np.testing.assert_array_equal(refined(stop_below=1e-30), refined())


def test_normalise_stretches_the_map():
    frame, probability, _ = scene()
    narrow = 0.4 + probability * 0.2
    stretched = (narrow - narrow.min()) / np.ptp(narrow)
    np.testing.assert_allclose(refine(frame, narrow, Crf(normalise=True)), refine(frame, stretched, Crf()), atol=1e-4)


def test_frame_with_other_memory_layout():
    frame, probability, _ = scene()
    np.testing.assert_array_equal(
        refine(np.asfortranarray(frame), probability, Crf()), refine(frame, probability, Crf())
    )


def test_preset_by_name_json_and_file(tmp_path):
    assert preset("dss") is PRESETS["dss"]
    assert preset('{"iterations": 2}') == Crf(iterations=2)
    file = tmp_path / "mine.json"
    file.write_text(json.dumps({"bilateral_sxy": 11}))
    assert preset(str(file)) == Crf(bilateral_sxy=11)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("stann", "no such preset or file"),
        ('{"iteration": 2}', "unknown key iteration"),
        ('{"iterations": 0}', "iterations: Input should be greater"),
        ('{"iterations": ', "not YAML"),
    ],
)
def test_bad_preset_is_named(given, found):
    with pytest.raises(VsodprepError, match=found):
        preset(given)
