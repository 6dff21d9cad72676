"""Finding a protocol: a built-in one, the user's own, or either with some settings changed."""

from pathlib import Path
from typing import Any

from vsodprep.config.base import validated
from vsodprep.config.protocol import PROTOCOLS, OwnProtocol, Protocol
from vsodprep.config.yaml_text import read_given
from vsodprep.errors import InputError, expected_one

__all__ = ["PROTOCOLS", "Protocol", "change_protocol", "find_protocol"]


def change_protocol(base: Protocol, changes: dict[str, Any], where: str = "protocol") -> Protocol:
    """Return a protocol that differs from another in some settings.

    Args:
        base: The other.
        changes: Settings that differ; its `name` is the base's with the changes unless it is among them.
        where: What to name in an error.

    Raises:
        VsodprepError: There is no such setting, or it cannot take the value.
    """
    if not changes:
        return base
    name = "+".join([base.name, *(f"{key}={value}" for key, value in sorted(changes.items()))])
    return validated(Protocol, base.model_dump() | {"name": name} | changes, where)


def find_protocol(given: str) -> Protocol:
    """Return a built-in protocol, or the user's own from a YAML or JSON file or from JSON text.

    The user's own is a mapping of settings; its key `base` names the built-in protocol that the others change (default
    `davsod`), and `name` names it; a file's stem does where there is no `name`.

    Args:
        given: A built-in protocol's name, a path, or a JSON mapping, which begins with a brace.

    Raises:
        VsodprepError: Neither a protocol nor a readable mapping of settings.
    """
    if given in PROTOCOLS:
        return PROTOCOLS[given]
    is_text = given.lstrip().startswith("{")
    if not is_text and not Path(given).is_file():
        expected = expected_one(given, PROTOCOLS, ", a file of settings, or settings as JSON")
        raise InputError("protocol", f"no protocol {given!r}", expected)
    where, settings = read_given(given, "protocol", "a YAML or JSON mapping of settings")
    if not isinstance(settings, dict):
        raise InputError(where, f"a {type(settings).__name__}", "a mapping of settings")
    name = settings.pop("name", "own" if is_text else Path(given).stem)
    own = validated(OwnProtocol, settings, where)
    return validated(Protocol, own.model_dump(exclude={"base"}) | {"name": name}, where)
