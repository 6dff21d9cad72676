"""Write environment.yml from pyproject.toml: `python tools/make_environment.py`."""

import tomllib
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent

HEADER = """\
# Generated from pyproject.toml by `python tools/make_environment.py`; do not edit by hand.
# conda brings Python and the compiler that the CRF is built with. The packages come from PyPI, in the versions that
# pyproject.toml asks for: torch and torchvision are paired there, and a single OpenCV wheel can be insisted on.
"""


def environment(project: dict[str, Any]) -> str:
    """Return a conda environment for a `[project]` table.

    Args:
        project: The table, as tomllib reads it.
    """
    content = {
        "name": project["name"],
        "channels": ["conda-forge"],
        "dependencies": [
            f"python{project['requires-python']}",
            "cxx-compiler",
            "pip",
            {"pip": project["dependencies"]},
        ],
    }
    return HEADER + yaml.safe_dump(content, sort_keys=False)


def main() -> None:
    """Write the file."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (ROOT / "environment.yml").write_text(environment(project), encoding="utf-8")


if __name__ == "__main__":
    main()
