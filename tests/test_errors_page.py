"""Every line that docs/errors.md explains is one that our code can print."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROWS = re.findall(
    r"^\| (?!the line|Snakemake:|.*\(torch\))(.*`.*?) \|", (ROOT / "docs/errors.md").read_text(), re.MULTILINE
)
LINES = [
    part.strip() for row in ROWS for line in re.findall(r"`([^`]+)`", row.split(" | ")[0]) for part in line.split("…")
]


@pytest.fixture(scope="module")
def code() -> str:
    text = "".join(path.read_text() for top in ("vsodprep", "models") for path in sorted((ROOT / top).rglob("*.py")))
    return re.sub(r'"\s*\n\s*f?"', "", text)  # a line of text may be broken in the code


@pytest.mark.parametrize("line", [line for line in LINES if len(line) > 6])
def test_line_stands_in_the_code(line: str, code: str) -> None:
    assert line in code
