"""Dense CRF with two labels (Krähenbühl and Koltun, NIPS 2011), with the settings that public code uses."""

from pathlib import Path

import numpy as np
import pydensecrf.densecrf as dcrf
from numpy.typing import NDArray

from vsodprep.config.base import validated
from vsodprep.config.crf import PRESETS, Crf
from vsodprep.config.yaml_text import read_given
from vsodprep.errors import InputError, expected_one
from vsodprep.saliency.color import stretch

LEAST_PROBABILITY = 1e-5
_DSS_TAU = 1.05
_DSS_EPSILON = 1e-8


def preset(name_or_json: str) -> Crf:
    """Return a CRF's settings.

    Args:
        name_or_json: Name of a built-in preset, a JSON object, or the path of a JSON file.

    Raises:
        InputError: It is none of the three.
        VsodprepError: A setting is unknown or out of range.
    """
    if name_or_json in PRESETS:
        return PRESETS[name_or_json]
    where = f"CRF preset {name_or_json}"
    if not name_or_json.lstrip().startswith("{") and not Path(name_or_json).is_file():
        raise InputError(where, "no such preset or file", expected_one(name_or_json, PRESETS, ", or JSON"))
    where, value = read_given(name_or_json, where, "settings of a CRF")
    return validated(Crf, value, where)


def unary(probability: NDArray[np.float32], kind: str) -> NDArray[np.float32]:
    """Turn foreground probabilities into energies.

    Args:
        probability: float32 `(H, W)` in [0, 1].
        kind: `log` or `dss`, see `vsodprep.config.crf.Crf`.

    Returns:
        float32 `(2, H * W)`: energy of background, then of foreground.
    """
    both = np.stack([1 - probability, probability]).reshape(2, -1).astype(np.float32)
    if kind == "dss":
        energy = -np.log(both + _DSS_EPSILON) * (1 + np.exp(-both)) / _DSS_TAU
    else:
        energy = -np.log(np.clip(both, LEAST_PROBABILITY, 1))
    return np.ascontiguousarray(energy, dtype=np.float32)


def refine(frame: NDArray[np.uint8], saliency: NDArray[np.floating], crf: Crf) -> NDArray[np.float32]:
    """Refine a saliency map so that it follows the frame's edges.

    Args:
        frame: uint8 `(H, W, 3)` RGB.
        saliency: `(H, W)` in [0, 1], read as the probability of foreground.
        crf: Settings.

    Returns:
        float32 `(H, W)`: foreground probability after the last mean-field iteration, or 0 and 1 if `crf.output` is
        `label`. Inference is pydensecrf's: Potts compatibility, diagonal kernels, symmetric normalisation.
    """
    height, width = saliency.shape
    values = stretch(saliency) if crf.normalise else saliency.astype(np.float32)
    model = dcrf.DenseCRF2D(width, height, 2)
    model.setUnaryEnergy(unary(values, crf.unary))
    if crf.gaussian_weight > 0:
        model.addPairwiseGaussian(sxy=crf.gaussian_sxy, compat=crf.gaussian_weight)
    if crf.bilateral_weight > 0:
        model.addPairwiseBilateral(
            sxy=crf.bilateral_sxy,
            srgb=crf.bilateral_srgb,
            rgbim=np.ascontiguousarray(frame),
            compat=crf.bilateral_weight,
        )
    foreground = _infer(model, crf.iterations, crf.stop_below).reshape(height, width)
    return (foreground > 0.5).astype(np.float32) if crf.output == "label" else foreground


def _infer(model: dcrf.DenseCRF2D, iterations: int, stop_below: float | None) -> NDArray[np.float32]:
    """Run mean-field iterations, until the KL divergence changes by less than `stop_below` where that is given."""
    if stop_below is None:
        return np.array(model.inference(iterations), dtype=np.float32)[1]
    belief, buffer, message = model.startInference()
    before = model.klDivergence(belief)
    for _ in range(iterations):
        model.stepInference(belief, buffer, message)
        divergence = model.klDivergence(belief)
        if abs(before - divergence) < stop_below:
            break
        before = divergence
    return np.array(belief, dtype=np.float32)[1]
