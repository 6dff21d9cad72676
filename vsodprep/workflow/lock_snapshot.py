"""What a run takes from the lock file, the same in all its processes.

On a cluster every job reads the Snakefile by itself. Once a benchmark has been normalised, the lock file names
sequences that the plan did not have, and a job that took them for inputs would miss what nobody makes in this run.
"""

import os

from vsodprep.benchmarks.lock import LOCK, read_lock

# Jobs inherit it; the Snakefile declares it for executors that hand on nothing else.
VARIABLE = "VSODPREP_LOCK_SNAPSHOT"


def lock_snapshot(*, first: bool) -> frozenset[str] | None:
    """Return the benchmarks whose sequences the lock file held when the run was planned.

    A whole delivery is pinned at once, so that the benchmarks' names say everything.

    Args:
        first: Whether this is the process that plans the run: it leaves the names to the others in the environment.

    Returns:
        Names of benchmarks; None in a job that was left none, which then goes by the lock file as it is.

    Raises:
        InputError: The file is no lock file.
    """
    if first:
        names = [name for name, pinned in sorted(read_lock(LOCK).items()) if pinned.get("sequences")]
        os.environ[VARIABLE] = " ".join(names)
    left = os.environ.get(VARIABLE)
    return None if left is None else frozenset(left.split())
