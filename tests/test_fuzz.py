"""Damaged files of every kind are plain errors; `tests/fuzz.py` looks for more of them, for as long as one likes."""

from pathlib import Path

import fuzz
import pytest

PARSERS = fuzz.parsers()
# Files that were no plain error once.
FOUND = [
    *[("archive", seed) for seed in (10, 105, 50026702)],
    ("edits", 2),
    *[("flow", seed) for seed in (1, 10, 34, 364)],
    ("image", 42),
    ("labels", 42),
    ("losses", 2),
    *[("prior", seed) for seed in (15, 57)],
    ("protocol", 743),
    ("splits", 7),
]


@pytest.mark.parametrize(("name", "seed"), FOUND)
def test_what_was_found(name: str, seed: int, tmp_path: Path) -> None:
    fuzz.attempt(PARSERS[name], seed, tmp_path)


@pytest.mark.parametrize("name", PARSERS)
def test_a_whole_file_is_read(name: str, tmp_path: Path) -> None:
    """Else a parser that refuses everything would pass."""
    parser = PARSERS[name]
    for file, data in parser.samples.items():
        (tmp_path / file).write_bytes(data)
    accepted = 0
    for file in parser.samples:
        try:
            parser.read(tmp_path / file)
        except fuzz.VsodprepError:
            continue
        accepted += 1
    assert accepted > 0


@pytest.mark.parametrize("name", PARSERS)
def test_damaged_files_are_plain_errors(name: str, tmp_path: Path) -> None:
    for seed in range(60):
        fuzz.attempt(PARSERS[name], seed, tmp_path)
