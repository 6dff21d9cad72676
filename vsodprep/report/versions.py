"""Versions of what the results depend on."""

import platform
import re
from importlib.metadata import PackageNotFoundError, requires, version

from vsodprep import __version__


def versions() -> dict[str, str]:
    """Return the versions of Python, of vsodprep and of every package that it requires, sorted by name.

    Machine, operating system and time are left out, so that the page stays the same elsewhere.
    """
    found = {}
    for requirement in requires("vsodprep") or []:
        name, _, condition = requirement.partition(";")
        if "extra" not in condition:
            name = re.split(r"[\s\[<>=!~]", name, maxsplit=1)[0]
            try:
                found[name] = version(name)
            except PackageNotFoundError:
                found[name] = "not installed"
    return {"python": platform.python_version(), "vsodprep": __version__} | dict(sorted(found.items()))
