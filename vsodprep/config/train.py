"""Configuration of a training run: the network, its data, its recipe, and what it is tested on."""

from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BeforeValidator, Field, model_validator

from vsodprep.config.base import LocalPath, Name, OpenPath, Section, Size, SplitOf
from vsodprep.config.crf import RAW

StillFlow = Literal["zeros", "rest", "frame", "none"]


LoggerName = Literal["csv", "tensorboard", "wandb"]


def _absent(value: object) -> bool:
    return value in (None, (), False)


def _several(name: Any) -> Any:
    return (name,) if isinstance(name, str) else name


def _usual(value: object) -> bool:
    return value in (1, "shuffle")


class Reading(NamedTuple):
    """How a network reads clips; the keys of a stage."""

    size: tuple[int, int]
    clip_length: int = 1
    clip_stride: int = 1
    clip: Literal["past", "references"] = "past"
    still_flow: StillFlow = "zeros"


Share = Annotated[float, Field(gt=0, le=1)]


class Shares(NamedTuple):
    """The least and the largest share."""

    least: Share
    most: Share


class Augment(Section):
    """Random changes to a training sample, the same for frames, flow, prior and masks of a clip."""

    flip: float = Field(default=0.0, ge=0, le=1)
    """Probability of a horizontal flip."""
    flip_flow: Literal["picture", "vectors"] = "picture"
    """What a flip does to flow: it mirrors the colour picture, as the papers' codes do, or the flow itself, which is
    then coloured anew."""
    scales: tuple[Annotated[float, Field(gt=0)], ...] = Field(default=(1.0,), min_length=1)
    """Factors on the input size, one drawn per batch (CAG-DDE: 0.75, 1, 1.25)."""
    crop: Share | Shares = 1.0
    """Share of height and width that a random crop keeps; if two numbers are given, one between them is drawn for each
    clip."""
    colour: float = Field(default=0.0, ge=0, lt=1, exclude_if=_absent)
    """Largest change of the brightness, contrast and saturation of frames: each is multiplied by a factor between
    1 - colour and 1 + colour, drawn per clip. Flow, priors and masks stay as they are."""

    @model_validator(mode="after")
    def _ordered(self) -> "Augment":
        if isinstance(self.crop, Shares) and self.crop.least > self.crop.most:
            raise ValueError(
                f"crop: {self.crop.least} to {self.crop.most}; the first number must not be larger than the second"
            )
        return self


class Optimizer(Section):
    """Optimiser of a training stage."""

    name: Literal["adam", "adamw", "sgd"] = "adam"
    """Method; `adam` adds weight decay to the gradient, `adamw` decouples it."""
    lr: float = Field(default=5e-5, gt=0)
    """Learning rate at the start."""
    weight_decay: float = Field(default=0.0, ge=0)
    """Weight decay."""
    momentum: float = Field(default=0.9, ge=0, lt=1)
    """Momentum of SGD."""
    clip_norm: float | None = Field(default=None, gt=0)
    """Largest norm of the gradient of all weights together; a longer gradient is shortened to it. If null, no gradient
    is shortened."""


class Schedule(Section):
    """Learning rate over a stage."""

    name: Literal["constant", "step", "poly"] = "constant"
    """`step`: times `factor` at each milestone. `poly`: (1 - step / steps) ** power."""
    milestones: tuple[float, ...] = ()
    """Where `step` drops, as shares of the stage."""
    factor: float = Field(default=0.1, gt=0)
    """Factor of a drop."""
    warmup: float = Field(default=0.0, ge=0, lt=1)
    """Share of the stage over which the rate first rises in equal steps, whatever the schedule."""
    power: float = Field(default=0.9, gt=0)
    """Exponent of `poly`."""
    reset: bool = False
    """Drop the optimiser's state at each milestone (DS-Net's code rebuilds Adam)."""


# Labels that come with a benchmark; any others are a coarse block's.
DELIVERED = ("masks", "classes")


class Data(SplitOf):
    """A split that a stage trains on."""

    labels: str = "masks"
    """`masks`; `classes`, the class ids of a benchmark of segmentation; or the name of a coarse block."""
    repeat: int = Field(default=1, ge=1)
    """How many times it enters one pass over the data."""
    weight: float = Field(default=1.0, ge=0)
    """Weight of its samples in the loss, such as that of coarse labels."""


