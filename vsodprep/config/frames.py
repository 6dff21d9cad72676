"""Configuration of which frames of a video are prepared."""

from typing import Literal

from pydantic import Field, model_validator

from vsodprep.config.base import Section

Which = Literal["annotated", "all"]


class Prepared(Section):
    """Which frames of a video are prepared: get flow, priors and maps, and go into the shard."""

    frames: Which = "all"
    """`annotated`: frames with a mask, and those that are read with them; all frames where none has a mask."""
    clip_length: int = Field(default=1, ge=1)
    """With `frames: annotated`: frames of a clip that ends at an annotated frame."""
    references: int = Field(default=0, ge=0)
    """With `frames: annotated`: frames spread over the video that are read with each annotated one (COSNet)."""

    @model_validator(mode="after")
    def _no_key_without_effect(self) -> "Prepared":
        for key in ("clip_length", "references"):
            value = getattr(self, key)
            if self.frames == "all" and value != type(self).model_fields[key].default:
                raise ValueError(f"{key}: {value} means nothing without frames: annotated")
        return self
