"""The networks by name, and those of the user's own by where their class is."""

import importlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vsodprep.config.network import Definition, Release
from vsodprep.config.networks import cagdde, contrastive, dcl, dsmt, dsnet, msst, rfcn, stan
from vsodprep.errors import InputError, expected_one

DEFINITIONS: Mapping[str, Definition] = {
    each.DEFINITION.name: each.DEFINITION for each in (dsnet, stan, msst, cagdde, contrastive, dcl, rfcn, dsmt)
}
MODELS = tuple(DEFINITIONS)
# Folders, beside the working one, in which modules of the user's own are looked for last; jobs inherit it.
FOLDERS = "VSODPREP_MODULES"


def definition(name: str) -> Definition:
    """Return what is known of a network before it is built.

    Args:
        name: One of `MODELS`; or `module:Class` of a network of the user's own, whose module is imported, and torch.

    Raises:
        InputError: There is no such network.
    """
    if ":" in name:
        known: Definition = own_network(name).definition(name)
        return known
    if name not in DEFINITIONS:
        raise InputError("model", f"unknown name {name!r}", expected_one(name, MODELS, ", or MODULE:CLASS of your own"))
    return DEFINITIONS[name]


def own_network(name: str) -> Any:
    """Return the class of a network of the user's own; its module is imported.

    Args:
        name: `module:Class`.

    Raises:
        InputError: The module cannot be imported, or has no such subclass of `vsodprep.models.network.Network`.
    """
    folders = [str(Path.cwd()), *filter(None, os.environ.get(FOLDERS, "").split(os.pathsep))]
    sys.path += [folder for folder in folders if folder not in sys.path]
    where, (place, _, what) = f"model {name}", name.partition(":")
    try:
        module = importlib.import_module(place)
    except (Exception, SystemExit) as error:  # whatever code of the user's may raise
        if isinstance(error, ModuleNotFoundError) and f"{place}.".startswith(f"{error.name}."):
            looked = "a module that is installed, or that lies in the working folder or beside the configuration"
            raise InputError(where, f"no module {place}", looked) from error
        words = " ".join(str(error).split())
        odd = f"the module {place} cannot be imported ({type(error).__name__}: {words})"
        raise InputError(where, odd, "a module without errors") from error
    found: Any = getattr(module, what, None)
    if not (isinstance(found, type) and hasattr(found, "definition")):
        odd = f"the module {place} has no {what}" if found is None else f"{what} is no network"
        raise InputError(where, odd, "a subclass of vsodprep.models.network.Network")
    missing = sorted(getattr(found, "__abstractmethods__", ()))
    if missing:
        raise InputError(where, f"{what} does not define {', '.join(missing)}", "a class that does")
    return found


def release(name: str, where: str = "weights") -> Release:
    """Return what is known of the trained weights that the authors of a network released.

    Raises:
        InputError: There is no such network, or nobody released weights of it.
    """
    found = definition(name).release
    if found is None:
        known = ", ".join(model for model, each in DEFINITIONS.items() if each.release)
        raise InputError(where, f"no weights of {name} were released", f"weights of {known}")
    return found
