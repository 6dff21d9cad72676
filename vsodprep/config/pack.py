"""Configuration of what a shard holds beside frames and masks."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from vsodprep.config.base import Apart, Name, Section, Size


class Pack(Section):
    """Contents of every benchmark's shard."""

    flow: Annotated[tuple[Name, ...], Apart] = ()
    """Flow blocks."""
    pictures: tuple[Name, ...] = ()
    """Flow blocks whose colour pictures are stored too, so that a recipe need not draw them every epoch."""
    prior: Annotated[tuple[Name, ...], Apart] = ()
    """Prior blocks."""
    coarse: Annotated[tuple[Name, ...], Apart] = ()
    """Blocks of coarse labels."""
    video_frames: Literal["encoded", "raw"] = "encoded"
    """How frames of videos are stored: `encoded`, as their files are, or as `raw` arrays, which take several times the
    space."""
    video_size: Size | None = None
    """Height and width at which raw frames, flow pictures and priors are stored, that of training; their own if
    null."""
    still_size: Size | None = None
    """Store still images as arrays of this height and width; as encoded files if null."""
    frames_per_shard: int = Field(default=64, ge=1)
    """Frames in one shard file; a chunk is one frame."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.video_size is not None and self.video_frames == "encoded":
            raise ValueError("video_size needs `video_frames: raw`, because only frames stored as arrays are resized")
        return self
