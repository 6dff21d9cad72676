"""The networks by name."""

from collections.abc import Mapping

from vsodprep.config.network import Definition, Release
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


def release(name: str, where: str = "weights") -> Release:
    """Return what is known of the trained weights that the authors of a network released.

    Raises:
        InputError: There is no such network, or nobody released weights of it.
    """
    found = definition(name).release
    if found is None:
        known = ", ".join(model for model, each in DEFINITIONS.items() if each.release)
        raise InputError(where, f"{name}, of which no weights were released", f"those of {known}")
    return found
