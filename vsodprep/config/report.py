"""Configuration of the report."""

from pydantic import Field

from vsodprep.config.base import Section


class Report(Section):
    """The static HTML page."""

    title: str = "vsodprep report"
    """Heading of the page."""
    strips: int = Field(default=2, ge=1)
    """Picture strips for each of the best, the median and the worst frames of a benchmark."""
    trivial: bool = True
    """Show the two trivial maps (centre prior, flow magnitude) as rows."""
