"""Configuration of single figures, beside those of the report."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from vsodprep.config.base import Apart, Name, Section
from vsodprep.config.crf import RAW

Kind = Literal[
    "precision-recall",
    "f-threshold",
    "ranking",
    "intervals",
    "ablation",
    "sweep",
    "losses",
    "level-weights",
    "grid",
    "timeline",
]
_WITHOUT_BENCHMARK = ("losses", "sweep")
_OF_ONE_MODEL = ("ablation", "sweep", "level-weights")
# How many measures a figure shows, where that is not one panel each.
_MEASURES = {"precision-recall": 0, "f-threshold": 0, "losses": 0, "level-weights": 0, "grid": 0} | dict.fromkeys(
    ("ranking", "intervals", "timeline"), 1
)


class Figure(Section):
    """A figure below `results/figures/`; `vsodprep figure KIND --help` says what each shows."""

    kind: Annotated[Kind, Apart]
    """What is drawn."""
    benchmark: Annotated[Name | None, Apart] = None
    """Benchmark whose scores, frames or shard it is drawn from; a sweep takes all that are tested on if null."""
    model: Annotated[Name | None, Apart] = None
    """Network whose runs it is drawn from; those of all networks if null."""
    run: Annotated[Name, Apart] = "full"
    """Run of `model` that level-weights looks into, and that ablation compares the others with."""
    runs: Annotated[tuple[Name, ...], Apart] = ()
    """Runs of `model` that are drawn; all of them if empty."""
    protocol: Annotated[Name, Apart] = "davsod"
    """Protocol of the scores."""
    post: Annotated[Name, Apart] = RAW
    """`raw`, or the CRF preset of the maps."""
    measure: tuple[Name, ...] = ()
    """Keys of the measures in the score files; the figure's own default if empty."""
    parameter: Name = "tau"
    """What sweep draws along: a key of a run's `options`, or what its variant is named after, as in `tau-0.6`."""
    values: Annotated[dict[Name, float], Apart] = {}
    """Value of `parameter` by run, where neither options nor variant tell it; sweep leaves other runs out."""
    sequence: Name | None = None
    """Sequence of a timeline."""
    frames: tuple[str, ...] = Field(default=())
    """Rows of a grid, as SEQUENCE/FRAME."""

    @model_validator(mode="after")
    def _complete(self) -> "Figure":
        needs = {
            "benchmark": self.kind not in _WITHOUT_BENCHMARK,
            "model": self.kind in _OF_ONE_MODEL,
            "sequence": self.kind == "timeline",
            "frames": self.kind == "grid",
        }
        for key, needed in needs.items():
            if needed and not getattr(self, key):
                raise ValueError(f"a figure of kind {self.kind} needs {key}")
        if self.runs and self.model is None:
            raise ValueError("runs are those of a model: give model")
        if len(self.measure) > _MEASURES.get(self.kind, len(self.measure)):
            raise ValueError(f"a figure of kind {self.kind} shows {_MEASURES[self.kind]} measures that can be chosen")
        return self
