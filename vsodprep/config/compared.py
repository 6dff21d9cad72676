"""Configuration of methods whose maps come from elsewhere, to be compared with those of the runs."""

from typing import Literal, NamedTuple

from pydantic import Field, model_validator

from vsodprep.config.base import LocalPath, Name, Section
from vsodprep.config.coding import Coding, Void
from vsodprep.config.models import MODELS
from vsodprep.config.train import ScoredOn

Naming = Literal["auto", "stem", "number", "position"]
"""How maps are named: told from all, by frame id, by frame number, or by position counted from 0."""

METHODS = "methods"
"""What stands in paths in place of a network's name."""

Paper = Literal[MODELS]  # type: ignore[valid-type]


class ComparedMethod(Section):
    """A method whose maps are scored as they are: files that you have, or the maps of a saliency block."""

    maps: dict[Name, LocalPath] = {}
    """Folder, or zip, tar or rar archive, of its maps of each benchmark: BENCHMARK: PATH."""
    published: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)?$")
    """Instead of `maps`: published maps that `vsodprep benchmarks --maps` lists; they are fetched. From a collection,
    `COLLECTION/METHOD`, or `COLLECTION` if the method has the same name here."""
    saliency: Name | None = None
    """Instead of `maps`: a saliency block, whose maps are scored on every tested benchmark."""
    title: str | None = Field(default=None, pattern=r"^[^\s=]([^=\n]*[^\s=])?$")
    """What tables and figures call it; its name in the configuration if null."""
    year: int | None = Field(default=None, ge=1950, le=2100)
    """Year of its publication; the report's tables show it."""
    kind: Literal["image", "video"] | None = None
    """Whether it looks at single images or at video; the report's tables show it."""
    printed: tuple[Paper, ...] | None = None
    """Papers whose printed numbers of the method are shown below its scores; if null, all that print its title or
    name."""
    coding: Coding = "auto"
    """How its maps are coded: gray `values`, object `ids`, `alpha`; `auto` tells it from all of them."""
    naming: Naming = "auto"
    """How its maps are named: `stem`, frame id; `number`, frame number; `position`, counted from 0; told from all."""
    void: Void = "background"
    """What id 255 means beside other ids in its maps."""

    def called(self, name: str) -> str:
        """Return what tables and figures call the method of that name."""
        return self.title or name

    @model_validator(mode="after")
    def _one_source(self) -> "ComparedMethod":
        if bool(self.maps) + (self.saliency is not None) + (self.published is not None) != 1:
            raise ValueError("give either maps, published or saliency")
        usual = {"coding": "auto", "naming": "auto", "void": "background"}
        told = [key for key, value in usual.items() if getattr(self, key) != value]
        if self.saliency and told:
            raise ValueError(f"{told[0]} describes maps from elsewhere, so it goes with maps or published")
        return self


class Scored(NamedTuple):
    """What a figure knows of a method.

    Attributes:
        title: What it is called.
        test: What it is scored on: the benchmarks of which it has maps.
        seeds: The one seed of its paths.
    """

    title: str
    test: tuple[ScoredOn, ...]
    seeds: tuple[int, ...] = (0,)
