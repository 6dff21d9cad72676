"""What is known of DCL before torch is there: its options, its variants, and what a plan asks."""

from typing import Any, Literal

from pydantic import Field

from vsodprep.config.network import Definition, NetworkOptions, Reduction


class DCLOptions(NetworkOptions):
    """NetworkOptions of DCL; where the paper is silent, or not at hand, the choice is named."""

    segments: bool = True
    """Segment stream beside MS-FCN (off: ms-fcn)."""
    fuse: Literal["logits", "maps"] = "logits"
    """What the fusion reads of the two streams: logits, or maps after their sigmoids."""
    supervision: Literal["all", "fused"] = "all"
    """Whether each stream's own map is compared with the mask beside the fused one."""
    branch_channels: int = Field(default=128, ge=1)
    """Channels of a side branch."""
    dropout: float = Field(default=0.5, ge=0, lt=1)
    """Dropout after fc6 and fc7, as in DeepLab."""
    reduction: Reduction = "mean"
    """Class-balanced cross entropy over the pixels of a sample: their mean, or their sum as in Caffe."""

    @property
    def batch_norm(self) -> bool:
        """See `NetworkOptions`."""
        return False

    @property
    def inputs(self) -> tuple[str, ...]:
        """Keys of the batch that its forward pass reads."""
        return ("frames", "segments") if self.segments else ("frames",)

    @property
    def parts(self) -> dict[str, tuple[str, ...]]:
        """See `NetworkOptions`: the two streams that learn in turn, the fusion with the first."""
        return {"pixels": ("pixels", "fusion"), "segments": ("segments",)} if self.segments else {}


VARIANTS: dict[str, dict[str, Any]] = {
    "full": {},
    "ms-fcn": {"segments": False},
}
DEFINITION = Definition(
    name="dcl",
    title="DCL",
    method="DCL",
    options=DCLOptions,
    variants=VARIANTS,
    backbones=("vgg16",),
    operations=2491.0,
    parameters=68.2,
    tables=False,
)
