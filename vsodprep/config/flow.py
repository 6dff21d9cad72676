"""Configuration of optical flow: which method, which pairs of frames, what becomes of the ends."""

from collections.abc import Callable
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, model_validator

from vsodprep.config.base import Apart, LocalPath, Section

Preset = Literal["ultrafast", "fast", "medium"]
FitKind = Literal["pad", "resize", "crop"]
Border = Literal["replicate", "zero", "stretch"]
Precision = Literal["float32", "float16", "bfloat16"]
Dialect = Literal["raft", "flownet2"]


class FlowMethod(NamedTuple):
    """A flow method, as far as it is known before it is built: the `build` of `vsodprep/flow/NAME.py` does that.

    Attributes:
        about: What it is, on one line.
        keys: Keys of a block that mean something to it, but not to every method.
        seconds: Processor seconds for a million pixels of flow, and seconds of a card in their place; 0 without one.
        dialect: Whose colour pictures its own tools draw.
        network: Whether torch runs it.
        named: Whether it is several, each with a name of its own behind a colon.
    """

    about: str
    keys: tuple[str, ...]
    seconds: Callable[["Method"], tuple[float, float]]
    dialect: Dialect = "raft"
    network: bool = True
    named: bool = False


_DIS_SECONDS: dict[Preset, float] = {"ultrafast": 0.06, "fast": 0.08, "medium": 0.15}
# Seconds of a card are ptlflow's published ones, of an RTX 3090.
METHODS = {
    "dis": FlowMethod(
        "Dense inverse search; needs no weights.",
        ("preset",),
        lambda block: (_DIS_SECONDS[block.preset], 0.0),
        network=False,
    ),
    "raft": FlowMethod("RAFT, large or small.", ("weights", "fit", "iterations", "precision"), lambda _: (35.0, 0.28)),
    "flownet2": FlowMethod("FlowNet2.", ("weights", "fit", "precision"), lambda _: (54.0, 0.43), "flownet2"),
    "ptlflow": FlowMethod(
        "A network of the ptlflow package, where it is installed.",
        ("weights", "precision"),
        lambda _: (35.0, 0.28),
        named=True,
    ),
}
_NAMES = "|".join(f"{name}:[A-Za-z0-9_+-]+" if known.named else name for name, known in METHODS.items())


def name_of(method: str) -> str:
    """Return the name under which a block's method is known: `ptlflow` of `ptlflow:NAME`."""
    return method.partition(":")[0]


def known_of(method: str) -> FlowMethod:
    """Return what is known of a block's method."""
    return METHODS[name_of(method)]


class Method(Section):
    """How flow is estimated."""

    method: Annotated[str, Field(pattern=f"^({_NAMES})$"), Apart] = "dis"
    """`dis`, `raft`, `flownet2`, or `ptlflow:NAME` where that package is installed."""
    preset: Preset = "medium"
    """DIS preset of OpenCV."""
    weights: LocalPath | None = None
    """Weights of a network method: a name the method knows, or a file; its own default if null."""
    fit: FitKind = "pad"
    """How a frame meets a network's size multiple: replicate the border, resize, or cut centrally (FlowNet2)."""
    border: Border = "replicate"
    """With `fit: crop`, what lies outside the crop: its edge repeated, no motion, or the crop stretched over the frame
    as it is (DS-Net's pictures)."""
    iterations: int | None = Field(default=None, ge=1)
    """Updates of an iterative network; its own default if null."""
    precision: Precision = "float32"
    """Arithmetic of a network method."""

    @model_validator(mode="after")
    def _no_method_key_without_effect(self) -> "Method":
        for key in sorted({key for known in METHODS.values() for key in known.keys} - {*known_of(self.method).keys}):
            if getattr(self, key) != type(self).model_fields[key].default:
                readers = ", ".join(name for name, known in METHODS.items() if key in known.keys)
                raise ValueError(f"{key} means nothing to method {self.method}, only to {readers}")
        if self.border != "replicate" and self.fit != "crop":
            raise ValueError(f"border: {self.border} means nothing without fit: crop")
        return self


class Policy(Section):
    """Which pairs of frames get a flow."""

    direction: Literal["forward", "backward", "both"] = "forward"
    """`forward`: from frame t to t + stride, on the grid of t. `backward`: from t to t - stride. `both` stores both."""
    stride: int = Field(default=1, ge=1)
    """Frames between the two of a pair."""
    show_at: Literal["from", "to"] = "from"
    """Frame of a pair that its flow is shown to: the one whose grid it is on, or the other (CAG-DDE's pictures)."""
    last_frame: Literal["drop", "repeat", "backward"] = "backward"
    """What the last frame gets where it has no partner: nothing, its neighbour's flow, or the reverse pair's flow."""
    first_frame: Literal["drop", "repeat", "zero"] = "zero"
    """What the first frame gets where it has no partner (`backward`, or `show_at: to`); `zero` is a picture of rest."""


class Flow(Policy, Method):
    """One way of estimating flow; each block has a name and a folder of its own."""

    dialect: Dialect | None = None
    """Whose colour pictures are drawn, bit by bit; FlowNet2's for `flownet2` and RAFT's for the others if null."""
    maximum: float | None = Field(default=None, gt=0)
    """Length in pixels that gets a full colour in pictures; each frame's own largest if null."""
    frames: Literal["all", "annotated"] = "all"
    """`annotated`: only what annotated frames and the clip before them need (sparsely annotated benchmarks)."""
    clip_length: int = Field(default=1, ge=1)
    """With `frames: annotated`: frames of a clip that ends at an annotated frame."""

    @model_validator(mode="after")
    def _no_key_without_effect(self) -> "Flow":
        if self.clip_length != 1 and self.frames != "annotated":
            raise ValueError(f"clip_length: {self.clip_length} means nothing without frames: annotated")
        return self
