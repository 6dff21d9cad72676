"""The five papers' tables, shipped as data: what they print, about their own method and about others."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

# The name under which each paper's own method stands in `papers.csv`.
OWN_METHOD = {
    "dsnet": "DS-Net",
    "stan": "STAN",
    "msst": "MSST-ConvLSTM",
    "cagdde": "CAG-DDE",
    "contrastive": "Contrastive-WACV22",
}


@dataclass(frozen=True)
class Figure:
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
        note: What to know before comparing.
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
def figures() -> tuple[Figure, ...]:
    """Return every number of the five papers' tables, in the papers' order."""
    text = files("vsodprep.evaluate").joinpath("papers.csv").read_text(encoding="utf-8")
    return tuple(Figure(**{**row, "value": float(row["value"])}) for row in csv.DictReader(text.splitlines()))  # type: ignore[arg-type]


def paper_value(model: str, variant: str, benchmark: str, metric: str) -> float | None:
    """Return what a model's own paper prints for it.

    Args:
        model: Model name.
        variant: Variant name; capitals do not matter.
        benchmark: Benchmark name.
        metric: Name of the measure, as in a score file.

    Returns:
        The figure as a fraction of 1, or None where the paper has none.
    """
    for figure in figures():
        if (
            figure.paper == model
            and figure.method == OWN_METHOD.get(model)
            and figure.variant == variant.lower()
            and figure.benchmark == benchmark
            and figure.metric == metric
        ):
            return figure.value
    return None
