"""What is known of MSST-ConvLSTM before torch is there: its options, its variants, and what a plan asks."""

from typing import Any, Literal

from pydantic import Field

from vsodprep.config.network import Definition, NetworkOptions, Reduction

CLIP_LENGTH = 4


class MSSTOptions(NetworkOptions):
    """NetworkOptions of MSST; where the paper is silent, the choice is named."""

    temporal: bool = True
    """Temporal stream (off: OS)."""
    convlstm: bool = True
    """ConvLSTM over the clip (off: OS, ST)."""
    hidden: int = Field(default=32, ge=1)
    """Channels of the ConvLSTM's state, brought to one map by a 1x1 convolution; with 1 the state is the map."""
    pool4_stride: Literal[1, 2] = 1
    """Stride of the fourth pool: 1 for output stride 8, 2 for output stride 16; the fifth pool is removed."""
    fc6_dilation: int = Field(default=12, ge=1)
    """Dilation of fc6: 12 as in DeepLab-LargeFOV, or 4."""
    dropout: float = Field(default=0.5, ge=0, lt=1)
    """Dropout after fc6 and fc7, as in DeepLab-LargeFOV."""
    beta: float = Field(default=0.1, ge=0)
    """Weight of the auxiliary loss on the ConvLSTM's map."""
    reduction: Reduction = "sum"
    """Cross entropy over the pixels of a sample: their sum, or their mean."""

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
    operations=2110.0,
    refined=True,
)
