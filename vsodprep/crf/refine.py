"""Dense CRF with two labels (Krähenbühl and Koltun, NIPS 2011), with the settings that public code uses."""

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pydensecrf.densecrf as dcrf
from numpy.typing import NDArray

from vsodprep.config.base import validated
from vsodprep.config.crf import PRESETS, Crf
from vsodprep.config.yaml_text import read_given
from vsodprep.crf.lattice import LEAST_NORM, Lattice
from vsodprep.cues.color import stretch
from vsodprep.errors import InputError, expected_one

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


def refine(
    frame: NDArray[np.uint8], saliency: NDArray[np.floating], crf: Crf, device: str = "cpu"
) -> NDArray[np.float32]:
    """Refine a saliency map so that it follows the frame's edges.

    Args:
        frame: uint8 `(H, W, 3)` RGB.
        saliency: `(H, W)` in [0, 1], read as the probability of foreground.
        crf: Settings.
        device: Where the engine `torch` computes.

    Returns:
        float32 `(H, W)`: foreground probability after the last mean-field iteration, or 0 and 1 if `crf.output` is
        `label`. Potts compatibility, diagonal kernels, symmetric normalisation, as in pydensecrf.

    Raises:
        InputError: A kernel is too narrow for the engine, or the device is not there.
    """
    values = stretch(saliency) if crf.normalise else saliency.astype(np.float32)
    energy = unary(values, crf.unary)
    infer = {"compiled": _infer_compiled, "torch": _infer_torch, "pydensecrf": _infer_pydensecrf}[crf.engine]
    foreground = infer(frame, energy, crf, device).reshape(saliency.shape)
    return (foreground > 0.5).astype(np.float32) if crf.output == "label" else foreground


def _positions(shape: tuple[int, ...], sxy: float) -> NDArray[np.float32]:
    y, x = np.indices(shape[:2], dtype=np.float32)
    return np.asarray(np.stack([x.ravel(), y.ravel()]) / np.float32(sxy), dtype=np.float32)


def _appearance(frame: NDArray[np.uint8], crf: Crf) -> NDArray[np.float32]:
    colours = frame.reshape(-1, 3).T / np.float32(crf.bilateral_srgb)
    return np.concatenate([_positions(frame.shape, crf.bilateral_sxy), colours], dtype=np.float32)


class _Kernel(NamedTuple):
    """A weighted kernel, its lattice's filter, and its symmetric normalisation; of arrays or of tensors."""

    weight: float
    filter: Callable[[Any], Any]
    norm: Any

    @classmethod
    def of(cls, weight: float, lattice: Any, ones: Any) -> "_Kernel":
        return cls(weight, lattice.filter, (lattice.filter(ones) + LEAST_NORM) ** -0.5)

    def message(self, belief: Any) -> Any:
        return self.weight * self.norm * self.filter(self.norm * belief)


def _mean_field(odds: Any, kernels: Sequence[_Kernel], crf: Crf, library: Any) -> Any:
    """Run mean-field iterations until they are done, or the KL divergence changes by less than `crf.stop_below`.

    With two labels whose beliefs sum to 1, what is filtered is linear in their difference: one channel tells both.

    Args:
        odds: float32 `(n,)`, energy of background less that of foreground.
        kernels: What messages pass through.
        crf: Settings.
        library: The one that `odds` is of: numpy or torch.

    Returns:
        float32 `(n,)`: foreground probability.
    """
    belief = library.tanh(odds / 2)
    before = None
    for _ in range(crf.iterations):
        score = odds + sum(kernel.message(belief) for kernel in kernels)
        if crf.stop_below is not None:
            divergence = _divergence(belief, score, library)
            if before is not None and abs(before - divergence) < crf.stop_below:
                break
            before = divergence
        belief = library.tanh(score / 2)
    return (1 + belief) / 2


def _divergence(belief: Any, score: Any, library: Any) -> float:
    """Return the KL divergence up to a constant: negative entropy, unary and pairwise energy (pydensecrf's terms)."""
    both = library.stack([1 + belief, 1 - belief]) / 2
    entropy = (both * library.log(library.clip(both, 1e-20, 1))).sum(0)
    return float(library.sum(entropy - belief * score / 2, dtype=library.float64))


@lru_cache(maxsize=1)  # frames of a video share it
def _smoothness(shape: tuple[int, ...], sxy: float) -> _Kernel:
    return _Kernel.of(1, Lattice.of(_positions(shape, sxy)), np.ones(math.prod(shape), dtype=np.float32))


def _infer_compiled(
    frame: NDArray[np.uint8], energy: NDArray[np.float32], crf: Crf, _device: str
) -> NDArray[np.float32]:
    kernels = []
    if crf.gaussian_weight > 0:
        kernels.append(_smoothness(frame.shape[:2], crf.gaussian_sxy)._replace(weight=crf.gaussian_weight))
    if crf.bilateral_weight > 0:
        lattice = Lattice.of(_appearance(frame, crf))
        kernels.append(_Kernel.of(crf.bilateral_weight, lattice, np.ones_like(energy[0])))
    return np.asarray(_mean_field(energy[0] - energy[1], kernels, crf, np), dtype=np.float32)


def _infer_torch(frame: NDArray[np.uint8], energy: NDArray[np.float32], crf: Crf, device: str) -> NDArray[np.float32]:
    import torch  # noqa: PLC0415  slow to import

    from vsodprep.crf.lattice_torch import TorchLattice  # noqa: PLC0415
    from vsodprep.models.device import check_device  # noqa: PLC0415

    odds = torch.from_numpy(energy[0] - energy[1]).to(check_device(device))
    features = []
    if crf.gaussian_weight > 0:
        features.append((crf.gaussian_weight, _positions(frame.shape, crf.gaussian_sxy)))
    if crf.bilateral_weight > 0:
        features.append((crf.bilateral_weight, _appearance(frame, crf)))
    kernels = [
        _Kernel.of(weight, TorchLattice.of(torch.from_numpy(one).to(odds.device)), torch.ones_like(odds))
        for weight, one in features
    ]
    return np.asarray(_mean_field(odds, kernels, crf, torch).cpu().numpy(), dtype=np.float32)


def _infer_pydensecrf(
    frame: NDArray[np.uint8], energy: NDArray[np.float32], crf: Crf, _device: str
) -> NDArray[np.float32]:
    model = dcrf.DenseCRF2D(frame.shape[1], frame.shape[0], 2)
    model.setUnaryEnergy(energy)
    if crf.gaussian_weight > 0:
        model.addPairwiseGaussian(sxy=crf.gaussian_sxy, compat=crf.gaussian_weight)
    if crf.bilateral_weight > 0:
        model.addPairwiseBilateral(
            sxy=crf.bilateral_sxy,
            srgb=crf.bilateral_srgb,
            rgbim=np.ascontiguousarray(frame),
            compat=crf.bilateral_weight,
        )
    if crf.stop_below is None:
        return np.array(model.inference(crf.iterations), dtype=np.float32)[1]
    belief, buffer, message = model.startInference()
    before = model.klDivergence(belief)
    for _ in range(crf.iterations):
        model.stepInference(belief, buffer, message)
        divergence = model.klDivergence(belief)
        if abs(before - divergence) < crf.stop_below:
            break
        before = divergence
    return np.array(belief, dtype=np.float32)[1]
