"""Scores beside what papers print about the same method, and why the two may differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vsodprep import benchmarks
from vsodprep.scores.measures import measure
from vsodprep.scores.papers import PrintedNumber, printed_numbers, same_method
from vsodprep.scores.read import Scores
from vsodprep.scores.table import Column, scored_as
from vsodprep.scores.whole import omissions


@dataclass(frozen=True)
class Beside:
    """A score, and what one paper prints for it.

    Attributes:
        method: Label of the method.
        column: Benchmark, protocol and measure.
        scored: The score, a mean over seeds.
        number: What the paper prints.
        reasons: What keeps the two from being compared.
        remarks: What else to know before comparing.
    """

    method: str
    column: Column
    scored: float
    number: PrintedNumber
    reasons: tuple[str, ...]
    remarks: tuple[str, ...]

    @property
    def difference(self) -> float | None:
        """Score minus printed number; None where the two are not comparable."""
        return None if self.reasons else self.scored - self.number.value


def beside_printed(
    label: str,
    files: Sequence[Mapping[str, Any]],
    metrics: Sequence[str],
    *,
    name: str | None = None,
    papers: Sequence[str] = (),
) -> tuple[Beside, ...]:
    """Set a method's scores beside what papers print about the method of that name.

    Args:
        label: The method's label.
        files: Its score files; several on one benchmark and protocol are its seeds.
        metrics: Keys of the measures.
        name: The method's name in the papers; None for its label. Capitals do not matter.
        papers: Model names of the papers to look into; all if empty.

    Returns:
        One for each benchmark, protocol and measure that was scored and each paper that prints it, in that order. Of
        several numbers in a paper, that by the protocol is taken, or else the first.
    """
    wanted = label if name is None else name
    printed = [
        each
        for each in printed_numbers()
        if each.variant == "full" and (not papers or each.paper in papers) and same_method(wanted, each.method)
    ]
    found = []
    for where in dict.fromkeys(map(scored_as, files)):
        for key in metrics:
            column = Column(*where, measure(key))
            seeds = column.of(files)
            scored = Scores(label, tuple(seeds)).scalar(key)
            here = [each for each in printed if (each.benchmark, each.metric) == (column.benchmark, key)]
            for paper in dict.fromkeys(each.paper for each in here):
                numbers = [each for each in here if each.paper == paper]
                number = min(numbers, key=lambda each: (each.protocol != column.protocol, each.protocol != ""))
                if scored is not None:
                    found.append(Beside(label, column, scored, number, *_explained(column, number, seeds)))
    return tuple(found)


def _explained(
    column: Column, number: PrintedNumber, seeds: Sequence[Mapping[str, Any]]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what keeps a score and a printed number from being compared, and what else there is to know."""
    revised = benchmarks.get(column.benchmark, None).revised if column.benchmark in benchmarks.known() else ""
    reasons = [f"scored on {phrase}" for phrase in omissions(*seeds)] + ([revised] if revised else [])
    if number.protocol not in ("", column.protocol):
        reasons.append(f"printed by the protocol {number.protocol}")
    silent = "" if number.protocol else "the paper names no protocol"
    note = number.note.removesuffix(revised).removesuffix("; ")
    return tuple(reasons), tuple(filter(None, (silent, note)))
