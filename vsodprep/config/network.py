"""What a network says about itself before torch is there, so that a plan can check it without building it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from vsodprep import PASCAL
from vsodprep.config.base import Section, validated
from vsodprep.errors import InputError, expected_one
from vsodprep.weights import Weights

Clip = Literal["past", "references"]
Reduction = Literal["sum", "mean"]
DERIVED = ("segments", "contrast")
"""Keys of the batch that are computed of each frame as it is read: superpixels, and RFCN's prior."""


class NetworkOptions(Section):
    """NetworkOptions of a network, and what follows from them; each network has its own, closed and typed."""

    least_batch: ClassVar[int] = 1
    """Samples that a batch must hold in training; 2 where a layer normalises over the batch alone."""
    margin: ClassVar[int] = 0
    """Pixels that it works on beyond each side of a frame."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """Keys of the batch that its forward pass reads."""
        return ("frames",)

    @property
    def clip_length(self) -> int:
        """Frames of a clip that its forward pass reads at test time; 1 for a single-frame network."""
        return 1

    @property
    def single_frame(self) -> bool:
        """Whether a map is made of a frame, and of nothing beside it but what is computed of that frame."""
        return self.clip_length == 1 and set(self.inputs) <= {"frames", *DERIVED}

    @property
    def trained_clip(self) -> int:
        """Frames that a clip must hold in training."""
        return self.clip_length

    @property
    def clip(self) -> Clip | None:
        """What a clip holds before its last frame at test time; None is what it held in training.

        `past` is the frames just before it, `references` are frames spread evenly over the video.
        """
        return None

    @property
    def operations(self) -> float:
        """Operations of a forward pass, in those of the full network; a tenth more or less does not count."""
        return 1.0

    @property
    def parameters(self) -> float:
        """Parameters, in those of the full network; a tenth more or less does not count."""
        return 1.0

    @property
    def batch_norm(self) -> bool:
        """Whether batch normalisation takes its statistics, in training, from the samples that a device holds."""
        return True

    @property
    def test_passes(self) -> float:
        """Forward passes of a prediction, in those over as many pixels as the input has."""
        return 1.0

    @property
    def refines(self) -> bool:
        """Whether the predicted map is refined by its frame; see `Network.refine`."""
        return False

    @property
    def insight(self) -> str | None:
        """What the quantities are that explain its predictions; None where it has no such."""
        return None

    @property
    def branches(self) -> dict[str, str]:
        """Modules that make features of several levels, and the key of the batch that each reads, to be looked at."""
        return {}

    @property
    def parts(self) -> dict[str, tuple[str, ...]]:
        """Parts that a stage of training can let learn while the others stay, and the modules that make up each."""
        return {}


class TwoStreamOptions(NetworkOptions):
    """What the networks of two streams, STAN and MSST, leave open alike."""

    fcn: Literal["largefov", "dcl"] = "largefov"
    """Last block of a stream: fc6 3x3 and 1,024 channels as in DeepLab-LargeFOV; or fc6 4x4 and 4,096 channels as in
    DCL, from which STAN starts."""
    fc6_dilation: int | None = Field(default=None, ge=1)
    """Dilation of fc6; null is 12 as in DeepLab-LargeFOV, and 4 as in DCL."""
    first_deviation: float = Field(default=0.01, gt=0)
    """Deviation of the Gaussian from which a first convolution of four channels starts beside ImageNet weights."""
    branch_channels: int = Field(default=128, ge=1)
    """Channels of a branch between its 3x3 and its 1x1 convolution: MSST's, of which STAN says nothing."""
    branch_activation: Literal["relu", "none"] = "relu"
    """Between the two convolutions of a branch."""
    convlstm_kernel: Literal[1, 3, 5] = 3
    """Kernel of the ConvLSTM."""
    hidden: int = Field(default=32, ge=1)
    """Channels of the ConvLSTM's state, brought to one map by a 1x1 convolution; with 1 the state is the map."""
    dropout: float = Field(default=0.5, ge=0, lt=1)
    """Dropout after fc6 and fc7, as in DeepLab-LargeFOV."""
    reduction: Reduction = "sum"
    """Cross entropy over the pixels of a sample: their sum, or their mean."""

    @model_validator(mode="after")
    def _fc6_keeps_the_size(self) -> Self:
        if self.fcn == "dcl" and (self.fc6_dilation or 4) % 2:
            raise ValueError("fc6 of 4x4 keeps the size of what it reads with an even dilation only")
        return self

    @property
    def operations(self) -> float:
        """See `NetworkOptions`; the streams are nearly all."""
        return (1.0 if len(self.inputs) > 1 else 0.48) * (2.42 if self.fcn == "dcl" else 1.0)

    @property
    def parameters(self) -> float:
        """See `NetworkOptions`; the streams are nearly all."""
        return (1.0 if len(self.inputs) > 1 else 0.5) * (3.16 if self.fcn == "dcl" else 1.0)

    @property
    def batch_norm(self) -> bool:
        """See `NetworkOptions`."""
        return False

    @property
    def branches(self) -> dict[str, str]:
        """See `NetworkOptions`."""
        return dict(zip(("streams.spatial.fcn", "streams.temporal.fcn"), self.inputs, strict=False))