class Stage(Section):
    """One stage of training."""

    name: Name = "main"
    """Shown in logs."""
    data: tuple[Data, ...] = Field(min_length=1)
    """What it trains on."""
    order: Literal["shuffle", "alternate"] = Field(default="shuffle", exclude_if=_usual)
    """`shuffle` mixes all data in one stream. `alternate` takes batches from each of the data, two or more, in turn, so
    that two tasks can share a network; a pass then ends with the longest of them."""
    learn: tuple[Name, ...] = Field(default=(), exclude_if=_absent)
    """Parts of the network that learn (DCL: `pixels`, `segments`), while the others stay as they are; all if empty."""
    size: Size
    """Height and width in pixels that frames are resized to."""
    clip_length: int = Field(default=1, ge=1)
    """Frames of a clip (T); the last one is predicted."""
    clip_stride: int = Field(default=1, ge=1)
    """How many frames apart neighbours of a clip are; 1 takes every frame."""
    clip: Literal["past", "references"] = "past"
    """What a clip holds before its last frame: the frames before it, or frames from anywhere in its video (COSNet)."""
    clips_per_video: int = Field(default=1, ge=1)
    """Clips of one video that stand together in a batch (the contrastive network: 8)."""
    batch: int = Field(default=8, ge=1, le=65536)
    """Samples of a batch."""
    accumulate: int = Field(default=1, ge=1)
    """Batches whose gradients are added up before a step of the optimiser."""
    epochs: float | None = Field(default=None, gt=0)
    """Passes over the data; give this or `steps`."""
    steps: int | None = Field(default=None, ge=1)
    """Batches; give this or `epochs`."""
    optimizer: Optimizer = Optimizer()
    """Optimiser."""
    schedule: Schedule = Schedule()
    """Learning rate."""
    augment: Augment = Augment()
    """Augmentation."""
    still_flow: StillFlow = "zeros"
    """Flow picture of a still image: zeros once normalised (DS-Net), a white picture of rest, the frame (CAG-DDE)."""
    init: OpenPath | None = None
    """Checkpoint whose weights the stage starts from, as far as they fit, instead of those of the stage before.
    `{seed}` stands for the run's seed and `{results}` for the results folder, so that another run's can be named."""

    @model_validator(mode="after")
    def _batches_can_be_drawn(self) -> "Stage":
        if self.batch % self.clips_per_video:
            raise ValueError(f"batch of {self.batch} cannot hold {self.clips_per_video} clips of each video")
        if self.order == "alternate" and len(self.data) < 2:
            raise ValueError("order: alternate needs two or more entries in data, from which it takes batches in turn")
        return self

    @property
    def reading(self) -> Reading:
        """How the network reads clips."""
        return Reading(**{key: getattr(self, key) for key in Reading._fields})


class ScoredOn(SplitOf):
    """A split on which maps are scored."""

    protocols: tuple[Name, ...] = ("davsod",)
    """Evaluation protocols."""


class Test(ScoredOn):
    """What a trained network is tested on."""

    post: tuple[Name, ...] = (RAW,)
    """`raw` maps, or CRF presets that refine them."""


class Resources(Section):
    """Devices and processes that a run is trained with, and its loggers.

    A change of these trains nothing again, but for the number of devices where batch normalisation is trained without
    `sync_batchnorm`.
    """

    devices: int = Field(default=1, ge=1)
    """Cards of a machine that share every batch (processes, with `device: cpu`)."""
    nodes: int = Field(default=1, ge=1)
    """Machines that share every batch, each with `devices`; Slurm starts them."""
    workers: int | None = Field(default=None, ge=0)
    """Processes that read batches ahead for each device; 0 on the CPU and 4 on a card if null."""
    logger: Annotated[
        tuple[LoggerName, ...], BeforeValidator(_several, json_schema_input_type=LoggerName | tuple[LoggerName, ...])
    ] = ()
    """Loggers that get losses, learning rate and speed while it trains: `csv`, `tensorboard`, `wandb` (Weights &
    Biases), or several."""

    @property
    def ranks(self) -> int:
        """Processes that share every batch."""
        return self.devices * self.nodes


def _plain(value: object) -> bool:
    return value == Resources()


