"""The papers' tables."""

from collections import defaultdict

import pytest

from vsodprep.scores.papers import OWN_METHOD, own_printed_numbers, printed_numbers


@pytest.mark.parametrize(
    ("model", "variant", "benchmark", "metric", "value"),
    [
        ("dsnet", "full", "davis2016", "max_f", 0.891),
        ("dsnet", "M5", "davis2016", "max_f", 0.891),
        ("dsnet", "M1", "davis2016", "s_measure", 0.906),
        ("dsnet", "CAA-BU", "vos", "mae", 0.06),
        ("cagdde", "full", "davsod", "mae", 0.072),
        ("cagdde", "mul", "davsod", "max_f", 0.625),
        ("contrastive", "full", "davis2016", "j_mean", 0.835),
        ("contrastive", "cosnet", "fbms", "s_measure", 0.86),
        ("stan", "full", "davis2016", "boundary_decay", 0.001),
        ("msst", "full", "fbms", "mae", 0.082),
        ("msst", "full", "fbms", "max_f", None),
        ("dsnet", "full", "synth", "mae", None),
    ],
)
def test_own_numbers(model: str, variant: str, benchmark: str, metric: str, value: float | None) -> None:
    found = {number.metric: number.value for number in own_printed_numbers(model, variant, benchmark)}
    assert found.get(metric) == value


def test_numbers_on_davsod_say_that_its_files_are_others_today() -> None:
    notes = {"davsod": set(), "davis2016": set()}
    for each in printed_numbers():
        notes.get(each.benchmark, set()).add(each.note)
    assert len(notes["davsod"]) == 1
    for number in ("0.603", "0.640"):  # SSAV's max F as papers print it, and on today's files
        assert all(number in note for note in notes["davsod"])
        assert not any(number in note for note in notes["davis2016"])


def test_every_number_is_there() -> None:
    assert len(printed_numbers()) == 953
    assert {number.paper for number in printed_numbers()} == set(OWN_METHOD)


def test_a_paper_never_contradicts_itself_about_its_own_method() -> None:
    values = defaultdict(set)
    for number in printed_numbers():
        if number.method == OWN_METHOD[number.paper]:
            values[number.paper, number.variant, number.benchmark, number.metric].add(number.value)
    assert [key for key, found in values.items() if len(found) > 1] == []


def test_papers_that_disagree_are_both_kept() -> None:
    mga = {
        number.paper: number.value
        for number in printed_numbers()
        if (number.method, number.benchmark, number.metric) == ("MGA", "fbms", "max_f")
    }
    assert mga == {"dsnet": 0.907, "cagdde": 0.906, "contrastive": 0.898}
