"""Configuration of the report."""

from typing import Literal, get_args

from pydantic import Field

from vsodprep.config.base import Section

# What the trivial maps stand below, as a network's runs stand below its name.
TRIVIAL = "trivial"
Trivial = Literal["centre-prior", "flow-magnitude"]
TRIVIAL_MAPS: tuple[Trivial, ...] = get_args(Trivial)
Written = Literal[Trivial, "motion-prior"]  # by hand; the report has rows of the first two


class Report(Section):
    """The static HTML page."""

    title: str = "vsodprep report"
    """Heading of the page."""
    strips: int = Field(default=2, ge=1)
    """Picture strips for each of the best, the median and the worst frames of a benchmark."""
    trivial: bool = True
    """Show the two trivial maps (centre prior, flow magnitude) as rows."""
    timings: bool = False
    """Show run time and size of the networks. Times differ from run to run, so the page then does too."""
