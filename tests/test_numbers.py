import click
import pytest
from click.testing import CliRunner

from vsodprep.cli import cli
from vsodprep.cli._options import FiniteRange


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "0", "1.5"])
def test_numbers_outside_a_range_and_not_numbers(text):
    with pytest.raises(click.BadParameter, match=r"is not in the range 0<x<=1\."):
        FiniteRange(0, 1, min_open=True).convert(text, None, None)


def test_a_number_inside():
    assert FiniteRange(0, 1, min_open=True).convert("0.25", None, None) == 0.25


@pytest.mark.parametrize(
    "words",
    [
        ["flow", "dis", "frames", "--out", "f.h5", "--maximum"],
        ["prior", "fit", "--train", "n", "f", "train", "--out", "c.npz", "--scale"],
        ["coarse", "label", "frames", "--maps", "m", "--out", "o", "--record", "r.json", "--certainty"],
        ["compare", "a.json", "b.json", "--level"],
    ],
)
def test_commands_turn_them_away(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = CliRunner().invoke(cli, [*words, "nan"])
    assert "nan is not in the range" in found.output
    assert found.exit_code == 2  # click's own; `main` makes it 1
    assert not list(tmp_path.iterdir())