@dataclass(frozen=True)
class Release:
    """The trained weights that the authors of a network handed out, and how their code uses them.

    Attributes:
        weights: Their file.
        run: What a run with them is, unless it says otherwise.
        flow: The block by which the flow was made that they have learned to read.
    """

    weights: Weights
    run: Mapping[str, Any]
    flow: Mapping[str, Any]


@dataclass(frozen=True)
class Definition:
    """A network, as far as it is known before it is built.

    Attributes:
        name: Name in configurations and of its module.
        title: What the report calls it.
        method: What its paper calls it, as in `papers.csv`.
        options: The class of its options.
        variants: Variant to the options in which it differs from the full network.
        backbones: Networks whose ImageNet weights it starts from, where it starts from any.
        parameters: Millions of the full network's parameters; None where they are counted when they are asked for.
        operations: Billions of floating point operations of the full network's forward pass per frame and megapixel,
            its margin included, counted by torch; None where they are counted when they are asked for.
        refinement: Processor seconds of `Network.refine` per megapixel that the network reads, measured on DAVIS.
        refined: Whether its paper scores maps that a dense CRF has refined.
        release: The authors' trained weights, where they handed out any.
        tables: Whether `papers.csv` holds the tables of its paper.
    """

    name: str
    title: str
    method: str
    options: type[NetworkOptions]
    variants: Mapping[str, Mapping[str, Any]]
    backbones: tuple[str, ...]
    parameters: float | None
    operations: float | None
    refinement: float = 0.0
    refined: bool = False
    release: Release | None = None
    tables: bool = True

    def choose(
        self,
        variant: str,
        overrides: Mapping[str, Any],
        *,
        width: float = 1.0,
        pretrained: bool = False,
        where: str | None = None,
    ) -> NetworkOptions:
        """Return the options of a variant.

        Args:
            variant: One of `variants`.
            overrides: NetworkOptions that replace the variant's.
            width: Factor on all channel numbers.
            pretrained: Whether the backbones start from ImageNet weights.
            where: What to name in an error; the network if None.

        Raises:
            VsodprepError: Unknown variant or option, a value that an option cannot take, or a width without weights.
        """
        where = where or f"model {self.name}"
        if variant not in self.variants:
            raise InputError(where, f"unknown variant {variant!r}", expected_one(variant, self.variants))
        if not 0 < width <= 1:
            raise InputError(where, f"width {width}", "a number above 0 and at most 1")
        if pretrained and self.backbones and width != 1:
            raise InputError(
                where,
                f"pretrained with width {width}",
                "pretrained: false, or width: 1, as ImageNet weights fit only the full width",
            )
        values = {**self.variants[variant], **overrides}
        return validated(self.options, values, f"{where}: options")


def check_classes(options: NetworkOptions, where: str) -> None:
    """Check that a network that is to learn class ids has an option `classes` that covers them.

    Args:
        options: The network's.
        where: What to name in an error.

    Raises:
        InputError: It would learn nothing from them, or have no score for some.
    """
    number = getattr(options, "classes", 0)
    if number <= PASCAL:
        found = f"labels: classes, for a network that scores {number or 'no'} classes"
        raise InputError(where, found, f"a network with the option classes: {PASCAL + 1}, or other labels")
