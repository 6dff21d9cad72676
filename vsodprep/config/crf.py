"""Configuration of the dense CRF, and the settings that public code uses."""

from typing import Literal

from pydantic import Field

from vsodprep.config.base import Section

# The `post` of maps that no CRF refines.
RAW = "raw"


class Crf(Section):
    """A dense CRF with two labels; defaults are the proposal for STAN and MSST."""

    unary: Literal["log", "dss"] = "log"
    """`log`: -log clip(p, 1e-5). `dss`: -log(p + 1e-8) / (1.05 sigmoid(p)), as in the DSS code."""
    normalise: bool = False
    """Min-max the map of each frame first."""
    gaussian_sxy: float = Field(default=3, gt=0)
    """Spatial standard deviation of the smoothness kernel in pixels."""
    gaussian_weight: float = Field(default=3, ge=0)
    """Weight of the smoothness kernel."""
    bilateral_sxy: float = Field(default=60, gt=0)
    """Spatial standard deviation of the appearance kernel in pixels."""
    bilateral_srgb: float = Field(default=5, gt=0)
    """Colour standard deviation of the appearance kernel in gray levels."""
    bilateral_weight: float = Field(default=5, ge=0)
    """Weight of the appearance kernel."""
    iterations: int = Field(default=5, ge=1)
    """Mean-field iterations."""
    stop_below: float | None = Field(default=None, gt=0)
    """Stop early once the KL divergence changes by less than this from one iteration to the next (MATNet: 500)."""
    output: Literal["probability", "label"] = "probability"
    """Probability of the foreground, or 0 and 255 of the more probable label."""
    engine: Literal["compiled", "torch", "pydensecrf"] = "compiled"
    """Implementation: `compiled` runs on the processor, `torch` on the device; `pydensecrf` is several times slower.
    They differ only by rounding."""


# Where a tool searches a grid, its first point stands here.
PRESETS: dict[str, Crf] = {
    "stan": Crf(),
    "dss": Crf(unary="dss", iterations=1),
    "pdb": Crf(normalise=True, output="label"),
    "cosnet": Crf(
        normalise=True,
        gaussian_sxy=1,
        gaussian_weight=5,
        bilateral_sxy=10,
        bilateral_srgb=7,
        bilateral_weight=8,
        output="label",
    ),
    # MATNet feeds energies to a function that expects probabilities; that slip is not repeated.
    "matnet": Crf(bilateral_sxy=30, stop_below=500, output="label"),
    "deeplab-context": Crf(bilateral_sxy=50, bilateral_srgb=3, iterations=10, output="label"),
    "deeplab-largefov": Crf(bilateral_sxy=49, bilateral_weight=4, iterations=10, output="label"),
    "deeplab-v2": Crf(
        gaussian_sxy=1, bilateral_sxy=67, bilateral_srgb=3, bilateral_weight=4, iterations=10, output="label"
    ),
}
