"""The part of a flow that the camera explains."""

import numpy as np
from numpy.typing import NDArray

_ITERATIONS = 10
_SAMPLES = 4096


def background_motion(flow: NDArray[np.float32]) -> NDArray[np.float32]:
    """Fit an affine motion to the flow by iteratively reweighted least squares.

    Pixels far from the fit lose their weight (Cauchy's function, scaled by the median residual), so that the motion
    of the larger part remains. A grid of about 4,000 pixels is enough for six parameters.

    Args:
        flow: float32 `(H, W, 2)` in px.

    Returns:
        float32 `(H, W, 2)`: the fitted motion in px.
    """
    height, width = flow.shape[:2]
    step = max(1, int((height * width / _SAMPLES) ** 0.5))
    design = np.ones((height, width, 3), dtype=np.float32)
    design[..., 1] = np.arange(width, dtype=np.float32) / width - 0.5
    design[..., 2] = (np.arange(height, dtype=np.float32) / height - 0.5)[:, None]
    samples = design[::step, ::step].reshape(-1, 3).astype(np.float64)
    target = flow[::step, ::step].reshape(-1, 2).astype(np.float64)
    weights = np.ones(len(samples))
    for _ in range(_ITERATIONS):
        weighted = samples * weights[:, None]
        parameters = np.linalg.lstsq(weighted.T @ samples, weighted.T @ target, rcond=None)[0]
        residual = np.linalg.norm(target - samples @ parameters, axis=1)
        # The floor keeps exact flow from dividing by zero: a hundredth of a pixel is no motion of its own.
        weights = 1 / (1 + (residual / max(float(np.median(residual)) * 2, 0.01)) ** 2)
    return (design @ parameters.astype(np.float32)).astype(np.float32)
