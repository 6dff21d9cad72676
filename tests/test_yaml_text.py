"""A key given twice is an error in every YAML file that is read."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pipeline import ask
from vsodprep.config import read
from vsodprep.config.recipe import read_recipe
from vsodprep.config.yaml_text import load_yaml
from vsodprep.errors import InputError
from vsodprep.evaluate.protocols import find_protocol

READERS: dict[str, Callable[[str], object]] = {
    "configuration": lambda path: read(Path(path)),
    "recipe": read_recipe,
    "protocol": find_protocol,
}


@pytest.mark.parametrize("reader", list(READERS))
@pytest.mark.parametrize(
    ("text", "key", "lines"),
    [
        ("results: a\n\nresults: b\n", "results", "1 and 3"),
        ("a:\n  - b: {c: 1}\n  - d: 1\n    e: 2\n    d: 3\n", "d", "3 and 5"),
        ("a: {b: 1, b: 1}\n", "b", "1 and 1"),
        ("x: &x {a: 1}\ny:\n  <<: *x\n  <<: *x\n", "<<", "3 and 4"),
    ],
)
def test_a_key_given_twice_is_an_error(reader: str, text: str, key: str, lines: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=rf"mine\.yaml: key '{key}' twice, on lines {lines}; expected each key once"):
        READERS[reader](str(path))


def test_what_is_laid_below_a_mapping_may_be_given_again() -> None:
    text = "a: &a {x: 1, y: 1}\nb: &b {<<: *a, x: 2}\nc: {<<: *b, x: 3}\nd: [*b, *b]\n"
    assert load_yaml(text, "x", "y")["c"] == {"x": 3, "y": 1}


@pytest.mark.parametrize("text", ["a: [", "a: b: c", "\x00", "!!python/object:os.system x"])
def test_what_is_no_yaml(text: str) -> None:
    with pytest.raises(InputError, match="x: not YAML; expected a mapping"):
        load_yaml(text, "x", "a mapping")


def test_a_key_given_twice_ends_the_plan(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("benchmarks: [synth]\nflow: {}\nbenchmarks: [davis2016]\n")
    done = ask(tmp_path, "--dry-run", "all", "--configfile", str(path))
    assert done.returncode == 1
    assert f"vsodprep: {path}: key 'benchmarks' twice, on lines 1 and 3; expected each key once" in done.stdout
    assert "Traceback" not in done.stdout
