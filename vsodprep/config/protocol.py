"""Evaluation protocols: every choice on which tools differ is a named setting, and a protocol is their sum."""

from typing import Any, Literal

from pydantic import Field, model_validator

from vsodprep.config.base import Section

MATLAB_EPS = 2.0**-52


class ProtocolSettings(Section):
    """The choices on which evaluation tools differ; the defaults are those of the `davsod` protocol."""

    foreground_above: int = Field(default=128, ge=0, le=254)
    """A mask value above this is foreground."""
    skip_first: int = Field(default=1, ge=0)
    """Annotated frames left out at the start of each sequence."""
    skip_last: int = Field(default=1, ge=0)
    """Annotated frames left out at the end of each sequence."""
    normalize: Literal["gain", "ratio", "none"] = "gain"
    """Stretch each map's values to [0, 1] by a factor (as mapminmax) or a division; a constant map stays as it is."""
    average: Literal["sequences", "frames", "pixels"] = "sequences"
    """Mean over frames, then sequences; over all frames; or (MAE, precision, recall, F) one count of all pixels."""
    f_from: Literal["frames", "precision-recall"] = "frames"
    """Average the F curves of the frames, or take F of the averaged precision and recall."""
    empty_masks: Literal["zero", "skip", "unscored"] = "zero"
    """What a frame with an empty mask counts: precision, recall and F are 0; or these are not averaged; or no measure
    scores it."""
    beta2: float = Field(default=0.3, gt=0)
    """Weight of precision in F."""
    thresholds: Literal["levels", "colon", "colon-matlab", "bins255"] = "colon"
    """256 thresholds: 8-bit levels; 1:-1/255:0 as Octave or MATLAB rounds it; or 255 bins, the last of two levels."""
    e_comparison: Literal[">=", ">"] = ">="
    """How E compares map and threshold; F always takes >=."""
    pr_epsilon: float = Field(default=0.0, ge=0)
    """Added to the denominators of precision and F at the 256 thresholds."""
    epsilon: float = Field(default=MATLAB_EPS, gt=0)
    """Added to the denominators of S and E."""
    weighted_epsilon: float = Field(default=MATLAB_EPS, gt=0)
    """Added to the denominators of weighted F."""
    centroid: Literal["half-up", "half-even"] = "half-up"
    """Rounding of the mask's centroid in S where it lies between two pixels."""
    s_variance: Literal["n-1", "n"] = "n-1"
    """Divisor of the variances in S; the covariance always takes n-1."""
    s_clamp: bool = True
    """Raise a negative S to 0."""
    resize: Literal["bicubic", "bilinear", "bilinear-pillow", "bilinear-aligned", "nearest", "refuse"] = "bicubic"
    """How a map of another size is brought to its mask's; the mask is never resized."""
    channel: Literal["first", "gray"] = "first"
    """Which part of an RGB map is read: its first channel, or its luma."""
    binary_from: int = Field(default=128, ge=1, le=255)
    """Map value, before any stretching, from which J, boundary F and T see foreground."""
    boundary_tolerance: float = Field(default=0.008, gt=0, le=100)
    """Largest distance of matching boundaries, as a share of the image diagonal; from 1 on in pixels."""

    @model_validator(mode="after")
    def _agrees(self) -> "ProtocolSettings":
        if self.average == "pixels" and self.f_from == "frames":
            raise ValueError(
                "average: pixels needs f_from: precision-recall, because no frame has an F of its own then"
            )
        return self


class Protocol(ProtocolSettings):
    """The choices behind a set of scores."""

    name: str = "davsod"
    """Name of the protocol."""


PROTOCOLS: dict[str, Protocol] = {
    protocol.name: protocol
    for protocol in (
        Protocol(),
        Protocol(
            name="pysod",
            skip_first=0,
            skip_last=0,
            normalize="ratio",
            average="frames",
            thresholds="levels",
            centroid="half-even",
            resize="refuse",
            channel="gray",
        ),
        Protocol(name="codtoolbox", skip_first=0, skip_last=0, average="frames", e_comparison=">"),
        Protocol(
            name="cag-dde",
            foreground_above=127,
            skip_first=0,
            skip_last=0,
            normalize="none",
            average="frames",
            f_from="precision-recall",
            thresholds="bins255",
            pr_epsilon=1e-8,
            epsilon=1e-8,
            weighted_epsilon=1e-6,
            centroid="half-even",
            s_variance="n",
            s_clamp=False,
            resize="bilinear-pillow",
            channel="gray",
        ),
        Protocol(
            name="davis2016",
            foreground_above=0,
            normalize="none",
            thresholds="levels",
            resize="refuse",
            channel="gray",
        ),
        Protocol(
            name="uvos",
            skip_first=0,
            skip_last=0,
            normalize="none",
            empty_masks="unscored",
            thresholds="levels",
            resize="refuse",
            channel="gray",
        ),
        Protocol(
            name="pooled-f1",
            normalize="none",
            average="pixels",
            f_from="precision-recall",
            beta2=1.0,
            thresholds="levels",
            resize="bilinear",
            channel="gray",
        ),
    )
}


class OwnProtocol(ProtocolSettings):
    """A protocol of the user's own: a built-in one with some settings changed."""

    base: Literal["davsod", "pysod", "codtoolbox", "cag-dde", "davis2016", "uvos", "pooled-f1"] = "davsod"
    """Built-in protocol that gives every setting that is not given here."""

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, given: Any) -> Any:
        base = given.get("base", "davsod") if isinstance(given, dict) else None
        known = PROTOCOLS.get(base) if isinstance(base, str) else None
        return known.model_dump(exclude={"name"}) | given if known else given

    def changes(self) -> dict[str, Any]:
        """Return `base` and the settings that differ from its own."""
        usual = PROTOCOLS[self.base].model_dump(mode="json")
        given = self.model_dump(mode="json")
        return {key: value for key, value in given.items() if key == "base" or value != usual[key]}
