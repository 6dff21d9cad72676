"""What is known of MSST-ConvLSTM before torch is there: its options, its variants, and what a plan asks."""

from typing import Annotated, Any, Literal

from pydantic import Field

from vsodprep.config.network import Definition, TwoStreamOptions

CLIP_LENGTH = 4


class MSSTOptions(TwoStreamOptions):
    """NetworkOptions of MSST; where the paper is silent, the choice is named."""

    temporal: bool = True
    """Temporal stream (off: OS)."""
    convlstm: bool = True
    """ConvLSTM over the clip (off: OS, ST)."""
    pool4_stride: Literal[1, 2] = 1
    """Stride of the fourth pool: 1 for output stride 8, 2 for output stride 16; the fifth pool is removed."""
    alpha: Literal["negatives"] | Annotated[float, Field(ge=0, le=1)] = "negatives"
    """Weight of positives in the class-balanced loss, whose negatives get the rest: the share of negatives in the mask,
    as in HED and DCL, or one number."""
    beta: float = Field(default=0.1, ge=0)
    """Weight of the auxiliary loss on the ConvLSTM's map."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """Keys of the batch that its forward pass reads."""
        return ("frames", "prior") if self.temporal else ("frames",)

    @property
    def clip_length(self) -> int:
        """Frames of a clip that its forward pass reads."""
        return CLIP_LENGTH if self.convlstm else 1


VARIANTS: dict[str, dict[str, Any]] = {
    "full": {},
    "OS": {"temporal": False, "convlstm": False},
    "ST": {"convlstm": False},
    "hidden-1": {"hidden": 1},
}
DEFINITION = Definition(
    name="msst",
    title="MSST",
    method="MSST-ConvLSTM",
    options=MSSTOptions,
    variants=VARIANTS,
    backbones=("vgg16",),
    parameters=44.5,
    operations=2110.0,
    refined=True,
)