class Run(Section):
    """One network of a model: trained by `stages`, or with the authors' `weights`."""

    model: str | None = Field(default=None, pattern=r"^[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*$", exclude_if=_absent)
    """A network of your own, as MODULE:CLASS; the runs then stand below a name of your choice."""
    variant: Name = "full"
    """Variant of the network: `full`, or one row of its ablation tables."""
    options: dict[str, Any] = {}
    """Further arguments of the network, such as `tau`."""
    width: float = Field(default=1.0, gt=0, le=1)
    """Factor on all channel numbers, which below 1 become multiples of 8; every layer is kept."""
    pretrained: bool = True
    """Start the backbones from torchvision's ImageNet weights."""
    seeds: tuple[Annotated[int, Field(ge=0)], ...] = Field(default=(0,), min_length=1)
    """One training per seed."""
    flow: Name | None = None
    """Flow block that the network reads, if it reads flow."""
    prior: Name | None = None
    """Prior block that the network reads, if it reads a motion prior."""
    stages: tuple[Stage, ...] = Field(default=(), min_length=1, exclude_if=_absent)
    """Stages of training in order."""
    init: OpenPath | None = Field(default=None, exclude_if=_absent)
    """Checkpoint that the first stage starts from, unless the stage names one itself. `--config` can replace this key,
    but not a key inside the list of stages."""
    rounds: int = Field(default=1, ge=1, exclude_if=_usual)
    """How many times the run goes through all stages (DCL: 8, its two streams in turn)."""
    weights: LocalPath | None = Field(default=None, exclude_if=_absent)
    """The authors' trained weights, instead of `stages` (DS-Net, CAG-DDE). The defaults of variant, size, resize, maps
    and still_flow are then those of their code."""
    test: tuple[Test, ...] = ()
    """What it is tested on; a run without a test is trained too."""
    size: Size | None = None
    """Height and width at inference; that of the last stage if null."""
    still_flow: StillFlow | None = Field(default=None, exclude_if=_absent)
    """Flow picture of a still image at inference; that of the last stage if null."""
    resize: Literal["pillow", "opencv"] = "pillow"
    """Bilinear resizing of frames and flow pictures; `pillow` (DS-Net, CAG-DDE) smooths when it reduces."""
    maps: Literal["round", "minmax", "truncate"] = "round"
    """From logits to 8 bits: sigmoid, resize, round; with min-max per frame (DS-Net's code); truncated before the
    resize (CAG-DDE's code)."""
    precision: Literal["32-true", "bf16-mixed"] = "32-true"
    """Arithmetic of training, as Lightning names it."""
    sync_batchnorm: bool = Field(default=False, exclude_if=_absent)
    """On several cards, whether batch normalisation takes the whole batch instead of each card's share."""
    optimizer_state: bool = Field(default=False, exclude_if=_absent)
    """Whether the finished checkpoint keeps the optimiser's state, with which `vsodprep train --continue` makes a last
    stage longer; Adam's is twice as large as the weights."""
    resources: Resources = Field(default=Resources(), exclude_if=_plain)
    """Devices, processes and loggers of the training; with these alone changed, a finished run is not trained again."""
    paper: bool = False
    """Whether this is the paper's own training, so that the report gives the difference from the paper's scores."""

    @model_validator(mode="after")
    def _trained_or_released(self) -> "Run":
        if bool(self.stages) == (self.weights is not None):
            raise ValueError("give either stages or weights")
        if self.weights is not None and (self.seeds, self.width, self.pretrained) != ((0,), 1.0, False):
            raise ValueError(
                "weights cannot be combined with seeds, width or pretrained, which are for networks that are trained"
            )
        if self.weights is not None and self.size is None:
            raise ValueError("weights need a size")
        if self.weights is not None and self.init is not None:
            raise ValueError(
                "init cannot be combined with weights: init is where a training starts, and weights are not trained"
            )
        return self

    @property
    def starts(self) -> tuple[str | None, ...]:
        """The checkpoint that each stage starts from; None where it is the stage before it, or nothing."""
        return tuple(stage.init or (None if number else self.init) for number, stage in enumerate(self.stages))

    @property
    def trained(self) -> tuple[Stage, ...]:
        """The stages as they follow one another, round after round; only those of the first round have an `init`."""
        starts = self.starts + (None,) * len(self.stages) * (self.rounds - 1)
        return tuple(
            stage.model_copy(update={"init": init})
            for stage, init in zip(self.stages * self.rounds, starts, strict=True)
        )

    @model_validator(mode="after")
    def _devices_share_batches(self) -> "Run":
        ranks = self.resources.ranks
        for stage in self.stages:
            if stage.batch % ranks:
                raise ValueError(f"stages.{stage.name}: a batch of {stage.batch} cannot be shared by {ranks} devices")
        return self

    def network(self, name: str) -> str:
        """Return what its network is built by: the name below which it stands, or where the class of the user's is."""
        return self.model or name

    @property
    def reading(self) -> Reading:
        """How its network reads clips at inference."""
        said = {key: value for key in ("size", "still_flow") if (value := getattr(self, key)) is not None}
        return self.stages[-1].reading._replace(**said) if self.stages else Reading(**said)

    @property
    def row(self) -> str:
        """The row of its paper's tables that it is: its variant, or `full` where the weights are the authors' own."""
        return self.variant if self.weights is None else "full"
