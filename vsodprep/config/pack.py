"""Configuration of what a shard holds beside frames and masks."""

from typing import Annotated

from pydantic import Field

from vsodprep.config.base import Apart, Name, Section, Size


class Pack(Section):
    """Contents of every benchmark's shard."""

    flow: Annotated[tuple[Name, ...], Apart] = ()
    """Flow blocks."""
    pictures: tuple[Name, ...] = ()
    """Flow blocks whose colour pictures are stored too, because a recipe reads them every epoch."""
    prior: Annotated[tuple[Name, ...], Apart] = ()
    """Prior blocks."""
    coarse: Annotated[tuple[Name, ...], Apart] = ()
    """Blocks of coarse labels."""
    still_size: Size | None = None
    """Store still images as arrays of this height and width; as encoded files if null."""
    frames_per_shard: int = Field(default=64, ge=1)
    """Frames in one shard file; a chunk is one frame."""
