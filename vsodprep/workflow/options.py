"""How rules call the command line."""

import shlex


def shell_prefix(python: str) -> str:
    """Return what Snakemake puts before every shell command: `vsodprep` is called through an interpreter.

    Args:
        python: Path of the interpreter. It is no parameter of a rule, and so never makes results stale.
    """
    call = f'vsodprep() {{ {shlex.quote(python)} -m vsodprep "$@"; }}'
    return f"set -euo pipefail; {call}; ".replace("{", "{{").replace("}", "}}")  # Snakemake formats it
