"""Reading YAML, in which a key that is given twice is an error: PyYAML takes the second without a word."""

from pathlib import Path
from typing import Any

import yaml

from vsodprep.errors import InputError
from vsodprep.files import read_text


class _Loader(yaml.SafeLoader):
    where: Path | str = "YAML"

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """Compose a mapping, before `<<` lays others below it."""
        node = super().compose_mapping_node(anchor)
        lines: dict[tuple[str, str], int] = {}
        for key, _ in node.value:
            line, name = key.start_mark.line + 1, (key.tag, str(key.value))
            if name in lines:
                found = f"key {key.value!r} twice, on lines {lines[name]} and {line}"
                raise InputError(self.where, found, "each key once")
            lines[name] = line
        return node


def load_yaml(text: str, where: Path | str, expected: str) -> Any:
    """Read a YAML document as plain values.

    Args:
        text: The document.
        where: What to name in an error.
        expected: What it has to be, for an error.

    Raises:
        InputError: It is no YAML, or a mapping has a key twice.
    """
    try:
        loader = _Loader(text)
        loader.where = where
        return loader.get_single_data()  # type: ignore[no-untyped-call]
    except (ValueError, yaml.YAMLError) as error:
        raise InputError(where, "not YAML", expected) from error


def read_given(given: str, where: str, expected: str) -> tuple[str, Any]:
    """Read JSON or YAML that is given as text beginning with a brace, or as the path of a file.

    Args:
        given: The text, or the path.
        where: What to name in an error where it is text.
        expected: What it has to be, for an error.

    Returns:
        What to name in further errors, and the plain values.

    Raises:
        InputError: There is no such file, it is no YAML, or a mapping has a key twice.
    """
    if not given.lstrip().startswith("{"):
        where, given = given, read_text(Path(given), expected)
    return where, load_yaml(given, where, expected)
