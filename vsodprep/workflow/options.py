"""How rules call the command line."""

import os
import shlex

from vsodprep.config.models import FOLDERS


def shell_prefix(python: str) -> str:
    """Return what Snakemake puts before every shell command: `vsodprep` is called through an interpreter.

    A rule may set `VSODPREP_LAUNCH` to words that start it, such as `srun` with its options.

    Args:
        python: Path of the interpreter. It is no parameter of a rule, and so never makes results stale; nor are the
            folders in which networks of the user's own are looked for.
    """
    call = f'vsodprep() {{ ${{VSODPREP_LAUNCH:-}} {shlex.quote(python)} -m vsodprep "$@"; }}'
    call = f"export {FOLDERS}={shlex.quote(os.environ.get(FOLDERS, ''))}; {call}"
    return f"set -euo pipefail; {call}; ".replace("{", "{{").replace("}", "}}")  # Snakemake formats it
