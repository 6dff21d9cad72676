"""Configuration of coarse labels: the fusion of saliency maps, and what follows it."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from vsodprep.config.base import Apart, LocalPath, Name, Section, SplitOf
from vsodprep.errors import InputError

Step = Literal["fuse", "otsu", "crf", "substitute", "edits"]
Evidence = Literal["prior", "truth"]


class Substitute(Section):
    """The step `substitute`, instead of erasing wrong regions by hand: it erases components that nothing supports."""

    support: Annotated[Evidence, Apart] = "prior"
    """`prior`: the motion prior. `truth`: the mask of the nearest annotated frame, carried along the flow."""
    prior: Annotated[Name, Apart] = "light"
    """Prior block that supports, with `support: prior`."""
    flow: Annotated[Name, Apart] = "dis"
    """Flow block along which masks are carried, with `support: truth`; of stride 1."""
    threshold: float = Field(default=0.5, gt=0, le=1)
    """Least support of a supported pixel."""
    share: float = Field(default=0.25, gt=0, le=1)
    """Least share of supported pixels for a component to stay."""


class Coarse(Section):
    """Coarse labels: saliency maps combined, thresholded, refined and edited."""

    maps: Annotated[tuple[Name, ...], Apart] = Field(default=("mbd", "rbd"), min_length=1)
    """Saliency blocks that are fused."""
    weights: Annotated[Literal["uniform"] | tuple[float, ...] | tuple[SplitOf, ...], Apart] = "uniform"
    """`uniform`, the weights themselves, or the splits on which they are fitted (DRFI's quadratic programme)."""
    splits: Annotated[tuple[SplitOf, ...] | None, Apart] = None
    """Splits whose videos get labels; all videos of every benchmark if null."""
    order: tuple[Step, ...] = Field(default=("fuse", "otsu", "crf", "edits"), min_length=1)
    """Order of the steps; the papers' is fuse, otsu, edits. `substitute` erases automatically, which the papers do
    not."""
    crf: Annotated[Name, Apart] = "stan"
    """CRF preset used where `order` names crf."""
    certainty: float = Field(default=0.7, gt=0.5, lt=1)
    """Probability, for a CRF after Otsu, that a pixel's label is right; the closer to 1, the less the CRF changes."""
    edits: LocalPath | None = None
    """File of recorded human edits (`vsodprep review` writes it)."""
    substitute: Substitute = Substitute()
    """Settings of the step `substitute`, used where `order` names it."""

    @property
    def fit(self) -> tuple[SplitOf, ...]:
        """Splits on which the weights are fitted: none where they are given."""
        return tuple(weight for weight in self.weights if isinstance(weight, SplitOf))

    @property
    def priors(self) -> tuple[str, ...]:
        """Prior blocks that support the labels: one or none."""
        return (self.substitute.prior,) if "substitute" in self.order and self.substitute.support == "prior" else ()

    @property
    def flows(self) -> tuple[str, ...]:
        """Flow blocks along which masks that support the labels are carried: one or none."""
        return (self.substitute.flow,) if "substitute" in self.order and self.substitute.support == "truth" else ()


def check_order(order: Sequence[Step], maps: int, where: str) -> None:
    """Check that the steps can follow one another.

    Raises:
        InputError: A step comes twice, several maps are not fused first, or Otsu would undo what was erased or added.
    """
    if len(set(order)) != len(order):
        raise InputError(where, ",".join(order), "each step once")
    if maps > 1 and order[:1] != ("fuse",):
        raise InputError(where, f"{','.join(order)} for {maps} maps", "fuse as the first step")
    before_otsu = order[: order.index("otsu")] if "otsu" in order else ()
    undone = [step for step in before_otsu if step in {"substitute", "edits"}]
    if undone:  # Otsu makes a new label of the map
        raise InputError(where, ",".join(order), f"otsu before {undone[0]}: otsu after it would undo it")


def check_weights(weights: Sequence[float], maps: int, where: str) -> None:
    """Check the weights of a combination of maps.

    Raises:
        InputError: They are too few or many, negative, or do not sum to 1.
    """
    if len(weights) != maps:
        raise InputError(where, f"{len(weights)} weights", f"{maps} weights, one for each folder of maps")
    if not (all(weight >= 0 for weight in weights) and abs(sum(weights) - 1) < 1e-6):
        raise InputError(where, f"{list(weights)}", "numbers that are not negative and sum to 1")
