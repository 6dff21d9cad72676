"""Configuration of optical flow: which method, which pairs of frames, what becomes of the ends."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from vsodprep.config.base import Apart, LocalPath, Section
from vsodprep.config.methods import FLOW, Dialect, flow_method

Preset = Literal["ultrafast", "fast", "medium"]
FitKind = Literal["pad", "resize", "crop"]
Border = Literal["replicate", "zero", "stretch"]
Precision = Literal["float32", "float16", "bfloat16"]
Camera = Literal["kept", "subtracted"]


_PATTERN = "|".join(FLOW).replace("NAME", "[A-Za-z0-9_+-]+")
_LISTED = f"{', '.join(f'`{name}`' for name in FLOW)}; `vsodprep flow --help` says what each is."


class Method(Section):
    """How flow is estimated."""

    method: Annotated[str, Field(pattern=f"^({_PATTERN})$", description=_LISTED), Apart] = "dis"
    preset: Preset = "medium"
    """DIS preset of OpenCV."""
    weights: LocalPath | None = None
    """Weights of a network method: a name the method knows, or a file; its own default if null."""
    fit: FitKind = "pad"
    """How a frame gets a size that the network takes: replicate the border, resize, or cut centrally (FlowNet2)."""
    border: Border = "replicate"
    """With `fit: crop`, what fills the frame outside the crop: the crop's edge, no motion, or the crop itself,
    stretched over the frame (DS-Net's pictures)."""
    iterations: int | None = Field(default=None, ge=1)
    """Updates of an iterative network; its own default if null."""
    precision: Precision = "float32"
    """Arithmetic of a network method."""
    folder: LocalPath | None = None
    """Folder or archive of pictures, in folders named after the sequences; if null, each benchmark's own source
    (`sources`)."""

    @model_validator(mode="after")
    def _no_method_key_without_effect(self) -> "Method":
        for key in sorted({key for known in FLOW.values() for key in known.keys} - {*flow_method(self.method).keys}):
            if getattr(self, key) != type(self).model_fields[key].default:
                readers = ", ".join(name for name, known in FLOW.items() if key in known.keys)
                raise ValueError(f"{key} means nothing to method {self.method}, only to {readers}")
        if self.border != "replicate" and self.fit != "crop":
            raise ValueError(f"border: {self.border} means nothing without fit: crop")
        return self


class Policy(Section):
    """Which pairs of frames get a flow."""

    direction: Literal["forward", "backward", "both"] = "forward"
    """`forward`: from frame t to t + stride, on the grid of t. `backward`: from t to t - stride. `both` stores both."""
    stride: int = Field(default=1, ge=1)
    """How many frames apart the two of a pair are; 1 is the next frame."""
    show_at: Literal["from", "to"] = "from"
    """Frame of a pair that gets the flow: the one on whose grid it is, or the other (CAG-DDE's pictures)."""
    last_frame: Literal["drop", "repeat", "backward"] = "backward"
    """What the last frame gets where it has no partner: nothing, its neighbour's flow, or the reverse pair's flow."""
    first_frame: Literal["drop", "repeat", "zero"] = "zero"
    """What the first frame gets where it has no partner (`backward`, or `show_at: to`); `zero` is a picture of rest."""


class Flow(Policy, Method):
    """One way of estimating flow; each block has a name and a folder of its own."""

    dialect: Dialect | None = None
    """Which tool's colour pictures are drawn, bit by bit; if null, FlowNet2's for `flownet2` and RAFT's for the
    others."""
    maximum: float | None = Field(default=None, gt=0)
    """Length in pixels that gets a full colour in pictures; each frame's own largest if null."""
    least_maximum: float = Field(default=0.0, ge=0)
    """With `maximum: null`, the least length that gets a full colour, so that noise stays pale in a pair where nothing
    moves. With 0, as in the papers' pictures, the longest vector of every pair gets a full colour."""

    camera: Camera = "kept"
    """Whether pictures show the camera's motion, as the papers' do. `subtracted` takes away the affine motion of the
    larger part of the frame, so that what stands still in the scene is white."""

    @model_validator(mode="before")
    @classmethod
    def _frames_are_chosen_once(cls, value: Any) -> Any:
        for key in ("frames", "clip_length"):
            if isinstance(value, Mapping) and key in value:
                instead = "`frames: annotated` or `frames: all` beside `flow`, for all stages alike"
                raise ValueError(f"{key}: no longer a key of a flow block; write {instead}")
        return value

    @model_validator(mode="after")
    def _no_key_without_effect(self) -> "Flow":
        if self.least_maximum and self.maximum is not None:
            raise ValueError("least_maximum means nothing where maximum is given")
        if not flow_method(self.method).vectors:
            for key in ("dialect", "maximum", "least_maximum", "camera"):
                if getattr(self, key) != type(self).model_fields[key].default:
                    raise ValueError(f"{key} means nothing to method {self.method}, which draws nothing")
            if self.direction == "both":
                raise ValueError(f"direction: both means nothing to method {self.method}: a picture is of one pair")
        return self
