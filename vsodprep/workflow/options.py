"""From configuration blocks to command-line options: the key `last_frame` is the option `--last-frame`."""

import shlex
from collections.abc import Collection, Iterable
from typing import Any

from vsodprep.config import Section


def shell_prefix(python: str) -> str:
    """Return what Snakemake puts before every shell command: `vsodprep` is called through an interpreter.

    Args:
        python: Path of the interpreter. It is no parameter of a rule, and so never makes results stale.
    """
    call = f'vsodprep() {{ {shlex.quote(python)} -m vsodprep "$@"; }}'
    return f"set -euo pipefail; {call}; ".replace("{", "{{").replace("}", "}}")  # Snakemake formats it


def options(section: Section, only: Collection[str] | None = None, skip: Collection[str] = ()) -> str:
    """Write a block of the configuration as options of its command.

    Args:
        section: The block.
        only: Keys to take; all of them if None.
        skip: Keys to leave out.

    Returns:
        Shell-quoted options; nothing for null, a repeated option for a list, `--key/--no-key` for a truth value.
    """
    words: list[str] = []
    for key, value in section.model_dump(mode="json").items():
        if key in skip or (only is not None and key not in only):
            continue
        words += option(key, value)
    return shlex.join(words)


def option(key: str, value: Any) -> list[str]:
    """Return one key and its value as words of a command line."""
    name = key.replace("_", "-")
    if value is None:
        return []
    if isinstance(value, bool):
        return [f"--{name}" if value else f"--no-{name}"]
    if isinstance(value, list):
        return [word for item in value for word in (f"--{name}", *_words(item))]
    return [f"--{name}", str(value)]


def _words(item: Any) -> Iterable[str]:
    return (str(part) for part in item) if isinstance(item, list) else (str(item),)
