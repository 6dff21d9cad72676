"""Write from the typed models: config/config.yaml, config/schema.json, docs/configuration.md.

python tools/make_configuration.py
"""

import json
from pathlib import Path
from typing import Any

import yaml

from vsodprep.config import Config
from vsodprep.config.base import Section
from vsodprep.config.defaults import default

ROOT = Path(__file__).parent.parent

HEADER = """\
# yaml-language-server: $schema=schema.json
# The defaults. Generated from vsodprep/config/ by `pytest tests/test_config.py --fix`; do not edit by hand:
# lay your own file over it with `snakemake --configfile FILE`, which needs to name only what differs.
"""

PAGE = """\
# Every key of the configuration

This page is generated from the types that check a configuration, by `pytest tests/test_config.py --fix`.
[config/README.md](../config/README.md) says how to write one. You have to give every key without a default. *NAME* is a
name of your own, and `[…]` is a list. The key `options` of a run takes the options that [the network's
card](models/README.md) lists.
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
    return [f"{space}{key}: {_text(plain)}"]


def _text(plain: Any) -> str:
    return yaml.safe_dump(plain, default_flow_style=True, width=10_000).removesuffix("...\n").strip()


def _plain(value: Any) -> Any:
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def reference() -> str:
    """Return the page that lists every key: a section for each block, the whole configuration first."""
    schema = Config.model_json_schema()
    inline = {name: of for name, of in schema["$defs"].items() if "properties" not in of}  # what is no block
    text = json.dumps(schema).replace("#/$defs/", "")
    for name, of in inline.items():
        text = text.replace(json.dumps({"$ref": name}), json.dumps(of))
    schema = json.loads(text)
    blocks = {"The top": schema} | dict(sorted(schema["$defs"].items()))
    return PAGE + "".join(_section(title, block) for title, block in blocks.items() if title not in inline)


def _section(title: str, block: dict[str, Any]) -> str:
    rows = [
        f"| `{key}` | {_values(of)} | {_default(of)} | {_cell(of.get('description', ''))} |\n"
        for key, of in block["properties"].items()
    ]
    about = " ".join(block["description"].split())
    return f"\n## {title}\n\n{about}\n\n| key | value | default | what it is |\n|---|---|---|---|\n{''.join(rows)}"


def _values(of: dict[str, Any]) -> str:
    """Return which values a key takes, in words."""
    if "$ref" in of:
        return f"[{of['$ref']}](#{of['$ref'].lower()})"
    if "oneOf" in of or "anyOf" in of:
        return " or ".join(dict.fromkeys(map(_values, of.get("oneOf") or of["anyOf"])))
    if "enum" in of or "const" in of:
        return ", ".join(f"`{value}`" for value in of.get("enum") or [of["const"]])
    if of.get("type") == "object":
        name = f"`{'`, `'.join(of['propertyNames']['enum'])}`" if "enum" in of.get("propertyNames", {}) else "*NAME*"
        inner = next(iter(of.get("patternProperties", {}).values()), of.get("additionalProperties"))
        return f"{name}: {_values(inner) if isinstance(inner, dict) else 'anything'}"
    if of.get("type") == "array":
        items = (
            [f"{item['title'].lower()}: {_values(item)}" for item in of["prefixItems"]]
            if "prefixItems" in of
            else [_values(of["items"]), "…"]
        )
        return f"[{', '.join(items)}]"
    words = {"number": "number", "integer": "whole number", "boolean": "`true`, `false`", "null": "`null`"}
    return words.get(of.get("type", ""), "text") + _bounds(of)


def _bounds(of: dict[str, Any]) -> str:
    signs = {"exclusiveMinimum": ">", "minimum": "≥", "exclusiveMaximum": "<", "maximum": "≤"}
    found = [f"{sign} {of[key]:g}" for key, sign in signs.items() if key in of]
    return f" {', '.join(found)}" if found else ""


def _default(of: dict[str, Any]) -> str:
    if "default" not in of:
        return ""
    if "$ref" in of:
        return "its own"
    return f"`{_text(of['default'])}`"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


FILES = {"config/config.yaml": default_yaml, "config/schema.json": schema_json, "docs/configuration.md": reference}


def main() -> None:
    """Write all of them."""
    for name, generate in FILES.items():
        (ROOT / name).write_text(generate(), encoding="utf-8")


if __name__ == "__main__":
    main()
