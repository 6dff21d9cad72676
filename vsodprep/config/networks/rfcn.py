"""What is known of RFCN before torch is there: its options, its variants, and what a plan asks."""

from typing import Annotated, Any, Literal

from pydantic import Field

from vsodprep.config.network import Definition, NetworkOptions, Reduction


class RFCNOptions(NetworkOptions):
    """NetworkOptions of RFCN; where the paper is silent, or not at hand, the choice is named."""

    steps: int = Field(default=2, ge=1)
    """T: recurrent steps, of which the first reads the prior and each other one the foreground of the step before."""
    weights: Literal["shared", "per-step"] = "shared"
    """All steps have the same weights, as the paper says, or each its own, as the released file's size suggests."""
    classes: int = Field(default=0, ge=0)
    """Channels of the segmentation that it is pre-trained with beside foreground and background: 21, or none."""
    prior_deviation: float = Field(default=0.01, gt=0)
    """Deviation of the Gaussian from which the weights of the prior, W_P, start beside ImageNet weights."""
    scales: tuple[Annotated[float, Field(gt=0)], ...] = Field(default=(0.75, 1.0, 1.25), min_length=1)
    """Factors on the input's size at test time, whose maps are averaged."""
    refinement: bool = False
    """Post-processing of the map: nearness to the object, its colours, its edges."""
    colour_share: Literal["of-object", "of-colour"] = "of-object"
    """What post-processing divides the object's pixels of a colour by: all pixels of the object, or of the colour."""
    dropout: float = Field(default=0.5, ge=0, lt=1)
    """Dropout after fc6 and fc7, as in FCN."""
    reduction: Reduction = "mean"
    """Cross entropy over the pixels of a sample: their mean, or their sum as in Caffe."""

    @property
    def batch_norm(self) -> bool:
        """See `NetworkOptions`."""
        return False

    @property
    def inputs(self) -> tuple[str, ...]:
        """Keys of the batch that its forward pass reads."""
        return ("frames", "contrast")

    @property
    def operations(self) -> float:
        """See `NetworkOptions`."""
        return self.steps / 2

    @property
    def parameters(self) -> float:
        """See `NetworkOptions`."""
        return self.steps if self.weights == "per-step" else 1.0

    @property
    def test_passes(self) -> float:
        """See `NetworkOptions`."""
        return sum(scale**2 for scale in self.scales)

    @property
    def refines(self) -> bool:
        """See `NetworkOptions`."""
        return self.refinement


VARIANTS: dict[str, dict[str, Any]] = {
    "full": {},
    "pre-training": {"classes": 21},
    "per-step": {"weights": "per-step"},
    "one-step": {"steps": 1},
    "refined": {"refinement": True},
}
DEFINITION = Definition(
    name="rfcn",
    title="RFCN",
    method="RFCN",
    options=RFCNOptions,
    variants=VARIANTS,
    backbones=("vgg16",),
    operations=1730.0,
    parameters=134.3,
    refinement=0.17,
    tables=False,
)
