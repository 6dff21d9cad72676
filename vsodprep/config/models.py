"""The networks by name."""

from collections.abc import Mapping

from vsodprep.config.network import Definition
from vsodprep.config.networks import cagdde, contrastive, dsnet, msst, stan
from vsodprep.errors import InputError

DEFINITIONS: Mapping[str, Definition] = {
    each.DEFINITION.name: each.DEFINITION for each in (dsnet, stan, msst, cagdde, contrastive)
}
MODELS = tuple(DEFINITIONS)


def definition(name: str) -> Definition:
    """Return what is known of a network before it is built.

    Raises:
        InputError: There is no such network.
    """
    if name not in DEFINITIONS:
        raise InputError("model", f"unknown name {name!r}", f"one of {', '.join(MODELS)}")
    return DEFINITIONS[name]
