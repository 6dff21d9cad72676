"""What is known of DSMT before torch is there: its options, its variants, and what a plan asks."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from vsodprep.config.network import Definition, NetworkOptions, Reduction


class DSMTOptions(NetworkOptions):
    """NetworkOptions of DSMT; where the paper is silent, or not at hand, the choice is named."""

    margin: ClassVar[int] = 99  # its first convolution pads by 100, of which 1 keeps the size

    classes: int = Field(default=21, ge=0)
    """Classes of the segmentation task, background among them; 0 leaves it out, as the published training does."""
    loss: Literal["euclidean", "cross-entropy"] = "euclidean"
    """Loss of the saliency task: half the squared error of the map, as in Caffe, or cross entropy."""
    refinement: bool = True
    """Refine the map by two regressions over the graph of superpixels."""
    deviation: float = Field(default=0.01, gt=0)
    """Deviation of the Gaussian from which the two heads start."""
    dropout: float = Field(default=0.5, ge=0, lt=1)
    """Dropout after conv6 and conv7."""
    reduction: Reduction = "mean"
    """Losses over the pixels of a sample: their mean, or their sum as in Caffe."""

    @property
    def batch_norm(self) -> bool:
        """See `NetworkOptions`."""
        return False

    @property
    def refines(self) -> bool:
        """See `NetworkOptions`."""
        return self.refinement


VARIANTS: dict[str, dict[str, Any]] = {
    "full": {},
    "unrefined": {"refinement": False},
    "code": {"classes": 0},
}
DEFINITION = Definition(
    name="dsmt",
    title="DSMT",
    method="DSMT",
    options=DSMTOptions,
    variants=VARIANTS,
    backbones=("vgg16",),
    operations=742.0,
    parameters=136.1,
    refinement=0.7,
    tables=False,
)
