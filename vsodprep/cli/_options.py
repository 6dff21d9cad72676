"""A configuration block as options of its command, and back."""

import math
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

import click

from vsodprep.config.base import Block, Section, validated
from vsodprep.config.options import Key, keys_of
from vsodprep.errors import VsodprepError

Function = TypeVar("Function", bound=Callable[..., Any])


class FiniteRange(click.FloatRange):
    """A range that turns `nan` and `inf` away, which compare as if they were inside."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """See `click.ParamType`."""
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not in the range {self._describe_range()}.", param, ctx)
        return number


class _Choices(click.Choice[str]):
    """Several choices, with commas between them."""

    name = "choices"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """See `click.ParamType`."""
        words = value.split(",") if isinstance(value, str) else value
        return tuple(super(_Choices, self).convert(word.strip(), param, ctx) for word in words)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """Return the choices, and that there may be several."""
        return f"{'|'.join(self.choices)},..."


def _type(schema: Mapping[str, Any]) -> click.ParamType:
    """Return the type of one value."""
    if "enum" in schema:
        return click.Choice(schema["enum"])
    if "prefixItems" in schema:
        return click.Tuple([_type(item) for item in schema["prefixItems"]])
    number = schema["type"] == "number"
    least, most = (schema.get(key, schema.get(f"exclusive{key.title()}")) for key in ("minimum", "maximum"))
    if least is None and most is None:
        return click.FLOAT if number else click.INT if schema["type"] == "integer" else click.STRING
    kind = FiniteRange if number else click.IntRange
    return kind(least, most, "exclusiveMinimum" in schema, "exclusiveMaximum" in schema)


def _declared(key: Key) -> Callable[[Function], Function]:
    about = {"default": key.default, "show_default": _shown(key), "help": key.description}
    if key.listed:
        return click.option(key.option, key.name, type=_Choices(key.schema["items"]["enum"]), **about)
    if key.schema.get("type") == "boolean":
        return click.option(f"{key.option}/{key.negation}", key.name, **about)
    one = key.schema["items"] if key.repeated else key.schema
    words = [item.get("title", "") for item in one.get("prefixItems", ())]
    metavar = " ".join(word.upper().replace(" ", "_") for word in words) or None
    # A list is given by repeating the option, which then reads better in the singular.
    names = [key.option.removesuffix("s")] if key.repeated else []
    names = list(dict.fromkeys([*names, key.option]))
    return click.option(*names, key.name, type=_type(one), multiple=key.repeated, metavar=metavar, **about)


def _shown(key: Key) -> bool | str:
    """Return a default as it would be typed."""
    if key.listed:
        return ",".join(key.default)
    if key.repeated and any(isinstance(one, tuple) for one in key.default):
        return ", ".join(" ".join(map(str, one)) for one in key.default)
    return key.default not in (None, ())


def options_of(block: type[Section], only: Collection[str] | None = None) -> Callable[[Function], Function]:
    """Add the keys of a block to a command as options, with their types, ranges, defaults and descriptions.

    Args:
        block: The block; a key marked `Apart` is left to the command.
        only: Keys to take; all of them if None.
    """

    def decorate(function: Function) -> Function:
        for key in reversed(keys_of(block)):
            if only is None or key.name in only:
                function = _declared(key)(function)
        return function

    return decorate


def block_of(block: type[Block], given: Mapping[str, Any], **apart: Any) -> Block:
    """Return the block that options tell.

    Args:
        block: Its type.
        given: Values of all options by name.
        apart: Values of keys marked `Apart`.

    Raises:
        UsageError: The values do not go together.
    """
    values = {key: dict(value) if isinstance(value, dict) else value for key, value in apart.items()}
    for key in keys_of(block):
        section = values
        for part in key.path[:-1]:
            section = section.setdefault(part, {})
        section[key.path[-1]] = given[key.name]
    try:
        return validated(block, values, "options")
    except VsodprepError as error:
        raise click.UsageError(str(error)) from error
