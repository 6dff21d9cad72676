"""What every section of the configuration is: closed, and frozen once read."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vsodprep.errors import InputError, VsodprepError

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


def refusal(error: ValidationError, where: str, expected: str) -> VsodprepError:
    """Return the first thing that does not fit as one line with its key.

    Args:
        error: What the models found.
        where: What to name: a file, or what the values are.
        expected: What to look up for an unknown key.
    """
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"]) or "top level"
    if first["type"] == "extra_forbidden":
        return InputError(where, f"unknown key {key}", expected)
    return VsodprepError(f"{where}: {key}: {first['msg'].removeprefix('Value error, ')}")
