"""Superpixels, contrast, graph and compactness of a frame, by hand and against other ways to compute them."""

from typing import Literal

import cv2
import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from vsodprep.cues import compactness, graph
from vsodprep.cues.contrast import contrast_prior, orientations, spatial_contrast
from vsodprep.cues.slic import slic
from vsodprep.cues.superpixels import MOST, superpixels
from vsodprep.shards.derived import MAKE


def disc(height: int = 96, width: int = 128, radius: int = 20) -> tuple[np.ndarray, np.ndarray]:
    """A red disc on a textured green ground, and its mask."""
    noise = np.random.default_rng(0).normal(0, 30, (height, width, 3))
    frame = np.clip(gaussian_filter(noise, (2, 2, 0)) * 3 + [60, 120, 60], 0, 255).astype(np.uint8)
    mask = cv2.circle(np.zeros((height, width), np.uint8), (width // 2 + 10, height // 2 - 5), radius, 1, -1)
    frame[mask == 1] = [200, 40, 40]
    return frame, mask == 1


def test_contrast_of_three_regions_by_hand() -> None:
    """Two regions of value 0 and one of 4; the last lies 1 away from the first two, which lie together."""
    features = np.array([[0.0], [0.0], [4.0]])
    centres = np.array([[0.0, 0.0], [0.0, 0.0], [0.0, 1.0]])
    near = np.exp(-2.0)  # exp(-1 / (2 * 0.5^2))
    expected = [4 * near / (2 + near), 4 * near / (2 + near), 8 * near / (1 + 2 * near)]
    np.testing.assert_allclose(spatial_contrast(features, centres), expected)


def test_contrast_prior_is_high_where_something_differs() -> None:
    frame, mask = disc()
    found = contrast_prior(frame)
    assert (found.min(), found.max()) == (0, 1)
    assert found[mask].mean() > 3 * found[~mask].mean()


def test_contrast_prior_of_one_colour_is_zero() -> None:
    assert not contrast_prior(np.full((64, 80, 3), 90, np.uint8)).any()


def test_orientations_answer_to_their_own_stripes() -> None:
    x = np.arange(60)
    upright = np.tile((np.sin(2 * np.pi * x / 5) * 100 + 128).astype(np.float32), (60, 1))
    for stripes, strongest in ((upright, 0), (upright.T.copy(), 2)):
        assert orientations(stripes)[10:-10, 10:-10].mean(axis=(0, 1)).argmax() == strongest


@pytest.mark.parametrize("kind", ["noise", "disc", "flat", "small"])
def test_there_are_no_more_superpixels_than_allowed(kind: str) -> None:
    rng = np.random.default_rng(1)
    frame = {
        "noise": rng.integers(0, 256, (120, 90, 3), dtype=np.uint8),
        "disc": disc()[0],
        "flat": np.full((70, 64, 3), 7, np.uint8),
        "small": rng.integers(0, 256, (64, 64, 3), dtype=np.uint8),
    }[kind]
    labels = superpixels(frame, 250, MOST)
    assert labels.shape == frame.shape[:2]
    assert 50 < labels.max() + 1 <= MOST
    assert len(np.unique(superpixels(frame, 250, 40))) <= 40


@pytest.mark.parametrize("name", MAKE)
def test_what_is_derived_of_a_frame_is_an_image_of_its_size(name: str) -> None:
    frame, _ = disc()
    found = MAKE[name](frame)
    assert found.shape == frame.shape[:2]
    np.testing.assert_array_equal(found, MAKE[name](frame))
    assert found.dtype == {"segments": np.uint16, "contrast": np.uint8}[name]


REGRESSION = graph.laplacian_regression


def example(count: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """A kernel and a Laplacian of regions in a row."""
    colours = np.random.default_rng(2).uniform(0, 50, (count, 3))
    touching = np.eye(count, k=1, dtype=bool) | np.eye(count, k=-1, dtype=bool)
    return graph.graph_of(colours, touching, np.array([0, count - 1]))


@pytest.mark.parametrize("labelled", [(0, 11), tuple(range(12)), (3,)])
def test_regression_minimises_its_objective(labelled: tuple[int, ...]) -> None:
    """1/l sum (y - f)^2 + gamma_A a K a + gamma_I / n^2 f L f, as a dense solver minimises it by its derivatives."""
    kernel, laplacian = example()
    targets = np.linspace(-1, 1, 12)
    chosen = np.isin(np.arange(12), labelled)
    found = graph.laplacian_regression(targets, chosen, kernel, laplacian)
    k, l_, y, j = (torch.tensor(each, dtype=torch.float64) for each in (kernel, laplacian, targets, chosen))

    def objective(a: torch.Tensor) -> torch.Tensor:
        f = k @ a
        fit = (j * (y - f) ** 2).sum() / len(labelled)
        return fit + graph.SMOOTHNESS_A * a @ k @ a + graph.SMOOTHNESS_I / 144 * f @ l_ @ f

    zero = torch.zeros(12, dtype=torch.float64)
    slope = torch.func.grad(objective)(zero)
    curvature = torch.func.hessian(objective)(zero)  # the objective is quadratic: one step of Newton solves it
    solved = k @ torch.linalg.lstsq(curvature, -slope, driver="gelsd").solution
    np.testing.assert_allclose(found, solved.numpy(), atol=1e-4)


def test_graph_by_hand() -> None:
    """Four regions in a row of grays 0, 1, 3, 7: the first and the last, on the border, are linked though far apart."""
    colours = np.array([[0.0], [1.0], [3.0], [7.0]])
    touching = np.eye(4, k=1, dtype=bool) | np.eye(4, k=-1, dtype=bool)
    kernel, laplacian = graph.graph_of(colours, touching, np.array([0, 3]))
    np.testing.assert_allclose(kernel[0], np.exp(-10 * np.array([0, 1, 3, 7]) / 7), rtol=1e-6)
    # links: 0-1 (1), 1-2 (2), 2-3 (4), 0-2 (3), 1-3 (6), 0-3 (7); stretched over them, 1 becomes 0 and 7 becomes 1
    np.testing.assert_allclose(-laplacian[0, 1:], np.exp(-10 * np.array([0, 2, 6]) / 6), rtol=1e-6)
    np.testing.assert_allclose(laplacian.sum(axis=1), 0, atol=1e-12)


def test_graph_refinement_finds_the_object_that_a_map_hints_at() -> None:
    frame, mask = disc()
    hint = gaussian_filter(mask.astype(np.float32), 12)
    refined = graph.refine(hint / hint.max(), frame)
    assert (refined.min(), refined.max()) == (0, 1)
    error = np.abs(hint / hint.max() - mask).mean()
    assert np.abs(refined - mask).mean() < 0.5 * error


def test_graph_refinement_takes_two_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """First the border alone is background; then f^0.2 m^0.8, f and m from 0 to 1, is a target for every superpixel."""
    frame, mask = disc()
    hint = gaussian_filter(mask.astype(np.float32), 12)
    passes = []

    def regress(targets: np.ndarray, labelled: np.ndarray, *graphs: np.ndarray) -> np.ndarray:
        passes.append((targets, labelled, REGRESSION(targets, labelled, *graphs)))
        return passes[-1][2]

    monkeypatch.setattr(graph, "laplacian_regression", regress)
    refined = graph.refine(hint, frame)
    labels = slic(frame, frame.shape[0] * frame.shape[1] / 200)
    count = labels.max() + 1
    (targets, labelled, first), (joined, every, second) = passes
    border = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    assert np.flatnonzero(labelled).tolist() == border.tolist()
    assert (targets[labelled] == -1).all()
    assert every.all()
    means = np.array([hint[labels == label].mean() for label in range(count)])
    f, m = ((each - each.min()) / np.ptp(each) for each in (first, means))
    product = f**0.2 * m**0.8
    np.testing.assert_allclose(joined, 2 * (product - product.min()) / np.ptp(product) - 1, atol=1e-4)
    np.testing.assert_allclose(refined, ((second - second.min()) / np.ptp(second))[labels], atol=1e-5)


@pytest.mark.parametrize("frame", [np.full((64, 80, 3), 9, np.uint8), disc(64, 80)[0]], ids=["flat-frame", "flat-map"])
def test_graph_refinement_leaves_what_tells_nothing(frame: np.ndarray) -> None:
    saliency = np.full(frame.shape[:2], 0.4, np.float32)
    np.testing.assert_array_equal(graph.refine(saliency, frame), saliency)


@pytest.mark.parametrize(("share", "black", "white"), [("of-object", 2 / 3, 1 / 3), ("of-colour", 1, 1 / 3)])
def test_confidences_by_hand(share: Literal["of-object", "of-colour"], black: float, white: float) -> None:
    """Two black pixels and three white ones; the object is the first three: both of the black, one of the white."""
    frame = np.array([[[0] * 3, [255] * 3, [0] * 3, [255] * 3, [255] * 3]], dtype=np.uint8)
    saliency = np.array([[1, 1, 1, 0, 0]], dtype=np.float32)
    spatial, colour = compactness.confidences(saliency, frame, share)
    np.testing.assert_allclose(colour, [[black, white, black, white, white]])
    np.testing.assert_allclose(spatial, np.exp(-np.abs(np.arange(5)[None] / 5 - 0.2) / 0.5))


def test_post_processing_weakens_what_is_far_and_of_other_colour() -> None:
    frame, mask = disc()
    saliency = np.where(mask, 0.9, 0.3).astype(np.float32)
    saliency[:20, :20] = 0.9
    refined = compactness.refine(saliency, frame)
    assert (refined <= saliency + 1e-6).all()
    assert refined[mask].mean() > 4 * refined[:20, :20].mean()
    flat = np.full((64, 80), 0.5, np.float32)
    np.testing.assert_allclose(compactness.refine(flat, disc(64, 80)[0]), flat, atol=1e-6)


@pytest.mark.parametrize("colours", [1, 2, 8])
def test_an_object_of_many_colours_gets_dark(colours: int) -> None:
    columns = np.arange(64) * colours // 64 * 32
    frame = np.full((32, 64, 3), (255, 0, 0), np.uint8)
    frame[8:24], saliency = columns[:, None], np.zeros((32, 64), np.float32)
    saliency[8:24] = 1
    assert compactness.refine(saliency, frame).max() <= 1 / colours + 1e-6
    assert compactness.refine(saliency, frame, "of-colour")[16].max() > 0.5


def opencvs(frame, area):
    """OpenCV's superpixels, numbered without gaps."""
    side = max(2, round(area**0.5))
    cutter = cv2.ximgproc.createSuperpixelSLIC(cv2.cvtColor(frame, cv2.COLOR_RGB2Lab), cv2.ximgproc.SLIC, side, 20.0)
    cutter.iterate(10)
    cutter.enforceLabelConnectivity(25)
    return np.unique(cutter.getLabels(), return_inverse=True)[1].reshape(frame.shape[:2])


@pytest.mark.parametrize("smooth", [0, 2, 8])
@pytest.mark.parametrize(("shape", "area"), [((97, 130), 150), ((64, 192), 61), ((30, 41), 600), ((3, 200), 20)])
def test_superpixels_are_those_of_opencv(shape, area, smooth):
    noise = np.random.default_rng(smooth).uniform(0, 255, (*shape, 3))
    frame = gaussian_filter(noise, (smooth, smooth, 0)).astype(np.uint8)
    labels = slic(frame, area)
    assert labels.dtype == np.int32
    np.testing.assert_array_equal(labels, opencvs(frame, area))


def test_a_frame_lower_than_a_superpixel_is_cut_across() -> None:
    """OpenCV divides by zero there."""
    labels = slic(np.random.default_rng(0).integers(0, 255, (3, 200, 3)).astype(np.uint8), 600)
    assert (np.unique(labels) == np.arange(labels.max() + 1)).all()


def test_superpixels_have_the_area_asked_for():
    noise = np.random.default_rng(0).uniform(0, 255, (128, 192, 3))
    frame = gaussian_filter(noise, (8, 8, 0)).astype(np.uint8)
    labels = slic(frame, 128 * 192 / 200)
    assert 100 < labels.max() + 1 < 300
    assert len(np.unique(labels)) == labels.max() + 1
