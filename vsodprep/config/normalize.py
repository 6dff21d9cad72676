"""What a user may choose of a benchmark's delivery; the configuration's keys of each benchmark make one."""

from typing import Annotated

from vsodprep.config.base import Apart, Section
from vsodprep.config.coding import Coding, Void


class Choice(Section):
    """What of a delivery is taken, and what is accepted in it."""

    partial: bool = False
    """Accept an incomplete delivery; the manifest's `issues` list what is missing."""
    resolution: str | None = None
    """Resolution, where the benchmark has several (davis2016: 480p, 1080p); its default if null."""
    allow: tuple[str, ...] = ()
    """Kinds of issue that are listed in the manifest instead of stopping."""
    splits: Annotated[dict[str, tuple[str, ...]], Apart] = {}
    """Splits that replace or join the benchmark's own."""
    coding: Coding = "auto"
    """How masks are coded: gray `values`, `ids` of objects, `alpha`; `auto` tells it from all of them."""
    void: Void = "background"
    """What id 255 of a mask means beside other ids: `background` or `foreground`."""
    sequences: tuple[str, ...] = ()
    """Take only these sequences; all if none is named."""
