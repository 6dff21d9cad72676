from itertools import pairwise

import numpy as np
import pytest
from flow_cases import MOTIONS, affine_pair, texture

from vsodprep.errors import VsodprepError
from vsodprep.flow.dis import Dis
from vsodprep.flow.quality import inconsistent_share, photometric_error


def estimate(first: np.ndarray, second: np.ndarray, preset: str = "medium") -> np.ndarray:
    method = Dis(preset)
    return method.estimate([tuple(method.encode([first, second], [True, True]))])[0]


def end_point_error(flow: np.ndarray, truth: np.ndarray, border: int = 12) -> float:
    inner = (slice(border, -border), slice(border, -border))
    return float(np.linalg.norm(flow - truth, axis=2)[inner].mean())


@pytest.mark.parametrize("motion", MOTIONS)
@pytest.mark.parametrize("preset", ["ultrafast", "fast", "medium"])
def test_known_motion(motion: str, preset: str) -> None:
    first, second, truth = affine_pair(MOTIONS[motion], (120, 160))
    allowed = 0.1 if preset == "medium" else 0.35
    assert end_point_error(estimate(first, second, preset), truth) < allowed


@pytest.mark.parametrize("motion", MOTIONS)
def test_forward_and_backward_agree(motion: str) -> None:
    first, second, _ = affine_pair(MOTIONS[motion], (120, 160))
    there, back = estimate(first, second), estimate(second, first)
    assert inconsistent_share(there, back, every=1) < 0.02


def test_warped_frame_is_the_first_frame() -> None:
    first, second, truth = affine_pair(MOTIONS["left and down"], (120, 160))
    grey = [frame.mean(axis=2).astype(np.uint8) for frame in (first, second)]
    still = photometric_error(*grey, np.zeros_like(truth), every=1)
    assert photometric_error(*grey, estimate(first, second), every=1) < 0.1 * still


@pytest.mark.parametrize("size", [(57, 91), (33, 48), (61, 37)])
def test_odd_sizes(size: tuple[int, int]) -> None:
    first, second, truth = affine_pair(np.array([[1, 0, 1], [0, 1, 1.0]]), size)
    flow = estimate(first, second)
    assert flow.shape == (*size, 2)
    assert flow.dtype == np.float32
    assert end_point_error(flow, truth, border=6) < 0.25


def test_no_motion_is_no_flow() -> None:
    frame = texture(60, 80)
    assert np.abs(estimate(frame, frame)).max() < 1e-3


def test_any_number_of_threads_gives_the_same_flow() -> None:
    frames = [texture(60, 80, seed) for seed in range(4)]
    method = Dis(threads=3)
    grey = method.encode(frames, [True] * 4)
    together = method.estimate(list(pairwise(grey)))
    for flow, first, second in zip(together, frames, frames[1:], strict=False):
        np.testing.assert_array_equal(flow, estimate(first, second))


def test_frames_that_are_too_small() -> None:
    with pytest.raises(VsodprepError, match="5 x 5"):
        estimate(texture(5, 5), texture(5, 5))
