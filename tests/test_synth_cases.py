"""What the cases of `synth` promise, measured on what it shows."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from synth_film import NAMES, VIDEO, film, ground_flow, layer_flow, named

from vsodprep.benchmarks.synth.cases import CASES, SEED, VIDEOS
from vsodprep.benchmarks.synth.render import render
from vsodprep.benchmarks.synth.scene import Scene
from vsodprep.benchmarks.synth.stills import still

BETA_SQUARED = 0.3


def bodies(name: str, *, salient: bool) -> list[int]:
    """Indices of the layers that are salient, or that move and are not."""
    actors = enumerate(VIDEO[name].actors, start=1)
    return [index for index, actor in actors if actor.salient is salient and (salient or any(actor.velocity))]


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("case", CASES)
def test_every_case_is_in_both_splits(case: str, split: str) -> None:
    assert any(case in video.cases and video.split == split for video in VIDEOS)


@pytest.mark.parametrize("name", NAMES)
def test_every_frame_shows_something_salient(name: str) -> None:
    assert min(picture.mask.sum() for picture in film(name).pictures) > 50


@pytest.mark.parametrize("name", NAMES)
def test_only_patterned_bodies_are_salient(name: str) -> None:
    for picture in film(name).pictures[::6]:
        others = [0, *(i for i, actor in enumerate(VIDEO[name].actors, start=1) if actor.pattern is None)]
        assert np.all(picture.coverage[others].sum(axis=0)[picture.mask] < 8)


@pytest.mark.parametrize("name", NAMES)
def test_moving_camera(name: str) -> None:
    scene = film(name).scene
    speed = np.mean([np.linalg.norm(ground_flow(scene, time), axis=-1).mean() for time in range(19)])
    assert (speed > 1.0) == film(name).with_case("moving-camera")


@pytest.mark.parametrize("name", named("plain"))
def test_plain(name: str) -> None:
    scene = film(name).scene
    assert max(np.abs(ground_flow(scene, time)).max() for time in range(19)) < 0.5
    assert len(scene.layers) == 2


@pytest.mark.parametrize("name", named("stop"))
def test_stop(name: str) -> None:
    one = film(name)
    slow = VIDEO[name].actors[0].stop[0]
    difference = [
        np.linalg.norm(one.flows[time] - ground_flow(one.scene, time), axis=-1)[one.pictures[time].coverage[1] == 16]
        for time in range(19)
    ]
    assert all(values.mean() > 2.0 for values in difference[:slow])
    assert all(values.max() < 1e-5 for values in difference[slow + 3 :])
    assert len(difference[slow + 3 :]) >= 8


def histogram(pixels: np.ndarray) -> np.ndarray:
    """Colour histogram of 6 x 6 x 6 bins, `pixels` (n, 3)."""
    counts = np.bincount((pixels.astype(np.int64) * 6 // 256) @ [36, 6, 1], minlength=216)
    return counts / counts.sum()


def colour_distance(name: str) -> float:
    """Hellinger distance between the colours of mask and background, 0 to 1."""
    picture = film(name).pictures[0]
    overlap = np.sqrt(histogram(picture.frame[picture.mask]) * histogram(picture.frame[~picture.mask])).sum()
    return float(np.sqrt(1 - overlap))


@pytest.mark.parametrize("name", NAMES)
def test_similar_background(name: str) -> None:
    distance = colour_distance(name)
    assert distance < 0.5 if film(name).with_case("similar-background") else distance > 0.7


@pytest.mark.parametrize("name", NAMES)
def test_several_objects(name: str) -> None:
    seen = [
        sum(int(picture.coverage[index].sum()) > 16 * 20 for index in bodies(name, salient=True))
        for picture in film(name).pictures
    ]
    assert (np.mean(np.array(seen) >= 2) > 0.8) == film(name).with_case("several-objects")


@pytest.mark.parametrize("name", named("occlusion"))
def test_occlusion(name: str) -> None:
    one = film(name)
    alone = Scene(replace(VIDEO[name], actors=VIDEO[name].actors[:1]), one.scene.layers[:2])
    shown = [
        one.pictures[time].coverage[1].sum() / render(alone, time).coverage[1].sum(dtype=np.int64)
        for time in range(VIDEO[name].frames)
    ]
    hidden_at = int(np.argmin(shown))
    assert shown[hidden_at] < 0.15
    assert shown[0] > 0.95
    assert max(shown[hidden_at:]) > 0.3, "it comes out again"


@pytest.mark.parametrize("name", NAMES)
def test_small_object(name: str) -> None:
    largest = max(picture.mask.mean() for picture in film(name).pictures)
    assert (largest < 0.02) == film(name).with_case("small-object")


@pytest.mark.parametrize("name", NAMES)
def test_distractor_moves_at_least_as_fast(name: str) -> None:
    scene = film(name).scene

    def fastest(indices: list[int]) -> float:
        speeds = [np.mean([np.linalg.norm(layer_flow(scene, index, time)) for time in range(19)]) for index in indices]
        return max(speeds, default=0.0)

    others = fastest(bodies(name, salient=False))
    assert (others >= fastest(bodies(name, salient=True))) == film(name).with_case("distractor")


def best_f(name: str) -> float:
    """Largest F-measure over thresholds, mean over frames, that the magnitude of the exact flow can reach."""
    one = film(name)
    thresholds = np.linspace(0, 1, 52)[:-1, None]
    curves = []
    for picture, motion in zip(one.pictures, one.flows, strict=False):
        speed = np.linalg.norm(motion, axis=-1).ravel()
        chosen = speed / speed.max() > thresholds
        hits = (chosen & picture.mask.ravel()).sum(axis=1)
        precision, recall = hits / np.maximum(chosen.sum(axis=1), 1), hits / picture.mask.sum()
        curves.append((1 + BETA_SQUARED) * precision * recall / np.maximum(BETA_SQUARED * precision + recall, 1e-9))
    return float(np.mean(curves, axis=0).max())


@pytest.mark.parametrize("name", named("distractor"))
def test_flow_magnitude_fails_on_distractors(name: str) -> None:
    assert best_f(name) < 0.55


@pytest.mark.parametrize("name", named("plain"))
def test_flow_magnitude_finds_plain_objects(name: str) -> None:
    assert best_f(name) > 0.95


def test_objects_deform() -> None:
    """A fish swims: no similarity maps its outline onto the next ones."""
    one = film("plain-fish")
    first, later = (one.pictures[time].mask.astype(np.uint8) for time in (0, 5))
    contours = [cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0][0] for mask in (first, later)]
    assert cv2.matchShapes(contours[0], contours[1], cv2.CONTOURS_MATCH_I1, 0) > 0.01


def test_stills_vary() -> None:
    videos = [still(index, SEED) for index in range(120)]
    assert len({(video.height, video.width) for video in videos}) == 6
    salient = [actor for video in videos for actor in video.actors if actor.salient]
    assert {actor.shape for actor in salient} >= {"fish", "snail", "butterfly", "gecko"}
    assert 20 < sum(any(not actor.salient for actor in video.actors) for video in videos) < 110
