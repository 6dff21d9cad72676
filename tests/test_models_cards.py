"""The card of each network lists every option with its default."""

import re
from pathlib import Path

import pytest
import yaml

from vsodprep.config.models import DEFINITIONS, MODELS

CARDS = Path(__file__).parents[1] / "docs" / "models"


def cells_of_options(name: str) -> list[str]:
    """Return the cells of the card's tables that stand under `option and its default`."""
    cells: list[str] = []
    column = None
    for line in (CARDS / f"{name}.md").read_text(encoding="utf-8").splitlines():
        row = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if not row:
            column = None
        elif "option and its default" in row:
            column = row.index("option and its default")
        elif column is not None and not set(line) <= set("|-: "):
            cells.append(row[column])
    return cells


@pytest.mark.parametrize("name", MODELS)
def test_a_card_lists_every_option_with_its_default(name):
    listed = [pair for cell in cells_of_options(name) for pair in re.findall(r"`(\w+): ([^`]+)`", cell)]
    found = {key: yaml.safe_load(value) for key, value in listed}
    assert len(found) == len(listed)  # each once
    assert found == DEFINITIONS[name].options().model_dump(mode="json")


@pytest.mark.parametrize("name", MODELS)
def test_a_choice_has_an_option_or_is_said_to_have_none(name):
    cells = cells_of_options(name)
    assert cells
    assert [cell for cell in cells if cell != "fixed" and not re.fullmatch(r"(`\w+: [^`]+`(, )?)+", cell)] == []
