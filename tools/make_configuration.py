"""Write config/config.yaml and config/schema.json from the typed models: `python tools/make_configuration.py`."""

import json
from pathlib import Path
from typing import Any

import yaml

from vsodprep.config import Config
from vsodprep.config.base import Section
from vsodprep.config.defaults import default

FOLDER = Path(__file__).parent.parent / "config"

HEADER = """\
# yaml-language-server: $schema=schema.json
# The defaults. Generated from vsodprep/config/ by `pytest tests/test_config.py --fix`; do not edit by hand:
# lay your own file over it with `snakemake --configfile FILE`, which needs to name only what differs.
"""


def default_yaml() -> str:
    """Return the default configuration as YAML, each key described where it first appears."""
    return HEADER + "".join(f"{line}\n" for line in _lines(default(), 0, set()))


def schema_json() -> str:
    """Return the JSON schema of the configuration."""
    return json.dumps(Config.model_json_schema(), indent=2, sort_keys=True) + "\n"


def _lines(section: Section, indent: int, seen: set[type]) -> list[str]:
    space = " " * indent
    described = type(section) in seen
    seen.add(type(section))
    lines: list[str] = []
    for key, field in type(section).model_fields.items():
        if field.description and not described:
            lines.append(f"{space}# {' '.join(field.description.split())}")
        lines += _entry(key, getattr(section, key), indent, seen)
    return lines


def _entry(key: str, value: Any, indent: int, seen: set[type]) -> list[str]:
    space = " " * indent
    if isinstance(value, Section):
        return [f"{space}{key}:", *_lines(value, indent + 2, seen)]
    if isinstance(value, dict) and value:
        return [
            f"{space}{key}:",
            *(line for name, item in value.items() for line in _entry(name, item, indent + 2, seen)),
        ]
    if isinstance(value, tuple) and value and isinstance(value[0], Section):
        lines = [f"{space}{key}:"]
        for item in value:
            inner = _lines(item, indent + 4, seen)
            first = next(number for number, line in enumerate(inner) if not line.lstrip().startswith("#"))
            inner[first] = f"{' ' * (indent + 2)}- {inner[first].lstrip()}"
            lines += inner
        return lines
    plain = value if isinstance(value, dict) else _plain(value)
    text = yaml.safe_dump(plain, default_flow_style=True, width=10_000).removesuffix("...\n").strip()
    return [f"{space}{key}: {text}"]


def _plain(value: Any) -> Any:
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def main() -> None:
    """Write both files."""
    (FOLDER / "config.yaml").write_text(default_yaml(), encoding="utf-8")
    (FOLDER / "schema.json").write_text(schema_json(), encoding="utf-8")


if __name__ == "__main__":
    main()
