"""Configuration of saliency maps, their fusion, dense CRF and coarse labels."""

from typing import Literal

from pydantic import Field, model_validator

from vsodprep.config.base import Name, Section, SplitOf

Step = Literal["fuse", "otsu", "crf", "edits"]


class Saliency(Section):
    """One saliency map per frame: a method that needs no weights, or a folder of maps made elsewhere."""

    method: Literal["mbd", "rbd", "ft"] | None = None
    """Minimum barrier distance, robust background detection, or frequency-tuned saliency."""
    folder: str | None = None
    """Folder with `{benchmark}/{seq}/{frame}.png` of any method's maps, instead of `method`."""

    @model_validator(mode="after")
    def _one_source(self) -> "Saliency":
        if (self.method is None) == (self.folder is None):
            raise ValueError("give either method or folder")
        return self


class Coarse(Section):
    """Coarse labels: saliency maps combined, thresholded, refined and edited."""

    maps: tuple[Name, ...] = Field(default=("mbd", "rbd"), min_length=1)
    """Saliency blocks that are fused."""
    weights: Literal["uniform"] | tuple[float, ...] | tuple[SplitOf, ...] = "uniform"
    """`uniform`, the weights themselves, or the splits on which they are fitted (DRFI's quadratic programme)."""
    splits: tuple[SplitOf, ...] | None = None
    """Splits whose videos get labels; all videos of every benchmark if null."""
    order: tuple[Step, ...] = Field(default=("fuse", "otsu", "crf", "edits"), min_length=1)
    """Order of the steps; the papers' is fuse, otsu, edits."""
    crf: Name = "stan"
    """CRF preset used where `order` names crf."""
    certainty: float = Field(default=0.7, gt=0.5, lt=1)
    """Probability that a CRF which follows Otsu gives a pixel's label; the closer to 1, the less it may change."""
    edits: str | None = None
    """File of recorded human edits (`vsodprep review` writes it)."""


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
    """Colour standard deviation of the appearance kernel in grey levels."""
    bilateral_weight: float = Field(default=5, ge=0)
    """Weight of the appearance kernel."""
    iterations: int = Field(default=5, ge=1)
    """Mean-field iterations."""
    stop_below: float | None = Field(default=None, gt=0)
    """Stop early once the KL divergence changes by less than this from one iteration to the next (MATNet: 500)."""
    output: Literal["probability", "label"] = "probability"
    """Probability of the foreground, or 0 and 255 of the more probable label."""
