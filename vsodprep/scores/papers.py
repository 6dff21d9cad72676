"""The five papers' tables, shipped as data: what they print, about their own method and about others."""

import csv
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from vsodprep import benchmarks
from vsodprep.config.models import DEFINITIONS
from vsodprep.scores.measures import measure

# The name under which each paper's own method stands in `papers.csv`.
OWN_METHOD = {name: known.method for name, known in DEFINITIONS.items() if known.tables}
# The same methods under two names.
_ALSO = {"MSST": "MSST-ConvLSTM", "PDBM": "PDB"}


@dataclass(frozen=True)
class PrintedNumber:
    """One number printed in a paper.

    Attributes:
        paper: Model name of the paper (`dsnet`, `stan`, `msst`, `cagdde`, `contrastive`).
        table: Where in the paper.
        method: The method that the number is about, as the paper names it.
        variant: `full`, or the row of an ablation table.
        printed_variant: That row as it is printed.
        benchmark: Benchmark name, or what was measured on where that is no benchmark.
        metric: Name of the measure, as in a score file; other quantities (seconds, parameters) as printed.
        value: The number; scores are fractions of 1.
        protocol: The evaluation protocol that the paper follows; empty where it names none.
        note: What to know before comparing; also where the benchmark was revised since.
    """

    paper: str
    table: str
    method: str
    variant: str
    printed_variant: str
    benchmark: str
    metric: str
    value: float
    protocol: str
    note: str


@cache
def printed_numbers() -> tuple[PrintedNumber, ...]:
    """Return every number of the five papers' tables, in the papers' order."""
    text = files("vsodprep.scores").joinpath("papers.csv").read_text(encoding="utf-8")
    return tuple(
        PrintedNumber(**{**row, "value": float(row["value"]), "note": _note(row)})  # type: ignore[arg-type]
        for row in csv.DictReader(text.splitlines())
    )


def _note(row: dict[str, str]) -> str:
    name = row["benchmark"]
    revised = benchmarks.get(name, None).revised if name in benchmarks.known() else ""
    return "; ".join(filter(None, (row["note"], revised)))


def own_printed_numbers(model: str, variant: str, benchmark: str) -> tuple[PrintedNumber, ...]:
    """Return what a model's own paper prints about a variant on a benchmark, in the paper's order.

    Args:
        model: Model name.
        variant: Variant name; capitals do not matter.
        benchmark: Benchmark name.
    """
    wanted = (model, OWN_METHOD.get(model), variant.lower(), benchmark)
    return tuple(
        each for each in printed_numbers() if (each.paper, each.method, each.variant, each.benchmark) == wanted
    )


def same_method(name: str, other: str) -> bool:
    """Return whether two names are of one method; capitals do not matter."""
    return _one_name(name) == _one_name(other)


def _one_name(name: str) -> str:
    return _ALSO.get(name.upper(), name).casefold()


def numbers_of(*names: str) -> dict[str, tuple[PrintedNumber, ...]]:
    """Return what papers print about a method, by the paper's model name, in the papers' order.

    Args:
        names: What the method is called; the first that any paper knows counts.
    """
    for name in names:
        found: dict[str, list[PrintedNumber]] = defaultdict(list)
        for each in printed_numbers():
            if each.variant == "full" and same_method(each.method, name):
                found[each.paper].append(each)
        if found:
            return {paper: tuple(numbers) for paper, numbers in found.items()}
    return {}


@dataclass(frozen=True)
class Disagreement:
    """Different numbers that papers print for one thing.

    Attributes:
        method: The method.
        benchmark: Benchmark name.
        metric: Name of the measure.
        values: Each paper's number, by the paper's model name.
    """

    method: str
    benchmark: str
    metric: str
    values: dict[str, float]

    @property
    def sentence(self) -> str:
        """What a table says about it."""
        values = ", ".join(f"{value:g} ({OWN_METHOD[paper]})" for paper, value in self.values.items())
        return f"papers disagree on {self.method}, {self.benchmark}, {measure(self.metric).heading}: {values}"


def disagreements(among: Iterable[PrintedNumber]) -> tuple[Disagreement, ...]:
    """Return where papers print different numbers for the same method, benchmark and measure.

    Args:
        among: The numbers to compare; variants other than `full` are a paper's own and are not compared.
    """
    printed: dict[tuple[str, str, str], dict[str, float]] = defaultdict(dict)
    for number in among:
        if number.variant == "full":
            method = _ALSO.get(number.method, number.method)
            printed[method, number.benchmark, number.metric].setdefault(number.paper, number.value)
    return tuple(Disagreement(*key, values) for key, values in printed.items() if len(set(values.values())) > 1)
