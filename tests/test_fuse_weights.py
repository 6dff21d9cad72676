from itertools import combinations

import numpy as np
import pytest

from vsodprep.coarse.fuse import NormalEquations, fit, fuse, read_weights, uniform
from vsodprep.errors import InputError


def best_over_faces(gram, linear):
    """Smallest value over all faces of the simplex, each solved by itself."""
    count, best = len(linear), np.inf
    for size in range(1, count + 1):
        for chosen in map(list, combinations(range(count), size)):
            system = np.ones((size + 1, size + 1))
            system[:size, :size], system[size, size] = gram[np.ix_(chosen, chosen)], 0
            weights = np.linalg.lstsq(system, np.append(linear[chosen], 1), rcond=None)[0][:size]
            if weights.min() >= -1e-12:
                best = min(best, weights @ gram[np.ix_(chosen, chosen)] @ weights / 2 - linear[chosen] @ weights)
    return best


@pytest.mark.parametrize("seed", range(40))
def test_weights_are_optimal(seed):
    rng = np.random.default_rng(seed)
    maps = rng.uniform(0, 1, (int(rng.integers(1, 8)), 60)) ** rng.uniform(0.5, 3)
    truth = (maps[0] + rng.normal(0, 0.4, 60) > 0.5).astype(float)
    gram, linear = maps @ maps.T / 60, maps @ truth / 60
    weights = fit(NormalEquations(gram, linear, truth.mean(), 1))
    assert weights.min() >= 0
    assert weights.sum() == pytest.approx(1)
    assert weights @ gram @ weights / 2 - linear @ weights == pytest.approx(best_over_faces(gram, linear), abs=1e-10)


@pytest.mark.parametrize("copies", [2, 3, 5])
def test_equal_maps_share_one_solution(copies):
    rng = np.random.default_rng(copies)
    maps = np.repeat(rng.uniform(0, 1, (2, 50)), copies, axis=0)
    truth = (maps[0] > 0.5).astype(float)
    gram, linear = maps @ maps.T, maps @ truth
    weights = fit(NormalEquations(gram, linear, truth.sum(), 1))
    assert weights.min() >= 0
    value = weights @ gram @ weights / 2 - linear @ weights
    small = gram[::copies, ::copies]
    pair = fit(NormalEquations(small, linear[::copies], truth.sum(), 1))
    assert value == pytest.approx(pair @ small @ pair / 2 - linear[::copies] @ pair)


def test_perfect_map_gets_all_the_weight():
    mask = np.zeros((40, 40), dtype=np.uint8)
    mask[10:30, 10:30] = 255
    maps = np.stack([mask, 255 - mask, np.full_like(mask, 128)])
    normal = NormalEquations.empty(3).add(maps, mask)
    np.testing.assert_array_equal(fit(normal), [1, 0, 0])
    assert normal.error(np.array([1.0, 0, 0])) == pytest.approx(0, abs=1e-3)
    assert normal.error(np.array([0, 1.0, 0])) == pytest.approx(1, abs=1e-2)


def test_a_mixture_is_found():
    # Half the mask in one map and half in the other: the sum needs both alike.
    mask = np.zeros((20, 20), dtype=np.uint8)
    mask[:10] = 255
    left, right = mask.copy(), mask.copy()
    left[:, 10:], right[:, :10] = 0, 0
    np.testing.assert_allclose(fit(NormalEquations.empty(2).add(np.stack([left, right]), mask)), [0.5, 0.5])


def test_frames_add_up():
    rng = np.random.default_rng(0)
    maps = rng.integers(0, 255, (2, 3, 200, 200)).astype(np.uint8)
    masks = rng.integers(0, 2, (2, 200, 200)).astype(np.uint8) * 255
    normal = NormalEquations.empty(3).add(maps[0], masks[0]).add(maps[1], masks[1])
    flat = (maps / 255).transpose(1, 0, 2, 3).reshape(3, -1)
    np.testing.assert_allclose(normal.gram, flat @ flat.T)
    weights = np.array([0.2, 0.5, 0.3])
    assert normal.error(weights) == pytest.approx(np.mean((weights @ flat - masks.ravel() / 255) ** 2))
    assert normal.frames == 2


def test_fuse_is_the_weighted_sum():
    maps = np.array([[[0.0, 1.0]], [[0.5, 0.5]]])
    np.testing.assert_allclose(fuse(maps, np.array([0.25, 0.75])), [[0.375, 0.625]])
    np.testing.assert_allclose(fuse(maps, uniform(2)), [[0.25, 0.75]])


def test_read_weights(tmp_path):
    file = tmp_path / "w.json"
    file.write_text('{"weights": [0.75, 0.25], "frames": 3}')
    weights, fitted = read_weights(str(file), 2)
    np.testing.assert_array_equal(weights, [0.75, 0.25])
    assert fitted == {"weights": [0.75, 0.25], "frames": 3}
    np.testing.assert_array_equal(read_weights("0.1,0.9", 2)[0], [0.1, 0.9])
    np.testing.assert_array_equal(read_weights("uniform", 4)[0], [0.25] * 4)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("0.5,0.4", "0.5, 0.4"),
        ("1.5,-0.5", "1.5, -0.5"),
        ("0.2,0.3,0.5", "3 weights"),
        ("equal", "'equal'"),
        ("missing.json", "unreadable"),
    ],
)
def test_bad_weights_are_named(given, found):
    with pytest.raises(InputError, match=found):
        read_weights(given, 2)
