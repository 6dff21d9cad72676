"""The keys of a configuration block that are options of its command, and the block as the command's words."""

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any, NamedTuple

from vsodprep.config.base import Apart, Section


class Key(NamedTuple):
    """A key that is an option: `last_frame` is `--last-frame`.

    Attributes:
        path: The key below those of the sections that it is in.
        schema: The JSON schema of its value, or of one value where it takes several.
        default: Its default.
        description: What it is, on one line.
    """

    path: tuple[str, ...]
    schema: Mapping[str, Any]
    default: Any
    description: str

    @property
    def name(self) -> str:
        """The name of the command's argument."""
        return "_".join(self.path)

    @property
    def option(self) -> str:
        """The option, as it is typed."""
        return f"--{self.name.replace('_', '-')}"

    @property
    def negation(self) -> str:
        """The option that says no, of a truth value."""
        return f"--no-{self.option.removeprefix('--')}"

    @property
    def listed(self) -> bool:
        """Whether it is one word with commas: a list of choices."""
        return self.repeated and "enum" in self.schema["items"]

    @property
    def repeated(self) -> bool:
        """Whether it is a list, whose option is given once for each value."""
        return "items" in self.schema


@cache
def keys_of(block: type[Section], path: tuple[str, ...] = ()) -> tuple[Key, ...]:
    """Return the keys that are options; those of a section in the block follow its name."""
    described = block.model_json_schema(mode="serialization")
    properties, definitions = described["properties"], described.get("$defs", {})
    found: list[Key] = []
    for key, field in block.model_fields.items():
        if Apart in field.metadata:
            continue
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            found += keys_of(field.annotation, (*path, key))
        else:
            kinds = properties[key].get("anyOf", [properties[key]])
            (schema,) = (kind for kind in kinds if kind.get("type") != "null")
            if "$ref" in schema.get("items", {}):
                schema = {**schema, "items": definitions[schema["items"]["$ref"].rpartition("/")[2]]}
            nothing = len(kinds) > 1 or ("items" in schema and not schema.get("minItems"))
            if nothing and field.default not in (None, ()):
                raise TypeError(f"{block.__name__}.{key}: no option tells nothing from the default {field.default!r}")
            about = " ".join((field.description or "").split()).replace("if null", "if not given")
            found.append(Key((*path, key), schema, field.default, about))
    return tuple(found)


def arguments_of(block: Section, only: Collection[str] | None = None) -> list[str]:
    """Return a block as words of its command: its options make the same block again.

    Args:
        block: The block; a key marked `Apart` is left out.
        only: Keys to take; all of them if None.
    """
    words: list[str] = []
    dumped = block.model_dump(mode="json")
    for key in keys_of(type(block)):
        if only is None or key.name in only:
            value: Any = dumped
            for part in key.path:
                value = value[part]
            words += _words(key, value)
    return words


def _words(key: Key, value: Any) -> list[str]:
    if value is None:
        return []
    if isinstance(value, bool):
        return [key.option if value else key.negation]
    if key.listed:
        return [key.option, ",".join(value)]
    words: list[str] = []
    for one in value if key.repeated else [value]:
        words += [key.option, *map(str, one if isinstance(one, list) else [one])]
    return words
