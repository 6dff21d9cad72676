"""Configuration of the motion prior (STAN, MSST: preprocessing of the temporal stream)."""

from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import BeforeValidator, Field, model_validator

from vsodprep.config.base import Apart, LocalPath, Name, Section, SplitOf


class Level(NamedTuple):
    """One segmentation: Gaussian sigma in px, k, and the least region in px at full resolution."""

    sigma: Annotated[float, Field(ge=0)]
    k: Annotated[float, Field(gt=0)]
    min_size: Annotated[int, Field(ge=1)]


# DRFI's grid in the order of its code; it keeps the first fifteen.
DRFI = (
    Level(0.8, 100.0, 150),
    Level(0.8, 400.0, 300),
    Level(0.9, 200.0, 200),
    Level(0.9, 100.0, 200),
    Level(0.8, 300.0, 150),
    Level(1.0, 200.0, 150),
    Level(0.9, 300.0, 300),
    Level(1.0, 100.0, 150),
    Level(1.0, 500.0, 300),
    Level(0.9, 200.0, 300),
    Level(0.8, 600.0, 200),
    Level(1.0, 600.0, 300),
    Level(0.8, 200.0, 150),
    Level(1.0, 500.0, 200),
    Level(0.8, 400.0, 150),
)
# Five of them, so that small and large regions are both there.
LIGHT = (DRFI[0], DRFI[3], DRFI[6], DRFI[9], DRFI[12])


def _named(levels: Any) -> Any:
    return DRFI if levels == "drfi" else levels


Levels = Annotated[
    tuple[Level, ...],
    BeforeValidator(_named, json_schema_input_type=Literal["drfi"] | tuple[Level, ...]),
]


class Regions(Section):
    """How regions are cut and described."""

    levels: Levels = Field(default=LIGHT, min_length=1)
    """One (sigma, k, minimum size) per segmentation, k and the size in pixels at full resolution; their number is M.
    In a configuration `drfi` stands for the fifteen that DRFI keeps."""
    scale: float = Field(default=0.5, gt=0, le=1)
    """Factor on height and width before segmentation."""
    backend: Literal["compiled", "opencv", "skimage"] = "compiled"
    """Implementation of the graph segmentation: `compiled` gives the regions of `opencv`, except for ties, several
    times as fast; those of `skimage` differ."""
    min_regions: int = Field(default=16, ge=1)
    """Where a level has fewer regions, k and the minimum size are halved, at most five times."""
    features: Literal["contrast", "alexnet", "vgg16"] = "contrast"
    """Region features: `contrast` needs no weights; `alexnet` is MDF's three windows, `vgg16` the same with VGG-16."""
    windows: Literal["mdf", "roi"] = "mdf"
    """How that network describes the three windows of a region: `mdf` is one pass for each window; `roi` pools them
    from one feature map of the picture."""
    weights: LocalPath | None = None
    """Weights of that network: torchvision's name, a file, or `random`; torchvision's ImageNet weights if null."""

    @model_validator(mode="after")
    def _no_network_without_effect(self) -> Self:
        for key, given in (("windows", self.windows != "mdf"), ("weights", bool(self.weights))):
            if given and self.features == "contrast":
                raise ValueError(f"{key}: {getattr(self, key)} means nothing to features: contrast")
        return self


class Prior(Regions):
    """One motion prior: segmentations of the flow picture, region features, a classifier, the mean over levels."""

    flow: Annotated[Name, Apart] = "dis"
    """Flow block whose colour picture is segmented."""
    hidden: tuple[Annotated[int, Field(ge=1)], ...] = Field(default=(300, 300), min_length=1)
    """Neurons of the classifier's hidden layers."""
    purity: float = Field(default=0.7, gt=0.5, le=1)
    """A region is a training sample if one label covers at least this share of it."""
    epochs: int = Field(default=80, ge=1)
    """Passes over the training regions."""
    fit: Annotated[Literal["own"] | tuple[SplitOf, ...], Apart] = "own"
    """Splits from whose annotated frames the classifier learns: `own`, each benchmark's `train` split, or the splits
    listed."""
    frames_per_sequence: int = Field(default=8, ge=1)
    """Annotated frames of a sequence that the classifier learns from, evenly spread."""
    seed: int = 0
    """Seed of the classifier's initial weights and of the order of samples."""
