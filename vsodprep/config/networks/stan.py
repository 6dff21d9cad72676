"""What is known of STAN before torch is there: its options, its variants, and what a plan asks."""

from typing import Any, Literal

from pydantic import model_validator

from vsodprep.config.network import Definition, TwoStreamOptions

CLIP_LENGTH = 4


class STANOptions(TwoStreamOptions):
    """NetworkOptions of STAN; where the paper is silent, the choice is named."""

    temporal: Literal["prior", "flow"] | None = "prior"
    """Input of the temporal stream: frame and motion prior, or the flow picture; null is no temporal stream (OS)."""
    convlstm: bool = True
    """Map O_m of a ConvLSTM over the clip."""
    conv3d: bool = True
    """Map O_c of a 3D convolution over the clip."""
    combine: Literal["attention", "sum"] = "attention"
    """How the maps are joined: by the attention of Eq. 7, or added up (STC, STL, STLC)."""
    conv3d_depth: Literal[3, 4] = 4
    """Frames under the 3D kernel: 4 leaves one map of four frames; 3 leaves two, which are averaged."""

    @model_validator(mode="after")
    def _attention_needs_maps(self) -> "STANOptions":
        if self.combine == "attention" and not (self.convlstm or self.conv3d):
            raise ValueError("combine: attention needs convlstm, conv3d or both; without them set combine: sum")
        return self

    @property
    def inputs(self) -> tuple[str, ...]:
        """Keys of the batch that its forward pass reads."""
        return ("frames",) if self.temporal is None else ("frames", self.temporal)

    @property
    def clip_length(self) -> int:
        """Frames of a clip that its forward pass reads."""
        return CLIP_LENGTH if self.convlstm or self.conv3d else 1

    @property
    def insight(self) -> str | None:
        """What the quantities are that explain its predictions; the attention has such."""
        return "attention" if self.combine == "attention" else None


_ST: dict[str, Any] = {"convlstm": False, "conv3d": False, "combine": "sum"}
VARIANTS: dict[str, dict[str, Any]] = {
    "full": {},
    "OS": {**_ST, "temporal": None},
    "ST": _ST,
    "STC": {"convlstm": False, "combine": "sum"},
    "STL": {"conv3d": False, "combine": "sum"},
    "STLC": {"combine": "sum"},
    "flow": {"temporal": "flow"},
    "dcl": {"fcn": "dcl"},
}
DEFINITION = Definition(
    name="stan",
    title="STAN",
    method="STAN",
    options=STANOptions,
    variants=VARIANTS,
    backbones=("vgg16",),
    parameters=44.6,
    operations=2114.0,
    refined=True,
)
