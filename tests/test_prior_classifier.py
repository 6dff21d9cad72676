import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from vsodprep.config.prior import Level
from vsodprep.errors import InputError, VsodprepError
from vsodprep.prior.classifier import Classifier, Settings, layer_sizes, load, save
from vsodprep.prior.frame import combine
from vsodprep.prior.pieces import Pieces
from vsodprep.prior.training import HalfDropout, network, standardisation, train

SETTINGS = Settings(levels=(Level(0.8, 100.0, 150),))


def classifier(inputs=6, hidden=(5, 4), seed=0):
    rng = np.random.default_rng(seed)
    sizes = layer_sizes(inputs, hidden)
    return Classifier(
        rng.normal(size=inputs).astype(np.float32),
        rng.uniform(0.5, 2, inputs).astype(np.float32),
        tuple(rng.normal(size=(out, into)).astype(np.float32) for into, out in sizes),
        tuple(rng.normal(size=out).astype(np.float32) for _, out in sizes),
        SETTINGS,
        {"regions": 3},
    )


def moons(count=600, seed=0):
    """Two classes that no line separates: inside and outside of a ring."""
    points = np.random.default_rng(seed).normal(size=(count, 4)).astype(np.float32)
    return points, np.hypot(points[:, 0], points[:, 1]) > 1.5


@pytest.mark.parametrize(
    ("inputs", "hidden", "parameters"),
    [(12288, (300, 300), 3_777_602), (12288, (300,), 3_687_302), (24576, (300, 300), 7_464_002)],
)
def test_number_of_parameters(inputs, hidden, parameters):
    assert sum(into * out + out for into, out in layer_sizes(inputs, hidden)) == parameters
    with torch.device("meta"):
        assert sum(one.numel() for one in network(inputs, hidden, 0).parameters()) == parameters


def test_scores_are_those_of_the_torch_network():
    made = classifier()
    layers = network(6, (5, 4), 0).eval()
    linear = [layer for layer in layers if isinstance(layer, torch.nn.Linear)]
    for layer, weight, bias in zip(linear, made.weights, made.biases, strict=True):
        layer.weight.data, layer.bias.data = torch.from_numpy(weight), torch.from_numpy(bias)
    features = np.random.default_rng(1).normal(size=(9, 6)).astype(np.float32)
    expected = layers(torch.from_numpy((features - made.mean) / made.deviation)).softmax(dim=1)[:, 1]
    np.testing.assert_allclose(made.score(features), expected.detach().numpy(), rtol=1e-5, atol=1e-6)


def test_extreme_scores_do_not_overflow():
    made = classifier()
    scores = made.score(np.full((2, 6), 1e6, dtype=np.float32) * [[1], [-1]])
    assert np.isfinite(scores).all()
    assert ((scores >= 0) & (scores <= 1)).all()


def test_file_round_trip_and_equal_bytes(tmp_path):
    made = classifier()
    for name in ("a.npz", "b.npz"):
        save(tmp_path / name, made)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    read = load(tmp_path / "a.npz")
    assert (read.settings, read.training, read.parameters) == (SETTINGS, {"regions": 3}, made.parameters)
    features = np.ones((3, 6), dtype=np.float32)
    np.testing.assert_array_equal(read.score(features), made.score(features))


@pytest.mark.parametrize("content", [b"", b"no archive", None])
def test_bad_file_is_named(content, tmp_path):
    path = tmp_path / "c.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"c\.npz"):
        load(path)


def test_other_archive_is_named(tmp_path):
    np.savez(tmp_path / "c.npz", x=np.zeros(3))
    with pytest.raises(InputError, match=r"c\.npz: unreadable; expected a classifier"):
        load(tmp_path / "c.npz")


def test_training_learns_a_ring():
    features, foreground = moons()
    mean, deviation = standardisation(features)
    weights, biases, losses = train((features - mean) / deviation, foreground, (30, 30), epochs=60, seed=0)
    made = Classifier(mean, deviation, tuple(weights), tuple(biases), SETTINGS, {})
    unseen, truth = moons(seed=1)
    assert ((made.score(unseen) > 0.5) == truth).mean() > 0.88
    assert losses[-1] < 0.65 * losses[0]


def test_training_is_reproducible():
    features, foreground = moons(200)
    first = train(features, foreground, (8,), epochs=3, seed=5)
    again = train(features, foreground, (8,), epochs=3, seed=5)
    other = train(features, foreground, (8,), epochs=3, seed=6)
    np.testing.assert_array_equal(first[0][0], again[0][0])
    assert not np.array_equal(first[0][0], other[0][0])


def test_classes_weigh_the_same():
    # Features tell nothing: the score has to be one half however rare the foreground is.
    rng = np.random.default_rng(0)
    features, foreground = np.zeros((1000, 2), dtype=np.float32), rng.uniform(size=1000) < 0.05
    weights, biases, _ = train(features, foreground, (4,), epochs=60, seed=0)
    made = Classifier(np.zeros(2), np.ones(2), tuple(weights), tuple(biases), SETTINGS, {})
    assert made.score(features)[0] == pytest.approx(0.5, abs=0.08)


@pytest.mark.parametrize("value", [True, False])
def test_one_class_is_not_enough(value):
    with pytest.raises(VsodprepError, match="both kinds of regions are needed"):
        train(np.zeros((5, 2), dtype=np.float32), np.full(5, value), (4,), epochs=1, seed=0)


def test_a_training_that_diverges_ends():
    features = np.random.default_rng(0).normal(0, 1e6, (200, 3)).astype(np.float32)
    with pytest.raises(VsodprepError, match=r"diverged in epoch \d+, on 200 regions of 3 features; expected more"):
        train(features, features[:, 0] * features[:, 1] > 0, (8,), epochs=20, seed=0)


def test_weights_that_are_not_finite_are_named(tmp_path):
    broken = replace(classifier(), mean=np.full_like(classifier().mean, np.nan))
    save(tmp_path / "c.npz", broken)
    with pytest.raises(InputError, match=r"c\.npz: weights that are not finite; expected"):
        load(tmp_path / "c.npz")


def test_dropout_keeps_half_and_the_mean():
    dropout = HalfDropout((0, 0))
    dropped = dropout(torch.ones(200, 301))
    assert {*dropped.unique().tolist()} == {0.0, 2.0}
    assert dropped.mean().item() == pytest.approx(1, abs=0.02)
    assert not torch.equal(dropped, dropout(torch.ones(200, 301)))
    torch.testing.assert_close(dropout.eval()(torch.ones(3)), torch.ones(3))


def test_prior_is_the_mean_over_levels():
    pieces = Pieces.of([np.array([each], dtype=np.int32) for each in ([0, 0, 1, 1], [0, 1, 1, 0])])
    scores = [np.array([0.2, 0.8], dtype=np.float32), np.array([0.0, 1.0], dtype=np.float32)]
    np.testing.assert_allclose(combine(pieces, scores, (1, 4)), [[0.1, 0.6, 0.9, 0.4]])


def test_applying_imports_no_torch():
    code = "import vsodprep.prior.apply, sys; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
