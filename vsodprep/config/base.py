"""What every section of the configuration is: closed, and frozen once read."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

# Names of blocks become folder names below `results/`.
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]

# Height and width in pixels.
Size = tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]]


class Section(BaseModel):
    """A part of the configuration; an unknown key is an error, so that a typo does not cost a night."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class SplitOf(Section):
    """A split of a benchmark."""

    benchmark: Name
    """Benchmark name."""
    split: Name
    """Name of one of its splits."""
