"""Configuration of what a shard holds beside frames and masks."""

from pydantic import Field

from vsodprep.config.base import Name, Section, Size


class Pack(Section):
    """Contents of every benchmark's shard."""

    flow: tuple[Name, ...] = ()
    """Flow blocks."""
    pictures: tuple[Name, ...] = ()
    """Flow blocks whose colour pictures are stored too, because a recipe reads them every epoch."""
    prior: tuple[Name, ...] = ()
    """Prior blocks."""
    coarse: tuple[Name, ...] = ()
    """Blocks of coarse labels."""
    still_size: Size | None = None
    """Store still images as arrays of this height and width; as encoded files if null."""
    frames_per_shard: int = Field(default=64, ge=1)
    """Frames in one shard file; a chunk is one frame."""
